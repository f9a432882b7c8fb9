//! Account programs: programs at an address of their own.

use crate::{limits::MAX_SALT, AccountInfo, Accounts, Config, Error, Programs};
use codec::{Decode, Encode};
use frame_support::ensure;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::TrailingZeroInput;

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
	deployer: &T::AccountId,
	code_hash: H256,
	salt: &[u8],
) -> Result<T::AccountId, Error<T>> {
	ensure!(salt.len() <= MAX_SALT as usize, Error::SaltTooLong);
	let address = address_of::<T>(deployer, code_hash, salt);
	ensure!(!Accounts::<T>::contains_key(&address), Error::AccountExists);
	Programs::<T>::try_mutate(code_hash, |program| {
		let program = program.as_mut().ok_or(Error::ProgramNotFound)?;
		program.references = program.references.checked_add(1).ok_or(Error::LimitExceeded)?;
		Ok(())
	})?;
	Accounts::<T>::insert(&address, AccountInfo { code_hash, deployer: deployer.clone() });
	Ok(address)
}
