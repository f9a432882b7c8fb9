//! The program store: blobs by code hash, each with an owner and a count of its users.

use crate::{
	admission,
	deposit::{self, DepositMeter},
	limits::{ABI, OLDEST_ABI},
	syscalls, BalanceOf, Code, Config, Error, HoldReason, ProgramInfo, ProgramInfoOf, Programs,
};
use alloc::vec::Vec;
use frame_support::{ensure, BoundedVec};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use virt_primitives::{CompileError, Module, SyscallTable};

/// The name of a program: BLAKE2b-256 of its blob.
pub fn code_hash(code: &[u8]) -> H256 {
	H256(blake2_256(code))
}

/// Stores `code` for `owner`, if it may be stored. Gives its code hash.
pub fn store<T: Config>(
	owner: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> Result<H256, Error<T>> {
	let hash = code_hash(&code);
	ensure!(!Programs::<T>::contains_key(hash), Error::ProgramExists);
	let memory = admission::check(&code)?;
	let size = code.len() as u32;
	let mut meter = DepositMeter::<T>::new(Some(owner.clone()));
	meter.narrow(deposit_limit);
	let deposit = meter.take(HoldReason::Program, deposit::for_program::<T>(size))?;
	// What is stored can be loaded, and is compiled by the time it is.
	Module::from_bytes(&code, &SyscallTable(&syscalls::table::<T>())).map_err(
		|error| match error {
			CompileError::InvalidImage => Error::InvalidProgram,
			CompileError::TooLarge => Error::ProgramTooLarge,
			CompileError::NotFound | CompileError::TooManyModules | CompileError::InvalidTable => {
				Error::TooManyInstances
			},
		},
	)?;
	let code = BoundedVec::try_from(code).map_err(|_| Error::ProgramTooLarge)?;
	Code::<T>::insert(hash, code);
	let info = ProgramInfo { owner, size, memory, references: 0, deposit, abi: ABI };
	Programs::<T>::insert(hash, info);
	meter.settle()?;
	Ok(hash)
}

/// Removes the program, which must be `owner`'s and in nobody's use.
pub fn remove<T: Config>(owner: &T::AccountId, code_hash: H256) -> Result<(), Error<T>> {
	let program = Programs::<T>::get(code_hash).ok_or(Error::ProgramNotFound)?;
	ensure!(program.owner == *owner, Error::NotOwner);
	ensure!(program.references == 0, Error::ProgramInUse);
	Programs::<T>::remove(code_hash);
	Code::<T>::remove(code_hash);
	let mut meter = DepositMeter::<T>::new(None);
	meter.give_back(HoldReason::Program, program.deposit);
	meter.settle()
}

/// The program, if it was admitted under an ABI that is still answered.
pub fn runnable<T: Config>(code_hash: H256) -> Result<ProgramInfoOf<T>, Error<T>> {
	let program = Programs::<T>::get(code_hash).ok_or(Error::ProgramNotFound)?;
	ensure!((OLDEST_ABI..=ABI).contains(&program.abi), Error::UnsupportedAbi);
	Ok(program)
}

/// Counts one more account that runs the program.
pub fn refer<T: Config>(code_hash: H256) -> Result<(), Error<T>> {
	let mut program = runnable::<T>(code_hash)?;
	program.references = program.references.checked_add(1).ok_or(Error::TooManyReferences)?;
	Programs::<T>::insert(code_hash, program);
	Ok(())
}

/// Counts one user less of the program.
pub fn release<T: Config>(code_hash: H256) {
	Programs::<T>::mutate(code_hash, |program| {
		if let Some(program) = program {
			program.references = program.references.saturating_sub(1);
		}
	});
}
