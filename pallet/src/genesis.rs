//! Builds the genesis state.

use crate::{
	account, admission, deposit::DepositMeter, frame::New, items::ItemCache, limits::ABI, program,
	upgrade::UpgradeAuthority, BalanceOf, Code, Config, GenesisConfig, Owners, ProgramInfo,
	Programs,
};
use frame_support::BoundedVec;
use sp_core::{Bytes, H256};
use sp_runtime::traits::Zero;

/// # Panics
///
/// If the configuration is invalid.
pub fn build<T: Config>(config: &GenesisConfig<T>) {
	for (owner, code) in &config.programs {
		program_of::<T>(owner, code);
	}
	for (deployer, code_hash, salt, items) in &config.accounts {
		account_of::<T>(deployer, *code_hash, salt, items);
	}
}

fn program_of<T: Config>(owner: &T::AccountId, code: &[u8]) {
	let hash = program::code_hash(code);
	assert!(!Programs::<T>::contains_key(hash), "program {hash:?} is in the genesis twice");
	let memory = admission::check::<T>(code)
		.unwrap_or_else(|error| panic!("program {hash:?} is not admitted: {error:?}"));
	Programs::<T>::insert(
		hash,
		ProgramInfo { size: code.len() as u32, memory, references: 0, owners: 1, abi: ABI },
	);
	Owners::<T>::insert(hash, owner, BalanceOf::<T>::zero());
	Code::<T>::insert(hash, BoundedVec::truncate_from(code.to_vec()));
}

fn account_of<T: Config>(
	deployer: &T::AccountId,
	code_hash: H256,
	salt: &[u8],
	stored: &[(Bytes, Bytes)],
) {
	let mut nobody = DepositMeter::new(None);
	let upgrade_authority = UpgradeAuthority::Nobody;
	let new = New { code_hash, salt: salt.to_vec(), upgrade_authority };
	let address = account::create::<T>(&mut nobody, deployer.clone(), new)
		.unwrap_or_else(|error| panic!("an account of program {code_hash:?}: {error:?}"));
	let mut items = ItemCache::default();
	for (key, data) in stored {
		let key = BoundedVec::try_from(key.0.clone()).expect("a key of the genesis is too long");
		let data =
			BoundedVec::try_from(data.0.clone()).expect("a value of the genesis is too long");
		let slot = items.load(&address, &key);
		assert!(items.get(slot).is_none(), "a key is in the genesis twice");
		if let Err(error) = items.set(&mut nobody, &address, key, slot, data) {
			panic!("an item of {address:?} cannot be stored: {error:?}");
		}
	}
	items.write_back();
}
