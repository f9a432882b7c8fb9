//! Tests with random values and sequences: failures are found, shrunk and reported.

use std::panic::{catch_unwind, AssertUnwindSafe};
use virt_fixtures::COUNTER;
use virt_testing::{proptest::prelude::*, *};

/// The message with which `f` panics.
#[track_caller]
fn panic_of(f: impl FnOnce()) -> String {
	match catch_unwind(AssertUnwindSafe(f)) {
		Ok(()) => panic!("expected a panic"),
		Err(panic) => *panic.downcast().expect("panics carry text"),
	}
}

/// The seed in the message of a panic.
fn seed(said: &str) -> u64 {
	let rest = said.strip_prefix("found by the seed ").expect("it begins so");
	rest.split_once(' ').expect("it goes on").0.parse().expect("it is a number")
}

#[test]
fn smallest_value_is_found() {
	let said =
		panic_of(|| property::values(any::<u32>(), |value| assert!(value < 1_000, "too much")));
	assert!(said.contains("finds it again): 1000\n") && said.ends_with(": too much"), "{said}");
	assert!(said.contains("tests/property.rs:"), "{said}");
	seed(&said);
}

#[test]
fn shortest_sequence_is_found() {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiate((0u32,));
	// The invariant is violated by design: nothing prevents a count of 100.
	let said = panic_of(|| {
		property::sequences(
			&chain,
			counter.clone(),
			0..50u32,
			|counter, step| drop(counter.call("increment", (step,)).succeeds()),
			|counter| assert!(counter.call("get", ()).returns::<u32>() < 100, "counted to 100"),
		);
	});
	seed(&said);
	let (sequence, reason) = said
		.split_once("):")
		.expect("the seed comes first")
		.1
		.rsplit_once('\n')
		.expect("the reason comes last");
	assert!(reason.ends_with("counted to 100"), "{said}");
	// Steps are at most 49, so three are needed. Shrunk steps add up to exactly 100.
	let steps: Vec<u32> =
		sequence.lines().filter_map(|line| line.trim().split_once(". ")?.1.parse().ok()).collect();
	assert_eq!((steps.len(), steps.iter().sum::<u32>()), (3, 100), "{said}");
	// The chain is unchanged.
	assert_eq!(counter.call("get", ()).returns::<u32>(), 0);
}

#[test]
fn property_that_holds_is_tried_on_every_case() {
	let cases = std::cell::Cell::new(0);
	property::values(any::<u8>(), |_| cases.set(cases.get() + 1));
	assert_eq!(cases.get(), property::CASES);
}
