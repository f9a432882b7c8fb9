//! Jobs: calls of account programs that outlive their block.
//!
//! A job runs in *slices*. A slice ends when the entry returns, when the program waits, or when the
//! slice has no weight left; in the last two cases the execution is suspended: its registers and the
//! pages of its memory that differ from the program's are stored, and the next slice goes on from there.
//!
//! - [`slice`](mod@slice): runs one slice. [`memory`]: what of an execution is stored.
//! - `idle`: what runs at the end of a block. [`queue`]: which job runs next, and which jobs a deadline wakes.
//! - [`mailbox`]: the messages that jobs wait for. [`weight`]: what all of it weighs.
//!
//! What a slice did is final when the slice ends. A slice that fails is rolled back, and ends its job;
//! the slices before it are not undone.

mod idle;
pub mod mailbox;
pub mod memory;
pub mod queue;
pub mod slice;
pub mod weight;

pub use idle::on_idle;

use crate::{
	deposit::{self, Deposit, DepositMeter, DepositOf},
	limits::*,
	program,
	stack::Trap,
	Accounts, BalanceOf, Config, Error, Event, HoldReason, JobFrames, JobInputs, JobTotals, Jobs,
	JobsOf, NextJob, Pallet,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	traits::{
		fungible::{BalancedHold, Credit, Mutate, MutateHold},
		tokens::{Precision, Preservation},
		ConstU32, OnUnbalanced,
	},
	weights::Weight,
	BoundedVec,
};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{
	traits::{AtLeast32BitUnsigned, Convert, Saturating, UniqueSaturatedInto, Zero},
	DispatchError,
};

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
	/// It waits. Without deadline and topic, only [`cancel`] ends that.
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

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
	/// Its entry returned, or asked for the end.
	Finished {
		/// What the program gave.
		output: Vec<u8>,
	},
	/// It failed. The slice that failed was rolled back.
	Failed {
		/// Why.
		error: DispatchError,
		/// Where the program trapped, if it did.
		trap: Option<Trap>,
	},
	/// Its owner cancelled it.
	Cancelled,
}

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

/// What is held for `weight` of a job's budget.
fn price<T: Config>(weight: Weight) -> BalanceOf<T> {
	T::WeightPrice::convert(weight)
}

/// The deposit for a job whose input, entry and buffers have so many bytes, and that has stored pages
/// of so many bytes each.
fn deposit_for<T: Config>(bytes: usize, pages: impl Iterator<Item = usize>) -> BalanceOf<T> {
	let record = deposit::for_item::<T>(0, bytes);
	pages.fold(record, |sum, page| sum.saturating_add(deposit::for_item::<T>(0, page)))
}

/// Starts a job: it is ready, and its first slice runs when its turn comes.
pub fn start<T: Config>(request: Start<T>) -> Result<JobId, DispatchError> {
	let Start { owner, address, entry, input, value, budget, deposit_limit } = request;
	let info = Accounts::<T>::get(&address).ok_or(Error::<T>::AccountNotFound)?;
	ensure!(crate::run::is_callable(&entry), Error::<T>::EntryNotFound);
	let entry = BoundedVec::try_from(entry).map_err(|_| Error::<T>::EntryNotFound)?;
	let input = BoundedVec::try_from(input).map_err(|_| Error::<T>::InputTooLarge)?;
	count::<T>(&owner, &address)?;
	// The program stays.
	program::refer::<T>(info.code_hash)?;
	if !value.is_zero() {
		T::Currency::transfer(&owner, &address, value, Preservation::Preserve)?;
	}
	let fees = price::<T>(budget);
	hold_fees::<T>(&owner, fees)?;
	let mut meter = DepositMeter::<T>::new(Some(owner.clone()));
	meter.narrow(deposit_limit);
	let bytes = entry.len().saturating_add(input.len());
	let deposit = meter.take(HoldReason::Job, deposit_for::<T>(bytes, core::iter::empty()))?;
	let deposit_limit = deposit_limit.map(|_| meter.left());
	meter.settle()?;

	let id = NextJob::<T>::mutate(|next| {
		let id = *next;
		*next = next.saturating_add(1);
		id
	});
	let job = Job {
		owner: owner.clone(),
		address: address.clone(),
		code_hash: info.code_hash,
		entry: entry.clone(),
		value,
		status: Status::Ready { place: queue::push::<T>(id) },
		woken: None,
		budget,
		fees,
		deposit,
		deposit_limit,
		slices: 0,
	};
	Jobs::<T>::insert(id, job);
	if !input.is_empty() {
		JobInputs::<T>::insert(id, input);
	}
	let entry = entry.into_inner();
	Pallet::<T>::deposit_event(Event::JobStarted { job: id, owner, address, entry });
	Ok(id)
}

fn hold_fees<T: Config>(owner: &T::AccountId, fees: BalanceOf<T>) -> Result<(), DispatchError> {
	T::Currency::hold(&HoldReason::Budget.into(), owner, fees)
		.map_err(|_| Error::<T>::BudgetUnpayable.into())
}

/// Counts one job more of its owner, at its address, and in all.
fn count<T: Config>(owner: &T::AccountId, address: &T::AccountId) -> Result<(), Error<T>> {
	let below = |count: u32, limit: u32| (count < limit).then(|| count + 1);
	let in_all = below(JobTotals::<T>::get(), MAX_JOBS).ok_or(Error::TooManyJobs)?;
	let owned = below(JobsOf::<T>::get(owner), MAX_JOBS_OF_OWNER).ok_or(Error::TooManyJobs)?;
	mailbox::with::<T, _>(address, |mailbox| {
		mailbox.jobs = below(mailbox.jobs, MAX_JOBS_AT_ADDRESS).ok_or(Error::TooManyJobs)?;
		Ok(())
	})?;
	JobTotals::<T>::put(in_all);
	JobsOf::<T>::insert(owner, owned);
	Ok(())
}

/// Adds to a job's budget, from the account of who asks. One that starved goes on.
pub fn top_up<T: Config>(
	payer: &T::AccountId,
	id: JobId,
	budget: Weight,
) -> Result<(), DispatchError> {
	let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::JobNotFound)?;
	ensure!(job.owner == *payer, Error::<T>::NotOwner);
	let fees = price::<T>(budget);
	hold_fees::<T>(payer, fees)?;
	job.fees = job.fees.saturating_add(fees);
	job.budget = job.budget.saturating_add(budget);
	if job.status == Status::Starved {
		job.status = Status::Ready { place: queue::push::<T>(id) };
	}
	Jobs::<T>::insert(id, job);
	Pallet::<T>::deposit_event(Event::JobToppedUp { job: id, budget });
	Ok(())
}

/// Ends a job of the account. What was held for it comes back.
/// Gives the weight of that.
pub fn cancel<T: Config>(owner: &T::AccountId, id: JobId) -> Result<Weight, DispatchError> {
	let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::JobNotFound)?;
	ensure!(job.owner == *owner, Error::<T>::NotOwner);
	leave_queues::<T>(id, &mut job)?;
	let weight = weight::cancel::<T>(id, &job);
	finish::<T>(id, job, Weight::zero(), End::Cancelled)?;
	Ok(weight)
}

/// Takes a job out of the queue, the timers and the mailbox that it is in.
fn leave_queues<T: Config>(id: JobId, job: &mut JobOf<T>) -> Result<(), DispatchError> {
	match &job.status {
		Status::Ready { place } => queue::remove::<T>(*place),
		Status::Waiting { deadline, topic } => {
			if let Some(deadline) = deadline {
				queue::unset_timer::<T>(*deadline, id);
			}
			if topic.is_some() {
				mailbox::stop_waiting::<T>(&job.address, id)?;
			}
		},
		Status::Starved => {},
	}
	// A message that was to wake it is delivered to another, or is returned.
	if let Some(Woken::Message(number)) = job.woken.take() {
		mailbox::put_back::<T>(&job.address, number)?;
	}
	Ok(())
}

/// Takes the fee of a slice from what is held for the budget.
fn charge<T: Config>(job: &mut JobOf<T>, weight: Weight) {
	let fee = price::<T>(weight.min(job.budget)).min(job.fees);
	job.budget = job.budget.saturating_sub(weight);
	job.fees = job.fees.saturating_sub(fee);
	if !fee.is_zero() {
		let reason = HoldReason::Budget.into();
		let (credit, _): (Credit<T::AccountId, T::Currency>, _) =
			T::Currency::slash(&reason, &job.owner, fee);
		T::JobFees::on_unbalanced(credit);
	}
}

/// Removes a job that is in no queue, gives back what is held for it, and says how it ended.
fn finish<T: Config>(
	id: JobId,
	job: JobOf<T>,
	weight_used: Weight,
	end: End,
) -> Result<(), DispatchError> {
	if let Some(frame) = JobFrames::<T>::take(id) {
		memory::remove_pages::<T>(id, &frame.pages);
	}
	JobInputs::<T>::remove(id);
	Jobs::<T>::remove(id);
	JobTotals::<T>::mutate(|count| *count = count.saturating_sub(1));
	JobsOf::<T>::mutate_exists(&job.owner, |count| {
		*count = count.unwrap_or_default().checked_sub(1).filter(|count| *count > 0);
	});
	mailbox::leave::<T>(&job.address)?;
	program::release::<T>(job.code_hash);
	// The best effort: what another pallet took of the hold does not keep the job.
	T::Currency::release(&HoldReason::Budget.into(), &job.owner, job.fees, Precision::BestEffort)?;
	give_back::<T>(job.deposit)?;
	Pallet::<T>::deposit_event(match end {
		End::Finished { output } => Event::JobFinished { job: id, weight_used, output },
		End::Failed { error, trap } => Event::JobFailed { job: id, weight_used, error, trap },
		End::Cancelled => Event::JobCancelled { job: id },
	});
	Ok(())
}

/// Gives back what is held for a job or a message.
fn give_back<T: Config>(deposit: DepositOf<T>) -> Result<(), DispatchError> {
	let mut meter = DepositMeter::<T>::new(None);
	meter.give_back(HoldReason::Job, deposit);
	Ok(meter.settle()?)
}

/// How many jobs live at an address.
pub fn jobs_at<T: Config>(address: &T::AccountId) -> u32 {
	crate::Mailboxes::<T>::get(address).map_or(0, |mailbox| mailbox.jobs)
}
