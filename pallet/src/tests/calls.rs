//! The calls, and every error that they can return.

use super::{mock::*, script::Script};
use crate::{
	deposit, limits::*, weights::SubstrateWeight, Accounts, Code, Error, Event, HoldReason, Owners,
	Programs, Weight, WeightInfo,
};
use codec::{Decode, Encode};
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{GetDispatchInfo, Pays},
	traits::fungible::{Inspect, InspectHold},
};
use sp_core::H256;
use sp_runtime::{traits::Dispatchable, AccountId32, DispatchError, TokenError};
use virt_fixtures::{COUNTER, ECHO, SHA256, TRAP, VERIFY};

fn counter_value(address: &sp_runtime::AccountId32) -> u32 {
	assert_ok!(Virt::call(signed(BOB), address.clone(), b"get".to_vec(), vec![], 0, PLENTY, None));
	u32::decode(&mut &output()[..]).expect("`get` returns a u32")
}

fn increment(address: &sp_runtime::AccountId32, step: u32) {
	let entry = b"increment".to_vec();
	assert_ok!(Virt::call(signed(BOB), address.clone(), entry, step.encode(), 0, PLENTY, None));
}

#[test]
fn upload_works() {
	on_chain(|| {
		let code_hash = upload(COUNTER);
		let program = Programs::<Test>::get(code_hash).unwrap();
		assert_eq!((program.owners, program.size), (1, COUNTER.len() as u32));
		assert_eq!((program.references, program.abi), (0, ABI));
		let owners: Vec<_> = Owners::<Test>::iter_prefix(code_hash).collect();
		assert_eq!(owners, [(ALICE, deposit::for_program::<Test>(program.size))]);
		assert_eq!(Code::<Test>::get(code_hash).unwrap().into_inner(), COUNTER);
		let size = COUNTER.len() as u32;
		System::assert_last_event(Event::ProgramStored { code_hash, owner: ALICE, size }.into());
	});
}

#[test]
fn program_stays_until_its_last_owner_removes_it() {
	on_chain(|| {
		let code_hash = upload(COUNTER);
		let size = COUNTER.len() as u32;
		let deposit = deposit::for_program::<Test>(size);
		let held = |who| Balances::balance_on_hold(&HoldReason::Program.into(), &who);
		let by_bob = || Virt::upload(signed(BOB), COUNTER.to_vec(), None);
		// A stored program is not compiled again, so the upload costs less.
		let weight = by_bob().unwrap().actual_weight.expect("it says what it took");
		assert_eq!(weight, SubstrateWeight::<Test>::upload_stored(size));
		assert!(weight.ref_time() * 2 < SubstrateWeight::<Test>::upload(size).ref_time());
		System::assert_last_event(Event::ProgramStored { code_hash, owner: BOB, size }.into());
		assert_eq!((held(ALICE), held(BOB)), (deposit, deposit));
		// A second upload by the same owner holds no second deposit.
		assert_ok!(by_bob());
		assert_eq!(held(BOB), deposit);
		assert_eq!(Programs::<Test>::get(code_hash).unwrap().owners, 2);

		assert_ok!(Virt::remove(signed(ALICE), code_hash));
		System::assert_last_event(Event::OwnerRemoved { code_hash, owner: ALICE }.into());
		assert_eq!((held(ALICE), held(BOB)), (0, deposit));
		assert_noop!(Virt::remove(signed(ALICE), code_hash), Error::<Test>::NotOwner);
		assert!(Code::<Test>::contains_key(code_hash));
		assert_ok!(Virt::remove(signed(BOB), code_hash));
		System::assert_last_event(Event::ProgramRemoved { code_hash, owner: BOB }.into());
		assert_eq!(held(BOB), 0);
		assert!(!Programs::<Test>::contains_key(code_hash));
	});
}

#[test]
fn owner_of_a_program_in_use_can_leave_it_to_another() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let code_hash = crate::program::code_hash(COUNTER);
		assert_noop!(Virt::remove(signed(ALICE), code_hash), Error::<Test>::ProgramInUse);
		assert_ok!(Virt::upload(signed(BOB), COUNTER.to_vec(), None));
		assert_ok!(Virt::remove(signed(ALICE), code_hash));
		assert_eq!(counter_value(&address), 0);
		assert_noop!(Virt::remove(signed(BOB), code_hash), Error::<Test>::ProgramInUse);
	});
}

#[test]
fn further_owner_needs_the_deposit() {
	on_chain(|| {
		upload(COUNTER);
		let size = COUNTER.len() as u32;
		let deposit = deposit::for_program::<Test>(size);
		let by = |who, limit| Virt::upload(signed(who), COUNTER.to_vec(), limit);
		assert_noop!(by(BOB, Some(deposit - 1)), Error::<Test>::DepositLimitExceeded);
		let poor = AccountId32::new([3; 32]);
		fund(&poor, deposit);
		assert_noop!(by(poor.clone(), None), Error::<Test>::DepositUnpayable);
		fund(&poor, ED);
		assert_ok!(by(poor, None));
		assert_ok!(by(BOB, Some(deposit)));
	});
}

#[test]
fn upload_of_a_program_of_an_unsupported_abi_makes_it_run_again() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let code_hash = crate::program::code_hash(COUNTER);
		Programs::<Test>::mutate_extant(code_hash, |info| info.abi = ABI + 1);
		let call =
			|| Virt::call(signed(BOB), address.clone(), b"get".to_vec(), vec![], 0, PLENTY, None);
		assert_fails(call, Error::UnsupportedAbi);
		let uploaded = Virt::upload(signed(BOB), COUNTER.to_vec(), None).unwrap();
		let size = COUNTER.len() as u32;
		assert_eq!(uploaded.actual_weight, Some(SubstrateWeight::<Test>::upload(size)));
		assert_ok!(call());
		let program = Programs::<Test>::get(code_hash).unwrap();
		assert_eq!((program.abi, program.references, program.owners), (ABI, 1, 2));
		// A supported ABI is kept, because other accounts may rely on it.
		Programs::<Test>::mutate_extant(code_hash, |info| info.abi = OLDEST_ABI);
		assert_ok!(Virt::upload(signed(BOB), COUNTER.to_vec(), None));
		assert_eq!(Programs::<Test>::get(code_hash).unwrap().abi, OLDEST_ABI);
	});
}

#[test]
fn calls_need_a_signature() {
	on_chain(|| {
		let none = RuntimeOrigin::none;
		let hash = upload(COUNTER);
		assert_noop!(Virt::upload(none(), ECHO.to_vec(), None), DispatchError::BadOrigin);
		assert_noop!(Virt::remove(none(), hash), DispatchError::BadOrigin);
		let bad = DispatchError::BadOrigin;
		assert_eq!(Virt::run(none(), hash, vec![], vec![], PLENTY).unwrap_err().error, bad);
		assert_eq!(
			Virt::instantiate(none(), hash, vec![], vec![], 0, PLENTY, None).unwrap_err().error,
			bad
		);
		assert_eq!(
			Virt::call(none(), ALICE, vec![], vec![], 0, PLENTY, None).unwrap_err().error,
			bad
		);
	});
}

#[test]
fn remove_works() {
	on_chain(|| {
		let code_hash = upload(COUNTER);
		assert_ok!(Virt::remove(signed(ALICE), code_hash));
		assert!(
			!Programs::<Test>::contains_key(code_hash) && !Code::<Test>::contains_key(code_hash)
		);
		System::assert_last_event(Event::ProgramRemoved { code_hash, owner: ALICE }.into());
	});
}

#[test]
fn remove_needs_the_owner_and_a_program() {
	on_chain(|| {
		let hash = upload(COUNTER);
		assert_noop!(Virt::remove(signed(BOB), hash), Error::<Test>::NotOwner);
		assert_noop!(Virt::remove(signed(ALICE), H256::zero()), Error::<Test>::ProgramNotFound);
	});
}

#[test]
fn remove_of_a_program_in_use_is_refused() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let hash = Accounts::<Test>::get(&address).unwrap().code_hash;
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 1);
		assert_noop!(Virt::remove(signed(ALICE), hash), Error::<Test>::ProgramInUse);
		increment(&address, 1);
	});
}

#[test]
fn removed_program_cannot_be_run_until_it_is_uploaded_again() {
	on_chain(|| {
		let hash = upload(ECHO);
		assert_ok!(run_once(ECHO, "echo", b"x", PLENTY).0);
		assert_ok!(Virt::remove(signed(ALICE), hash));
		let run = run_once(ECHO, "echo", b"x", PLENTY);
		assert_eq!(run.0, Err(Error::<Test>::ProgramNotFound.into()));
		// The program is uploaded again in the same block, by another owner.
		assert_ok!(Virt::upload(signed(BOB), ECHO.to_vec(), None));
		assert_ok!(run_once(ECHO, "echo", b"x", PLENTY).0);
	});
}

#[test]
fn upload_that_is_rolled_back_cannot_be_run() {
	on_chain(|| {
		let _ = frame_support::storage::with_storage_layer(|| -> Result<(), DispatchError> {
			upload(ECHO);
			assert_ok!(run_once(ECHO, "echo", b"x", PLENTY).0);
			Err(DispatchError::Other("roll back"))
		});
		let run = run_once(ECHO, "echo", b"x", PLENTY);
		assert_eq!(run.0, Err(Error::<Test>::ProgramNotFound.into()));
	});
}

#[test]
fn run_works() {
	on_both(|| {
		let code_hash = upload(ECHO);
		let (entry, input) = (b"echo".to_vec(), b"hello".to_vec());
		assert_ok!(Virt::run(signed(BOB), code_hash, entry.clone(), input.clone(), PLENTY));
		let (_, weight_used) = run_once(ECHO, "echo", &input, PLENTY);
		let event =
			Event::Executed { caller: Some(BOB), code_hash, entry, weight_used, output: input };
		System::assert_last_event(event.into());
		weight_used
	});
}

#[test]
fn run_of_sha256_hashes() {
	on_both(|| {
		upload(SHA256);
		for input in [vec![], b"abc".to_vec(), vec![7; 10_000]] {
			let (result, _) = run_once(SHA256, "sha256", &input, PLENTY);
			assert_eq!(result.unwrap(), sp_io::hashing::sha2_256(&input));
		}
	});
}

#[test]
fn run_of_verify_verifies() {
	use sp_core::{ed25519, Pair};
	on_both(|| {
		upload(VERIFY);
		let pair = ed25519::Pair::from_seed(&[3; 32]);
		let (message, signature) = (b"message", pair.sign(b"message"));
		let good = [&pair.public().0[..], &signature.0, message].concat();
		let (result, weight_used) = run_once(VERIFY, "verify", &good, PLENTY);
		assert_eq!(result.unwrap(), [1]);
		for flipped in [0, 40, 100] {
			let mut bad = good.clone();
			bad[flipped] ^= 1;
			assert_eq!(run_once(VERIFY, "verify", &bad, PLENTY).0.unwrap(), [0]);
		}
		weight_used
	});
}

#[test]
fn instantiate_works() {
	on_both(|| {
		let code_hash = upload(COUNTER);
		let (salt, input) = (b"salt".to_vec(), 41u32.encode());
		let call = Virt::instantiate(signed(ALICE), code_hash, salt, input, 1_000, PLENTY, None);
		assert_ok!(call);
		let address = Virt::address_of(&ALICE, code_hash, b"salt");
		let info = Accounts::<Test>::get(&address).unwrap();
		assert_eq!((info.code_hash, info.deployer), (code_hash, ALICE));
		assert_eq!(Balances::total_balance(&address), 1_000);
		increment(&address, 1);
		assert_eq!(counter_value(&address), 42);
	});
}

#[test]
fn instantiate_at_one_address_twice_is_refused() {
	on_chain(|| {
		deploy(COUNTER, 0);
		let hash = crate::program::code_hash(COUNTER);
		let deploy = |salt: &[u8]| {
			Virt::instantiate(signed(ALICE), hash, salt.to_vec(), vec![], 0, PLENTY, None)
		};
		assert_fails(|| deploy(b""), Error::AccountExists);
		assert_ok!(deploy(b"other salt"));
		assert_ok!(Virt::instantiate(signed(BOB), hash, vec![], vec![], 0, PLENTY, None));
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 3);
	});
}

#[test]
fn instantiate_without_constructor_takes_no_input() {
	on_chain(|| {
		let hash = upload(ECHO);
		let deploy = |input: &[u8]| {
			Virt::instantiate(signed(ALICE), hash, vec![], input.to_vec(), 0, PLENTY, None)
		};
		assert_fails(|| deploy(b"x"), Error::EntryNotFound);
		assert_ok!(deploy(b""));
	});
}

#[test]
fn instantiate_that_fails_leaves_no_account() {
	on_chain(|| {
		let hash = upload(COUNTER);
		let bad_input = vec![1, 2, 3];
		assert_fails(
			|| Virt::instantiate(signed(ALICE), hash, vec![], bad_input, 1_000, PLENTY, None),
			Error::Reverted,
		);
		assert!(!Accounts::<Test>::contains_key(Virt::address_of(&ALICE, hash, &[])));
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 0);
	});
}

#[test]
fn salt_at_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let hash = upload(COUNTER);
		let deploy =
			|len| Virt::instantiate(signed(ALICE), hash, vec![0; len], vec![], 0, PLENTY, None);
		assert_ok!(deploy(MAX_SALT as usize));
		assert_fails(|| deploy(MAX_SALT as usize + 1), Error::SaltTooLong);
	});
}

#[test]
fn call_works_and_state_stays() {
	on_both(|| {
		let address = deploy(COUNTER, 0);
		for step in [1, 2, 3] {
			increment(&address, step);
		}
		assert_eq!(counter_value(&address), 6);
	});
}

#[test]
fn accounts_of_one_program_have_their_own_state() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let hash = crate::program::code_hash(COUNTER);
		assert_ok!(Virt::instantiate(signed(BOB), hash, vec![], 9u32.encode(), 0, PLENTY, None));
		increment(&address, 1);
		assert_eq!(counter_value(&address), 1);
		assert_eq!(counter_value(&Virt::address_of(&BOB, hash, &[])), 9);
	});
}

#[test]
fn call_of_nothing_is_refused() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let call = |address, entry: &[u8]| {
			Virt::call(signed(BOB), address, entry.to_vec(), vec![], 0, PLENTY, None)
		};
		assert_fails(|| call(BOB, b"get"), Error::AccountNotFound);
		assert_fails(|| call(address.clone(), b"no_such_entry"), Error::EntryNotFound);
		assert_fails(|| call(address.clone(), &[0xff; 10_000]), Error::EntryNotFound);
		let run = || Virt::run(signed(BOB), H256::zero(), b"get".to_vec(), vec![], PLENTY);
		assert_fails(run, Error::ProgramNotFound);
	});
}

#[test]
fn value_goes_to_the_program() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let call = |value| {
			Virt::call(signed(BOB), address.clone(), b"get".to_vec(), vec![], value, PLENTY, None)
		};
		assert_ok!(call(500));
		assert_eq!(
			(Balances::total_balance(&address), Balances::total_balance(&BOB)),
			(500, FUNDS - 500)
		);
		let too_much = call(FUNDS).unwrap_err().error;
		assert_eq!(too_much, DispatchError::Token(TokenError::FundsUnavailable));
	});
}

#[test]
fn failure_after_a_write_an_event_and_a_transfer_undoes_all_three() {
	let mut script = Script::new();
	let (key, value) = (script.data(b"key"), script.data(b"value"));
	let (bob, amount) = (script.data(&BOB.encode()), script.data(&100u128.encode()));
	script
		.syscall("storage_set", &[key, 3, value, 5])
		.syscall("event", &[value, 5])
		.syscall("transfer", &[bob, amount]);
	on_both(|| {
		for (end, error) in [("exit", Error::Reverted), ("trap", Error::Trapped)] {
			let mut script = script.clone();
			let code =
				if end == "exit" { script.syscall("exit", &[1]).ends() } else { script.traps() };
			let address = deploy(&code, 1_000);
			assert_fails(
				|| Virt::call(signed(ALICE), address, b"main".to_vec(), vec![], 50, PLENTY, None),
				error,
			);
			assert_eq!(program_events(), Vec::<Vec<u8>>::new());
		}
	});
	// Without the failure, the same program has all three effects.
	on_chain(|| {
		let address = deploy(&script.ends(), 1_000);
		assert_ok!(Virt::call(signed(ALICE), address, b"main".to_vec(), vec![], 50, PLENTY, None));
		assert_eq!(program_events(), [b"value"]);
		assert_eq!(Balances::total_balance(&BOB), FUNDS + 100);
	});
}

#[test]
fn input_at_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let hash = upload(SHA256);
		let run = |len| Virt::run(signed(BOB), hash, b"sha256".to_vec(), vec![0; len], PLENTY);
		assert_ok!(run(MAX_INPUT as usize));
		assert_fails(|| run(MAX_INPUT as usize + 1), Error::InputTooLarge);
	});
}

#[test]
fn malformed_scale_input_reverts() {
	on_both(|| {
		let address = deploy(COUNTER, 0);
		for input in [vec![1], vec![0; 3], vec![0; 5], vec![0xff; MAX_INPUT as usize]] {
			assert_fails(
				|| {
					Virt::call(
						signed(BOB),
						address.clone(),
						b"increment".to_vec(),
						input,
						0,
						PLENTY,
						None,
					)
				},
				Error::Reverted,
			);
		}
	});
}

#[test]
fn malformed_scale_calls_do_not_decode() {
	let good = RuntimeCall::Virt(crate::Call::run {
		code_hash: H256::zero(),
		entry: b"main".to_vec(),
		input: vec![1; 100],
		weight_limit: Weight::from_parts(7, 7),
	})
	.encode();
	for len in 0..good.len() {
		assert!(RuntimeCall::decode(&mut &good[..len]).is_err(), "{len} bytes of it");
	}
	// A length of 1 GiB without any data after it.
	let lies = [&good[..34], &codec::Compact(1u32 << 30).encode()].concat();
	assert!(RuntimeCall::decode(&mut &lies[..]).is_err());
}

#[test]
fn weight_limit_is_charged_before_and_what_is_left_is_refunded() {
	on_chain(|| {
		let code_hash = upload(ECHO);
		let (entry, input) = (b"echo".to_vec(), vec![1; 100]);
		let base = SubstrateWeight::<Test>::run(100);
		let call = crate::Call::<Test>::run { code_hash, entry, input, weight_limit: PLENTY };
		assert_eq!(call.get_dispatch_info().call_weight, base + PLENTY);
		let info = RuntimeCall::Virt(call).dispatch(signed(BOB));
		let info = info.expect("the call is good");
		let (_, weight_used) = run_once(ECHO, "echo", &[1; 100], PLENTY);
		assert_eq!(info.actual_weight, Some(base + weight_used));
		assert_eq!(info.pays_fee, Pays::Yes);
		assert!(weight_used.all_lt(PLENTY / 10));
	});
}

#[test]
fn trap_charges_what_was_used() {
	on_both(|| {
		let hash = upload(TRAP);
		let run = || Virt::run(signed(BOB), hash, b"trap".to_vec(), vec![], PLENTY);
		let weight = assert_fails(run, Error::Trapped);
		let (_, weight_used) = run_once(TRAP, "trap", &[], PLENTY);
		assert_eq!(weight, SubstrateWeight::<Test>::run(0) + weight_used);
		assert!(weight_used.all_gte(load_weight(TRAP)) && weight_used.all_lt(PLENTY));
	});
}
