//! A counter, with padding.

#![no_std]
#![no_main]

#[path = "../padding.rs"]
mod padding;

use virt_guest::prelude::*;

const COUNT: StorageValue<u32> = StorageValue::new(b"count");

entry! {
	/// Adds `step`, or 1, to the counter; the new value is the output, and the data of an event.
	fn increment(step: Optional<u32>) -> u32 {
		let count = COUNT.get_or_default().wrapping_add(step.unwrap_or(1));
		COUNT.set(&count);
		env::event(&count.encode());
		count
	}

	/// Enters the padding.
	fn pad(nth: u32) -> u64 {
		padding::enter(nth as usize)
	}
}
