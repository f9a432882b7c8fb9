//! What the calls and syscalls of jobs weigh: what `make weights` measured, and the proof size of the
//! records that they read.

use super::{mailbox::Mailbox, JobId, JobOf};
use crate::{
	access::{self, MAX_BALANCE},
	gas::{self, GAS_OF_TRANSFER},
	limits::{MAX_JOB_PAGES, MAX_MESSAGES},
	BalanceOf, Config, JobFrames, Mailboxes, WeightInfo,
};
use codec::MaxEncodedLen;
use frame_support::{traits::Get, weights::Weight};
use sp_runtime::traits::Zero;

/// The proof size of a job's record and of a mailbox, each as large as it can be.
fn records<T: Config>() -> Weight {
	gas::proof(JobOf::<T>::max_encoded_len().saturating_add(Mailbox::max_encoded_len()) as u32)
}

/// To start a job with so many bytes of input, and to transfer the value.
pub fn start<T: Config>(input: u32, value: BalanceOf<T>) -> Weight {
	let start = T::WeightInfo::start_job(input).saturating_add(records::<T>());
	if value.is_zero() {
		return start;
	}
	// As a call with a value pays for it.
	start
		.saturating_add(gas::to_weight(GAS_OF_TRANSFER))
		.saturating_add(access::cold_reads::<T>(2, MAX_BALANCE))
		.saturating_add(T::DbWeight::get().writes(2))
}

/// To add to a job's budget.
pub fn top_up<T: Config>() -> Weight {
	T::WeightInfo::top_up_job().saturating_add(records::<T>())
}

/// To send a message, and to take it later.
pub fn send<T: Config>() -> Weight {
	T::WeightInfo::wake().saturating_add(records::<T>())
}

/// To wake a job at its deadline, or to pass over a place in the queue.
pub fn wake<T: Config>() -> Weight {
	T::WeightInfo::job_wake().saturating_add(records::<T>())
}

/// A slice, beside its program, its pages and its buffers, and the end of a job.
pub fn slice<T: Config>() -> Weight {
	T::WeightInfo::job_slice().saturating_add(records::<T>())
}

/// To remove the pages of a job that ends.
pub fn remove_pages<T: Config>(id: JobId) -> Weight {
	of_pages::<T>(JobFrames::<T>::get(id).map_or(0, |frame| frame.pages.len() as u32))
}

/// To return what is in the mailbox, if this is the last job at its address.
pub fn return_messages<T: Config>(job: &JobOf<T>) -> Weight {
	let mailbox = Mailboxes::<T>::get(&job.address).filter(|mailbox| mailbox.jobs <= 1);
	let messages = mailbox.map_or(0, |mailbox| mailbox.queue.len() as u64);
	T::WeightInfo::message_return().saturating_mul(messages)
}

/// To remove so many pages. What else there is to remove is a slice's, or a cancellation's.
fn of_pages<T: Config>(pages: u32) -> Weight {
	T::WeightInfo::job_end(pages).saturating_sub(T::WeightInfo::job_end(0))
}

/// To try to cancel a job that cannot be cancelled.
pub fn cancel_none<T: Config>() -> Weight {
	T::WeightInfo::cancel_job().saturating_add(records::<T>())
}

/// To cancel a job.
pub fn cancel<T: Config>(id: JobId, job: &JobOf<T>) -> Weight {
	cancel_none::<T>()
		.saturating_add(remove_pages::<T>(id))
		.saturating_add(return_messages::<T>(job))
}

/// To cancel a job, at most.
pub fn cancel_at_most<T: Config>() -> Weight {
	cancel_none::<T>()
		.saturating_add(of_pages::<T>(MAX_JOB_PAGES))
		.saturating_add(T::WeightInfo::message_return().saturating_mul(MAX_MESSAGES.into()))
}
