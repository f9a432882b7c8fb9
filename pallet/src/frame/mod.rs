//! Frames of a call: requests, the state of a frame, and results.
//!
//! This module is below [`crate::run`], which runs frames, and [`crate::syscalls`], whose handlers
//! work in one. The frames of a call share a [`Stack`](crate::stack::Stack).
//!
//! - [`Request`], [`Nested`]: a call from outside, and one by a program. [`Outcome`]: the result.
//! - [`Context`]: the state of a frame. [`Memory`]: the memory of its program.

mod context;
mod memory;

pub(crate) use context::part;
pub use context::Context;
pub use memory::Memory;

use crate::{
	jobs::{Deadline, Topic},
	upgrade::{UpgradeAuthority, MIGRATE},
	BalanceOf, Config,
};
use alloc::vec::Vec;
use frame_support::weights::Weight;
use sp_core::H256;
use sp_runtime::DispatchResult;
use virt_primitives::MAX_ARGUMENTS;

/// The name of the constructor. It runs only when a program is instantiated. For a program without
/// it, the input must be empty.
pub const INIT: &[u8] = b"init";

/// The prefix of exports that may be called while the account is on the call stack.
pub const REENTRANT: &[u8] = b"reentrant:";

/// The program that a frame runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee<AccountId> {
	/// An entry of an account program.
	Account {
		/// Its address.
		address: AccountId,
		/// The entry.
		entry: Vec<u8>,
	},
	/// The constructor of a new account.
	New(New),
	/// A program that replaces the one of an account, at its migration.
	Upgrade {
		/// The address of the account.
		address: AccountId,
		/// The new program.
		code_hash: H256,
	},
	/// A program without an account, or one that runs in the caller's account.
	Code {
		/// The code hash.
		code_hash: H256,
		/// The entry.
		entry: Vec<u8>,
	},
}

/// A call from outside.
pub struct Request<'a, T: Config> {
	/// The program to run.
	pub callee: Callee<T::AccountId>,
	/// The input.
	pub input: &'a [u8],
	/// The value to transfer to the program's account before it runs.
	pub value: BalanceOf<T>,
	/// The weight limit.
	pub weight_limit: Weight,
	/// The maximal deposit; `None` for no limit.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// A call by a program.
pub struct Nested<T: Config> {
	/// The program to run.
	pub callee: Callee<T::AccountId>,
	/// The input.
	pub input: Vec<u8>,
	/// The value to transfer to the program's account before it runs.
	pub value: BalanceOf<T>,
	/// The weight limit. If a part exceeds the caller's remaining weight, the remaining weight is
	/// the limit.
	pub weight_limit: Weight,
	/// The maximal deposit; `None` for the caller's remaining limit.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// The number of a syscall and its arguments.
pub type Syscalled = (u32, [u64; MAX_ARGUMENTS]);

/// How a program stopped without a failure.
pub enum Stopped {
	/// It finished.
	Finished,
	/// It is the outermost program of a job, and was suspended.
	Suspended {
		/// The snapshot of its registers and memory.
		snapshot: Vec<u8>,
		/// The reason.
		cause: Suspension,
	},
}

/// Why the program of a job was suspended.
pub enum Suspension {
	/// The slice has no weight for the next block of code.
	Cut,
	/// The slice has too little weight for a syscall. The next slice repeats it.
	Retry(u32, [u64; MAX_ARGUMENTS]),
	/// The program waits.
	Wait(Wait),
}

/// What a program waits for. Without deadline and topic, it yields to other jobs.
pub struct Wait {
	/// The latest end of the wait.
	pub deadline: Option<Deadline>,
	/// The topic of the message that it waits for.
	pub topic: Option<Topic>,
}

/// The result of a [`Request`].
pub struct Outcome {
	/// Whether it finished, or its error.
	pub result: DispatchResult,
	/// The output of the program, even if it reverted.
	pub output: Vec<u8>,
	/// The consumed weight, even if it failed.
	pub weight_used: Weight,
	/// The peak of the consumed weight, before refunds.
	pub weight_peak: Weight,
}

/// An account program to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
	/// The code hash.
	pub code_hash: H256,
	/// Changes the address.
	pub salt: Vec<u8>,
	/// Who may replace its program.
	pub upgrade_authority: UpgradeAuthority,
}

/// Whether an entry of this name can be called: it is neither a hook, nor has it the prefix of
/// re-entrant exports.
pub(crate) fn is_callable(entry: &[u8]) -> bool {
	entry != INIT && entry != MIGRATE && !entry.starts_with(REENTRANT)
}
