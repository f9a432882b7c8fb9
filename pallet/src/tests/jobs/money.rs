//! Budgets, fees and deposits of jobs. After each block, [`assert_sound`] compares the held amounts with the
//! records.

use super::*;
use crate::{
	tests::{
		programs::{calls, ALL},
		script::Script,
	},
	Config, HoldReason, JobFrames, JobTotals, WeightInfo,
};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::GetDispatchInfo,
	traits::fungible::{Inspect, InspectHold},
};

fn held(reason: HoldReason, account: &AccountId32) -> u128 {
	Balances::balance_on_hold(&reason.into(), account)
}

fn fee(weight: Weight) -> u128 {
	u128::from(weight.ref_time() / 1_000_000)
}

#[test]
fn budget_is_held_and_what_is_left_comes_back() {
	on_chain(|| {
		let address = sleeper();
		let (before, issuance) = (Balances::total_balance(&BOB), Balances::total_issuance());
		let job = start(&address, "blocks", 1u64);
		assert_eq!(held(HoldReason::Budget, &BOB), fee(BUDGET));
		let first = next_block();
		let second = next_block();
		assert_ok!(outcome(job));
		assert_eq!(held(HoldReason::Budget, &BOB), 0);
		assert_eq!(held(HoldReason::Job, &BOB), 0);
		let paid = before - Balances::total_balance(&BOB);
		assert!(paid > 0 && paid <= fee(first + second), "{paid}");
		assert_eq!(issuance - Balances::total_issuance(), paid, "the fees are burnt");
	});
}

#[test]
fn budget_that_cannot_be_paid_is_refused() {
	on_chain(|| {
		let address = sleeper();
		let poor = AccountId32::new([9; 32]);
		fund(&poor, 1_000_000);
		let start = |budget| {
			let entry = b"blocks".to_vec();
			let input = 1u64.encode();
			Virt::start_job(signed(poor.clone()), address.clone(), entry, input, 0, budget, None)
		};
		assert_noop!(start(Weight::from_parts(u64::MAX, 0)), Error::<Test>::BudgetUnpayable);
		assert_ok!(start(Weight::from_parts(1_000_000_000, 1 << 20)));
	});
}

#[test]
fn job_whose_budget_ran_out_goes_on_when_it_is_topped_up() {
	on_chain(|| {
		let address = sleeper();
		let rounds = 30_000_000u64;
		let whole: u64 = at_once(&address, "compute", rounds);
		let little = JobSlice::get() + JobSlice::get() / 3;
		let job = start_with(&address, "compute", rounds, little);
		for _ in 0..3 {
			next_block();
		}
		assert_eq!(status(job), Status::Starved);
		assert_noop!(Virt::top_up_job(signed(ALICE), job, BUDGET), Error::<Test>::NotOwner);
		assert_ok!(Virt::top_up_job(signed(BOB), job, BUDGET));
		run_to_end(job, 30);
		assert_eq!(output::<u64>(job), whole);
	});
}

#[test]
fn budget_that_pays_for_no_slice_starves_the_job_and_cancel_gives_it_back() {
	on_chain(|| {
		let address = sleeper();
		let before = Balances::total_balance(&BOB);
		let job = start_with(&address, "blocks", 1u64, Weight::from_parts(1_000_000_000, 1 << 20));
		next_block();
		assert_eq!(status(job), Status::Starved);
		assert_ok!(Virt::cancel_job(signed(BOB), job).map_err(|failure| failure.error));
		assert_eq!(Balances::total_balance(&BOB), before);
		assert_eq!(Balances::total_balance_on_hold(&BOB), 0);
	});
}

#[test]
fn cancelled_job_gives_all_back_whatever_it_does() {
	on_chain(|| {
		let address = sleeper();
		for (entry, input) in [
			("blocks", 5u64.encode()),
			("until", (NOW * 2).encode()),
			("messages", (b"a".to_vec(), 1u32).encode()),
			("message_or_blocks", (b"a".to_vec(), 9u64).encode()),
			("compute", 100_000_000u64.encode()),
			("pages", 100u32.encode()),
		] {
			for blocks in [0, 1, 2] {
				let entry = entry.as_bytes().to_vec();
				let input = input.clone();
				assert_ok!(Virt::start_job(
					signed(BOB),
					address.clone(),
					entry,
					input,
					0,
					BUDGET,
					None
				));
				let job = NextJob::<Test>::get() - 1;
				(0..blocks).for_each(|_| {
					next_block();
				});
				assert_noop!(
					Virt::cancel_job(signed(ALICE), job).map_err(|failure| failure.error),
					Error::<Test>::NotOwner
				);
				assert_ok!(Virt::cancel_job(signed(BOB), job).map_err(|failure| failure.error));
				assert_eq!(Balances::total_balance_on_hold(&BOB), held(HoldReason::Storage, &BOB));
				assert_eq!(JobTotals::<Test>::get(), 0);
				assert_sound();
			}
		}
	});
}

#[test]
fn memory_of_a_job_is_held_for_within_its_deposit_limit() {
	on_chain(|| {
		let address = sleeper();
		let start = |limit| {
			let (entry, input) = (b"pages".to_vec(), 100u32.encode());
			assert_ok!(Virt::start_job(
				signed(BOB),
				address.clone(),
				entry,
				input,
				0,
				BUDGET,
				Some(limit)
			));
			NextJob::<Test>::get() - 1
		};
		let job = start(u128::MAX);
		let before = held(HoldReason::Job, &BOB);
		next_block();
		let pages = held(HoldReason::Job, &BOB) - before;
		assert!(pages > 100 * PER_ITEM, "{pages}");
		run_to_end(job, 4);
		assert_eq!(held(HoldReason::Job, &BOB), 0);
		let job = start(before + pages - 1);
		next_block();
		assert_failed(job, Error::DepositLimitExceeded);
		let job = start(before + pages);
		run_to_end(job, 4);
		assert_eq!(output::<u32>(job), 701);
	});
}

#[test]
fn programs_start_and_cancel_and_top_up_jobs_of_their_own() {
	on_chain(|| {
		let address = sleeper();
		fund(&address, 100_000_000);
		let (time, proof) = (BUDGET.ref_time(), BUDGET.proof_size());
		let input = ("blocks".to_string(), 50u64.encode(), time, proof);
		let job: u64 = at_once(&address, "start", input);
		assert_eq!(held(HoldReason::Budget, &address), fee(BUDGET));
		next_block();
		assert_waits(job);
		assert!(at_once::<bool>(&address, "cancel", job));
		assert!(!at_once::<bool>(&address, "cancel", job), "it is gone");
		assert_eq!(held(HoldReason::Budget, &address), 0);

		let input = ("top_up".to_string(), 100_000_000_000u64.encode(), time, proof);
		let job: u64 = at_once(&address, "start", input);
		next_block();
		let left = Jobs::<Test>::get(job).unwrap().budget;
		assert!(left.ref_time() > time && left.ref_time() < time + 100_000_000_000);
		run_to_end(job, 3);
		assert_eq!(output::<Option<u64>>(job), Some(job));
	});
}

#[test]
fn owner_with_a_job_cannot_be_reaped() {
	on_chain(|| {
		let address = sleeper();
		start(&address, "blocks", 5u64);
		next_block();
		let all = Balances::balance(&BOB);
		assert!(Balances::transfer_allow_death(signed(BOB), ALICE, all).is_err());
		assert!(Balances::total_balance_on_hold(&BOB) > 0);
	});
}

#[test]
fn value_of_a_job_is_transferred_and_paid_for() {
	on_chain(|| {
		let address = sleeper();
		let (entry, input) = (b"blocks".to_vec(), 1u64.encode());
		let weight = |value| {
			let start = crate::Call::<Test>::start_job {
				address: address.clone(),
				entry: entry.clone(),
				input: input.clone(),
				value,
				budget: BUDGET,
				storage_deposit_limit: None,
			};
			RuntimeCall::from(start).get_dispatch_info().call_weight
		};
		assert!(weight(1).ref_time() > weight(0).ref_time() + 100_000_000);
		let before = Balances::balance(&address);
		assert_ok!(Virt::start_job(signed(BOB), address.clone(), entry, input, 7, BUDGET, None));
		assert_eq!(Balances::balance(&address), before + 7);
	});
}

#[test]
fn deposit_of_a_waiting_job_counts_its_output_and_what_was_returned_to_it() {
	const UNTIL_BLOCK: u64 = 1;
	let deposit_with = |output: u64, returned: u64| {
		on_chain(|| {
			let memory = Script::memory();
			let callee = deploy(&Script::new().syscall("output", &[memory, returned]).ends(), 0);
			let mut script = Script::new();
			calls(&mut script, &callee, "main", b"", ALL)
				.syscall("output", &[memory, output])
				.syscall("wait", &[UNTIL_BLOCK, 1_000, memory, 0]);
			let job = start(&deploy(&script.ends(), 1_000_000), "main", ());
			next_block();
			assert_waits(job);
			held(HoldReason::Job, &BOB)
		})
	};
	let neither = deposit_with(0, 0);
	assert_eq!(deposit_with(16, 0), neither + 16 * PER_BYTE);
	assert_eq!(deposit_with(16, 32), neither + 48 * PER_BYTE);
}

#[test]
fn cancellation_is_charged_for_the_pages_that_it_removes() {
	on_chain(|| {
		let address = sleeper();
		let cancel = |job| {
			let info = Virt::cancel_job(signed(BOB), job).expect("it is Bob's");
			info.actual_weight.expect("it depends on the job")
		};
		let without_pages = cancel(start(&address, "blocks", 1u64));
		let job = start(&address, "blocks", 1u64);
		next_block();
		let pages = JobFrames::<Test>::get(job).expect("it waits").pages.len() as u32;
		assert!(pages > 0);
		let end = <Test as Config>::WeightInfo::job_end;
		assert_eq!(cancel(job) - without_pages, end(pages) - end(0));
	});
}
