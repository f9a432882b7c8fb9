//! Upgrades: the program of an account is replaced.

use super::{
	jobs::{sleeper, start},
	mock::*,
	script::Script,
};
use crate::{
	deposit::DepositOf,
	program::code_hash,
	upgrade::UpgradeAuthority::{self, Deployer, Nobody, Program},
	Accounts, Error, Event, Programs, State,
};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::fungible::Inspect};
use sp_core::H256;
use sp_runtime::AccountId32;
use virt_fixtures::SLEEPER;
use virt_guest::Code;

/// Adds the entries of every program in these tests. `version` outputs `number`. `migrate` stores 8 bytes of its
/// input as an item, which `get` outputs.
fn version(mut script: Script, number: u8) -> Vec<u8> {
	let (number, key, value) = (script.data(&[number]), script.data(b"key"), script.room(8));
	script.entry("version").syscall("output", &[number, 1]).returns_here();
	script.entry("get").syscall("storage_get", &[key, 3, value, 8]);
	script.syscall("output", &[value, 8]).returns_here();
	script.entry("migrate").syscall("input", &[value, 0, 8]);
	script.syscall("storage_set", &[key, 3, value, 8]).ends()
}

fn first() -> Vec<u8> {
	version(Script::new(), 1)
}

fn second() -> Vec<u8> {
	version(Script::new(), 2)
}

/// Deploys an account program as Alice, with some balance.
#[track_caller]
fn deploy_with(code: &[u8], authority: UpgradeAuthority) -> AccountId32 {
	let hash = upload(code);
	assert_ok!(Virt::instantiate_upgradable(
		signed(ALICE),
		hash,
		vec![],
		vec![],
		1_000,
		PLENTY,
		None,
		authority
	));
	Virt::address_of(&ALICE, hash, &[])
}

#[track_caller]
fn call(address: &AccountId32, entry: &str, input: Vec<u8>) -> Vec<u8> {
	assert_ok!(Virt::call(
		signed(BOB),
		address.clone(),
		entry.as_bytes().to_vec(),
		input,
		0,
		PLENTY,
		None
	));
	output()
}

fn set_code(
	who: AccountId32,
	address: &AccountId32,
	code: &[u8],
	input: impl Encode,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
	Virt::set_code(signed(who), address.clone(), code_hash(code), input.encode(), PLENTY, None)
}

fn references(code: &[u8]) -> u32 {
	Programs::<Test>::get(code_hash(code)).expect("it is stored").references
}

#[test]
fn deployer_replaces_the_program_and_the_rest_stays() {
	let stored = on_both(|| {
		let address = deploy_with(&first(), Deployer);
		let before = Accounts::<Test>::get(&address).unwrap();
		assert_eq!(call(&address, "version", vec![]), [1]);
		upload(&second());
		assert_ok!(set_code(ALICE, &address, &second(), 77u64));
		let (old_code_hash, code_hash) = (code_hash(&first()), code_hash(&second()));
		let event = Event::CodeUpdated { address: address.clone(), old_code_hash, code_hash };
		System::assert_has_event(event.into());
		assert_eq!(call(&address, "version", vec![]), [2]);
		assert_eq!(call(&address, "get", vec![]), 77u64.encode());
		let after = Accounts::<Test>::get(&address).unwrap();
		let deposit: DepositOf<Test> = before.deposit;
		assert_eq!((after.deposit, after.deployer, after.items), (deposit, ALICE, 1));
		assert_eq!(after.upgrade_authority, Deployer);
		assert_eq!(Balances::balance(&address), 1_000);
		// Alice signed the upgrade, so she pays the deposit for the item.
		let item = State::<Test>::iter_prefix_values(&address).next().unwrap();
		assert_eq!(item.deposit.payer, Some(ALICE));
		// The old program can be removed. The new one is in use.
		assert_eq!((references(&first()), references(&second())), (0, 1));
		assert_ok!(Virt::remove(signed(ALICE), old_code_hash));
		assert_noop!(Virt::remove(signed(ALICE), code_hash), Error::<Test>::ProgramInUse);
		assert_eq!(call(&address, "version", vec![]), [2]);
		item.data.into_inner()
	});
	assert_eq!(stored, 77u64.encode());
}

#[test]
fn migrate_runs_at_upgrades_only() {
	on_chain(|| {
		let address = deploy_with(&first(), Deployer);
		assert_eq!(State::<Test>::iter().count(), 0, "an instantiation does not migrate");
		let call = || {
			Virt::call(signed(BOB), address.clone(), b"migrate".to_vec(), vec![], 0, PLENTY, None)
		};
		assert_fails(call, Error::EntryNotFound);
		let budget = super::jobs::BUDGET;
		let start =
			Virt::start_job(signed(BOB), address, b"migrate".to_vec(), vec![], 0, budget, None);
		assert_eq!(start, Err(Error::<Test>::EntryNotFound.into()));
	});
}

#[test]
fn only_the_authority_replaces_the_program() {
	on_chain(|| {
		upload(&second());
		for (authority, may) in [(Nobody, false), (Program, false), (Deployer, true)] {
			let address = deploy_with(&version(Script::new(), 10 + authority as u8), authority);
			assert_fails(|| set_code(BOB, &address, &second(), 0u64), Error::UpgradeDenied);
			if may {
				assert_ok!(set_code(ALICE, &address, &second(), 0u64));
			} else {
				assert_fails(|| set_code(ALICE, &address, &second(), 0u64), Error::UpgradeDenied);
			}
		}
		// The program of an account from `instantiate` can never be replaced.
		let address = deploy(&first(), 0);
		assert_eq!(Accounts::<Test>::get(&address).unwrap().upgrade_authority, Nobody);
		assert_fails(|| set_code(ALICE, &address, &second(), 0u64), Error::UpgradeDenied);
		assert_fails(|| set_code(ALICE, &BOB, &second(), 0u64), Error::AccountNotFound);
	});
}

#[test]
fn authority_only_becomes_stricter() {
	on_chain(|| {
		let all = [Nobody, Program, Deployer];
		for from in all {
			for to in all {
				let code = version(Script::new(), 16 * (1 + from as u8) + to as u8);
				let address = deploy_with(&code, from);
				let done = Virt::restrict_upgrades(signed(ALICE), address.clone(), to);
				// Alice is the deployer, so she has the authority only if it is `Deployer`.
				if from == Deployer {
					assert_ok!(done);
					let event =
						Event::UpgradesRestricted { address: address.clone(), authority: to };
					System::assert_last_event(event.into());
					assert_eq!(Accounts::<Test>::get(&address).unwrap().upgrade_authority, to);
				} else {
					assert_noop!(done, Error::<Test>::UpgradeDenied);
				}
				if (from, to) == (Deployer, Program) {
					// The deployer can neither revoke nor pass on the authority: it belongs to the program now.
					for next in all {
						let again = Virt::restrict_upgrades(signed(ALICE), address.clone(), next);
						assert_noop!(again, Error::<Test>::UpgradeDenied);
					}
				}
			}
		}
		let nowhere = Virt::restrict_upgrades(signed(ALICE), BOB, Nobody);
		assert_noop!(nowhere, Error::<Test>::AccountNotFound);
	});
}

#[test]
fn failed_migration_changes_nothing_and_is_paid_for() {
	on_both(|| {
		let mut script = Script::new();
		let key = script.data(b"key");
		script.entry("migrate").syscall("storage_set", &[key, 3, key, 3]);
		let bad = script.traps();
		let address = deploy_with(&first(), Deployer);
		upload(&bad);
		let weight = assert_fails(|| set_code(ALICE, &address, &bad, ()), Error::Trapped);
		assert!(weight.all_gt(load_weight(&bad)), "{weight}");
		assert_eq!(call(&address, "version", vec![]), [1]);
		assert_eq!((references(&first()), references(&bad)), (1, 0));
	});
}

#[test]
fn program_without_migrate_takes_no_input() {
	on_chain(|| {
		let mut script = Script::new();
		script.entry("version");
		let plain = script.ends();
		let address = deploy_with(&first(), Deployer);
		upload(&plain);
		assert_fails(|| set_code(ALICE, &address, &plain, 1u8), Error::EntryNotFound);
		assert_ok!(set_code(ALICE, &address, &plain, ()));
		assert_eq!(references(&plain), 1);
	});
}

#[test]
fn unknown_program_and_unsupported_abi_are_refused() {
	on_chain(|| {
		let address = deploy_with(&first(), Deployer);
		assert_fails(|| set_code(ALICE, &address, &second(), 0u64), Error::ProgramNotFound);
		upload(&second());
		Programs::<Test>::mutate_extant(code_hash(&second()), |info| info.abi = u16::MAX);
		assert_fails(|| set_code(ALICE, &address, &second(), 0u64), Error::UnsupportedAbi);
	});
}

#[test]
fn program_is_not_replaced_while_jobs_live() {
	on_chain(|| {
		upload(&second());
		let hash = code_hash(SLEEPER);
		sleeper();
		assert_ok!(Virt::instantiate_upgradable(
			signed(ALICE),
			hash,
			b"other".to_vec(),
			vec![],
			1_000_000,
			PLENTY,
			None,
			Deployer
		));
		let address = Virt::address_of(&ALICE, hash, b"other");
		let job = start(&address, "blocks", 100u64);
		super::jobs::next_block();
		assert_fails(|| set_code(ALICE, &address, &second(), 0u64), Error::JobsLive);
		assert_ok!(Virt::cancel_job(signed(BOB), job));
		assert_ok!(set_code(ALICE, &address, &second(), 0u64));
	});
}

/// Adds the options of a call with all weight and no deposit limit. Returns their address.
fn options(script: &mut Script) -> u64 {
	script.data(&(0u128, 0u64, 0u64, u128::MAX).encode())
}

/// A script with two entries. `replace` stores an item, replaces the program by the one in the input, and outputs
/// the result and the item, which the migration has overwritten. `restrict` gives up the upgrade authority, and
/// outputs the result.
fn replacing() -> Script {
	let mut script = Script::new();
	let (own, input, hash, options) =
		(script.room(32), script.room(8), script.room(32), options(&mut script));
	let (key, out) = (script.data(b"key"), script.room(16));
	for entry in ["replace", "reentrant:replace"] {
		script.entry(entry).syscall("address", &[own]).syscall("input", &[hash, 0, 32]);
		script.syscall("storage_set", &[key, 3, key, 3]);
		script.syscall("set_code", &[own, hash, input, 8, options]).keep(out);
		script.syscall("storage_get", &[key, 3, out + 8, 8]);
		script.syscall("output", &[out, 16]).returns_here();
	}
	script.entry("restrict").syscall("address", &[own]);
	script.syscall("restrict_upgrades", &[own, 0]).keep(out);
	script.syscall("output", &[out, 8]).returns_here();
	script
}

#[test]
fn program_replaces_itself_and_runs_on() {
	on_both(|| {
		let address = deploy_with(&version(replacing(), 1), Program);
		let hash = upload(&second());
		// `replace` passes eight zeros to `migrate`, which stores them. The old program still runs, and sees them.
		assert_eq!(call(&address, "replace", hash.encode()), (0i64, [0u8; 8]).encode());
		assert_eq!(call(&address, "version", vec![]), [2]);
		assert_eq!((references(&version(replacing(), 1)), references(&second())), (0, 1));
	});
}

#[test]
fn program_that_is_not_the_authority_hears_so() {
	on_chain(|| {
		let hash = upload(&second());
		let denied = (Code::UPGRADE_DENIED as u64, *b"key\0\0\0\0\0").encode();
		for authority in [Nobody, Deployer] {
			let address = deploy_with(&version(replacing(), 30 + authority as u8), authority);
			assert_eq!(call(&address, "replace", hash.encode()), denied);
			let answer = call(&address, "restrict", vec![]);
			assert_eq!(answer, Code::UPGRADE_DENIED.encode());
		}
		let address = deploy_with(&version(replacing(), 33), Program);
		let nowhere = (Code::NOT_FOUND as u64, *b"key\0\0\0\0\0").encode();
		assert_eq!(call(&address, "replace", H256::zero().encode()), nowhere);
		assert_eq!(call(&address, "restrict", vec![]), 0i64.encode());
		assert_eq!(call(&address, "replace", hash.encode()), denied);
		assert_eq!(call(&address, "version", vec![]), [33]);
	});
}

/// A program that calls `entry` of the address in the input with the rest of the input, and outputs the result.
fn caller_of(entry: &str) -> Vec<u8> {
	let mut script = Script::new();
	let (input, out, options) = (script.room(64), script.room(16), options(&mut script));
	let (at, len) = (script.data(entry.as_bytes()), entry.len() as u64);
	script.entry("relay").syscall("input", &[input, 0, 64]);
	script.syscall("call_program", &[input, at, len, input + 32, 32, options]);
	script.syscall("returned", &[out, 0, 16]).syscall("output", &[out, 16]).ends()
}

#[test]
fn program_that_waits_for_another_is_not_replaced() {
	on_chain(|| {
		// The program calls another one, which calls it back. The inner frame requests the upgrade.
		let mut script = replacing();
		let (input, options) = (script.room(96), options(&mut script));
		let relay = script.data(b"relay");
		let out = script.room(16);
		script.entry("outer").syscall("input", &[input, 0, 96]);
		script.syscall("call_program", &[input, relay, 5, input + 32, 64, options]);
		script.syscall("returned", &[out, 0, 16]).syscall("output", &[out, 16]).returns_here();
		let code = version(script, 1);
		let address = deploy_with(&code, Program);
		let relay = deploy(&caller_of("replace"), 0);
		let hash = upload(&second());
		let input = (relay, address.clone(), hash).encode();
		let denied = (Code::REENTRANCY_DENIED as u64, *b"key\0\0\0\0\0").encode();
		assert_eq!(call(&address, "outer", input), denied);
		assert_eq!(call(&address, "version", vec![]), [1]);
	});
}

/// Instantiates the first program in its input, and then replaces it by the second.
fn parent(authority: u64) -> Vec<u8> {
	let mut script = Script::new();
	let (input, child) = (script.room(64), script.room(32));
	let options = script.data(&(0u128, 0u64, 0u64, u128::MAX, authority).encode());
	let out = script.room(8);
	script.entry("raise").syscall("input", &[input, 0, 64]);
	script.syscall("instantiate_upgradable", &[input, 0, 0, 0, 0, options]);
	script.syscall("returned", &[child, 0, 32]);
	script.syscall("set_code", &[child, input + 32, child, 8, options]).keep(out);
	script.syscall("output", &[out, 40]).ends()
}

#[test]
fn program_replaces_what_it_instantiated() {
	on_both(|| {
		let (old, new) = (upload(&first()), upload(&second()));
		let raise = |authority| {
			let address = deploy(&parent(authority), 1_000);
			call(&address, "raise", (old, new).encode())
		};
		assert_eq!(raise(2)[..8], 0i64.encode());
		let children: Vec<_> = Accounts::<Test>::iter()
			.filter(|(_, info)| info.code_hash == new)
			.map(|(address, info)| (address, info.upgrade_authority))
			.collect();
		assert_eq!(children.len(), 1);
		assert_eq!(children[0].1, Deployer);
		assert_eq!(call(&children[0].0, "version", vec![]), [2]);
		// The parent is denied: the authority is the child itself, or nobody.
		assert_eq!(raise(1)[..8], Code::UPGRADE_DENIED.encode());
		assert_eq!(raise(0)[..8], Code::UPGRADE_DENIED.encode());
	});
}

#[test]
fn authority_that_does_not_exist_is_a_fault() {
	on_chain(|| {
		let (old, new) = (upload(&first()), upload(&second()));
		let address = deploy(&parent(3), 1_000);
		let call = || {
			let input = (old, new).encode();
			Virt::call(signed(BOB), address.clone(), b"raise".to_vec(), input, 0, PLENTY, None)
		};
		assert_fails(call, Error::InvalidArgument);
	});
}

#[test]
fn dry_run_of_an_upgrade_tells_its_weight_and_deposit() {
	on_chain(|| {
		let address = deploy_with(&first(), Deployer);
		upload(&second());
		let input = 5u64.encode();
		let hash = code_hash(&second());
		let tried = crate::dry_run::set_code::<Test>(
			ALICE,
			address.clone(),
			hash,
			input.clone(),
			None,
			None,
		);
		assert_eq!(tried.result, Ok(()));
		let item = PER_ITEM + PER_BYTE * (3 + 8);
		assert_eq!(tried.deposit, crate::dry_run::DepositChange::Charge(item));
		assert_eq!(call(&address, "version", vec![]), [1], "it was undone");
		let limit = tried.weight_required;
		assert_ok!(Virt::set_code(signed(ALICE), address, hash, input, limit, Some(item)));
	});
}
