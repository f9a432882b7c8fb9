//! The queue of ready jobs, in which each job runs one slice per turn, and the timers of jobs that
//! wait for a block or a time.
//!
//! Timers are keys that are sorted by deadline, so that the earliest is found without a scan: an
//! empty block costs the same with one waiting job and with a hundred thousand.

use super::{Deadline, JobId};
use crate::{Config, JobTimers, ReadyJobs, ReadyRange};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::storage::StoragePrefixedMap;

/// The key of a timer: kind, deadline and job, big-endian, so that keys are sorted by deadline.
pub type TimerKey = [u8; 17];

fn timer_key(deadline: Deadline, job: JobId) -> TimerKey {
	let (kind, at) = match deadline {
		Deadline::Block(number) => (0, number),
		Deadline::Time(time) => (1, time),
	};
	let mut key = [kind; 17];
	key[1..9].copy_from_slice(&at.to_be_bytes());
	key[9..].copy_from_slice(&job.to_be_bytes());
	key
}

/// Appends a job to the queue. Returns its position.
pub fn push<T: Config>(job: JobId) -> u64 {
	ReadyRange::<T>::mutate(|(_, end)| {
		let place = *end;
		ReadyJobs::<T>::insert(place, job);
		*end = end.saturating_add(1);
		place
	})
}

/// Removes a job from the queue. It leaves a hole, unless it was the first.
pub fn remove<T: Config>(place: u64) {
	ReadyJobs::<T>::remove(place);
	ReadyRange::<T>::mutate(|(start, _)| {
		if *start == place {
			*start = start.saturating_add(1);
		}
	});
}

/// The front of the queue.
pub enum Front {
	/// A job.
	Job(JobId),
	/// The position of a removed job. It is skipped.
	Hole,
	/// The queue is empty.
	Empty,
}

/// The front of the queue. Removes a hole.
pub fn front<T: Config>() -> Front {
	let (start, end) = ReadyRange::<T>::get();
	if start == end {
		return Front::Empty;
	}
	match ReadyJobs::<T>::get(start) {
		Some(job) => Front::Job(job),
		None => {
			ReadyRange::<T>::put((start.saturating_add(1), end));
			Front::Hole
		},
	}
}

/// The length of the queue, including holes.
pub fn len<T: Config>() -> u64 {
	let (start, end) = ReadyRange::<T>::get();
	end.saturating_sub(start)
}

/// Sets a timer that wakes the job at the deadline, unless [`unset_timer`] is called before.
pub fn set_timer<T: Config>(deadline: Deadline, job: JobId) {
	JobTimers::<T>::insert(timer_key(deadline, job), ());
}

/// Removes a timer.
pub fn unset_timer<T: Config>(deadline: Deadline, job: JobId) {
	JobTimers::<T>::remove(timer_key(deadline, job));
}

/// The timers whose deadline is not after `now`, in blocks or in time, sorted by deadline.
///
/// Each must be removed before the next is requested. The iterator continues after the last key, so
/// that the host does not visit removed keys, which nobody pays for.
pub struct Expired<T> {
	/// The last key, or the prefix of all keys of this kind.
	last: Vec<u8>,
	/// The end: the same kind, and `now`.
	until: TimerKey,
	chain: PhantomData<T>,
}

impl<T: Config> Expired<T> {
	/// Starts with the earliest.
	pub fn new(now: Deadline) -> Self {
		let until = timer_key(now, JobId::MAX);
		let last = [&JobTimers::<T>::final_prefix()[..], &until[..1]].concat();
		Self { last, until, chain: PhantomData }
	}
}

impl<T: Config> Iterator for Expired<T> {
	type Item = (Deadline, JobId);

	fn next(&mut self) -> Option<Self::Item> {
		let prefix = JobTimers::<T>::final_prefix();
		let found = sp_io::storage::next_key(&self.last)?;
		let key: TimerKey = found.strip_prefix(&prefix[..])?.try_into().ok()?;
		if key[0] != self.until[0] || key > self.until {
			return None;
		}
		self.last = found;
		let word = |at: usize| {
			let mut word = [0; 8];
			word.copy_from_slice(&key[at..at + 8]);
			u64::from_be_bytes(word)
		};
		let (at, job) = (word(1), word(9));
		Some((if key[0] == 0 { Deadline::Block(at) } else { Deadline::Time(at) }, job))
	}
}
