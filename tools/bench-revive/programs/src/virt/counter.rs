//! A counter.

#![no_std]
#![no_main]

mod count;

use virt_guest::prelude::*;

entry! {
	/// Adds `step`, or 1, to the counter. Returns the new value, and emits it as an event.
	fn increment(step: Optional<u32>) -> u32 {
		count::increment(step.unwrap_or(1))
	}
}
