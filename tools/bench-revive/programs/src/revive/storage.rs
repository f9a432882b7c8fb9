//! Reads and writes a value a hundred times.

#![no_std]
#![no_main]

mod contract;

use contract::{api, HostFn, StorageFlags};

const KEY: [u8; 32] = [7; 32];

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut read = 0;
	for round in 0..100 {
		let mut room = [0; 256];
		let mut value = &mut room[..];
		if api::get_storage(StorageFlags::empty(), &KEY, &mut value).is_ok() {
			read += value.len() as u32;
		}
		api::set_storage(StorageFlags::empty(), &KEY, &[round; 32]);
	}
	contract::finish(&read.to_le_bytes());
}
