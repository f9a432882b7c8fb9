//! A counter.

#![no_std]
#![no_main]

mod count;

use virt_guest::prelude::*;

entry! {
	/// Adds `step`, or 1, to the counter; the new value is the output, and the data of an event.
	fn increment(step: Optional<u32>) -> u32 {
		count::increment(step.unwrap_or(1))
	}
}
