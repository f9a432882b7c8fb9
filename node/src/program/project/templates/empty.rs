//! What the program does.

#![no_std]
#![no_main]

use virt_guest::prelude::*;

entry! {
	/// Runs once, when the program gets its account.
	fn init() {}

	/// Answers with what it was asked, and one more.
	fn next(number: u32) -> u32 {
		number + 1
	}
}
