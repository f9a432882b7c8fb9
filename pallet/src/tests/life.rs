//! The genesis of a chain, and the ABI versions of programs that it runs.

use super::mock::*;
use crate::{limits::*, Accounts, Error, GenesisConfig, Owners, Pallet, Programs, STORAGE_VERSION};
use codec::Encode;
use frame_support::{assert_ok, traits::GetStorageVersion};
use sp_core::{Bytes, H256};
use sp_runtime::BuildStorage;
use virt_fixtures::{COUNTER, ECHO};

fn genesis(config: GenesisConfig<Test>) -> sp_io::TestExternalities {
	let config = RuntimeGenesisConfig { virt: config, ..Default::default() };
	config.build_storage().expect("it is assimilated").into()
}

fn bytes(bytes: &[u8]) -> Bytes {
	Bytes(bytes.to_vec())
}

#[test]
fn genesis_preloads_programs_and_accounts() {
	let code_hash = crate::program::code_hash(COUNTER);
	let items = vec![(bytes(b"count"), Bytes(41u32.encode()))];
	let config = GenesisConfig::<Test> {
		programs: vec![(ALICE, bytes(COUNTER)), (BOB, bytes(ECHO))],
		accounts: vec![(ALICE, code_hash, bytes(b"salt"), items)],
	};
	on_chain(|| {
		frame_support::traits::BuildGenesisConfig::build(&config);
		let address = Virt::address_of(&ALICE, code_hash, b"salt");
		let increment = b"increment".to_vec();
		assert_ok!(Virt::call(signed(BOB), address.clone(), increment, vec![], 0, PLENTY, None));
		assert_eq!(output(), 42u32.encode());
		let program = Programs::<Test>::get(code_hash).unwrap();
		assert_eq!((program.references, program.abi), (1, ABI));
		assert_eq!(Owners::<Test>::get(code_hash, ALICE), Some(0));
		assert_eq!(Accounts::<Test>::get(address).unwrap().items, 1);
		// The owner of a program from the genesis can remove it, as any other program.
		assert_ok!(Virt::remove(signed(BOB), crate::program::code_hash(ECHO)));
	});
}

#[test]
fn genesis_needs_no_manager_and_sets_the_storage_version() {
	let programs = vec![(ALICE, bytes(COUNTER))];
	genesis(GenesisConfig { programs, accounts: vec![] }).execute_with(|| {
		assert_eq!(Pallet::<Test>::on_chain_storage_version(), STORAGE_VERSION);
		assert_sound();
	});
}

#[test]
#[should_panic(expected = "is not admitted")]
fn genesis_with_an_invalid_program_is_refused() {
	let programs = vec![(ALICE, bytes(b"no program"))];
	genesis(GenesisConfig { programs, accounts: vec![] });
}

#[test]
#[should_panic(expected = "ProgramNotFound")]
fn genesis_with_an_account_without_program_is_refused() {
	let accounts = vec![(ALICE, H256::zero(), bytes(b""), vec![])];
	genesis(GenesisConfig { programs: vec![], accounts });
}

#[test]
fn program_of_an_abi_that_is_not_answered_is_refused() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let code_hash = crate::program::code_hash(COUNTER);
		let set = |abi| {
			Programs::<Test>::mutate(code_hash, |info| info.as_mut().unwrap().abi = abi);
		};
		let call = || {
			let get = b"get".to_vec();
			Virt::call(signed(BOB), address.clone(), get, vec![], 0, PLENTY, None)
		};
		for good in OLDEST_ABI..=ABI {
			set(good);
			assert_ok!(call());
		}
		set(ABI + 1);
		assert_fails(call, Error::UnsupportedAbi);
		let run = || Virt::run(signed(BOB), code_hash, b"get".to_vec(), vec![], PLENTY);
		assert_fails(run, Error::UnsupportedAbi);
		let salt = b"other".to_vec();
		let deploy = || Virt::instantiate(signed(BOB), code_hash, salt, vec![], 0, PLENTY, None);
		assert_fails(deploy, Error::UnsupportedAbi);
	});
}

#[test]
fn configuration_of_the_tests_is_sound() {
	crate::integrity::check::<Test>();
}
