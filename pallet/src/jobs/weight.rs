//! The weights of the calls and syscalls of jobs: what `make weights` measured, and the proof size
//! of the records that they read.

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

/// The proof size of a job's record and a mailbox of maximal size.
fn records<T: Config>() -> Weight {
	gas::proof(JobOf::<T>::max_encoded_len().saturating_add(Mailbox::max_encoded_len()) as u32)
}

/// Of starting a job with `input` bytes of input, and of transferring `value`.
pub fn start<T: Config>(input: u32, value: BalanceOf<T>) -> Weight {
	let start = T::WeightInfo::start_job(input).saturating_add(records::<T>());
	if value.is_zero() {
		return start;
	}
	// Like a call with a value.
	start
		.saturating_add(gas::to_weight(GAS_OF_TRANSFER))
		.saturating_add(access::cold_reads::<T>(2, MAX_BALANCE))
		.saturating_add(T::DbWeight::get().writes(2))
}

/// Of adding to a job's budget.
pub fn top_up<T: Config>() -> Weight {
	T::WeightInfo::top_up_job().saturating_add(records::<T>())
}

/// Of sending a message and receiving it later.
pub fn send<T: Config>() -> Weight {
	T::WeightInfo::wake().saturating_add(records::<T>())
}

/// Of waking a job at its deadline, or of skipping a hole in the queue.
pub fn wake<T: Config>() -> Weight {
	T::WeightInfo::job_wake().saturating_add(records::<T>())
}

/// Of a slice and of the end of a job, without its program, pages and buffers.
pub fn slice<T: Config>() -> Weight {
	T::WeightInfo::job_slice().saturating_add(records::<T>())
}

/// Of removing the pages of a job that ends.
pub fn remove_pages<T: Config>(id: JobId) -> Weight {
	of_pages::<T>(JobFrames::<T>::get(id).map_or(0, |frame| frame.pages.len() as u32))
}

/// Of returning the messages in the mailbox, if this is the last job at its address.
pub fn return_messages<T: Config>(job: &JobOf<T>) -> Weight {
	let mailbox = Mailboxes::<T>::get(&job.address).filter(|mailbox| mailbox.jobs <= 1);
	let messages = mailbox.map_or(0, |mailbox| mailbox.queue.len() as u64);
	T::WeightInfo::message_return().saturating_mul(messages)
}

/// Of removing so many pages. The rest of the end of a job is part of a slice or a cancellation.
fn of_pages<T: Config>(pages: u32) -> Weight {
	T::WeightInfo::job_end(pages).saturating_sub(T::WeightInfo::job_end(0))
}

/// Of a failed cancellation.
pub fn cancel_none<T: Config>() -> Weight {
	T::WeightInfo::cancel_job().saturating_add(records::<T>())
}

/// Of cancelling a job.
pub fn cancel<T: Config>(id: JobId, job: &JobOf<T>) -> Weight {
	cancel_none::<T>()
		.saturating_add(remove_pages::<T>(id))
		.saturating_add(return_messages::<T>(job))
}

/// The maximal weight of cancelling a job.
pub fn cancel_at_most<T: Config>() -> Weight {
	cancel_none::<T>()
		.saturating_add(of_pages::<T>(MAX_JOB_PAGES))
		.saturating_add(T::WeightInfo::message_return().saturating_mul(MAX_MESSAGES.into()))
}
