//! Deposits: what is held, from whom, and when it is released.

use super::{mock::*, script::Script};
use crate::{
	deposit::{Deposit, DepositMeter},
	limits::*,
	Accounts, Error, HoldReason, State,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	traits::{
		fungible::{Inspect, InspectHold},
		tokens::{Fortitude, Preservation},
	},
};
use sp_runtime::AccountId32;

fn held(reason: HoldReason, account: &AccountId32) -> u128 {
	Balances::balance_on_hold(&reason.into(), account)
}

#[test]
fn what_a_payer_can_have_held_is_asked_again_when_its_balance_changed() {
	on_chain(|| {
		let mut meter = DepositMeter::<Test>::new(Some(BOB));
		assert!(meter.take(HoldReason::Storage, 100).is_ok());
		let free = Balances::reducible_balance(&BOB, Preservation::Protect, Fortitude::Force);
		assert_ok!(Balances::transfer_keep_alive(signed(BOB), ALICE, free - 150));
		meter.balance_changed();
		assert_eq!(meter.take(HoldReason::Storage, 100), Err(Error::DepositUnpayable));
		assert!(meter.take(HoldReason::Storage, 50).is_ok());
	});
}

/// The deposit for an item whose key and value have this many bytes.
fn item(bytes: u128) -> u128 {
	PER_ITEM + PER_BYTE * bytes
}

/// A program with these entries. `set` and `remove` change the item whose key is the first 8 bytes of the input;
/// the next 8 bytes are the length of the value. `set_and_trap` and `set_and_revert` set the item, and then trap or
/// revert. `end` terminates the account in favour of the account in the input.
pub fn keeper() -> Vec<u8> {
	let mut script = Script::new();
	let input = script.room(40);
	let value = input + 4_096;
	let ends: [(&str, &[u64]); 3] = [("set", &[]), ("set_and_revert", &[1]), ("set_and_trap", &[])];
	for (entry, exit) in ends {
		script.entry(entry).syscall("input", &[input, 0, 16]);
		script.syscall_loading("storage_set", &[input, 8, value, 0], &[(3, input + 8)]);
		match entry {
			"set" => script.ends(),
			"set_and_trap" => script.traps(),
			_ => script.syscall("exit", exit).ends(),
		};
	}
	script.entry("remove").syscall("input", &[input, 0, 8]);
	script.syscall("storage_remove", &[input, 8]).ends();
	script.entry("end").syscall("input", &[input, 0, 32]);
	script.syscall("terminate", &[input]).ends()
}

fn call(
	signer: AccountId32,
	address: &AccountId32,
	entry: &str,
	(key, len): (u64, u64),
	limit: Option<u128>,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	let input = (key, len).encode();
	Virt::call(signed(signer), address.clone(), entry.into(), input, 0, PLENTY, limit)
}

#[test]
fn upload_is_held_for_and_remove_gives_it_back() {
	on_chain(|| {
		let code = keeper();
		let deposit = item(code.len() as u128);
		let hash = upload(&code);
		assert_eq!(held(HoldReason::Program, &ALICE), deposit);
		assert_eq!(Balances::balance(&ALICE), FUNDS - deposit);
		assert_ok!(Virt::remove(signed(ALICE), hash));
		assert_eq!(Balances::balance(&ALICE), FUNDS);
	});
}

#[test]
fn upload_at_its_deposit_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let code = keeper();
		let deposit = item(code.len() as u128);
		let upload = |limit| Virt::upload(signed(ALICE), code.clone(), Some(limit));
		assert_noop!(upload(deposit - 1), Error::<Test>::DepositLimitExceeded);
		assert_ok!(upload(deposit));
	});
}

#[test]
fn upload_that_cannot_be_paid_is_refused() {
	on_chain(|| {
		let code = keeper();
		let poor = AccountId32::new([9; 32]);
		let deposit = item(code.len() as u128);
		let upload = || Virt::upload(signed(poor.clone()), code.clone(), None);
		// The existential deposit cannot be held.
		fund(&poor, deposit + ED - 1);
		assert_noop!(upload(), Error::<Test>::DepositUnpayable);
		fund(&poor, 1);
		assert_ok!(upload());
	});
}

#[test]
fn account_is_held_for_until_it_ends() {
	on_chain(|| {
		let address = deploy(&keeper(), 1_000);
		assert_eq!(held(HoldReason::Account, &ALICE), PER_ITEM);
		let deposit = Accounts::<Test>::get(&address).unwrap().deposit;
		assert_eq!(deposit, Deposit { payer: Some(ALICE), amount: PER_ITEM });
		let (entry, input) = (b"end".to_vec(), BOB.encode());
		assert_ok!(Virt::call(signed(BOB), address, entry, input, 0, PLENTY, None));
		assert_eq!(held(HoldReason::Account, &ALICE), 0);
		assert_eq!(Balances::balance(&BOB), FUNDS + 1_000);
	});
}

#[test]
fn items_are_held_for_by_key_and_value() {
	on_both(|| {
		let address = deploy(&keeper(), 0);
		assert_ok!(call(BOB, &address, "set", (1, 100), None));
		assert_eq!(held(HoldReason::Storage, &BOB), item(108));
		assert_eq!(held(HoldReason::Storage, &ALICE), 0);
		// The deposit changes with the size of the item, and is released when the item is removed.
		for len in [0, 4_096, 4_095, 10] {
			assert_ok!(call(BOB, &address, "set", (1, len), None));
			assert_eq!(held(HoldReason::Storage, &BOB), item(8 + u128::from(len)));
		}
		assert_ok!(call(BOB, &address, "set", (2, 1), None));
		assert_eq!(Accounts::<Test>::get(&address).unwrap().items, 2);
		assert_ok!(call(BOB, &address, "remove", (1, 0), None));
		assert_ok!(call(BOB, &address, "remove", (1, 0), None));
		assert_eq!(held(HoldReason::Storage, &BOB), item(9));
		assert_eq!(Accounts::<Test>::get(&address).unwrap().items, 1);
	});
}

#[test]
fn who_makes_an_item_grow_pays_for_all_of_it() {
	on_both(|| {
		let address = deploy(&keeper(), 0);
		let both = || (held(HoldReason::Storage, &ALICE), held(HoldReason::Storage, &BOB));
		assert_ok!(call(ALICE, &address, "set", (1, 100), None));
		assert_eq!(both(), (item(108), 0));
		assert_ok!(call(BOB, &address, "set", (1, 100), None));
		assert_eq!(both(), (item(108), 0));
		assert_ok!(call(BOB, &address, "set", (1, 50), None));
		assert_eq!(both(), (item(58), 0));
		assert_ok!(call(BOB, &address, "set", (1, 51), None));
		assert_eq!(both(), (0, item(59)));
		assert_ok!(call(ALICE, &address, "remove", (1, 0), None));
		assert_eq!(both(), (0, 0));
	});
}

#[test]
fn call_at_its_deposit_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let address = deploy(&keeper(), 0);
		let set = |key, len, limit| call(BOB, &address, "set", (key, len), Some(limit));
		let error = Error::DepositLimitExceeded;
		assert_fails(|| set(1, 100, item(108) - 1), error);
		assert_ok!(set(1, 100, item(108)));
		// Only additional deposits count towards the limit.
		assert_fails(|| set(1, 101, PER_BYTE - 1), Error::DepositLimitExceeded);
		assert_ok!(set(1, 101, PER_BYTE));
		assert_ok!(set(1, 1, 0));
	});
}

#[test]
fn instantiate_at_its_deposit_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let hash = upload(&keeper());
		let deploy =
			|limit| Virt::instantiate(signed(BOB), hash, vec![], vec![], 0, PLENTY, Some(limit));
		assert_fails(|| deploy(PER_ITEM - 1), Error::DepositLimitExceeded);
		assert_ok!(deploy(PER_ITEM));
	});
}

#[test]
fn storage_that_cannot_be_paid_fails_the_call() {
	on_chain(|| {
		let address = deploy(&keeper(), 0);
		let poor = AccountId32::new([9; 32]);
		fund(&poor, item(108) + ED - 1);
		let set = || call(poor.clone(), &address, "set", (1, 100), None);
		assert_fails(set, Error::DepositUnpayable);
		fund(&poor, 1);
		assert_ok!(set());
	});
}

#[test]
fn call_that_fails_holds_nothing() {
	on_both(|| {
		let address = deploy(&keeper(), 0);
		assert_ok!(call(ALICE, &address, "set", (1, 10), None));
		// An existing item, whose payer would change, and a new one.
		for key in [1, 2] {
			let set = |entry| call(BOB, &address, entry, (key, 100), None);
			assert_fails(|| set("set_and_trap"), Error::Trapped);
			assert_fails(|| set("set_and_revert"), Error::Reverted);
		}
		assert_eq!(held(HoldReason::Storage, &BOB), 0);
		assert_eq!(held(HoldReason::Storage, &ALICE), item(18));
	});
}

#[test]
fn root_is_held_for_nothing() {
	on_chain(|| {
		let address = deploy(&keeper(), 0);
		let root = |entry: &str, key: u64, len: u64| {
			let (address, input) = (address.clone(), (key, len).encode());
			let origin = RuntimeOrigin::root();
			Virt::call(origin, address, entry.into(), input, 0, PLENTY, Some(0))
		};
		assert_ok!(root("set", 1, 100));
		assert_eq!(State::<Test>::iter().next().unwrap().2.deposit, Deposit::none());
		// An account that signs a change of the item pays its deposit from then on, until root makes the item grow.
		assert_ok!(call(BOB, &address, "set", (1, 1), None));
		assert_eq!(held(HoldReason::Storage, &BOB), item(9));
		assert_ok!(root("set", 1, 1));
		assert_eq!(held(HoldReason::Storage, &BOB), item(9));
		assert_ok!(root("set", 1, 2));
		assert_eq!(held(HoldReason::Storage, &BOB), 0);
		let value = Virt::call(
			RuntimeOrigin::root(),
			address.clone(),
			b"set".to_vec(),
			vec![0; 16],
			1,
			PLENTY,
			None,
		);
		assert_eq!(value.unwrap_err().error, sp_runtime::DispatchError::RootNotAllowed);
	});
}

#[test]
fn upload_remove_upload_in_one_block_loses_nothing() {
	on_chain(|| {
		let code = keeper();
		for _ in 0..10 {
			let hash = upload(&code);
			assert_ok!(Virt::remove(signed(ALICE), hash));
			assert_ok!(Virt::upload(signed(BOB), code.clone(), None));
			assert_ok!(Virt::remove(signed(BOB), hash));
		}
		assert_eq!((Balances::balance(&ALICE), Balances::balance(&BOB)), (FUNDS, FUNDS));
	});
}

#[test]
fn largest_program_and_item_can_be_held_for() {
	on_chain(|| {
		let most = crate::deposit::for_program::<Test>(MAX_CODE);
		assert_eq!(most, item(MAX_CODE.into()));
		let most = crate::deposit::for_item::<Test>(MAX_KEY as usize, MAX_VALUE as usize);
		assert_eq!(most, item((MAX_KEY + MAX_VALUE).into()));
	});
}
