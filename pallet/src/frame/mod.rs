//! Frames: what a call asks for, what it works with while its program runs, and its result.
//!
//! Below both [`crate::run`], which runs frames, and [`crate::syscalls`], whose handlers work in one. The
//! frames of a call share a [`Stack`](crate::stack::Stack).
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

/// The export that runs when a program is given an account, and at no other time. A program
/// without it takes no input then.
pub const INIT: &[u8] = b"init";

/// What is before the name of an export that may be entered while the account is on the stack.
pub const REENTRANT: &[u8] = b"reentrant:";

/// What a frame runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee<AccountId> {
	/// An account program, at one of its entries.
	Account {
		/// Its account.
		address: AccountId,
		/// The entry.
		entry: Vec<u8>,
	},
	/// A program that is given an account, at its constructor.
	New(New),
	/// A program that replaces the one of an account, at its migration.
	Upgrade {
		/// The account.
		address: AccountId,
		/// The program.
		code_hash: H256,
	},
	/// A program without an account, or over the account of the frame below.
	Code {
		/// The program.
		code_hash: H256,
		/// The entry.
		entry: Vec<u8>,
	},
}

/// A call, as it comes from outside.
pub struct Request<'a, T: Config> {
	/// What is to run.
	pub callee: Callee<T::AccountId>,
	/// What the program is given.
	pub input: &'a [u8],
	/// What is transferred to the program's account before it runs.
	pub value: BalanceOf<T>,
	/// Weight of all of it.
	pub weight_limit: Weight,
	/// The most that may be held from the origin; `None` for no limit.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// A call, as a program asks for it.
pub struct Nested<T: Config> {
	/// What is to run.
	pub callee: Callee<T::AccountId>,
	/// What the program is given.
	pub input: Vec<u8>,
	/// What is transferred to the program's account before it runs.
	pub value: BalanceOf<T>,
	/// Weight of all of it; of each part that is more than is left, all that is left.
	pub weight_limit: Weight,
	/// The most that may be held from the origin; `None` for all that may be held here.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// A syscall by its number, and its arguments.
pub type Syscalled = (u32, [u64; MAX_ARGUMENTS]);

/// How a program stopped that did not fail.
pub enum Stopped {
	/// It came to its end.
	Finished,
	/// It is the outermost program of a job, and can go on later.
	Suspended {
		/// Its registers and its memory.
		snapshot: Vec<u8>,
		/// Why.
		cause: Suspension,
	},
}

/// Why a job's program was suspended.
pub enum Suspension {
	/// The slice has no weight for the next block of code.
	Cut,
	/// The slice has too little weight left for a syscall. The next slice makes it again.
	Retry(u32, [u64; MAX_ARGUMENTS]),
	/// The program waits.
	Wait(Wait),
}

/// What a program waits for. For nothing: it only lets others run.
pub struct Wait {
	/// It waits no longer than that.
	pub deadline: Option<Deadline>,
	/// It waits for a message with this topic.
	pub topic: Option<Topic>,
}

/// What came of a [`Request`].
pub struct Outcome {
	/// Whether it came to its end, or why not.
	pub result: DispatchResult,
	/// What the program gave, also where it reverted.
	pub output: Vec<u8>,
	/// Weight that was taken, also where it failed.
	pub weight_used: Weight,
	/// The most weight that was taken at one time: some may have been given back.
	pub weight_peak: Weight,
}

/// An account program that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
	/// The program.
	pub code_hash: H256,
	/// Makes its address another one.
	pub salt: Vec<u8>,
	/// Who may replace its program.
	pub upgrade_authority: UpgradeAuthority,
}

/// Whether accounts can be called at an entry of that name: it is neither a hook, nor an entry by the name
/// that re-entry gives it.
pub(crate) fn is_callable(entry: &[u8]) -> bool {
	entry != INIT && entry != MIGRATE && !entry.starts_with(REENTRANT)
}
