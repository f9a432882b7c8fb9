//! The counter of the contracts that have one.

use crate::contract::{api, HostFn, StorageFlags};

const COUNT: &[u8] = b"count";

/// Adds `step` to the counter, emits an event with the new value, and returns it.
pub fn increment(step: u32) -> u32 {
	let mut bytes = [0; 4];
	// An unset counter is zero.
	let _ = api::get_storage(StorageFlags::empty(), COUNT, &mut &mut bytes[..]);
	let count = u32::from_le_bytes(bytes).wrapping_add(step);
	api::set_storage(StorageFlags::empty(), COUNT, &count.to_le_bytes());
	api::deposit_event(&[], &count.to_le_bytes());
	count
}
