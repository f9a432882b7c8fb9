//! Attempts at a runtime call: it is executed again after a host fault.

use std::cell::Cell;

/// The number of attempts. The last one does not use workers.
pub const ATTEMPTS: u32 = 3;

thread_local! {
	/// The current attempt of this thread's runtime call. `None` if nothing would repeat the call.
	static CURRENT: Cell<Option<Attempt>> = const { Cell::new(None) };
}

/// An attempt at a runtime call.
#[derive(Clone, Copy)]
struct Attempt {
	/// Whether it is the last one.
	last: bool,
	/// Whether a host fault occurred.
	faulted: bool,
}

/// Marks the runtime call on this thread as one that can be repeated, until it is dropped.
pub struct Repeatable {
	outer: Option<Attempt>,
}

impl Repeatable {
	/// Begins attempt `number` of [`ATTEMPTS`], counted from 1.
	pub fn begin(number: u32) -> Self {
		let attempt = Attempt { last: number >= ATTEMPTS, faulted: false };
		Self { outer: CURRENT.replace(Some(attempt)) }
	}

	/// Whether a host fault occurred, so that the call must be repeated, unless this was the last
	/// attempt.
	pub fn must_repeat(&self) -> bool {
		CURRENT.get().is_some_and(|attempt| attempt.faulted && !attempt.last)
	}
}

impl Drop for Repeatable {
	fn drop(&mut self) {
		CURRENT.set(self.outer);
	}
}

/// Whether the call on this thread is repeated after a host fault.
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), allow(dead_code))]
pub(crate) fn is_repeatable() -> bool {
	CURRENT.get().is_some_and(|attempt| !attempt.last)
}

/// Whether this is the last attempt, after host faults in the others.
pub(crate) fn is_last() -> bool {
	CURRENT.get().is_some_and(|attempt| attempt.last)
}

/// A host fault occurred in the call on this thread.
pub(crate) fn record_fault() {
	CURRENT.set(CURRENT.get().map(|attempt| Attempt { faulted: true, ..attempt }));
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn attempts_are_repeatable_except_the_last() {
		assert!(!is_repeatable() && !is_last());
		for number in 1..ATTEMPTS {
			let attempt = Repeatable::begin(number);
			assert!(is_repeatable() && !is_last());
			assert!(!attempt.must_repeat());
			record_fault();
			assert!(attempt.must_repeat());
		}
		let attempt = Repeatable::begin(ATTEMPTS);
		assert!(!is_repeatable() && is_last());
		record_fault();
		assert!(!attempt.must_repeat());
	}

	#[test]
	fn inner_call_does_not_change_the_outer_one() {
		let outer = Repeatable::begin(1);
		{
			let inner = Repeatable::begin(1);
			record_fault();
			assert!(inner.must_repeat());
		}
		assert!(is_repeatable() && !outer.must_repeat());
	}
}
