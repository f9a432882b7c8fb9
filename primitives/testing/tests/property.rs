//! Tests with random values and sequences: that they find, shrink, and say what they found.

use std::panic::{catch_unwind, AssertUnwindSafe};
use virt_fixtures::COUNTER;
use virt_testing::{proptest::prelude::*, *};

/// What `f` panics with.
#[track_caller]
fn panic_of(f: impl FnOnce()) -> String {
	match catch_unwind(AssertUnwindSafe(f)) {
		Ok(()) => panic!("expected a panic"),
		Err(panic) => *panic.downcast().expect("panics carry text"),
	}
}

/// The seed that a panic tells.
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
	// The bug: nobody may count past 99, and nothing stops them.
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
	// No sequence of fewer steps comes to 100, and none of three to exactly that is needed less.
	let steps: Vec<u32> =
		sequence.lines().filter_map(|line| line.trim().split_once(". ")?.1.parse().ok()).collect();
	assert_eq!((steps.len(), steps.iter().sum::<u32>()), (3, 100), "{said}");
	// The chain is as it was.
	assert_eq!(counter.call("get", ()).returns::<u32>(), 0);
}

#[test]
fn property_that_holds_is_tried_on_every_case() {
	let cases = std::cell::Cell::new(0);
	property::values(any::<u8>(), |_| cases.set(cases.get() + 1));
	assert_eq!(cases.get(), property::CASES);
}
