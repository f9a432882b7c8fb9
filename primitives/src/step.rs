//! What one run of a program came to, and how it crosses the boundary.

use crate::{Gas, MAX_ARGUMENTS};

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

/// Why a program trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub enum TrapCause {
	/// It ran a trap or an invalid instruction, jumped to an invalid address, or touched memory
	/// that it may not.
	Instruction,
	/// It called an import that its import table does not have.
	MissingImport,
}

/// Where a run stopped. [`crate::ExecResult`] is the same with the state that it leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
	/// The entry point returned.
	Finished {
		/// Gas that is left.
		gas_left: Gas,
		/// What the entry point returned: register a0.
		value: u64,
	},
	/// The program waits for a syscall's result.
	Syscall {
		/// Gas that is left.
		gas_left: Gas,
		/// Which syscall.
		symbol: SyscallSymbol,
		/// Registers a0 to a5.
		args: [u64; MAX_ARGUMENTS],
	},
	/// The next basic block costs more than the gas that is left.
	OutOfGas {
		/// Gas that is left; it was not charged.
		gas_left: Gas,
		/// Gas that the next block needs, where that is known.
		gas_needed: Option<Gas>,
	},
	/// The program did what it must not.
	Trapped {
		/// Gas that is left.
		gas_left: Gas,
		/// Offset of the instruction in the program's code, where that is known.
		pc: Option<u32>,
		/// Why.
		cause: TrapCause,
	},
}

const FINISHED: u32 = 0;
const SYSCALL: u32 = 1;
const OUT_OF_GAS: u32 = 2;
const TRAPPED: u32 = 3;
const TRAPPED_MISSING_IMPORT: u32 = 4;

/// Stands for "unknown" in the encoding: neither a gas amount nor a program counter.
const UNKNOWN: u64 = u64::MAX;

/// The part of a [`Step`] that does not fit a host function's return value: the gas left, one word
/// (value, gas needed or program counter), the arguments, and the symbol's length and bytes; all
/// little-endian.
pub struct StepBuffer([u8; StepBuffer::LEN]);

impl StepBuffer {
	/// Size in bytes.
	pub const LEN: usize = 8 + 8 + MAX_ARGUMENTS * 8 + 8 + SyscallSymbol::MAX_LEN;

	fn word(&self, index: usize) -> u64 {
		let bytes = &self.0[index * 8..][..8];
		u64::from_le_bytes(bytes.try_into().expect("the slice has 8 bytes; qed"))
	}

	fn set_word(&mut self, index: usize, value: u64) {
		self.0[index * 8..][..8].copy_from_slice(&value.to_le_bytes());
	}
}

impl Default for StepBuffer {
	fn default() -> Self {
		Self([0; Self::LEN])
	}
}

impl AsRef<[u8]> for StepBuffer {
	fn as_ref(&self) -> &[u8] {
		&self.0
	}
}

impl AsMut<[u8]> for StepBuffer {
	fn as_mut(&mut self) -> &mut [u8] {
		&mut self.0
	}
}

const GAS: usize = 0;
const EXTRA: usize = 1;
const ARGS: usize = 2;
const SYMBOL_LEN: usize = ARGS + MAX_ARGUMENTS;
const SYMBOL: usize = (SYMBOL_LEN + 1) * 8;

impl Step {
	/// Encodes into `buffer` and the returned status.
	pub fn encode(&self, buffer: &mut StepBuffer) -> u32 {
		match *self {
			Step::Finished { gas_left, value } => {
				buffer.set_word(GAS, gas_left as u64);
				buffer.set_word(EXTRA, value);
				FINISHED
			},
			Step::Syscall { gas_left, symbol, args } => {
				buffer.set_word(GAS, gas_left as u64);
				for (index, arg) in args.into_iter().enumerate() {
					buffer.set_word(ARGS + index, arg);
				}
				buffer.set_word(SYMBOL_LEN, symbol.len.into());
				buffer.0[SYMBOL..].copy_from_slice(&symbol.bytes);
				SYSCALL
			},
			Step::OutOfGas { gas_left, gas_needed } => {
				buffer.set_word(GAS, gas_left as u64);
				buffer.set_word(EXTRA, gas_needed.map_or(UNKNOWN, |gas| gas as u64));
				OUT_OF_GAS
			},
			Step::Trapped { gas_left, pc, cause } => {
				buffer.set_word(GAS, gas_left as u64);
				buffer.set_word(EXTRA, pc.map_or(UNKNOWN, u64::from));
				match cause {
					TrapCause::Instruction => TRAPPED,
					TrapCause::MissingImport => TRAPPED_MISSING_IMPORT,
				}
			},
		}
	}

	/// Decodes what [`Step::encode`] encoded; `None` when it did not.
	pub fn decode(status: u32, buffer: &StepBuffer) -> Option<Self> {
		let gas_left = buffer.word(GAS) as Gas;
		let extra = buffer.word(EXTRA);
		let known = (extra != UNKNOWN).then_some(extra);
		Some(match status {
			FINISHED => Step::Finished { gas_left, value: extra },
			SYSCALL => {
				let len = u8::try_from(buffer.word(SYMBOL_LEN)).ok()?;
				let symbol = SyscallSymbol::new(buffer.0[SYMBOL..].get(..len.into())?)?;
				let args = core::array::from_fn(|index| buffer.word(ARGS + index));
				Step::Syscall { gas_left, symbol, args }
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
}

#[cfg(test)]
mod tests {
	use super::*;

	#[track_caller]
	fn survives_the_wire(step: Step) {
		let mut buffer = StepBuffer::default();
		let status = step.encode(&mut buffer);
		assert_eq!(Step::decode(status, &buffer), Some(step));
	}

	#[test]
	fn every_step_survives_the_wire() {
		for gas_left in [0, 1, Gas::MAX] {
			for value in [0, 1, u64::MAX] {
				survives_the_wire(Step::Finished { gas_left, value });
			}
			for symbol in [&b""[..], b"a", &[b'x'; SyscallSymbol::MAX_LEN]] {
				let symbol = SyscallSymbol::new(symbol).expect("not too long");
				survives_the_wire(Step::Syscall {
					gas_left,
					symbol,
					args: [1, 2, 3, 4, 5, u64::MAX],
				});
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
	fn symbol_at_limit_ok_and_over_limit_refused() {
		assert!(SyscallSymbol::new(&[b'x'; SyscallSymbol::MAX_LEN]).is_some());
		assert!(SyscallSymbol::new(&[b'x'; SyscallSymbol::MAX_LEN + 1]).is_none());
	}

	#[test]
	fn unknown_status_is_not_a_step() {
		assert_eq!(Step::decode(5, &StepBuffer::default()), None);
	}
}
