//! Account programs: programs with an address.

use crate::{
	deposit::{self, DepositMeter},
	frame::New,
	gas, items,
	jobs::mailbox::{self, Mailbox},
	limits::MAX_SALT,
	program,
	stack::CallerOf,
	upgrade::UpgradeAuthority,
	AccountInfo, AccountInfoOf, Accounts, Config, Error, Event, HoldReason, Pallet, WeightInfo,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	ensure,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
	},
	weights::Weight,
};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	traits::{TrailingZeroInput, Zero},
	DispatchError,
};

/// The address of the account that `deployer` creates by instantiating the program: the BLAKE2b-256
/// hash of the SCALE-encoded tuple `(b"virt/account", deployer, code_hash, salt)`.
pub fn address_of<T: Config>(
	deployer: &T::AccountId,
	code_hash: H256,
	salt: &[u8],
) -> T::AccountId {
	let hash = blake2_256(&(b"virt/account", deployer, code_hash, salt).encode());
	T::AccountId::decode(&mut TrailingZeroInput::new(&hash))
		.expect("an account id decodes from endless input; qed")
}

/// Creates the account. The program does not run yet.
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

/// Removes the account and its items, releases all deposits, and transfers the spendable balance to
/// `beneficiary`. Returns the account's program. On an error, the caller must roll back the
/// storage.
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

/// The number of the account's items.
pub fn items<T: Config>(address: &T::AccountId) -> u32 {
	Accounts::<T>::get(address).map_or(0, |info| info.items)
}

/// The weight of `set_code` with `input` bytes of input, without what its weight limit pays for.
pub fn set_code_weight<T: Config>(input: u32) -> Weight {
	T::WeightInfo::set_code(input).saturating_add(gas::proof(Mailbox::max_encoded_len() as u32))
}

fn upgradable_by<T: Config>(
	caller: &T::AccountId,
	address: &T::AccountId,
) -> Result<AccountInfoOf<T>, Error<T>> {
	let info = Accounts::<T>::get(address).ok_or(Error::AccountNotFound)?;
	let may = info.upgrade_authority.is(caller, address, &info.deployer);
	ensure!(may, Error::UpgradeDenied);
	Ok(info)
}

/// Makes the upgrade authority of the account stricter. Only the current upgrade authority may do
/// that.
pub fn restrict_upgrades<T: Config>(
	caller: &T::AccountId,
	address: &T::AccountId,
	authority: UpgradeAuthority,
) -> Result<(), Error<T>> {
	let mut info = upgradable_by::<T>(caller, address)?;
	ensure!(authority <= info.upgrade_authority, Error::UpgradeDenied);
	info.upgrade_authority = authority;
	Accounts::<T>::insert(address, info);
	Pallet::<T>::deposit_event(Event::UpgradesRestricted { address: address.clone(), authority });
	Ok(())
}

/// Replaces the program of the account. The caller runs its [`MIGRATE`](crate::upgrade::MIGRATE)
/// next. `open` is the number of open frames of the account.
pub(crate) fn set_code<T: Config>(
	caller: &CallerOf<T>,
	address: &T::AccountId,
	code_hash: H256,
	open: usize,
) -> Result<(), Error<T>> {
	let caller = caller.account().ok_or(Error::UpgradeDenied)?;
	let mut info = upgradable_by::<T>(caller, address)?;
	// A waiting frame would continue with migrated storage.
	ensure!(open == usize::from(caller == address), Error::ReentrancyDenied);
	ensure!(mailbox::jobs_at::<T>(address) == 0, Error::JobsLive);
	program::refer::<T>(code_hash)?;
	program::release::<T>(info.code_hash);
	let old_code_hash = core::mem::replace(&mut info.code_hash, code_hash);
	Accounts::<T>::insert(address, info);
	let address = address.clone();
	Pallet::<T>::deposit_event(Event::CodeUpdated { address, old_code_hash, code_hash });
	Ok(())
}
