//! Decisions of a runtime: which origins may upload and instantiate, and when programs are paused.

use super::{
	jobs::{next_block, sleeper, start},
	mock::*,
	script::Script,
};
use crate::{jobs::Status, Error, Event, Jobs, Lock, Locked};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use sp_runtime::DispatchError;
use virt_fixtures::{COUNTER, SHA256};

#[test]
fn upload_and_instantiate_need_their_origins() {
	on_chain(|| {
		fund(&EVE, FUNDS);
		let bad = DispatchError::BadOrigin;
		let code_hash = upload(COUNTER);
		let uploaded = Virt::upload(signed(EVE), COUNTER.to_vec(), None);
		assert_eq!(uploaded.unwrap_err().error, bad);
		let made = Virt::instantiate(signed(EVE), code_hash, vec![], vec![], 0, PLENTY, None);
		assert_eq!(made.unwrap_err().error, bad);
		let authority = Default::default();
		let made = Virt::instantiate_upgradable(
			signed(EVE),
			code_hash,
			vec![],
			vec![],
			0,
			PLENTY,
			None,
			authority,
		);
		assert_eq!(made.unwrap_err().error, bad);
		// Every account can call deployed programs, including one that instantiates others.
		let address = deploy(&factory(), 1_000);
		let input = code_hash.encode();
		assert_ok!(Virt::call(signed(EVE), address, b"main".to_vec(), input, 0, PLENTY, None));
		assert_eq!(output(), 0i64.encode());
	});
}

/// A program that instantiates the program whose code hash is the input.
fn factory() -> Vec<u8> {
	let mut script = Script::new();
	let (input, options) = (script.room(32), script.data(&(0u128, 0u128, u128::MAX).encode()));
	script.syscall("input", &[input, 0, 32]);
	script.returns("instantiate_program", &[input, 0, 0, 0, 0, options]).ends()
}

#[test]
fn pause_needs_its_origin() {
	on_chain(|| {
		for origin in [signed(ALICE), RuntimeOrigin::none()] {
			assert_noop!(Virt::set_paused(origin, true), DispatchError::BadOrigin);
		}
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), true));
		System::assert_last_event(Event::Paused.into());
		assert_eq!(Locked::<Test>::get(), Some(Lock::Paused));
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), false));
		System::assert_last_event(Event::Unpaused.into());
		assert_eq!(Locked::<Test>::get(), None);
	});
}

#[test]
fn paused_pallet_runs_no_programs() {
	on_chain(|| {
		let (address, code_hash) = (deploy(COUNTER, 0), upload(COUNTER));
		assert_ok!(Virt::upload(signed(BOB), SHA256.to_vec(), None));
		let unused = crate::program::code_hash(SHA256);
		let sleeper = sleeper();
		let running = start(&sleeper, "blocks", 1u64);
		next_block();
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), true));

		let get = || b"get".to_vec();
		let call = || Virt::call(signed(BOB), address.clone(), get(), vec![], 0, PLENTY, None);
		assert_fails(call, Error::Paused);
		assert_fails(|| Virt::run(signed(BOB), code_hash, get(), vec![], PLENTY), Error::Paused);
		let salt = b"salt".to_vec();
		let made = || Virt::instantiate(signed(BOB), code_hash, salt, vec![], 0, PLENTY, None);
		assert_fails(made, Error::Paused);
		let set =
			|| Virt::set_code(signed(ALICE), address.clone(), code_hash, vec![], PLENTY, None);
		assert_fails(set, Error::Paused);
		assert_noop!(Virt::upload(signed(BOB), factory(), None), Error::<Test>::Paused);
		let budget = super::jobs::BUDGET;
		let entry = b"blocks".to_vec();
		let started =
			Virt::start_job(signed(BOB), sleeper.clone(), entry, 1u64.encode(), 0, budget, None);
		assert_eq!(started, Err(Error::<Test>::Paused.into()));
		let tried =
			crate::dry_run::call::<Test>(BOB, address.clone(), get(), vec![], 0, None, None);
		assert_eq!(tried.result, Err(Error::<Test>::Paused.into()));

		// A deadline passes, but no job is woken while programs are paused.
		for _ in 0..3 {
			next_block();
		}
		assert!(matches!(Jobs::<Test>::get(running).unwrap().status, Status::Waiting { .. }));
		let advanced = Virt::advance_job(signed(BOB), running, PLENTY);
		assert_noop!(advanced, Error::<Test>::JobNotReady);

		// Calls that run no program still succeed.
		assert_ok!(Virt::top_up_job(signed(BOB), running, super::jobs::BUDGET));
		assert_ok!(Virt::remove(signed(BOB), unused));

		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), false));
		assert_ok!(call());
		super::jobs::run_to_end(running, 3);
	});
}

#[test]
fn paused_job_that_is_ready_keeps_its_place() {
	on_chain(|| {
		let sleeper = sleeper();
		let job = start(&sleeper, "blocks", 1u64);
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), true));
		next_block();
		assert_eq!(Jobs::<Test>::get(job).unwrap().slices, 0);
		assert_noop!(Virt::advance_job(signed(BOB), job, PLENTY), Error::<Test>::Paused);
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), false));
		next_block();
		assert_eq!(Jobs::<Test>::get(job).unwrap().slices, 1);
		assert_ok!(Virt::set_paused(RuntimeOrigin::root(), true));
		assert_ok!(Virt::cancel_job(signed(BOB), job));
	});
}
