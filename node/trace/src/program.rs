//! A program call, and what it did.

use serde::{Deserialize, Serialize};
use virt_manager::trace::Call;
use virt_primitives::Gas;

/// A call of a program: one run of an entry point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
	/// Code hash, in hex.
	pub code_hash: String,
	/// The account that it ran with, in hex, where that is known: an argument of the syscall that called
	/// it.
	pub account: Option<String>,
	/// The entry point.
	pub entry: String,
	/// The input: an argument of the syscall that called it, or what it read of it.
	#[serde(with = "crate::text::optional_hex")]
	pub input: Option<Vec<u8>>,
	/// The output that it set last, if any.
	#[serde(with = "crate::text::optional_hex")]
	pub output: Option<Vec<u8>>,
	/// Gas that it took, with its syscalls and what it called. Loading it is not part of it.
	pub gas: Gas,
	/// How it ended.
	pub end: End,
	/// Where it ended: see [`virt_manager::Trace::backtrace`].
	pub backtrace: Vec<Vec<u32>>,
	/// The syscalls that it made, in order.
	pub syscalls: Vec<Syscall>,
	/// How many more it made: see [`crate::record::MAX_SYSCALLS`].
	pub left_out: u64,
	/// The function calls that it made, callers first.
	pub functions: Vec<Function>,
}

/// How a program call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
	/// The entry point returned.
	Returned,
	/// It called `exit` or `terminate`.
	Exited,
	/// It called `exit`, to revert.
	Reverted,
	/// It trapped: it panicked, or did what it must not.
	Trapped,
	/// It trapped with its stack pointer below its stack.
	StackOverflow,
	/// It had too little gas for its next block.
	OutOfGas,
	/// A syscall was at fault: it went over a limit, or asked for what it may not.
	Faulted,
}

impl End {
	/// Whether all that it changed is undone.
	pub fn is_failure(self) -> bool {
		!matches!(self, Self::Returned | Self::Exited)
	}
}

/// A syscall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syscall {
	/// Its symbol.
	pub name: String,
	/// Its arguments by name, in order. Bytes, in hex, stand for a pointer and a length.
	pub arguments: Vec<(String, Argument)>,
	/// What it returned; `None` where the program did not go on.
	pub result: Option<i64>,
	/// Gas that it took, with what it called; `None` where the program did not go on.
	pub gas: Option<Gas>,
	/// Where it was made: offsets of its instruction, and of the function calls that that is in, innermost
	/// first.
	pub backtrace: Vec<u32>,
	/// The programs that it called.
	pub programs: Vec<Program>,
}

/// An argument of a syscall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Argument {
	/// A number, or an address that nothing was read from or written to.
	Number(u64),
	/// What the syscall read, or wrote.
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

/// A function call within a program: what was run in it, from all times that it was made from the same
/// place with the same callers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
	/// Index of the caller in [`Program::functions`], and the offset of the call instruction; `None` for
	/// the entry point.
	pub caller: Option<(usize, u32)>,
	/// Offset of the first instruction.
	pub entry: u32,
	/// How often it was made.
	pub count: u64,
	/// Offset, count and gas of each basic block that was run in it.
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
	/// This program call and all in it, callers first.
	pub fn all(&self) -> Vec<&Program> {
		let called = self.syscalls.iter().flat_map(|syscall| &syscall.programs);
		[self].into_iter().chain(called.flat_map(|program| program.all())).collect()
	}

	/// Gas that it took itself, without the programs that it called.
	pub fn own_gas(&self) -> Gas {
		let called = self.syscalls.iter().flat_map(|syscall| &syscall.programs);
		self.gas - called.map(|program| program.gas).sum::<Gas>()
	}
}
