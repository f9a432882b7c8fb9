//! A counter, with padding.

#![no_std]
#![no_main]

mod contract;
mod count;
#[path = "../padding.rs"]
mod padding;

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut room = [0; 8];
	let input = contract::input(&mut room);
	if let Some(nth) = contract::number(input, 4) {
		contract::finish(&padding::enter(nth as usize).to_le_bytes());
	}
	let step = contract::number(input, 0);
	contract::finish(&count::increment(step.unwrap_or(1)).to_le_bytes());
}
