//! Calls of other programs and of the runtime. All except [`run_code`] need an account.

pub use crate::{
	codes::UpgradeAuthority,
	limits::{Limits, Weight},
};

use crate::{env::AccountId, syscalls, Failure};
use alloc::{vec, vec::Vec};

/// The code hash of a program: the BLAKE2b-256 hash of its blob.
pub type CodeHash = [u8; 32];

/// Calls an entry of an account program. Returns its output; [`returned`] also has it if the callee
/// reverted.
pub fn call(
	address: &AccountId,
	entry: &str,
	input: &[u8],
	limits: Limits,
) -> Result<Vec<u8>, Failure> {
	let options = limits.to_bytes();
	// SAFETY: the slices are readable for the lengths that go with them; an account is 32 bytes, and
	// the options are 48.
	Failure::check(unsafe {
		syscalls::call_program(
			address.as_ptr(),
			entry.as_ptr(),
			entry.len() as u64,
			input.as_ptr(),
			input.len() as u64,
			options.as_ptr(),
		)
	})?;
	Ok(returned())
}

/// Instantiates a program. Returns the address.
pub fn instantiate(
	code_hash: &CodeHash,
	salt: &[u8],
	input: &[u8],
	limits: Limits,
) -> Result<AccountId, Failure> {
	let options = limits.to_bytes();
	// SAFETY: as for `call`; a code hash is 32 bytes.
	Failure::check(unsafe {
		syscalls::instantiate_program(
			code_hash.as_ptr(),
			salt.as_ptr(),
			salt.len() as u64,
			input.as_ptr(),
			input.len() as u64,
			options.as_ptr(),
		)
	})?;
	let mut address = [0; 32];
	// SAFETY: `address` has room for an account.
	unsafe { syscalls::returned(address.as_mut_ptr(), 0, 32) };
	Ok(address)
}

/// Instantiates a program with an upgrade authority. Returns the address.
pub fn instantiate_upgradable(
	code_hash: &CodeHash,
	salt: &[u8],
	input: &[u8],
	limits: Limits,
	authority: UpgradeAuthority,
) -> Result<AccountId, Failure> {
	let mut options = [0; 56];
	options[..48].copy_from_slice(&limits.to_bytes());
	options[48..].copy_from_slice(&(authority as u64).to_le_bytes());
	// SAFETY: as for `instantiate`; the options are 56 bytes.
	Failure::check(unsafe {
		syscalls::instantiate_upgradable(
			code_hash.as_ptr(),
			salt.as_ptr(),
			salt.len() as u64,
			input.as_ptr(),
			input.len() as u64,
			options.as_ptr(),
		)
	})?;
	let mut address = [0; 32];
	// SAFETY: `address` has room for an account.
	unsafe { syscalls::returned(address.as_mut_ptr(), 0, 32) };
	Ok(address)
}

/// Replaces the program of the account `address`, which is this program's own or one that it
/// instantiated, and runs the new program's `migrate` with `input`, if it has one. Returns the
/// output of that.
///
/// If the account is this program's own, this program continues until it returns; the next call
/// runs the new one.
pub fn set_code(
	address: &AccountId,
	code_hash: &CodeHash,
	input: &[u8],
	limits: Limits,
) -> Result<Vec<u8>, Failure> {
	let options = limits.to_bytes();
	// SAFETY: as for `call`; a code hash is 32 bytes.
	Failure::check(unsafe {
		syscalls::set_code(
			address.as_ptr(),
			code_hash.as_ptr(),
			input.as_ptr(),
			input.len() as u64,
			options.as_ptr(),
		)
	})?;
	Ok(returned())
}

/// Makes the upgrade authority of the account `address` stricter. This cannot be undone.
pub fn restrict_upgrades(address: &AccountId, authority: UpgradeAuthority) -> Result<(), Failure> {
	// SAFETY: an account is 32 bytes.
	Failure::check(unsafe { syscalls::restrict_upgrades(address.as_ptr(), authority as u64) })
}

/// Runs another program's code in this account, with its storage, caller and value. That code can
/// do everything that this program can: only run code that you trust. `weight` is as in [`Limits`].
pub fn run_code(
	code_hash: &CodeHash,
	entry: &str,
	input: &[u8],
	weight: Weight,
) -> Result<Vec<u8>, Failure> {
	let weight = weight.to_bytes();
	// SAFETY: as for `call`; a code hash is 32 bytes, and the weight is 16.
	Failure::check(unsafe {
		syscalls::run_code(
			code_hash.as_ptr(),
			entry.as_ptr(),
			entry.len() as u64,
			input.as_ptr(),
			input.len() as u64,
			weight.as_ptr(),
		)
	})?;
	Ok(returned())
}

/// The output of the last callee, even if it reverted.
pub fn returned() -> Vec<u8> {
	// SAFETY: takes no pointer.
	let len = unsafe { syscalls::returned_len() };
	let mut data = vec![0; len as usize];
	// SAFETY: `data` has room for `len` bytes.
	unsafe { syscalls::returned(data.as_mut_ptr(), 0, len) };
	data
}

/// Dispatches a SCALE-encoded call of the runtime from the program's account.
pub fn dispatch(call: &[u8]) -> Result<(), Failure> {
	// SAFETY: the slice is readable for the length that goes with it.
	Failure::check(unsafe { syscalls::dispatch(call.as_ptr(), call.len() as u64) })
}

/// Terminates the program's account and ends this call: all deposits are released, and the balance
/// goes to `beneficiary`. Returns only if it failed.
pub fn terminate(beneficiary: &AccountId) -> Failure {
	// SAFETY: an account is 32 bytes.
	let result = unsafe { syscalls::terminate(beneficiary.as_ptr()) };
	Failure::check(result).err().unwrap_or(Failure::TransferFailed)
}
