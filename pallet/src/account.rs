//! Account programs: programs at an address of their own.

use crate::{
	calls::New,
	deposit::{self, DepositMeter},
	items,
	limits::MAX_SALT,
	program, AccountInfo, Accounts, Config, Error, HoldReason,
};
use codec::{Decode, Encode};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
	},
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{TrailingZeroInput, Zero},
	DispatchError,
};

/// Where `deployer` would instantiate the program: BLAKE2b-256 of the SCALE-encoded tuple
/// `(b"virt/account", deployer, code_hash, salt)`.
pub fn address_of<T: Config>(
	deployer: &T::AccountId,
	code_hash: H256,
	salt: &[u8],
) -> T::AccountId {
	let hash = blake2_256(&(b"virt/account", deployer, code_hash, salt).encode());
	T::AccountId::decode(&mut TrailingZeroInput::new(&hash))
		.expect("an account id decodes from endless input; qed")
}

/// Makes the account, not yet run.
pub fn create<T: Config>(
	meter: &mut DepositMeter<T>,
	deployer: T::AccountId,
	new: New,
) -> Result<T::AccountId, Error<T>> {
	let New { code_hash, salt, upgrade_authority } = new;
	ensure!(salt.len() <= MAX_SALT as usize, Error::SaltTooLong);
	let address = address_of::<T>(&deployer, code_hash, &salt);
	ensure!(!Accounts::<T>::contains_key(&address), Error::AccountExists);
	program::refer::<T>(code_hash)?;
	let deposit = meter.take(HoldReason::Account, deposit::for_account::<T>())?;
	let info = AccountInfo { code_hash, deployer, deposit, items: 0, upgrade_authority };
	Accounts::<T>::insert(&address, info);
	Ok(address)
}

/// Removes the account and all that it stored, gives every deposit back, and transfers all that it
/// can spend to `beneficiary`. Gives the account's program. The caller rolls the storage back where it errs.
pub fn terminate<T: Config>(
	meter: &mut DepositMeter<T>,
	address: &T::AccountId,
	beneficiary: &T::AccountId,
) -> Result<H256, DispatchError> {
	let info = Accounts::<T>::take(address).ok_or(Error::<T>::AccountNotFound)?;
	items::remove_all(meter, address, info.items);
	meter.give_back(HoldReason::Account, info.deposit);
	program::release::<T>(info.code_hash);
	let all = T::Currency::reducible_balance(address, Preservation::Expendable, Fortitude::Polite);
	if !all.is_zero() {
		T::Currency::transfer(address, beneficiary, all, Preservation::Expendable)?;
	}
	Ok(info.code_hash)
}

/// How many items the account stored.
pub fn items<T: Config>(address: &T::AccountId) -> u32 {
	Accounts::<T>::get(address).map_or(0, |info| info.items)
}
