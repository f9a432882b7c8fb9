//! Limits on the number of jobs, and what cannot be removed while jobs live.

use super::*;
use crate::{limits::*, Accounts, JobTotals};
use frame_support::{assert_noop, assert_ok};

#[test]
fn jobs_at_an_address_at_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let address = sleeper();
		fund(&BOB, FUNDS);
		let little = Weight::from_parts(1_000_000_000, 1 << 20);
		for _ in 0..MAX_JOBS_AT_ADDRESS {
			start_with(&address, "blocks", 1u64, little);
		}
		let (entry, input) = (b"blocks".to_vec(), 1u64.encode());
		assert_noop!(
			Virt::start_job(signed(ALICE), address, entry, input, 0, little, None),
			Error::<Test>::TooManyJobs
		);
	});
}

#[test]
fn jobs_of_an_owner_at_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let hash = upload(SLEEPER);
		let little = Weight::from_parts(1_000_000, 1 << 20);
		let start = |number: u32| {
			let salt = (number / MAX_JOBS_AT_ADDRESS).encode();
			let address = Virt::address_of(&ALICE, hash, &salt);
			if !Accounts::<Test>::contains_key(&address) {
				assert_ok!(Virt::instantiate(signed(ALICE), hash, salt, vec![], 0, PLENTY, None));
			}
			let (entry, input) = (b"blocks".to_vec(), 1u64.encode());
			Virt::start_job(signed(BOB), address, entry, input, 0, little, None)
		};
		for number in 0..MAX_JOBS_OF_OWNER {
			assert_ok!(start(number));
		}
		assert!(
			Accounts::<Test>::iter().count() as u32 > MAX_JOBS_OF_OWNER / MAX_JOBS_AT_ADDRESS - 1
		);
		assert_eq!(start(MAX_JOBS_OF_OWNER), Err(Error::<Test>::TooManyJobs.into()));
		// Another owner may start jobs, up to the limit of all jobs.
		JobTotals::<Test>::put(MAX_JOBS);
		let address = Virt::address_of(&ALICE, hash, &99u32.encode());
		assert_ok!(Virt::instantiate(signed(ALICE), hash, 99u32.encode(), vec![], 0, PLENTY, None));
		let start = || {
			let (entry, input) = (b"blocks".to_vec(), 1u64.encode());
			Virt::start_job(signed(ALICE), address.clone(), entry, input, 0, little, None)
		};
		assert_noop!(start(), Error::<Test>::TooManyJobs);
		JobTotals::<Test>::put(MAX_JOBS_OF_OWNER);
		assert_ok!(start());
	});
}

#[test]
fn program_of_a_living_job_cannot_be_removed() {
	on_chain(|| {
		let address = sleeper();
		let hash = crate::program::code_hash(SLEEPER);
		let job = start(&address, "blocks", 1u64);
		assert_eq!(crate::Programs::<Test>::get(hash).unwrap().references, 2);
		assert_noop!(Virt::remove(signed(ALICE), hash), Error::<Test>::ProgramInUse);
		run_to_end(job, 5);
		assert_eq!(crate::Programs::<Test>::get(hash).unwrap().references, 1);
	});
}

#[test]
fn account_with_a_living_job_does_not_terminate() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "blocks", 3u64);
		next_block();
		let end = |address: &AccountId32| {
			let (entry, input) = (b"end".to_vec(), ALICE.encode());
			Virt::start_job(signed(BOB), address.clone(), entry, input, 0, BUDGET, None)
		};
		assert_ok!(end(&address));
		let ending = NextJob::<Test>::get() - 1;
		next_block();
		next_block();
		assert_ok!(outcome(ending));
		assert!(Accounts::<Test>::contains_key(&address), "another job lives there");
		run_to_end(job, 5);
		// The last job of an account may terminate the account.
		assert_ok!(end(&address));
		let ending = NextJob::<Test>::get() - 1;
		run_to_end(ending, 5);
		assert_ok!(outcome(ending));
		assert!(!Accounts::<Test>::contains_key(&address));
	});
}

#[test]
fn entry_that_is_not_there_fails_in_the_first_slice() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "nothing", ());
		next_block();
		assert_failed(job, Error::EntryNotFound);
		let start = |entry: &str| {
			let entry = entry.as_bytes().to_vec();
			Virt::start_job(signed(BOB), address.clone(), entry, vec![], 0, BUDGET, None)
		};
		assert_noop!(start("init"), Error::<Test>::EntryNotFound);
		assert_noop!(start("reentrant:count"), Error::<Test>::EntryNotFound);
		let nobody = AccountId32::new([9; 32]);
		let start =
			Virt::start_job(signed(BOB), nobody, b"count".to_vec(), vec![], 0, BUDGET, None);
		assert_noop!(start, Error::<Test>::AccountNotFound);
	});
}

#[test]
fn job_of_an_unknown_snapshot_version_fails_and_gives_all_back() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "blocks", 1u64);
		next_block();
		crate::JobFrames::<Test>::mutate_extant(job, |frame| frame.core[0] = 99);
		next_block();
		assert_failed(job, Error::SnapshotUnsupported);
	});
}

#[test]
fn job_of_an_abi_that_is_no_longer_answered_fails_and_gives_all_back() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "blocks", 1u64);
		next_block();
		let hash = crate::program::code_hash(SLEEPER);
		crate::Programs::<Test>::mutate_extant(hash, |program| program.abi = ABI + 1);
		next_block();
		assert_failed(job, Error::UnsupportedAbi);
	});
}
