//! The results of a run, and their encoding at the boundary.

use crate::{
	buffer::HostBuffer,
	syscall::{Syscall, SyscallSymbol},
	Gas, MAX_ARGUMENTS,
};

/// Why a program trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub enum TrapCause {
	/// It executed a trap or an invalid instruction, jumped to an invalid address, or accessed
	/// invalid memory.
	Instruction,
	/// It called an import that is not in its import table.
	MissingImport,
}

/// How a run stopped. [`crate::ExecResult`] is the same with the resulting state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// The entry returned.
	Finished {
		/// The remaining gas.
		gas_left: Gas,
		/// The value that the entry returned: register a0.
		value: u64,
	},
	/// The program waits for a syscall's result.
	Syscall {
		/// The remaining gas.
		gas_left: Gas,
		/// The syscall.
		syscall: Syscall,
		/// Registers a0 to a5.
		args: [u64; MAX_ARGUMENTS],
	},
	/// The next basic block costs more than the remaining gas.
	OutOfGas {
		/// The remaining gas. The block was not charged.
		gas_left: Gas,
		/// The gas that the next block needs, if it is known.
		gas_needed: Option<Gas>,
	},
	/// The program trapped.
	Trapped {
		/// The remaining gas.
		gas_left: Gas,
		/// The offset of the instruction in the program's code, in bytes, if it is known.
		pc: Option<u32>,
		/// The cause.
		cause: TrapCause,
	},
}

impl Step {
	/// The remaining gas.
	pub fn gas_left(&self) -> Gas {
		match *self {
			Step::Finished { gas_left, .. }
			| Step::Syscall { gas_left, .. }
			| Step::OutOfGas { gas_left, .. }
			| Step::Trapped { gas_left, .. } => gas_left,
		}
	}
}

const FINISHED: u8 = 0;
const SYSCALL: u8 = 1;
const OUT_OF_GAS: u8 = 2;
const TRAPPED: u8 = 3;
const TRAPPED_MISSING_IMPORT: u8 = 4;

/// Encodes "unknown": neither a gas amount nor a program counter.
const UNKNOWN: u64 = u64::MAX;

/// Encodes a syscall that is not in the table: its symbol follows the header.
const UNLISTED: u64 = u64::MAX;

/// The encoding of a stop in a [`HostBuffer`].
///
/// The header consists of little-endian words of 8 bytes: the remaining gas; the value, the needed
/// gas, the program counter or the number of the syscall; and for a syscall, its arguments. The
/// segments follow, or the symbol of a syscall without a number.
pub mod stop {
	use super::*;

	/// The length of the header, in bytes.
	pub const HEADER: usize = SHORT_HEADER + MAX_ARGUMENTS * 8;

	/// The length of the header without arguments.
	const SHORT_HEADER: usize = 16;

	/// The length of a segment's header: its address, its length and its kind.
	const SEGMENT_HEADER: usize = 8;

	/// Marks the length of a segment that the runtime may write. No bytes follow it.
	const WRITABLE: u32 = 1 << 31;

	/// Memory of the program that a syscall's arguments point to.
	#[derive(Clone, Copy, Debug, PartialEq, Eq)]
	pub struct Segment<'a> {
		/// Its address.
		pub address: u32,
		/// Its length in bytes.
		pub len: u32,
		/// Its content; `None` if it is to be written.
		pub bytes: Option<&'a [u8]>,
	}

	/// Prepares an empty `buffer` for segments. Its capacity must be at least [`HEADER`].
	pub fn begin(buffer: &mut HostBuffer) {
		buffer.clear();
		buffer.append(HEADER).expect("a stop's buffer has room for its header; qed");
	}

	/// Appends a segment of `len` bytes, which `fill` writes. Skips it if it does not fit, or if
	/// `fill` fails.
	pub fn bring<E>(
		buffer: &mut HostBuffer,
		address: u32,
		len: u32,
		fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
	) -> Result<(), E> {
		let start = buffer.bytes().len();
		let Some(segment) = buffer.append(SEGMENT_HEADER + len as usize) else { return Ok(()) };
		let (header, bytes) = segment.split_at_mut(SEGMENT_HEADER);
		header[..4].copy_from_slice(&address.to_le_bytes());
		header[4..].copy_from_slice(&len.to_le_bytes());
		fill(bytes).inspect_err(|_| buffer.truncate(start))
	}

	/// Appends a segment that the runtime may write: `len` bytes at `address`.
	pub fn offer(buffer: &mut HostBuffer, address: u32, len: u32) {
		if let Some(header) = buffer.append(SEGMENT_HEADER) {
			header[..4].copy_from_slice(&address.to_le_bytes());
			header[4..].copy_from_slice(&(len | WRITABLE).to_le_bytes());
		}
	}

	/// The segments of a stop at a syscall of the table.
	pub fn segments(buffer: &HostBuffer) -> impl Iterator<Item = Segment<'_>> {
		let mut rest = match buffer.bytes().split_first_chunk::<HEADER>() {
			Some((header, rest)) if word(header, 1) != UNLISTED => rest,
			_ => &[],
		};
		core::iter::from_fn(move || {
			let (header, tail) = rest.split_at_checked(SEGMENT_HEADER)?;
			let word = |at: usize| header[at..at + 4].try_into().map(u32::from_le_bytes).ok();
			let (address, len) = (word(0)?, word(4)?);
			if len & WRITABLE != 0 {
				rest = tail;
				return Some(Segment { address, len: len & !WRITABLE, bytes: None });
			}
			let (bytes, tail) = tail.split_at_checked(len as usize)?;
			rest = tail;
			Some(Segment { address, len, bytes: Some(bytes) })
		})
	}

	/// Writes the header for `step` into a prepared buffer, and returns the step's status.
	///
	/// Segments are only kept for a syscall of the table.
	pub fn encode(step: &Step, buffer: &mut HostBuffer) -> u8 {
		let (status, extra) = match *step {
			Step::Syscall { syscall: Syscall::Listed(number), .. } => (SYSCALL, number.into()),
			Step::Syscall { syscall: Syscall::Other(symbol), .. } => {
				buffer.truncate(HEADER);
				let symbol = symbol.as_bytes();
				let room = buffer.append(symbol.len());
				room.expect("a stop's buffer has room for a symbol; qed").copy_from_slice(symbol);
				(SYSCALL, UNLISTED)
			},
			Step::Finished { value, .. } => (FINISHED, value),
			Step::OutOfGas { gas_needed, .. } => {
				(OUT_OF_GAS, gas_needed.map_or(UNKNOWN, |gas| gas as u64))
			},
			Step::Trapped { pc, cause, .. } => {
				let status = match cause {
					TrapCause::Instruction => TRAPPED,
					TrapCause::MissingImport => TRAPPED_MISSING_IMPORT,
				};
				(status, pc.map_or(UNKNOWN, u64::from))
			},
		};
		let args = match step {
			Step::Syscall { args, .. } => &args[..],
			_ => {
				buffer.truncate(SHORT_HEADER);
				&[]
			},
		};
		let words = [step.gas_left() as u64, extra].into_iter().chain(args.iter().copied());
		for (bytes, word) in buffer.bytes_mut().chunks_exact_mut(8).zip(words) {
			bytes.copy_from_slice(&word.to_le_bytes());
		}
		status
	}

	/// Decodes the result of [`encode`]; `None` if it is invalid.
	pub fn decode(status: u8, buffer: &HostBuffer) -> Option<Step> {
		let header = buffer.bytes().first_chunk::<SHORT_HEADER>()?;
		let (gas_left, extra) = (word(header, 0) as Gas, word(header, 1));
		let known = (extra != UNKNOWN).then_some(extra);
		Some(match status {
			FINISHED => Step::Finished { gas_left, value: extra },
			SYSCALL => {
				let (header, rest) = buffer.bytes().split_first_chunk::<HEADER>()?;
				let args = core::array::from_fn(|index| word(header, 2 + index));
				let syscall = match extra {
					UNLISTED => Syscall::Other(SyscallSymbol::new(rest)?),
					number => Syscall::Listed(number.try_into().ok()?),
				};
				Step::Syscall { gas_left, syscall, args }
			},
			OUT_OF_GAS => Step::OutOfGas { gas_left, gas_needed: known.map(|gas| gas as Gas) },
			TRAPPED | TRAPPED_MISSING_IMPORT => Step::Trapped {
				gas_left,
				pc: known.and_then(|pc| pc.try_into().ok()),
				cause: if status == TRAPPED {
					TrapCause::Instruction
				} else {
					TrapCause::MissingImport
				},
			},
			_ => return None,
		})
	}

	/// The minimal capacity of a stop's buffer: the header and a symbol.
	pub const MIN_CAPACITY: usize = HEADER + SyscallSymbol::MAX_LEN;

	/// The word with this number. All lengths are constant, so this is a single load.
	#[inline(always)]
	fn word<const N: usize>(header: &[u8; N], number: usize) -> u64 {
		let bytes = header[number * 8..].first_chunk().expect("the header has that many; qed");
		u64::from_le_bytes(*bytes)
	}
}

/// The writes that are sent with a syscall's result.
///
/// Each is an address and a length (little-endian `u32`s), followed by the bytes.
pub mod writes {
	use alloc::vec::Vec;

	/// Appends a write of `bytes` at `address`.
	pub fn push(writes: &mut Vec<u8>, address: u32, bytes: &[u8]) {
		writes.extend_from_slice(&address.to_le_bytes());
		writes.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
		writes.extend_from_slice(bytes);
	}

	/// The writes, in order; `None` if they were not made by [`push`].
	pub fn decode(mut writes: &[u8]) -> impl Iterator<Item = Option<(u32, &[u8])>> {
		core::iter::from_fn(move || {
			if writes.is_empty() {
				return None;
			}
			let write = split(writes);
			writes = write.map_or(&[], |(.., rest)| rest);
			Some(write.map(|(address, bytes, _)| (address, bytes)))
		})
	}

	fn split(writes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
		let (address, rest) = writes.split_first_chunk()?;
		let (len, rest) = rest.split_first_chunk()?;
		let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
		Some((u32::from_le_bytes(*address), bytes, rest))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec::Vec;

	fn begun(capacity: usize) -> HostBuffer {
		let mut buffer = HostBuffer::with_capacity(capacity);
		stop::begin(&mut buffer);
		buffer
	}

	#[track_caller]
	fn survives_the_wire(step: Step) {
		let mut buffer = begun(stop::MIN_CAPACITY);
		let status = stop::encode(&step, &mut buffer);
		assert_eq!(stop::decode(status, &buffer), Some(step));
		for len in 0..buffer.bytes().len() {
			buffer.truncate(buffer.bytes().len() - 1);
			// A truncated encoding is not the same step. A symbol may be truncated to a shorter
			// one.
			assert_ne!(stop::decode(status, &buffer), Some(step), "{len} bytes less");
		}
	}

	#[test]
	fn every_step_survives_the_wire() {
		for gas_left in [0, 1, Gas::MAX] {
			for value in [0, 1, u64::MAX] {
				survives_the_wire(Step::Finished { gas_left, value });
			}
			let args = [1, 2, 3, 4, 5, u64::MAX];
			for number in [0, 1, u32::MAX] {
				let syscall = Syscall::Listed(number);
				survives_the_wire(Step::Syscall { gas_left, syscall, args });
			}
			for symbol in [&b""[..], b"a", &[b'x'; SyscallSymbol::MAX_LEN]] {
				let syscall = Syscall::Other(SyscallSymbol::new(symbol).expect("not too long"));
				survives_the_wire(Step::Syscall { gas_left, syscall, args });
			}
			for gas_needed in [None, Some(0), Some(Gas::MAX)] {
				survives_the_wire(Step::OutOfGas { gas_left, gas_needed });
			}
			for cause in [TrapCause::Instruction, TrapCause::MissingImport] {
				for pc in [None, Some(0), Some(u32::MAX)] {
					survives_the_wire(Step::Trapped { gas_left, pc, cause });
				}
			}
		}
	}

	#[test]
	fn unknown_status_is_not_a_step() {
		assert_eq!(stop::decode(5, &begun(stop::MIN_CAPACITY)), None);
	}

	fn fill(bytes: &mut [u8]) -> Result<(), ()> {
		bytes.fill(7);
		Ok(())
	}

	#[test]
	fn segments_come_along_in_order() {
		let mut buffer = begun(1024);
		stop::bring(&mut buffer, 0x1000, 3, fill).expect("it fills");
		stop::offer(&mut buffer, 0x2000, 64);
		stop::bring(&mut buffer, 0x3000, 0, fill).expect("it fills");
		stop::bring(&mut buffer, 0x4000, 9, |_| Err(())).expect_err("it does not fill");
		stop::bring(&mut buffer, 0x5000, 1, fill).expect("it fills");
		let segments: Vec<_> =
			stop::segments(&buffer).map(|it| (it.address, it.len, it.bytes)).collect();
		let expected = [
			(0x1000, 3, Some(&[7, 7, 7][..])),
			(0x2000, 64, None),
			(0x3000, 0, Some(&[])),
			(0x5000, 1, Some(&[7])),
		];
		assert_eq!(segments, expected);
	}

	#[test]
	fn segment_without_room_is_left_out() {
		let mut buffer = begun(stop::HEADER + 8 + 100);
		stop::bring(&mut buffer, 0x1000, 101, fill).expect("it is left out");
		stop::bring(&mut buffer, 0x2000, 92, fill).expect("it fills");
		stop::offer(&mut buffer, 0x3000, 5_000);
		stop::offer(&mut buffer, 0x4000, 5_000);
		let addresses: Vec<_> = stop::segments(&buffer).map(|it| it.address).collect();
		assert_eq!(addresses, [0x2000, 0x3000]);
	}

	#[test]
	fn unlisted_syscall_brings_nothing_along() {
		let mut buffer = begun(1024);
		stop::bring(&mut buffer, 0x1000, 3, fill).expect("it fills");
		let syscall = Syscall::Other(SyscallSymbol::new(b"a_symbol_that_is_long").expect("fits"));
		let step = Step::Syscall { gas_left: 1, syscall, args: [0; MAX_ARGUMENTS] };
		let status = stop::encode(&step, &mut buffer);
		assert_eq!(stop::decode(status, &buffer), Some(step));
		assert_eq!(stop::segments(&buffer).count(), 0);
	}

	#[test]
	fn writes_survive_the_wire_and_nonsense_is_noticed() {
		let mut encoded = Vec::new();
		writes::push(&mut encoded, 1, b"abc");
		writes::push(&mut encoded, u32::MAX, b"");
		let decoded: Vec<_> = writes::decode(&encoded).collect();
		assert_eq!(decoded, [Some((1, &b"abc"[..])), Some((u32::MAX, &b""[..]))]);
		for len in 1..encoded.len() {
			let whole = len == 11;
			assert_eq!(writes::decode(&encoded[..len]).all(|it| it.is_some()), whole, "{len}");
		}
		assert_eq!(writes::decode(&[]).count(), 0);
	}
}
