//! Computes.

#![no_std]
#![no_main]

#[path = "../compute.rs"]
mod shared;

use virt_guest::prelude::*;

entry! {
	/// So many steps.
	fn compute(steps: u32) -> u64 {
		shared::compute(steps)
	}
}
