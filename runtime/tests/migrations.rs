//! The migrations of the runtime, run by `pallet-migrations` after an upgrade.

use codec::Encode;
use frame_support::{
	migrations::MultiStepMigrator,
	storage::unhashed,
	traits::{GetStorageVersion, OnRuntimeUpgrade, StorageVersion},
};
use pallet_virt::{Accounts, Keys, Programs, State, UpgradeAuthority};
use sp_core::H256;
use sp_runtime::BuildStorage;
use virt_runtime::{
	configs::MigrationWeight, AccountId, Migrations, Runtime, RuntimeGenesisConfig, System, Virt,
};

const ITEMS: u32 = 100_000;

/// Stores a program, its account and the account's items as version 0 did.
fn store_as_version_0(address: &AccountId) {
	let (owner, hash) = (AccountId::new([1; 32]), H256::repeat_byte(2));
	let program = (&owner, 1_000u32, 4_096u32, 1u32);
	unhashed::put(&Programs::<Runtime>::hashed_key_for(hash), &program);
	unhashed::put(&Accounts::<Runtime>::hashed_key_for(address), &(hash, owner));
	for number in 0..ITEMS {
		let key = number.encode().try_into().expect("it is short");
		let key: frame_support::BoundedVec<u8, _> = key;
		unhashed::put(&State::<Runtime>::hashed_key_for(address, key), &number.encode());
	}
	StorageVersion::new(0).put::<Virt>();
}

#[test]
fn migrations_of_100_000_items_step_over_blocks() {
	let storage = RuntimeGenesisConfig::default().build_storage().expect("the genesis is good");
	sp_io::TestExternalities::from(storage).execute_with(|| {
		let address = AccountId::new([3; 32]);
		store_as_version_0(&address);
		System::set_block_number(1);
		Migrations::on_runtime_upgrade();
		let mut blocks = 0;
		while Migrations::ongoing() {
			blocks += 1;
			System::set_block_number(1 + blocks);
			let taken = Migrations::step();
			assert!(MigrationWeight::get().all_gte(taken), "{taken} in a block");
			assert!(blocks < 1_000, "it does not end");
		}
		println!("{blocks} blocks");
		assert!(blocks > 10, "{blocks}");
		assert_eq!(Virt::on_chain_storage_version(), 2);
		let info = Accounts::<Runtime>::get(&address).expect("it was migrated");
		assert_eq!((info.items, info.upgrade_authority), (ITEMS, UpgradeAuthority::Nobody));
		assert_eq!(State::<Runtime>::iter_prefix(&address).count() as u32, ITEMS);
		assert_eq!(Keys::<Runtime>::iter_prefix(&address).count() as u32, ITEMS);
	});
}
