//! The program store: blobs by code hash, with their owners and the number of their users.
//!
//! Every account that uploads a program owns it and pays the whole deposit, even if the program was
//! already stored. A program is removed by its last owner, so that no owner can remove a program
//! that another one relies on.

use crate::{
	admission,
	deposit::{self, Deposit, DepositMeter},
	limits::{ABI, OLDEST_ABI},
	syscalls, BalanceOf, Code, Config, Error, HoldReason, Owners, ProgramInfo, Programs,
};
use alloc::vec::Vec;
use frame_support::{ensure, BoundedVec};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use virt_primitives::{CompileError, Module, SyscallTable};

/// The code hash of a program: the BLAKE2b-256 hash of its blob.
pub fn code_hash(code: &[u8]) -> H256 {
	H256(blake2_256(code))
}

/// The result of an upload.
pub struct Stored {
	/// The code hash.
	pub code_hash: H256,
	/// Whether the program was checked and compiled. A program that was already stored is not.
	pub is_checked: bool,
}

/// Makes `owner` an owner of the program `code`, and stores it if necessary.
///
/// A program that was stored under an unsupported ABI version is checked again, and gets the
/// current version.
pub fn store<T: Config>(
	owner: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> Result<Stored, Error<T>> {
	let code_hash = code_hash(&code);
	let size = code.len() as u32;
	let stored = Programs::<T>::get(code_hash);
	let is_checked = !stored.as_ref().is_some_and(is_supported);
	let new = ProgramInfo { size, memory: 0, references: 0, owners: 0, abi: ABI };
	let mut program = stored.unwrap_or(new);
	if is_checked {
		program.memory = admission::check(&code)?;
		program.abi = ABI;
	}
	if !Owners::<T>::contains_key(code_hash, &owner) {
		let mut meter = DepositMeter::<T>::new(Some(owner.clone()));
		meter.narrow(deposit_limit);
		let deposit = meter.take(HoldReason::Program, deposit::for_program::<T>(size))?;
		meter.settle()?;
		program.owners = program.owners.checked_add(1).ok_or(Error::TooManyReferences)?;
		Owners::<T>::insert(code_hash, owner, deposit.amount);
	}
	if is_checked {
		// Makes sure that it can be loaded, and compiles it for the first call.
		Module::from_bytes(&code, &SyscallTable(&syscalls::table::<T>())).map_err(|error| {
			match error {
				CompileError::InvalidImage => Error::InvalidProgram,
				CompileError::TooLarge => Error::ProgramTooLarge,
				CompileError::NotFound
				| CompileError::TooManyModules
				| CompileError::InvalidTable => Error::TooManyInstances,
			}
		})?;
		let code = BoundedVec::try_from(code).map_err(|_| Error::ProgramTooLarge)?;
		Code::<T>::insert(code_hash, code);
	}
	Programs::<T>::insert(code_hash, program);
	Ok(Stored { code_hash, is_checked })
}

/// Ends `owner`'s ownership of the program and releases its deposit. The last owner removes the
/// program, which must have no users. Returns whether it was removed.
pub fn remove<T: Config>(owner: &T::AccountId, code_hash: H256) -> Result<bool, Error<T>> {
	let mut program = Programs::<T>::get(code_hash).ok_or(Error::ProgramNotFound)?;
	let amount = Owners::<T>::get(code_hash, owner).ok_or(Error::NotOwner)?;
	program.owners = program.owners.saturating_sub(1);
	let is_last = program.owners == 0;
	if is_last {
		ensure!(program.references == 0, Error::ProgramInUse);
		Programs::<T>::remove(code_hash);
		Code::<T>::remove(code_hash);
	} else {
		Programs::<T>::insert(code_hash, program);
	}
	Owners::<T>::remove(code_hash, owner);
	let deposit = Deposit { payer: Some(owner.clone()), amount };
	deposit::release::<T>(HoldReason::Program, deposit)?;
	Ok(is_last)
}

/// Whether the program's ABI version is supported.
fn is_supported(program: &ProgramInfo) -> bool {
	(OLDEST_ABI..=ABI).contains(&program.abi)
}

/// The program, if its ABI version is supported.
pub fn runnable<T: Config>(code_hash: H256) -> Result<ProgramInfo, Error<T>> {
	let program = Programs::<T>::get(code_hash).ok_or(Error::ProgramNotFound)?;
	ensure!(is_supported(&program), Error::UnsupportedAbi);
	Ok(program)
}

/// Counts one more user of the program.
pub fn refer<T: Config>(code_hash: H256) -> Result<(), Error<T>> {
	let mut program = runnable::<T>(code_hash)?;
	program.references = program.references.checked_add(1).ok_or(Error::TooManyReferences)?;
	Programs::<T>::insert(code_hash, program);
	Ok(())
}

/// Counts one less user of the program.
pub fn release<T: Config>(code_hash: H256) {
	Programs::<T>::mutate(code_hash, |program| {
		if let Some(program) = program {
			program.references = program.references.saturating_sub(1);
		}
	});
}
