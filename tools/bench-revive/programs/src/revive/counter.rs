//! A counter.

#![no_std]
#![no_main]

mod contract;
mod count;

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut room = [0; 4];
	let step = contract::number(contract::input(&mut room), 0);
	contract::finish(&count::increment(step.unwrap_or(1)).to_le_bytes());
}
