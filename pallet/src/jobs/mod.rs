//! Jobs: calls of account programs that outlive their block.
//!
//! A job runs in *slices*. A slice ends when the entry returns, when the program waits, or when the
//! slice has no weight left; in the last two cases the execution is suspended: its registers and the
//! pages of its memory that differ from the program's are stored, and the next slice goes on from there.
//!
//! - [`lifecycle`]: starts and ends jobs. [`slice`](mod@slice): runs one slice. [`idle`]: runs slices at the end of a
//!   block.
//! - [`queue`]: which job runs next, and which jobs a deadline wakes. [`mailbox`]: the messages that jobs wait for.
//! - [`memory`]: what is stored of a suspended execution. [`weight`]: the weights of all this.
//!
//! What a slice did is final when the slice ends. A slice that fails is rolled back, and ends its job;
//! the slices before it are not undone.

pub mod idle;
pub mod lifecycle;
pub mod mailbox;
pub mod memory;
pub mod queue;
pub mod slice;
pub mod weight;

use crate::{deposit::Deposit, limits::*, BalanceOf, Config};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, weights::Weight, BoundedVec};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::traits::{AtLeast32BitUnsigned, Convert, UniqueSaturatedInto};

/// Names a job. Ids are given in order, and never twice.
pub type JobId = u64;

/// What a message is about: bytes that the program chooses.
pub type Topic = BoundedVec<u8, ConstU32<MAX_TOPIC>>;

/// When a wait ends at the latest.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum Deadline {
	/// In the block of this number.
	Block(u64),
	/// In the first block whose time is not below this, in milliseconds since the Unix epoch.
	Time(u64),
}

/// What a job does.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub enum Status {
	/// It has a place in the queue of jobs to run.
	Ready {
		/// Its place.
		place: u64,
	},
	/// It waits. Without deadline and topic, only [`lifecycle::cancel`] ends that.
	Waiting {
		/// The wait ends then.
		deadline: Option<Deadline>,
		/// Or when a message with this topic is there.
		topic: Option<Topic>,
	},
	/// Its budget does not pay for another slice. It goes on when it is topped up.
	Starved,
}

/// Why a job that waited goes on.
#[derive(
	Clone,
	Copy,
	Debug,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum Woken {
	/// Its deadline came, or it only let others run.
	Deadline,
	/// By the message of this number in the mailbox of its address.
	Message(u64),
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Job<AccountId, Balance> {
	/// Who started it, pays for it, and may cancel it. The program sees it as the caller.
	pub owner: AccountId,
	/// The program's account.
	pub address: AccountId,
	/// The program, which cannot be removed or replaced while the job lives.
	pub code_hash: H256,
	/// The entry.
	pub entry: BoundedVec<u8, ConstU32<MAX_ENTRY>>,
	/// What was transferred when it was started.
	pub value: Balance,
	/// What it does.
	pub status: Status,
	/// Set while it is ready after a wait: what the wait came to.
	pub woken: Option<Woken>,
	/// Weight that it may still take.
	pub budget: Weight,
	/// What is held for the budget. Fees are taken from it, and the rest comes back at the end.
	pub fees: Balance,
	/// What is held for what the job itself has in the state.
	pub deposit: Deposit<AccountId, Balance>,
	/// The most that may still be held from the owner for the job and what it stores; `None` for no
	/// limit.
	pub deposit_limit: Option<Balance>,
	/// Slices that it had.
	pub slices: u32,
}

/// A job on the chain.
pub type JobOf<T> = Job<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// What is asked of a new job.
pub struct Start<T: Config> {
	/// Who starts it.
	pub owner: T::AccountId,
	/// The account program to call.
	pub address: T::AccountId,
	/// The entry.
	pub entry: Vec<u8>,
	/// What the program is given.
	pub input: Vec<u8>,
	/// What is transferred to the program's account.
	pub value: BalanceOf<T>,
	/// Weight that the job may take.
	pub budget: Weight,
	/// The most that may be held from the owner for the job and what it stores; `None` for no limit.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// A unit of balance for a picosecond of ref time: for chains that have no price for weight of their own.
pub struct RefTimePrice;

impl<Balance: AtLeast32BitUnsigned> Convert<Weight, Balance> for RefTimePrice {
	fn convert(weight: Weight) -> Balance {
		weight.ref_time().unique_saturated_into()
	}
}
