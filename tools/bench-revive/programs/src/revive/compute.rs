//! Computes.

#![no_std]
#![no_main]

mod contract;
#[path = "../compute.rs"]
mod shared;

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut room = [0; 4];
	let steps = contract::number(contract::input(&mut room), 0).unwrap_or(0);
	contract::finish(&shared::compute(steps).to_le_bytes());
}
