//! Upgrades: an account program gets another program's code, and keeps its address, storage, balance and
//! deposits.
//!
//! Who may do that is chosen when the account is made, is in its record for everybody to see, and can only
//! become stricter. The new program's [`MIGRATE`], where it has one, runs in the same transaction; where
//! that fails, nothing is changed.

use crate::{
	gas,
	jobs::{self, mailbox::Mailbox},
	program,
	stack::CallerOf,
	AccountInfoOf, Accounts, Config, Error, Event, Pallet, WeightInfo,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{ensure, weights::Weight};
use scale_info::TypeInfo;
use sp_core::H256;

/// The export that runs when an account gets the program by an upgrade, and at no other time. A program
/// without it takes no input then.
pub const MIGRATE: &[u8] = b"migrate";

/// Who may upgrade an account program. The order is from the strictest.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum UpgradeAuthority {
	/// Nobody: the program stays what it is.
	#[default]
	Nobody,
	/// The program itself, by the syscall `set_code`.
	Program,
	/// Who instantiated it, by the call or the syscall `set_code`.
	Deployer,
}

impl UpgradeAuthority {
	/// As programs write it: 0, 1 or 2, in the order above.
	pub fn from_number(number: u64) -> Option<Self> {
		match number {
			0 => Some(Self::Nobody),
			1 => Some(Self::Program),
			2 => Some(Self::Deployer),
			_ => None,
		}
	}

	fn is_of<T: Config>(
		self,
		caller: &T::AccountId,
		address: &T::AccountId,
		deployer: &T::AccountId,
	) -> bool {
		match self {
			Self::Nobody => false,
			Self::Program => caller == address,
			Self::Deployer => caller == deployer,
		}
	}
}

/// The weight of `set_code` with so many bytes of input, without what its weight limit pays for.
pub fn weight<T: Config>(input: u32) -> Weight {
	T::WeightInfo::set_code(input).saturating_add(gas::proof(Mailbox::max_encoded_len() as u32))
}

fn account_for<T: Config>(
	caller: &T::AccountId,
	address: &T::AccountId,
) -> Result<AccountInfoOf<T>, Error<T>> {
	let info = Accounts::<T>::get(address).ok_or(Error::AccountNotFound)?;
	let may = info.upgrade_authority.is_of::<T>(caller, address, &info.deployer);
	ensure!(may, Error::UpgradeDenied);
	Ok(info)
}

/// Makes who may upgrade the account stricter. Only who may upgrade it may do that.
pub fn restrict<T: Config>(
	caller: &T::AccountId,
	address: &T::AccountId,
	authority: UpgradeAuthority,
) -> Result<(), Error<T>> {
	let mut info = account_for::<T>(caller, address)?;
	ensure!(authority <= info.upgrade_authority, Error::UpgradeDenied);
	info.upgrade_authority = authority;
	Accounts::<T>::insert(address, info);
	Pallet::<T>::deposit_event(Event::UpgradesRestricted { address: address.clone(), authority });
	Ok(())
}

/// Gives the account another program, whose [`MIGRATE`] is to run next. `open` is how many frames of the
/// account are open.
pub(crate) fn replace<T: Config>(
	caller: &CallerOf<T>,
	address: &T::AccountId,
	code_hash: H256,
	open: usize,
) -> Result<(), Error<T>> {
	let caller = caller.account().ok_or(Error::UpgradeDenied)?;
	let mut info = account_for::<T>(caller, address)?;
	// Whoever waits for another frame of it would go on over storage that was migrated.
	ensure!(open == usize::from(caller == address), Error::ReentrancyDenied);
	ensure!(jobs::jobs_at::<T>(address) == 0, Error::JobsLive);
	program::refer::<T>(code_hash)?;
	program::release::<T>(info.code_hash);
	let old_code_hash = core::mem::replace(&mut info.code_hash, code_hash);
	Accounts::<T>::insert(address, info);
	let address = address.clone();
	Pallet::<T>::deposit_event(Event::CodeUpdated { address, old_code_hash, code_hash });
	Ok(())
}
