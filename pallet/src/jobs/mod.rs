//! Jobs: calls of account programs that outlive their block.
//!
//! A job runs in *slices*. A slice ends when the entry returns, when the program waits, or when the
//! slice has no weight left. In the last two cases the execution is suspended: its registers and
//! the memory pages that differ from the program's are stored, and the next slice resumes there.
//!
//! - [`lifecycle`]: starts and ends jobs. [`slice`](mod@slice): runs one slice. [`idle`]: runs
//!   slices at the end of a block.
//! - [`queue`]: the queue of ready jobs, and the timers of waiting jobs. [`mailbox`]: messages to
//!   jobs.
//! - [`memory`]: the stored state of a suspended execution. [`weight`]: the weights of jobs.
//!
//! A slice is committed when it ends. A slice that fails is rolled back and ends its job; earlier
//! slices remain committed.

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

/// The id of a job. Ids are increasing and never reused.
pub type JobId = u64;

/// The topic of a message: bytes that the program chooses.
pub type Topic = BoundedVec<u8, ConstU32<MAX_TOPIC>>;

/// The latest end of a wait.
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
	/// In the block with this number.
	Block(u64),
	/// In the first block whose time is not before this one, in milliseconds since the Unix epoch.
	Time(u64),
}

/// The status of a job.
#[derive(
	Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub enum Status {
	/// It is in the queue of ready jobs.
	Ready {
		/// Its position.
		place: u64,
	},
	/// It waits. Without deadline and topic, only [`lifecycle::cancel`] ends it.
	Waiting {
		/// The wait ends at this deadline.
		deadline: Option<Deadline>,
		/// The wait ends when a message with this topic arrives.
		topic: Option<Topic>,
	},
	/// Its budget is too small for another slice. It continues when it is topped up.
	Starved,
}

/// Why a waiting job became ready.
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
	/// Its deadline passed, or it had yielded.
	Deadline,
	/// The message with this number in the mailbox of its address.
	Message(u64),
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Job<AccountId, Balance> {
	/// The account that started it, pays for it, and may cancel it. It is the caller that the
	/// program sees.
	pub owner: AccountId,
	/// The address of the program.
	pub address: AccountId,
	/// The code hash of the program, which cannot be removed or replaced while the job exists.
	pub code_hash: H256,
	/// The entry.
	pub entry: BoundedVec<u8, ConstU32<MAX_ENTRY>>,
	/// The value that was transferred at the start.
	pub value: Balance,
	/// The status.
	pub status: Status,
	/// The result of the last wait, while the job is ready after one.
	pub woken: Option<Woken>,
	/// The remaining weight.
	pub budget: Weight,
	/// The fee that is held for the budget. Slices are paid from it, and the rest is released at
	/// the end.
	pub fees: Balance,
	/// The deposit for the job's record and memory.
	pub deposit: Deposit<AccountId, Balance>,
	/// The remaining limit of the deposits for the job and what it stores; `None` for no limit.
	pub deposit_limit: Option<Balance>,
	/// The number of slices so far.
	pub slices: u32,
}

/// A job of the runtime.
pub type JobOf<T> = Job<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The parameters of a new job.
pub struct Start<T: Config> {
	/// The account that starts it.
	pub owner: T::AccountId,
	/// The address of the program.
	pub address: T::AccountId,
	/// The entry.
	pub entry: Vec<u8>,
	/// The input.
	pub input: Vec<u8>,
	/// The value to transfer to the program's account.
	pub value: BalanceOf<T>,
	/// The weight limit of the job.
	pub budget: Weight,
	/// The maximal deposit for the job and what it stores; `None` for no limit.
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// A unit of balance per picosecond of ref time, for chains without another price of weight.
pub struct RefTimePrice;

impl<Balance: AtLeast32BitUnsigned> Convert<Weight, Balance> for RefTimePrice {
	fn convert(weight: Weight) -> Balance {
		weight.ref_time().unique_saturated_into()
	}
}
