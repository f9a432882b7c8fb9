//! The program store: blobs by code hash, each with an owner and a count of its users.

use crate::{admission, syscalls, Code, Config, Error, ProgramInfo, Programs};
use alloc::vec::Vec;
use frame_support::{ensure, BoundedVec};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use virt_primitives::{CompileError, Module};

/// The name of a program: BLAKE2b-256 of its blob.
pub fn code_hash(code: &[u8]) -> H256 {
	H256(blake2_256(code))
}

/// Stores `code` for `owner`, if it may be stored. Gives its code hash.
pub fn store<T: Config>(owner: T::AccountId, code: Vec<u8>) -> Result<H256, Error<T>> {
	let hash = code_hash(&code);
	ensure!(!Programs::<T>::contains_key(hash), Error::ProgramExists);
	let memory = admission::check(&code)?;
	// What is stored can be loaded, and is compiled by the time it is.
	Module::from_bytes(&code, &syscalls::TABLE).map_err(|error| match error {
		CompileError::InvalidImage => Error::InvalidProgram,
		CompileError::TooLarge => Error::ProgramTooLarge,
		CompileError::NotFound | CompileError::TooManyModules | CompileError::InvalidTable => {
			Error::LimitExceeded
		},
	})?;
	let size = code.len() as u32;
	let code = BoundedVec::try_from(code).map_err(|_| Error::ProgramTooLarge)?;
	Code::<T>::insert(hash, code);
	Programs::<T>::insert(hash, ProgramInfo { owner, size, memory, references: 0 });
	Ok(hash)
}

/// Removes the program, which must be `owner`'s and in nobody's use.
pub fn remove<T: Config>(owner: &T::AccountId, code_hash: H256) -> Result<(), Error<T>> {
	let program = Programs::<T>::get(code_hash).ok_or(Error::ProgramNotFound)?;
	ensure!(program.owner == *owner, Error::NotOwner);
	ensure!(program.references == 0, Error::ProgramInUse);
	Programs::<T>::remove(code_hash);
	Code::<T>::remove(code_hash);
	Ok(())
}
