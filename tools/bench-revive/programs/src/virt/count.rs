//! The counter of the programs that have one.

use virt_guest::prelude::*;

const COUNT: StorageValue<u32> = StorageValue::new(b"count");

/// Adds `step` to the counter, emits an event with the new value, and returns it.
pub fn increment(step: u32) -> u32 {
	let count = COUNT.get_or_default().wrapping_add(step);
	COUNT.set(&count);
	env::event(&count.encode());
	count
}
