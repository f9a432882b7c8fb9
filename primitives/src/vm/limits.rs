//! The limits of a manager.

use crate::Gas;

/// The limits of a manager. A runtime can observe them, so they are consensus: all nodes of a chain
/// must have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// The number of modules.
	pub modules: usize,
	/// The size of a program, in bytes.
	pub program: usize,
	/// The number of instances that wait at a syscall while another one runs: nested programs.
	pub nesting: usize,
	/// The number of instances: idle, running and suspended.
	pub instances: usize,
	/// The memory of all instances, in bytes, as counted by
	/// [`Environment::memory_of`](super::Environment::memory_of).
	pub memory: u64,
}

/// The limits of host functions.
pub const HOST: Limits =
	Limits { modules: 256, program: 4 << 20, nesting: 32, instances: 1_024, memory: 512 << 20 };

/// The gas between two checks of a time limit, about 10 ms when interpreted. Not observable.
pub const TIME_SLICE: Gas = 10_000_000;

/// The error of a run that exceeded the time limit of its runtime call.
pub const OUT_OF_TIME: &str = "a program ran for longer than this call may";
