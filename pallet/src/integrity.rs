//! Checks a runtime's configuration.

use crate::{deposit, gas, jobs, limits::*, syscalls, Config, WeightInfo};
use alloc::collections::BTreeSet;
use codec::{Encode, MaxEncodedLen};
use frame_support::{dispatch::DispatchClass, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{Bounded, Zero};
use virt_primitives::SyscallSymbol;

/// # Panics
///
/// If the configuration is invalid.
pub fn check<T: Config>() {
	let account = T::AccountId::max_encoded_len();
	assert_eq!(account, 32, "programs take accounts for 32 bytes");
	let hash = T::Hash::default().encode().len();
	assert_eq!(hash, 32, "programs take hashes for 32 bytes");
	let balance = crate::BalanceOf::<T>::max_encoded_len();
	assert!(balance <= 16, "programs take balances for at most 16 bytes");
	let block = BlockNumberFor::<T>::max_encoded_len();
	assert!(block <= 8, "programs take block numbers for at most 8 bytes");

	let mut names = BTreeSet::new();
	for name in syscalls::names::<T>() {
		assert!(name.len() <= SyscallSymbol::MAX_LEN, "the syscall `{name}` has a long name");
		assert!(names.insert(name), "there are two syscalls `{name}`");
	}

	// The deposits of the largest objects do not overflow and are not zero.
	let all = crate::BalanceOf::<T>::max_value();
	for most in [
		deposit::for_program::<T>(MAX_CODE),
		deposit::for_item::<T>(MAX_KEY as usize, MAX_VALUE as usize),
	] {
		assert!(!most.is_zero() && most < all, "deposits are not within bounds");
	}

	// The largest program can be uploaded and loaded in a block, and a call can have the largest
	// input.
	let weights = T::BlockWeights::get();
	let class = weights.get(DispatchClass::Normal);
	let most = class.max_extrinsic.unwrap_or(weights.max_block);
	let load = gas::load(MAX_CODE, MAX_MEMORY);
	for (name, weight) in [
		("upload of MAX_CODE", T::WeightInfo::upload(MAX_CODE)),
		("call with MAX_INPUT", T::WeightInfo::call(MAX_INPUT).saturating_add(load)),
		("instantiate with MAX_INPUT", T::WeightInfo::instantiate(MAX_INPUT).saturating_add(load)),
	] {
		assert!(
			most.all_gte(weight),
			"an extrinsic has no room for an {name}: {weight:?} of {most:?}"
		);
	}
	// A slice can run the largest program, and a slice fits into the share of jobs.
	let slice = T::JobSlice::get();
	let overhead = jobs::weight::slice::<T>()
		.saturating_add(T::WeightInfo::job_resume(MAX_JOB_PAGES))
		.saturating_add(T::WeightInfo::job_snapshot(MAX_JOB_PAGES))
		.saturating_add(T::WeightInfo::job_store(MAX_JOB_PAGES))
		.saturating_add(gas::proof(MAX_MEMORY))
		.saturating_add(load);
	assert!(slice.all_gte(overhead), "JobSlice has no room for the largest program: {overhead:?}");
	let share = T::JobShare::get();
	assert!(
		slice.ref_time() <= share * weights.max_block.ref_time()
			&& slice.proof_size() <= share * weights.max_block.proof_size(),
		"JobShare of a block has no room for JobSlice"
	);
	let length = *T::BlockLength::get().max.get(DispatchClass::Normal);
	assert!(length > MAX_CODE, "a block has no room for a program of MAX_CODE");
}
