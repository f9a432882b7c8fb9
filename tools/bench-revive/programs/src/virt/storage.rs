//! Reads and writes a value a hundred times.

#![no_std]
#![no_main]

use virt_guest::{prelude::*, storage};

const KEY: [u8; 32] = [7; 32];

entry! {
	/// Returns the sum of the value's lengths.
	fn storm() -> u32 {
		let mut read = 0;
		for round in 0..100 {
			read += storage::get(&KEY).map_or(0, |value| value.len() as u32);
			storage::set(&KEY, &[round; 32]);
		}
		read
	}
}
