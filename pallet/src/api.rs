//! The runtime API for dry-runs and queries.
//!
//! In polkadot-js: `api.call.virtApi.*`.

// The macro adds two arguments.
#![allow(clippy::too_many_arguments)]

use crate::{
	dry_run::DryRun,
	jobs::{Job, JobId},
	Accounts, Code, Config, Owners, ProgramInfo, Programs, State,
};
use alloc::vec::Vec;
use codec::Codec;
use frame_support::weights::Weight;
use polkavm_common::program::ProgramBlob;
use sp_core::H256;

sp_api::decl_runtime_apis! {
	/// Dry-runs of calls, and queries of the pallet's storage.
	///
	/// A dry-run executes a call on the state of a block, as if its caller had signed it, and rolls
	/// it back. Its weight limit is at most `MAX_DRY_RUN_WEIGHT`, which is also the default. It
	/// errs if programs run for longer than `MAX_DRY_RUN_MILLISECONDS`.
	pub trait VirtApi<AccountId, Balance, Event>
	where
		AccountId: Codec,
		Balance: Codec,
		Event: Codec,
	{
		/// Dry-runs `upload`.
		fn dry_run_upload(
			origin: AccountId,
			code: Vec<u8>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, Event>;

		/// Dry-runs `run`.
		fn dry_run(
			origin: AccountId,
			code_hash: H256,
			entry: Vec<u8>,
			input: Vec<u8>,
			weight_limit: Option<Weight>,
		) -> DryRun<Balance, Event>;

		/// Dry-runs `instantiate`.
		fn dry_run_instantiate(
			origin: AccountId,
			code_hash: H256,
			salt: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, Event>;

		/// Dry-runs `call`.
		fn dry_run_call(
			origin: AccountId,
			address: AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, Event>;

		/// Dry-runs `set_code`, including `migrate` of the new program.
		fn dry_run_set_code(
			origin: AccountId,
			address: AccountId,
			code_hash: H256,
			input: Vec<u8>,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, Event>;

		/// Dry-runs `start_job` and the first slice of the job.
		fn dry_run_start_job(
			origin: AccountId,
			address: AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			budget: Weight,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, Event>;

		/// A job.
		fn job(id: JobId) -> Option<Job<AccountId, Balance>>;

		/// A stored program.
		fn program(code_hash: H256) -> Option<ProgramInfo>;

		/// The owners of a stored program, and the deposit that is held from each.
		fn owners(code_hash: H256) -> Vec<(AccountId, Balance)>;

		/// The names that a stored program exports.
		fn exports(code_hash: H256) -> Option<Vec<Vec<u8>>>;

		/// The code hash of an account program.
		fn code_hash(address: AccountId) -> Option<H256>;

		/// The value that an account program stored under a key.
		fn storage(address: AccountId, key: Vec<u8>) -> Option<Vec<u8>>;

		/// The address of the account that `deployer` creates by instantiating the program with
		/// this salt.
		fn address_of(deployer: AccountId, code_hash: H256, salt: Vec<u8>) -> AccountId;
	}
}

/// See [`VirtApi::program`].
pub fn program<T: Config>(code_hash: H256) -> Option<ProgramInfo> {
	Programs::<T>::get(code_hash)
}

/// See [`VirtApi::owners`].
pub fn owners<T: Config>(code_hash: H256) -> Vec<(T::AccountId, crate::BalanceOf<T>)> {
	Owners::<T>::iter_prefix(code_hash).collect()
}

/// See [`VirtApi::exports`].
pub fn exports<T: Config>(code_hash: H256) -> Option<Vec<Vec<u8>>> {
	let code = Code::<T>::get(code_hash)?;
	let blob = ProgramBlob::parse(code.into_inner().into()).ok()?;
	Some(blob.exports().map(|export| export.symbol().as_bytes().to_vec()).collect())
}

/// See [`VirtApi::code_hash`].
pub fn code_hash<T: Config>(address: &T::AccountId) -> Option<H256> {
	Accounts::<T>::get(address).map(|info| info.code_hash)
}

/// See [`VirtApi::storage`].
pub fn storage<T: Config>(address: &T::AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
	let item = State::<T>::get(address, frame_support::BoundedVec::try_from(key).ok()?)?;
	Some(item.data.into_inner())
}
