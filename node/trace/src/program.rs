//! The trace of a program call.

use serde::{Deserialize, Serialize};
use virt_manager::trace::Call;
use virt_primitives::Gas;

/// A call of a program: one execution of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
	/// Code hash, in hex.
	pub code_hash: String,
	/// The account that it ran with, in hex, if it is known: an argument of the syscall that called
	/// it.
	pub account: Option<String>,
	/// The entry.
	pub entry: String,
	/// The input: an argument of the syscall that called it, or the part that it read.
	#[serde(with = "crate::text::optional_hex")]
	pub input: Option<Vec<u8>>,
	/// The last output that it set, if any.
	#[serde(with = "crate::text::optional_hex")]
	pub output: Option<Vec<u8>>,
	/// Its gas, including syscalls and callees, without loading.
	pub gas: Gas,
	/// How it ended.
	pub end: End,
	/// Where it ended: see [`virt_manager::Trace::backtrace`].
	pub backtrace: Vec<Vec<u32>>,
	/// Its syscalls, in order.
	pub syscalls: Vec<Syscall>,
	/// The number of further syscalls: see [`crate::record::MAX_SYSCALLS`].
	pub left_out: u64,
	/// Its function calls, callers first.
	pub functions: Vec<Function>,
}

/// How a program call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
	/// The entry returned.
	Returned,
	/// It called `exit` or `terminate`.
	Exited,
	/// It called `exit` and reverted.
	Reverted,
	/// It trapped.
	Trapped,
	/// It trapped with its stack pointer below its stack.
	StackOverflow,
	/// It had too little gas for its next block.
	OutOfGas,
	/// A syscall faulted: an invalid argument, or a limit was exceeded.
	Faulted,
}

impl End {
	/// Whether its changes are rolled back.
	pub fn is_failure(self) -> bool {
		!matches!(self, Self::Returned | Self::Exited)
	}
}

/// A syscall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syscall {
	/// Its symbol.
	pub name: String,
	/// Its arguments by name, in order. For a pointer and a length, the bytes in hex.
	pub arguments: Vec<(String, Argument)>,
	/// Its result; `None` if the program did not continue.
	pub result: Option<i64>,
	/// Its gas, including callees; `None` if the program did not continue.
	pub gas: Option<Gas>,
	/// Where it was made: the offsets of its instruction, and of the enclosing function calls,
	/// innermost first.
	pub backtrace: Vec<u32>,
	/// The programs that it called.
	pub programs: Vec<Program>,
}

/// An argument of a syscall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
	/// A number, or an address that was neither read nor written.
	Number(u64),
	/// The bytes that the syscall read or wrote.
	#[serde(with = "crate::text::hex_bytes")]
	Bytes(Vec<u8>),
}

impl Syscall {
	/// The bytes of an argument.
	pub fn bytes(&self, name: &str) -> Option<&[u8]> {
		self.arguments.iter().find_map(|(own, argument)| match argument {
			Argument::Bytes(bytes) if own == name => Some(&**bytes),
			_ => None,
		})
	}
}

/// A function call in a program: all executions of it from the same call site with the same
/// callers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
	/// The index of the caller in [`Program::functions`], and the offset of the call instruction;
	/// `None` for the entry.
	pub caller: Option<(usize, u32)>,
	/// The offset of the first instruction.
	pub entry: u32,
	/// The number of executions.
	pub count: u64,
	/// The offset, count and gas of each basic block that it executed.
	pub blocks: Vec<(u32, u64, Gas)>,
}

impl From<&Call> for Function {
	fn from(call: &Call) -> Self {
		let blocks = call.blocks.iter().map(|(offset, block)| (*offset, block.count, block.gas));
		let blocks = blocks.collect();
		Self { caller: call.caller, entry: call.entry, count: call.count, blocks }
	}
}

impl Program {
	/// This program call and all of its callees, callers first.
	pub fn all(&self) -> Vec<&Program> {
		let called = self.syscalls.iter().flat_map(|syscall| &syscall.programs);
		[self].into_iter().chain(called.flat_map(|program| program.all())).collect()
	}

	/// Its gas, excluding callees.
	pub fn own_gas(&self) -> Gas {
		let called = self.syscalls.iter().flat_map(|syscall| &syscall.programs);
		self.gas - called.map(|program| program.gas).sum::<Gas>()
	}
}
