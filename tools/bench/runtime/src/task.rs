//! What the runtime can be asked to do, and what it answers.

use alloc::vec::Vec;
use codec::{Decode, Encode};

/// Whose host functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Api {
	/// Those of `virt-primitives`.
	Ours,
	/// Those of `sp-virtualization`.
	Peer,
}

/// Something to do. `key` is the storage key of a program.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Task {
	/// Calls an entry `times` times, of one instance; loading is not timed.
	Call {
		/// The program's.
		key: Vec<u8>,
		/// The entry's name.
		entry: Vec<u8>,
		/// The entry's argument.
		argument: u64,
		/// How often.
		times: u32,
	},
	/// Loads a program, instantiates it and calls an entry, `times` times; `before` times untimed.
	Load {
		/// The program's.
		key: Vec<u8>,
		/// The entry's name.
		entry: Vec<u8>,
		/// The entry's argument.
		argument: u64,
		/// How often without timing it.
		before: u32,
		/// How often.
		times: u32,
	},
	/// Starts a program within a syscall of another, `depth` deep, `times` times; loading is not
	/// timed.
	Nest {
		/// The program's.
		key: Vec<u8>,
		/// How many programs are suspended or running in the end.
		depth: u32,
		/// How often.
		times: u32,
	},
	/// Makes instances and calls each once, until there are `count` or the time is up; loading is
	/// not timed.
	Live {
		/// The program's.
		key: Vec<u8>,
		/// How many.
		count: u32,
		/// Nanoseconds after which no further one is made.
		limit: u64,
	},
}

/// What doing it gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Measured {
	/// How long it took.
	pub nanoseconds: u64,
	/// [`Task::Load`] and [`Task::Live`]: how many calls came to their end. Else the sum of what
	/// the programs reported.
	pub sum: u64,
	/// By how many bytes the host's memory grew. Known for [`Task::Live`] only.
	pub grown: u64,
}
