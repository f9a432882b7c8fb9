//! Computes.

#![no_std]
#![no_main]

#[path = "../compute.rs"]
mod shared;

use virt_guest::prelude::*;

entry! {
	/// Runs `steps` steps.
	fn compute(steps: u32) -> u64 {
		shared::compute(steps)
	}
}
