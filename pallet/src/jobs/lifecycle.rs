//! The lifecycle of jobs: start, top up, cancel, wake, finish.

use super::{mailbox, memory, queue, weight, Deadline, Job, JobId, JobOf, Start, Status, Woken};
use crate::{
	deposit::{self, DepositMeter},
	frame::is_callable,
	limits::*,
	program,
	stack::Trap,
	Accounts, BalanceOf, Config, Error, Event, HoldReason, JobFrames, JobInputs, JobTotals, Jobs,
	JobsOf, NextJob, Pallet,
};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{
		fungible::{BalancedHold, Credit, Mutate, MutateHold},
		tokens::{Precision, Preservation},
		OnUnbalanced,
	},
	weights::Weight,
	BoundedVec,
};
use sp_runtime::{
	traits::{Convert, Saturating, Zero},
	DispatchError,
};

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
	/// Its entry returned or exited.
	Finished {
		/// The output of the program.
		output: Vec<u8>,
	},
	/// It failed. The failed slice was rolled back.
	Failed {
		/// The error.
		error: DispatchError,
		/// The location of the trap, if it trapped.
		trap: Option<Trap>,
	},
	/// Its owner cancelled it.
	Cancelled,
}

/// The fee of `weight`.
fn price<T: Config>(weight: Weight) -> BalanceOf<T> {
	T::WeightPrice::convert(weight)
}

/// The deposit for a job with `bytes` of input, entry and buffers, and stored pages of these
/// lengths.
pub(super) fn deposit_for<T: Config>(
	bytes: usize,
	pages: impl Iterator<Item = usize>,
) -> BalanceOf<T> {
	let record = deposit::for_item::<T>(0, bytes);
	pages.fold(record, |sum, page| sum.saturating_add(deposit::for_item::<T>(0, page)))
}

/// Starts a job: it is ready, and its first slice runs when its turn comes.
pub fn start<T: Config>(request: Start<T>) -> Result<JobId, DispatchError> {
	let Start { owner, address, entry, input, value, budget, deposit_limit } = request;
	let info = Accounts::<T>::get(&address).ok_or(Error::<T>::AccountNotFound)?;
	ensure!(is_callable(&entry), Error::<T>::EntryNotFound);
	let entry = BoundedVec::try_from(entry).map_err(|_| Error::<T>::EntryNotFound)?;
	let input = BoundedVec::try_from(input).map_err(|_| Error::<T>::InputTooLarge)?;
	count::<T>(&owner, &address)?;
	// The program cannot be removed while the job exists.
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

/// Counts one more job of the owner, at the address, and in total.
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

/// Adds to the budget of a job, paid by `payer`. A starved job becomes ready.
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

/// Ends a job of the account and releases its fee and deposit. Returns the weight of that.
pub fn cancel<T: Config>(owner: &T::AccountId, id: JobId) -> Result<Weight, DispatchError> {
	let mut job = Jobs::<T>::get(id).ok_or(Error::<T>::JobNotFound)?;
	ensure!(job.owner == *owner, Error::<T>::NotOwner);
	leave_queues::<T>(id, &mut job)?;
	let weight = weight::cancel::<T>(id, &job);
	finish::<T>(id, job, Weight::zero(), End::Cancelled)?;
	Ok(weight)
}

/// Removes a job from the queue, the timers and the mailbox.
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
	// The message that woke it is delivered to another job, or returned.
	if let Some(Woken::Message(number)) = job.woken.take() {
		mailbox::put_back::<T>(&job.address, number)?;
	}
	Ok(())
}

/// Takes the fee of a slice from the hold for the budget.
pub(super) fn charge<T: Config>(job: &mut JobOf<T>, weight: Weight) {
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

/// Removes a job that is in no queue, releases its fee and deposit, and deposits the event of its
/// end.
pub(super) fn finish<T: Config>(
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
	// Best effort: the job is removed even if another pallet took a part of the hold.
	T::Currency::release(&HoldReason::Budget.into(), &job.owner, job.fees, Precision::BestEffort)?;
	deposit::release::<T>(HoldReason::Job, job.deposit)?;
	Pallet::<T>::deposit_event(match end {
		End::Finished { output } => Event::JobFinished { job: id, weight_used, output },
		End::Failed { error, trap } => Event::JobFailed { job: id, weight_used, error, trap },
		End::Cancelled => Event::JobCancelled { job: id },
	});
	Ok(())
}

/// Makes a job ready whose deadline has passed.
pub fn wake<T: Config>(deadline: Deadline, id: JobId) -> Result<(), DispatchError> {
	queue::unset_timer::<T>(deadline, id);
	let Some(mut job) = Jobs::<T>::get(id) else { return Err(Error::<T>::JobNotFound.into()) };
	if let Status::Waiting { topic: Some(_), .. } = &job.status {
		mailbox::stop_waiting::<T>(&job.address, id)?;
	}
	job.status = Status::Ready { place: queue::push::<T>(id) };
	job.woken = Some(Woken::Deadline);
	Jobs::<T>::insert(id, job);
	Pallet::<T>::deposit_event(Event::JobWoken { job: id, by: Woken::Deadline });
	Ok(())
}
