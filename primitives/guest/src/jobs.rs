//! Jobs: calls that can wait, and that can take longer than a block. See `docs/jobs.md`.
//!
//! The functions of [`wait`] suspend the job that the program runs in. The others manage jobs of
//! the program's account, and send messages to jobs.

use crate::{
	call::{Limits, Weight},
	env::AccountId,
	programs, syscalls, Code, Failure,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Error};

/// The id of a job.
pub type JobId = u64;

/// The job that this call is part of.
pub fn current() -> Option<JobId> {
	// SAFETY: takes no pointer.
	JobId::try_from(unsafe { syscalls::job_id() }).ok()
}

/// Starts a job of the program's account: a call of an account program's entry. The weight of
/// `limits` is the job's budget, whose fee this account pays; the deposit limits the deposits that
/// are held from this account.
pub fn start(
	address: &AccountId,
	entry: &str,
	input: &[u8],
	limits: Limits,
) -> Result<JobId, Failure> {
	let options = limits.to_bytes();
	// SAFETY: the slices are readable for the lengths that go with them; an account is 32 bytes, and
	// the options are 48.
	let job = unsafe {
		syscalls::start_job(
			address.as_ptr(),
			entry.as_ptr(),
			entry.len() as u64,
			input.as_ptr(),
			input.len() as u64,
			options.as_ptr(),
		)
	};
	Failure::check(job)?;
	Ok(job as JobId)
}

/// Ends a job of the program's account.
pub fn cancel(job: JobId) -> Result<(), Failure> {
	// SAFETY: takes no pointer.
	Failure::check(unsafe { syscalls::cancel_job(job) })
}

/// Adds to the budget of a job of the program's account, which pays for it.
pub fn top_up(job: JobId, budget: Weight) -> Result<(), Failure> {
	let budget = budget.to_bytes();
	// SAFETY: a weight is 16 bytes.
	Failure::check(unsafe { syscalls::top_up_job(job, budget.as_ptr()) })
}

/// Sends a message to the jobs at an address. The job that has waited for the topic the longest
/// receives it, or else the next job that waits for it.
pub fn send(address: &AccountId, topic: &[u8], data: &[u8]) -> Result<(), Failure> {
	let (topic_len, len) = (topic.len() as u64, data.len() as u64);
	// SAFETY: the slices are readable for the lengths that go with them; an account is 32 bytes.
	Failure::check(unsafe {
		syscalls::wake(address.as_ptr(), topic.as_ptr(), topic_len, data.as_ptr(), len)
	})
}

/// A message to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
	/// The sender: the signer, or the program that sent it.
	pub sender: AccountId,
	/// The data.
	pub data: Vec<u8>,
}

impl Message {
	/// Decodes the data. Errs if it does not decode.
	pub fn decode<T: Decode>(&self) -> Result<T, Error> {
		T::decode_all(&mut &self.data[..])
	}
}

/// Suspends the job. The changes so far are committed: storage, transfers and events are not rolled
/// back later. Locals, heap and call stack are restored when it resumes.
///
/// Each function panics if the program cannot wait: outside of a job, in a program that was called
/// by another, and in [`atomic`](wait::atomic). Other calls can change the account's storage
/// meanwhile: read it again.
pub mod wait {
	use super::*;

	const UNTIL_BLOCK: u64 = 1;
	const UNTIL_TIME: u64 = 2;
	const FOR_MESSAGE: u64 = 4;

	/// Waits for this many blocks, at least one.
	pub fn blocks(count: u64) {
		suspend(UNTIL_BLOCK, count, &[]);
	}

	/// Waits for a block whose time is at least `time`, in milliseconds since the Unix epoch.
	pub fn until(time: u64) {
		suspend(UNTIL_TIME, time, &[]);
	}

	/// Waits for a message with the topic.
	pub fn message(topic: &[u8]) -> Message {
		match suspend(FOR_MESSAGE, 0, topic) {
			Some(message) => message,
			None => panic!("a wait without deadline ended without a message"),
		}
	}

	/// Waits for a message with the topic, for at most this many blocks.
	pub fn message_or_blocks(topic: &[u8], count: u64) -> Option<Message> {
		suspend(FOR_MESSAGE | UNTIL_BLOCK, count, topic)
	}

	/// Waits for a message with the topic, until a block whose time is at least `time`.
	pub fn message_or_until(topic: &[u8], time: u64) -> Option<Message> {
		suspend(FOR_MESSAGE | UNTIL_TIME, time, topic)
	}

	/// Lets other ready jobs run first.
	pub fn yield_now() {
		suspend(0, 0, &[]);
	}

	/// Runs `work` without suspending: all of it is in one block, and if it fails, all of it is
	/// rolled back. It has at least half a slice. Outside of a job, it just runs `work`.
	pub fn atomic<R>(work: impl FnOnce() -> R) -> R {
		// SAFETY: takes no pointer.
		let outer = unsafe { syscalls::atomic(1) };
		let result = work();
		// In another scope, that scope continues. SAFETY: takes no pointer.
		unsafe { syscalls::atomic(outer) };
		result
	}

	fn suspend(flags: u64, deadline: u64, topic: &[u8]) -> Option<Message> {
		// SAFETY: the slice is readable for the length that goes with it.
		let woken = unsafe { syscalls::wait(flags, deadline, topic.as_ptr(), topic.len() as u64) };
		if woken == Code::CANNOT_WAIT {
			panic!("a program waits in a job, in its outermost call, outside of atomic scopes");
		}
		(woken == 1).then(|| {
			let mut data = programs::returned();
			let mut sender = [0; 32];
			sender.copy_from_slice(&data[..32]);
			data.drain(..32);
			Message { sender, data }
		})
	}
}
