//! Jobs that compute for longer than a slice.

use super::*;
use crate::{gas::REF_TIME_PER_GAS, JobPages, WeightInfo};
use frame_support::traits::Get;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::Perbill;

/// Enough rounds of the program's loop for several slices.
const LONG: u64 = 60_000_000;

#[test]
fn computation_over_many_slices_gives_what_one_call_gives() {
	let (slices, whole, cut) = on_both(|| {
		let address = sleeper();
		let whole: u64 = at_once(&address, "compute", LONG);
		let job = start(&address, "compute", LONG);
		let blocks = run_to_end(job, 100);
		let slices = events().filter(|it| matches!(it, Event::JobSuspended { .. })).count();
		assert!(blocks > 1);
		(slices, whole, output::<u64>(job))
	});
	assert_eq!(whole, cut);
	assert!(slices > 4, "{slices}");
}

#[test]
fn call_that_the_slice_has_no_weight_for_is_made_in_the_next() {
	on_chain(|| {
		let address = sleeper();
		let hash = crate::program::code_hash(SLEEPER);
		let salt = b"2".to_vec();
		assert_ok!(Virt::instantiate(signed(ALICE), hash, salt, vec![], 0, PLENTY, None));
		let other = Virt::address_of(&ALICE, hash, b"2");
		// Each computation fits in a slice, but both together do not.
		let rounds = LONG / 10;
		let input = (&other, rounds, rounds);
		let whole: u64 = at_once(&address, "nested_compute", input);
		let job = start(&address, "nested_compute", input);
		run_to_end(job, 10);
		assert_eq!(output::<u64>(job), whole);
		let slices = events().filter(|it| matches!(it, Event::JobSuspended { .. })).count();
		assert_eq!(slices, 1);
	});
}

#[test]
fn call_that_no_slice_has_weight_for_fails() {
	on_chain(|| {
		let address = sleeper();
		let hash = crate::program::code_hash(SLEEPER);
		let salt = b"2".to_vec();
		assert_ok!(Virt::instantiate(signed(ALICE), hash, salt, vec![], 0, PLENTY, None));
		let other = Virt::address_of(&ALICE, hash, b"2");
		let job = start(&address, "nested_compute", (&other, 1u64, LONG));
		run_to_end(job, 10);
		// The program panics because its callee ran out of gas.
		assert_failed(job, Error::Trapped);
	});
}

#[test]
fn atomic_scope_has_half_a_slice_and_is_rolled_back_as_a_whole() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "atomic", LONG / 20);
		run_to_end(job, 5);
		assert_ok!(outcome(job));
		assert_eq!(count(&address), 111);
		let job = start(&address, "atomic", LONG);
		run_to_end(job, 5);
		assert_failed(job, Error::OutOfGas);
		assert_eq!(count(&address), 111);
	});
}

#[test]
fn pages_that_a_slice_did_not_change_are_not_written_again() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "pages", 300u32);
		let first = next_block();
		assert!(JobPages::<Test>::iter_prefix(job).count() >= 300);
		let second = next_block();
		assert_waits(job);
		let write = <Test as frame_system::Config>::DbWeight::get().writes(200);
		assert!(first.ref_time() > second.ref_time() + write.ref_time(), "{first} {second}");
		next_block();
		assert_eq!(output::<u32>(job), 7 * 300 + 1);
		assert_eq!(JobPages::<Test>::iter().count(), 0);
	});
}

#[test]
fn anyone_advances_a_job_at_their_own_cost() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "compute", LONG);
		let slice = JobSlice::get();
		let advance = |weight| {
			let advanced = Virt::advance_job(signed(ALICE), job, weight);
			advanced.map(|info| info.actual_weight).map_err(|failure| failure.error)
		};
		assert_eq!(advance(gas(10)), Err(Error::<Test>::SliceTooSmall.into()));
		for slices in 1..4 {
			let taken = advance(slice).expect("it is ready").expect("it says what it took");
			assert!(taken.ref_time() > slice.ref_time() / 2);
			let job = Jobs::<Test>::get(job).unwrap();
			assert_eq!((job.slices, job.budget), (slices, BUDGET));
		}
		assert_eq!(advance(slice * 9).map(drop), Ok(()), "more than a slice counts as one");
		let waits = start(&address, "blocks", 9u64);
		next_block();
		assert_noop!(
			Virt::advance_job(signed(ALICE), waits, slice).map_err(|failure| failure.error),
			Error::<Test>::JobNotReady
		);
		assert_noop!(
			Virt::advance_job(signed(ALICE), 99, slice).map_err(|failure| failure.error),
			Error::<Test>::JobNotFound
		);
	});
}

#[test]
fn jobs_take_no_more_than_a_block_leaves_and_their_share() {
	on_chain(|| {
		let address = sleeper();
		for _ in 0..20 {
			start_with(&address, "compute", LONG, BUDGET);
		}
		let slice = JobSlice::get();
		assert_eq!(next_block_with(Weight::zero()), Weight::zero());
		let taken = next_block_with(slice * 5 / 2);
		assert!(taken.ref_time() <= (slice * 5 / 2).ref_time());
		assert!(taken.ref_time() > slice.ref_time() * 3 / 2, "two slices: {taken}");
		let weights: frame_system::limits::BlockWeights =
			<Test as frame_system::Config>::BlockWeights::get();
		let taken = next_block();
		assert!(
			taken.ref_time() <= <JobShare as Get<Perbill>>::get() * weights.max_block.ref_time(),
			"{taken}"
		);
	});
}

#[test]
fn empty_block_costs_the_same_whoever_sleeps() {
	on_chain(|| {
		let idle = next_block();
		let address = sleeper();
		let job = start(&address, "blocks", 1_000_000u64);
		next_block();
		assert_eq!(next_block(), idle);
		// More timers than the jobs of one account can set.
		for number in 0..2_000 {
			crate::jobs::queue::set_timer::<Test>(
				crate::jobs::Deadline::Block(9_999),
				number + 100,
			);
		}
		let number = System::block_number() + 1;
		System::set_block_number(number);
		assert_eq!(Virt::on_idle(number, Weight::MAX), idle);
		for number in 0..2_000 {
			crate::jobs::queue::unset_timer::<Test>(
				crate::jobs::Deadline::Block(9_999),
				number + 100,
			);
		}
		assert_waits(job);
	});
}

#[test]
fn slice_charges_the_budget_for_what_it_takes() {
	on_chain(|| {
		let job = start(&sleeper(), "compute", LONG);
		let taken = next_block();
		let left = Jobs::<Test>::get(job).unwrap().budget;
		let idle = <Test as crate::Config>::WeightInfo::job_idle();
		assert_eq!(BUDGET - left, taken - idle);
		assert!(taken.ref_time() > 1_000_000 * REF_TIME_PER_GAS);
	});
}
