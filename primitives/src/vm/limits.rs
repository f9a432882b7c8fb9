//! The limits of a manager.

use crate::Gas;

/// What a manager may hold at once. A runtime can observe it, so it is consensus: every node of a chain
/// must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Modules that are alive.
	pub modules: usize,
	/// Bytes of a program.
	pub program: usize,
	/// Instances that wait at a syscall while another is run: programs that called each other.
	pub nesting: usize,
	/// Instances that are alive: idle, running and suspended.
	pub instances: usize,
	/// Memory of all live instances together, in bytes: as
	/// [`Environment::memory_of`](super::Environment::memory_of) counts it.
	pub memory: u64,
}

/// The limits of host functions.
pub const HOST: Limits =
	Limits { modules: 256, program: 4 << 20, nesting: 32, instances: 1_024, memory: 512 << 20 };

/// Gas between two looks at the clock, where a time limit is set. Some 10 ms, interpreted. Not observable.
pub const TIME_SLICE: Gas = 10_000_000;

/// Why a run ended that took longer than its runtime call may.
pub const OUT_OF_TIME: &str = "a program ran for longer than this call may";
