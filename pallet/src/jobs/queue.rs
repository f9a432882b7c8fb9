//! Which job runs next: a queue in which each job has one slice before its turn comes again. And the
//! timers of jobs that wait for a block or a time.
//!
//! Timers are keys in order of their deadlines, so that the earliest is found without a scan: an empty
//! block costs the same whether one job sleeps or a hundred thousand.

use super::{Deadline, JobId};
use crate::{Config, JobTimers, ReadyJobs, ReadyRange};
use alloc::vec::Vec;
use core::marker::PhantomData;
use frame_support::storage::StoragePrefixedMap;

/// A timer's key: kind, deadline and job, big-endian, so that the order of keys is that of deadlines.
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

/// Puts a job at the end of the queue. Gives its place.
pub fn push<T: Config>(job: JobId) -> u64 {
	ReadyRange::<T>::mutate(|(_, end)| {
		let place = *end;
		ReadyJobs::<T>::insert(place, job);
		*end = end.saturating_add(1);
		place
	})
}

/// Takes a job out of the queue. It leaves a hole, unless it was the first.
pub fn remove<T: Config>(place: u64) {
	ReadyJobs::<T>::remove(place);
	ReadyRange::<T>::mutate(|(start, _)| {
		if *start == place {
			*start = start.saturating_add(1);
		}
	});
}

/// What is first in the queue.
pub enum Front {
	/// A job.
	Job(JobId),
	/// The place of a job that was taken out. It is passed over.
	Hole,
	/// Nothing.
	Empty,
}

/// What is first in the queue. A hole is removed.
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

/// How many places the queue has, holes included.
pub fn len<T: Config>() -> u64 {
	let (start, end) = ReadyRange::<T>::get();
	end.saturating_sub(start)
}

/// Wakes the job at the deadline, unless [`unset_timer`] comes before.
pub fn set_timer<T: Config>(deadline: Deadline, job: JobId) {
	JobTimers::<T>::insert(timer_key(deadline, job), ());
}

/// Forgets a timer.
pub fn unset_timer<T: Config>(deadline: Deadline, job: JobId) {
	JobTimers::<T>::remove(timer_key(deadline, job));
}

/// The timers whose deadline is not after `now`, in blocks or in time, in order of their deadlines.
///
/// Each is to be removed before the next is asked for. What was removed is not passed over again: the
/// host would do that one by one, and nobody pays for it.
pub struct Expired<T> {
	/// The key that was found last, or what comes before all of this kind.
	last: Vec<u8>,
	/// Of the same kind, and now.
	until: TimerKey,
	chain: PhantomData<T>,
}

impl<T: Config> Expired<T> {
	/// Begins with the earliest.
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
