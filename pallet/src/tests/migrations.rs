//! Migrations of the pallet's storage.

use super::mock::*;
use crate::{
	items::Key,
	migrations::{
		v1::{self, v0, AccountV0, AccountV1, ProgramV0, ProgramV1},
		V0ToV1, V1ToV2,
	},
	program::code_hash,
	upgrade::UpgradeAuthority,
	weights::SubstrateWeight,
	Accounts, Code, HoldReason, Keys, Owners, Pallet, Programs, State, WeightInfo,
};
use codec::Encode;
use frame_support::{
	assert_ok,
	migrations::{SteppedMigration, SteppedMigrationError},
	traits::{fungible::InspectHold, GetStorageVersion, StorageVersion},
	weights::{Weight, WeightMeter},
	BoundedVec,
};
use sp_runtime::AccountId32;
use virt_fixtures::COUNTER;

/// Half of a block.
const LIMIT: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);

/// Runs a migration to its end, with this weight in each block. Returns the number of blocks.
fn migrate_with<M: SteppedMigration>(limit: Weight) -> u32 {
	let (mut cursor, mut blocks) = (None, 0);
	loop {
		let mut meter = WeightMeter::with_limit(limit);
		blocks += 1;
		let Ok(next) = M::step(cursor, &mut meter) else { panic!("a step fails") };
		cursor = next;
		assert!(limit.all_gte(meter.consumed()));
		if cursor.is_none() {
			return blocks;
		}
		// Between blocks, the cursor is in storage, so it must survive encoding.
		let bytes = cursor.encode();
		assert!(bytes.len() < 1024);
		cursor = codec::Decode::decode(&mut &bytes[..]).expect("it was just encoded");
	}
}

fn version() -> StorageVersion {
	Pallet::<Test>::on_chain_storage_version()
}

fn key(number: u32) -> Key {
	BoundedVec::truncate_from(number.encode())
}

/// Stores a deployed counter, and `items` more items, as version 0 did.
fn store_as_version_0(code: &[u8], items: u32) -> AccountId32 {
	let hash = code_hash(code);
	let address = Virt::address_of(&ALICE, hash, &[]);
	let memory = crate::admission::check::<Test>(code).unwrap();
	let size = code.len() as u32;
	let program = ProgramV0 { owner: ALICE, size, memory, references: 1 };
	v0::Programs::<Test>::insert(hash, program);
	v0::Accounts::<Test>::insert(&address, AccountV0 { code_hash: hash, deployer: ALICE });
	let count: Key = BoundedVec::truncate_from(b"count".to_vec());
	v0::State::<Test>::insert(&address, count, BoundedVec::truncate_from(41u32.encode()));
	for number in 0..items {
		let value = BoundedVec::truncate_from(number.encode());
		v0::State::<Test>::insert(&address, key(number), value);
	}
	Code::<Test>::insert(hash, BoundedVec::truncate_from(code.to_vec()));
	StorageVersion::new(0).put::<Pallet<Test>>();
	address
}

#[track_caller]
fn assert_counts_on(address: AccountId32) {
	let increment = b"increment".to_vec();
	assert_ok!(Virt::call(signed(BOB), address, increment, vec![], 0, PLENTY, None));
	assert_eq!(output(), 42u32.encode());
}

#[test]
fn migrations_from_version_0_keep_programs_running() {
	on_chain(|| {
		let address = store_as_version_0(COUNTER, 3);
		assert_eq!(migrate_with::<V0ToV1<Test>>(LIMIT), 1);
		assert_eq!(version(), 1);
		assert_eq!(migrate_with::<V1ToV2<Test>>(LIMIT), 1);
		assert_eq!(version(), 2);
		assert_sound();
		let hash = code_hash(COUNTER);
		let program = Programs::<Test>::get(hash).unwrap();
		assert_eq!((program.owners, program.references, program.abi), (1, 1, 0));
		assert_eq!(Owners::<Test>::iter_prefix(hash).collect::<Vec<_>>(), [(ALICE, 0)]);
		let info = Accounts::<Test>::get(&address).unwrap();
		assert_eq!((info.deployer, info.items), (ALICE, 4));
		assert_eq!(info.upgrade_authority, UpgradeAuthority::Nobody);
		assert_counts_on(address);
	});
}

#[test]
fn migration_from_version_1_keeps_what_is_held() {
	on_chain(|| {
		// Deploys by the current calls, and then stores the records as version 1 did.
		let address = deploy(COUNTER, 0);
		let increment = b"increment".to_vec();
		let step = 41u32.encode();
		assert_ok!(Virt::call(signed(BOB), address.clone(), increment, step, 0, PLENTY, None));
		let hash = code_hash(COUNTER);
		let held = |reason: HoldReason| Balances::balance_on_hold(&reason.into(), &ALICE);
		let before = (held(HoldReason::Program), held(HoldReason::Account));
		let (program, info) =
			(Programs::<Test>::get(hash).unwrap(), Accounts::<Test>::get(&address).unwrap());
		let amount = Owners::<Test>::take(hash, ALICE).unwrap();
		v1::Programs::<Test>::insert(
			hash,
			ProgramV1 {
				owner: ALICE,
				size: program.size,
				memory: program.memory,
				references: 1,
				deposit: crate::deposit::Deposit { payer: Some(ALICE), amount },
				abi: 3,
			},
		);
		let (deposit, items) = (info.deposit, info.items);
		let old = AccountV1 { code_hash: hash, deployer: ALICE, deposit, items };
		v1::Accounts::<Test>::insert(&address, old);
		StorageVersion::new(1).put::<Pallet<Test>>();

		assert_eq!(migrate_with::<V0ToV1<Test>>(LIMIT), 1);
		assert_eq!(version(), 1, "a migration from another version does nothing");
		migrate_with::<V1ToV2<Test>>(LIMIT);
		assert_sound();
		assert_eq!((held(HoldReason::Program), held(HoldReason::Account)), before);
		assert_eq!(Programs::<Test>::get(hash).unwrap().abi, 3);
		assert_counts_on(address);
	});
}

#[test]
fn migration_of_100_000_items_takes_its_blocks() {
	const ITEMS: u32 = 100_000;
	on_interpreter().execute_with(|| {
		let address = store_as_version_0(COUNTER, ITEMS);
		let blocks = migrate_with::<V0ToV1<Test>>(LIMIT);
		let entry = SubstrateWeight::<Test>::migrate_entry();
		let in_a_block = LIMIT.checked_div_per_component(&entry).unwrap() as u32;
		assert_eq!(blocks, (ITEMS + 3 + 1).div_ceil(in_a_block), "{in_a_block} in a block");
		assert!(blocks > 10, "{blocks}");
		migrate_with::<V1ToV2<Test>>(LIMIT);
		assert_eq!(Accounts::<Test>::get(&address).unwrap().items, ITEMS + 1);
		assert_eq!(State::<Test>::iter_prefix(&address).count() as u32, ITEMS + 1);
		assert_eq!(Keys::<Test>::iter_prefix(&address).count() as u32, ITEMS + 1);
		assert_sound();
		assert_counts_on(address);
	});
}

/// Each block has weight for one entry: each step must continue exactly where the last one ended.
#[test]
fn migration_goes_on_where_its_block_ended() {
	on_chain(|| {
		let address = store_as_version_0(COUNTER, 20);
		let entry = SubstrateWeight::<Test>::migrate_entry();
		// 23 entries, and the end of the migration.
		assert_eq!(migrate_with::<V0ToV1<Test>>(entry), 24);
		assert_eq!(migrate_with::<V1ToV2<Test>>(entry), 3);
		assert_sound();
		assert_counts_on(address);
	});
}

#[test]
fn migration_without_weight_for_an_entry_says_what_it_needs() {
	on_chain(|| {
		store_as_version_0(COUNTER, 0);
		let required = SubstrateWeight::<Test>::migrate_entry();
		let mut meter = WeightMeter::with_limit(required - Weight::from_parts(1, 0));
		let step = V0ToV1::<Test>::step(None, &mut meter);
		let Err(SteppedMigrationError::InsufficientWeight { required: asked }) = step else {
			panic!("it did not ask for more");
		};
		assert_eq!(asked, required);
		migrate_with::<V0ToV1<Test>>(LIMIT);
		migrate_with::<V1ToV2<Test>>(LIMIT);
	});
}
