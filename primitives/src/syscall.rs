//! Declarations of a runtime's syscalls, so that a stop includes the buffers that a handler needs.
//!
//! Arguments of syscalls often point to buffers that the runtime reads or writes. If they are
//! declared, their content is included in the stop or in the resumption, without further host
//! calls. Undeclared memory can be read and written with separate calls, with the same effect.

use alloc::vec::Vec;

/// The symbol of a syscall: the name of the program's import.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SyscallSymbol {
	bytes: [u8; Self::MAX_LEN],
	len: u8,
}

impl SyscallSymbol {
	/// The maximal length of a symbol, in bytes.
	pub const MAX_LEN: usize = 32;

	/// `None` if `symbol` is longer than [`Self::MAX_LEN`].
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

/// The syscall that a program stopped at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syscall {
	/// The syscall at this position of the runtime's [`SyscallTable`].
	Listed(u32),
	/// A syscall that is not in the table.
	Other(SyscallSymbol),
}

/// The direction of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
	/// From the program to the runtime, included in the stop.
	In,
	/// From the runtime to the program, included in the resumption.
	Out,
}

/// The length of a buffer, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
	/// A constant length.
	Fixed(u32),
	/// The value of the argument with this number.
	Argument(u8),
}

/// Memory that a syscall's arguments point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
	/// The direction.
	pub direction: Direction,
	/// The number of the argument with the address.
	pub pointer: u8,
	/// The length.
	pub len: Length,
	/// The maximal length. A longer `In` buffer is not included. Of a longer `Out` buffer, this
	/// part is used.
	pub max: u32,
}

/// A syscall, as a runtime declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyscallSpec {
	/// Its symbol, at most [`SyscallSpec::MAX_LEN`](SyscallSymbol::MAX_LEN) bytes.
	pub symbol: &'static str,
	/// Its buffers, at most [`SyscallSpec::MAX_BUFFERS`].
	pub buffers: &'static [Buffer],
}

impl SyscallSpec {
	/// The maximal number of buffers of a syscall.
	pub const MAX_BUFFERS: usize = 4;
}

const BUFFER_LEN: usize = 12;
const BUFFERS: usize = SyscallSymbol::MAX_LEN + 2;

/// The length of an encoded syscall, in bytes.
pub const SPEC_LEN: usize = BUFFERS + SyscallSpec::MAX_BUFFERS * BUFFER_LEN;

/// A runtime's syscalls, encoded at compile time in [`SPEC_LEN`] bytes each.
///
/// The encoding is the length of the symbol and its 32 bytes, the number of buffers, and for each
/// of four buffers: direction, pointer, kind of length (a byte each), a zero byte, length, maximum
/// (little-endian `u32`s).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyscallTable<'a>(pub &'a [u8]);

impl SyscallTable<'static> {
	/// The empty table: all syscalls are [`Syscall::Other`].
	pub const EMPTY: Self = Self(&[]);
}

impl SyscallTable<'_> {
	/// Encodes `specs` into `N` bytes, which must be [`SPEC_LEN`] times the number of specs.
	///
	/// # Panics
	///
	/// At compile time, if a spec exceeds a limit.
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

	/// Decodes the result of [`Self::encode`]; `None` if it is invalid.
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
		// A symbol that is too long, too many buffers, an unknown direction, pointer, kind and
		// argument.
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
