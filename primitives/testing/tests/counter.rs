//! Tests of the program `counter`.

use virt_fixtures::COUNTER;
use virt_testing::{proptest::prelude::*, *};

fn counter(start: u32) -> (Chain, Account) {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiate((start,));
	(chain, counter)
}

#[test]
fn increment_adds_the_step_and_says_so() {
	let (_, counter) = counter(7);
	counter.call("increment", (3u32,)).emits(10u32);
	assert_eq!(counter.call("increment", ()).returns::<u32>(), 11);
	assert_eq!(counter.call("get", ()).returns::<u32>(), 11);
}

#[test]
fn step_that_is_no_number_reverts_and_changes_nothing() {
	let (_, counter) = counter(7);
	assert_eq!(counter.call("increment", (1u8,)).fails(), Error::Reverted);
	assert_eq!(counter.call("get", ()).returns::<u32>(), 7);
}

#[test]
fn counter_is_the_sum_of_all_steps() {
	let (chain, counter) = counter(0);
	let world = (counter, 0u32);
	property::sequences(
		&chain,
		world,
		any::<u32>(),
		|(counter, sum), step| {
			*sum = sum.wrapping_add(step);
			counter.call("increment", (step,)).succeeds();
		},
		|(counter, sum)| assert_eq!(counter.call("get", ()).returns::<u32>(), *sum),
	);
}

#[test]
fn counter_starts_with_any_number() {
	property::values(any::<u32>(), |start| {
		let (_, counter) = counter(start);
		assert_eq!(counter.call("get", ()).returns::<u32>(), start);
	});
}
