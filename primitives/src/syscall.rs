//! What a runtime declares about its syscalls, so that a stop brings along what the answer needs.
//!
//! A syscall's arguments often point to bytes: some that the runtime will read, some that it will
//! write. Declared here, the first come with the stop and the second go back with the resumption,
//! in the same host calls. What is not declared can be read and written one by one, to the same
//! effect.

use alloc::vec::Vec;

/// The name of a syscall: what the program calls the import.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SyscallSymbol {
	bytes: [u8; Self::MAX_LEN],
	len: u8,
}

impl SyscallSymbol {
	/// Length of the longest symbol, in bytes.
	pub const MAX_LEN: usize = 32;

	/// `None` when `symbol` is longer than [`Self::MAX_LEN`].
	pub fn new(symbol: &[u8]) -> Option<Self> {
		let mut bytes = [0; Self::MAX_LEN];
		bytes.get_mut(..symbol.len())?.copy_from_slice(symbol);
		Some(Self { bytes, len: symbol.len() as u8 })
	}

	/// The symbol's bytes.
	pub fn as_bytes(&self) -> &[u8] {
		&self.bytes[..usize::from(self.len)]
	}
}

impl core::fmt::Debug for SyscallSymbol {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		write!(f, "{}", self.as_bytes().escape_ascii())
	}
}

/// Which syscall a program stopped at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syscall {
	/// The one at this place of the runtime's [`SyscallTable`].
	Listed(u32),
	/// One that the table does not have.
	Other(SyscallSymbol),
}

/// Which way a buffer's bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
	/// From the program to the runtime, with the stop.
	In,
	/// From the runtime to the program, with the resumption.
	Out,
}

/// How long a buffer is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
	/// Always this long.
	Fixed(u32),
	/// As long as the argument with this number says.
	Argument(u8),
}

/// Memory that a syscall's arguments point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
	/// Which way its bytes go.
	pub direction: Direction,
	/// The number of the argument that is its address.
	pub pointer: u8,
	/// Its length.
	pub len: Length,
	/// An `In` buffer that is longer does not come along; of a longer `Out` buffer so much is used.
	pub max: u32,
}

/// A syscall, as a runtime declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyscallSpec {
	/// Its name, of at most [`SyscallSymbol::MAX_LEN`] bytes.
	pub symbol: &'static str,
	/// At most [`SyscallSpec::MAX_BUFFERS`].
	pub buffers: &'static [Buffer],
}

impl SyscallSpec {
	/// Most buffers that one syscall can declare.
	pub const MAX_BUFFERS: usize = 4;
}

const BUFFER_LEN: usize = 12;
const BUFFERS: usize = SyscallSymbol::MAX_LEN + 2;

/// Size of a syscall in an encoded table, in bytes.
pub const SPEC_LEN: usize = BUFFERS + SyscallSpec::MAX_BUFFERS * BUFFER_LEN;

/// A runtime's syscalls, encoded at compile time: [`SPEC_LEN`] bytes each.
///
/// The name's length and its 32 bytes, the number of buffers, and four times: direction, pointer,
/// kind of length (a byte each), a byte of nothing, length, maximum (little-endian `u32`s).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyscallTable<'a>(pub &'a [u8]);

impl SyscallTable<'static> {
	/// No syscall is declared: all are [`Syscall::Other`].
	pub const EMPTY: Self = Self(&[]);
}

impl SyscallTable<'_> {
	/// Encodes `specs` into `N` bytes, which must be [`SPEC_LEN`] times as many as there are specs.
	///
	/// # Panics
	///
	/// At compile time, when a spec exceeds a limit.
	pub const fn encode<const N: usize>(specs: &[SyscallSpec]) -> [u8; N] {
		assert!(N == specs.len() * SPEC_LEN, "as many bytes as the specs take");
		let mut table = [0; N];
		let mut row = 0;
		while row < specs.len() {
			let SyscallSpec { symbol, buffers } = specs[row];
			let symbol = symbol.as_bytes();
			assert!(symbol.len() <= SyscallSymbol::MAX_LEN, "a symbol is too long");
			assert!(buffers.len() <= SyscallSpec::MAX_BUFFERS, "a syscall has too many buffers");
			let start = row * SPEC_LEN;
			table[start] = symbol.len() as u8;
			let mut index = 0;
			while index < symbol.len() {
				table[start + 1 + index] = symbol[index];
				index += 1;
			}
			table[start + BUFFERS - 1] = buffers.len() as u8;
			let mut index = 0;
			while index < buffers.len() {
				let Buffer { direction, pointer, len, max } = buffers[index];
				let at = start + BUFFERS + index * BUFFER_LEN;
				let (kind, len) = match len {
					Length::Fixed(len) => (0, len),
					Length::Argument(argument) => (1, argument as u32),
				};
				table[at] = direction as u8;
				table[at + 1] = pointer;
				table[at + 2] = kind;
				let words = [len.to_le_bytes(), max.to_le_bytes()];
				let mut byte = 0;
				while byte < 8 {
					table[at + 4 + byte] = words[byte / 4][byte % 4];
					byte += 1;
				}
				index += 1;
			}
			row += 1;
		}
		table
	}

	/// Decodes what [`Self::encode`] encoded; `None` when it did not.
	pub fn decode(&self) -> Option<Vec<(SyscallSymbol, Vec<Buffer>)>> {
		let rows = self.0.chunks_exact(SPEC_LEN);
		if !rows.remainder().is_empty() {
			return None;
		}
		rows.map(decode_row).collect()
	}
}

fn decode_row(row: &[u8]) -> Option<(SyscallSymbol, Vec<Buffer>)> {
	let symbol = row.get(1..BUFFERS - 1)?.get(..usize::from(row[0]))?;
	let count = usize::from(row[BUFFERS - 1]);
	if count > SyscallSpec::MAX_BUFFERS {
		return None;
	}
	let buffers = row[BUFFERS..].chunks_exact(BUFFER_LEN).take(count).map(decode_buffer);
	Some((SyscallSymbol::new(symbol)?, buffers.collect::<Option<_>>()?))
}

fn decode_buffer(bytes: &[u8]) -> Option<Buffer> {
	let word = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
	let argument = |number: u8| (usize::from(number) < crate::MAX_ARGUMENTS).then_some(number);
	Some(Buffer {
		direction: match bytes[0] {
			0 => Direction::In,
			1 => Direction::Out,
			_ => return None,
		},
		pointer: argument(bytes[1])?,
		len: match (bytes[2], word(4)?) {
			(0, len) => Length::Fixed(len),
			(1, number) => Length::Argument(argument(number.try_into().ok()?)?),
			_ => return None,
		},
		max: word(8)?,
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	const SPECS: &[SyscallSpec] = &[
		SyscallSpec { symbol: "", buffers: &[] },
		SyscallSpec {
			symbol: "a_name_of_the_greatest_length_32",
			buffers: &[
				Buffer { direction: Direction::In, pointer: 0, len: Length::Argument(1), max: 64 },
				Buffer {
					direction: Direction::Out,
					pointer: 5,
					len: Length::Fixed(u32::MAX),
					max: u32::MAX,
				},
			],
		},
	];
	const TABLE: [u8; 2 * SPEC_LEN] = SyscallTable::encode(SPECS);

	#[test]
	fn table_survives_its_encoding() {
		let decoded = SyscallTable(&TABLE).decode().expect("it was encoded");
		assert_eq!(decoded.len(), SPECS.len());
		for ((symbol, buffers), spec) in decoded.iter().zip(SPECS) {
			assert_eq!(symbol.as_bytes(), spec.symbol.as_bytes());
			assert_eq!(buffers, spec.buffers);
		}
		assert_eq!(SyscallTable::EMPTY.decode(), Some(Vec::new()));
	}

	#[test]
	fn what_was_not_encoded_is_refused() {
		for len in (0..TABLE.len()).filter(|len| len % SPEC_LEN != 0) {
			assert_eq!(SyscallTable(&TABLE[..len]).decode(), None, "{len} bytes");
		}
		// Symbol too long, too many buffers, an unknown direction, pointer, kind and argument.
		let buffer = SPEC_LEN + BUFFERS;
		for (at, value) in [
			(SPEC_LEN, 33),
			(SPEC_LEN + BUFFERS - 1, 5),
			(buffer, 2),
			(buffer + 1, 6),
			(buffer + 2, 2),
			(buffer + 4, 6),
			(buffer + 5, 1),
		] {
			let mut table = TABLE;
			table[at] = value;
			assert_eq!(SyscallTable(&table).decode(), None, "byte {at} is {value}");
		}
	}

	#[test]
	fn symbol_at_limit_ok_and_over_limit_refused() {
		assert!(SyscallSymbol::new(&[b'x'; SyscallSymbol::MAX_LEN]).is_some());
		assert!(SyscallSymbol::new(&[b'x'; SyscallSymbol::MAX_LEN + 1]).is_none());
	}
}
