//! Accounts that terminate themselves.

use super::{
	mock::*,
	programs::{calls, runs, ALL},
	script::Script,
	syscalls::call,
};
use crate::{Accounts, Error, Event, Programs, State};
use codec::Encode;
use frame_support::{assert_ok, traits::fungible::Inspect};
use sp_runtime::AccountId32;
use virt_guest::Code;

#[test]
fn terminate_works() {
	let mut script = Script::new();
	let (key, bob) = (script.data(b"key"), script.data(&BOB.encode()));
	script.syscall("storage_set", &[key, 3, key, 3]).syscall("storage_set", &[key, 2, key, 3]);
	let code = script.syscall("terminate", &[bob]).traps();
	on_both(|| {
		assert_eq!(call(&code, b""), Ok(vec![]));
		let code_hash = crate::program::code_hash(&code);
		let address = Virt::address_of(&ALICE, code_hash, &[]);
		assert!(!Accounts::<Test>::contains_key(&address));
		assert_eq!(State::<Test>::iter().count(), 0);
		assert_eq!(Programs::<Test>::get(code_hash).unwrap().references, 0);
		assert_eq!(Balances::total_balance(&address), 0);
		assert_eq!(Balances::balance(&BOB), FUNDS + 1_000);
		let event = Event::Terminated { address: address.clone(), code_hash, beneficiary: BOB };
		System::assert_has_event(event.into());
		// The account is removed, and can be instantiated again.
		let call = || Virt::call(signed(BOB), address, b"main".to_vec(), vec![], 0, PLENTY, None);
		assert_fails(call, Error::AccountNotFound);
		assert_ok!(Virt::instantiate(signed(ALICE), code_hash, vec![], vec![], 0, PLENTY, None));
		let address = Virt::address_of(&ALICE, code_hash, &[]);
		assert_ok!(Virt::call(signed(BOB), address, b"main".to_vec(), vec![], 50, PLENTY, None));
		// No account uses the program any more.
		assert_ok!(Virt::remove(signed(ALICE), code_hash));
	});
}

#[test]
fn terminate_in_favour_of_itself_is_a_fault() {
	let mut script = Script::new();
	let out = script.room(32);
	let code = script.syscall("address", &[out]).syscall("terminate", &[out]).ends();
	assert_eq!(on_both(|| call(&code, b"")), Err(Error::<Test>::InvalidArgument.into()));
}

#[test]
fn terminate_pays_whoever_is_named() {
	let mut script = Script::new();
	let (key, dead) = (script.data(b"key"), script.data(&[9; 32]));
	script.syscall("storage_set", &[key, 3, key, 3]);
	script.syscall("terminate", &[dead]);
	let code = script.ends();
	on_both(|| {
		let poor = deploy(&code, 0);
		assert_ok!(Virt::call(
			signed(BOB),
			poor.clone(),
			b"main".to_vec(),
			vec![],
			0,
			PLENTY,
			None
		));
		assert!(!Accounts::<Test>::contains_key(&poor), "it had nothing to give");
	});
	on_both(|| {
		let rich = deploy(&code, ED);
		assert_ok!(Virt::call(
			signed(BOB),
			rich.clone(),
			b"main".to_vec(),
			vec![],
			0,
			PLENTY,
			None
		));
		assert_eq!(Balances::total_balance(&AccountId32::new([9; 32])), ED);
	});
}

#[test]
fn terminate_below_another_frame_of_the_account_is_a_code() {
	// Through a library, and through re-entry.
	let mut script = Script::new();
	let bob = script.data(&BOB.encode());
	let library = script.returns("terminate", &[bob]).ends();
	on_both(|| {
		let hash = upload(&library);
		let mut script = Script::new();
		let out = script.room(8);
		runs(&mut script, hash, out);
		let code = script.syscall("returned", &[out, 0, 8]).syscall("output", &[out, 8]).ends();
		assert_eq!(call(&code, b""), Ok(Code::REENTRANCY_DENIED.encode()));
	});
	let mut script = Script::new();
	let (address, bob) = (script.room(32), script.data(&BOB.encode()));
	let (main, out) = (script.data(b"end"), script.room(8));
	let options = script.data(&ALL.encode());
	script
		.entry("main")
		.syscall("address", &[address])
		.syscall("call_program", &[address, main, 3, address, 0, options])
		.syscall("returned", &[out, 0, 8])
		.syscall("output", &[out, 8])
		.ends();
	let code = script.entry("reentrant:end").returns("terminate", &[bob]).ends();
	assert_eq!(on_both(|| call(&code, b"")), Ok(Code::REENTRANCY_DENIED.encode()));
}

#[test]
fn caller_goes_on_after_its_callee_ended_itself() {
	let mut script = Script::new();
	let bob = script.data(&BOB.encode());
	let callee = script.syscall("terminate", &[bob]).traps();
	on_both(|| {
		let callee = deploy(&callee, 100);
		let mut script = Script::new();
		let out = script.room(16);
		calls(&mut script, &callee, "main", b"", ALL);
		script.keep(out);
		calls(&mut script, &callee, "main", b"", ALL);
		let code = script.keep(out + 8).syscall("output", &[out, 16]).ends();
		assert_eq!(call(&code, b""), Ok((0u64, Code::NOT_FOUND).encode()));
	});
}

#[test]
fn terminate_pays_for_each_item() {
	let mut script = Script::new();
	let bob = script.data(&BOB.encode());
	let ends = script.clone().syscall("terminate", &[bob]).ends();
	let keeps = script.syscall("storage_set", &[bob, 8, bob, 8]).clone();
	let keeps_and_ends = keeps.clone().syscall("terminate", &[bob]).ends();
	let keeps = keeps.clone().ends();
	let cost = |code: &[u8]| {
		on_chain(|| {
			call(code, b"").expect("it ends");
			weight_used() - load_weight(code)
		})
	};
	let (ends, keeps, both) = (cost(&ends), cost(&keeps), cost(&keeps_and_ends));
	let item = crate::items::removal_weight::<Test>(1);
	// Writes that both have in common are charged once.
	let twice = <Test as frame_system::Config>::DbWeight::get().reads_writes(3, 3);
	assert!((both + twice).all_gte(item + keeps), "{ends} {keeps} {both}");
}

#[test]
fn terminate_frees_what_is_left_whatever_was_removed_before() {
	let mut script = Script::new();
	let keys: Vec<u64> = [b"a", b"b", b"c", b"d"].map(|key| script.data(key)).into();
	script.entry("init");
	for key in &keys {
		script.syscall("storage_set", &[*key, 1, *key, 1]);
	}
	script.instruction(polkavm_common::program::asm::ret());
	script.entry("remove");
	// A removal moves the last key to the place of the removed one. Removes the first key, and then each key that
	// took its place.
	for key in [keys[0], keys[3], keys[2]] {
		script.syscall("storage_remove", &[key, 1]);
		script.syscall("storage_set", &[key, 1, key, 1]);
		script.syscall("storage_remove", &[key, 1]);
	}
	script.instruction(polkavm_common::program::asm::ret());
	let beneficiary = script.data(BOB.as_ref());
	let code = script.entry("end").syscall("terminate", &[beneficiary]).ends();
	on_both(|| {
		let before = Balances::total_issuance();
		let address = deploy(&code, 1_000);
		for entry in ["remove", "end"] {
			assert_ok!(Virt::call(
				signed(BOB),
				address.clone(),
				entry.into(),
				vec![],
				0,
				PLENTY,
				None
			));
			assert_sound();
		}
		assert_eq!(crate::State::<Test>::iter_prefix(&address).count(), 0);
		assert_eq!(crate::Keys::<Test>::iter_prefix(&address).count(), 0);
		assert_eq!(Balances::total_issuance(), before);
	});
}
