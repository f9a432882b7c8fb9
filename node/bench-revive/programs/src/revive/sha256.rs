//! SHA-256 of the input, by the crate `sha2` as it is published.

#![no_std]
#![no_main]

mod contract;

use sha2::{Digest, Sha256};

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	let mut room = [0; 1_024];
	contract::finish(&Sha256::digest(contract::input(&mut room)));
}
