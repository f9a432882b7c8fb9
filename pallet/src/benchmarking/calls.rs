//! Benchmarks of the calls, and of operations that are charged as gas.

use super::{
	chain::{caller, deploy, storm, upload, WEIGHT},
	program::{self, ENTRY},
	storms,
};
use crate::{
	account,
	deposit::{Deposit, DepositMeter},
	frame::INIT,
	limits::*,
	migrations,
	program::code_hash,
	upgrade::{UpgradeAuthority, MIGRATE},
	Accounts, BalanceOf, Call, Code, Config, HoldReason, Keys, Lock, Locked, Owners, Pallet,
	Programs, WeightInfo,
};
use alloc::{vec, vec::Vec};
use frame_benchmarking::{current_time, v2::*};
use frame_support::{
	migrations::SteppedMigration,
	traits::{
		fungible::{Inspect, Mutate, MutateHold},
		EnsureOrigin, StorageVersion,
	},
	weights::WeightMeter,
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError,
};

/// The size of the smallest measured program, in bytes.
const SHORT: u32 = 1_024;

/// The maximal number of storage items in the benchmark of a termination.
const ITEMS: u32 = 200;

/// The maximal number of payers in the benchmark of deposits.
const PAYERS: u32 = 100;

/// Excludes reads of a program's record and blob: the weight limit pays for them.
fn paid_by_the_limit<T: Config>(hash: H256) {
	for key in [Programs::<T>::hashed_key_for(hash), Code::<T>::hashed_key_for(hash)] {
		frame_benchmarking::benchmarking::add_to_whitelist(key.into());
	}
}

/// Deploys an account whose deployer can replace its program.
fn deploy_upgradable<T: Config>(caller: &T::AccountId) -> Result<T::AccountId, BenchmarkError> {
	let hash = code_hash(&storms::callee());
	upload::<T>(caller, storms::callee())?;
	let origin = RawOrigin::Signed(caller.clone()).into();
	let (none, authority) = (BalanceOf::<T>::zero(), UpgradeAuthority::Deployer);
	Pallet::<T>::instantiate_upgradable(
		origin,
		hash,
		Vec::new(),
		Vec::new(),
		none,
		WEIGHT,
		None,
		authority,
	)?;
	Ok(Pallet::<T>::address_of(caller, hash, &[]))
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// The program is not in the node's cache, and takes long to compile.
	#[benchmark]
	fn upload(n: Linear<SHORT, MAX_CODE>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let code = program::longest_to_compile(n, &current_time().to_le_bytes());
		let hash = code_hash(&code);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), code, None);

		assert!(Programs::<T>::contains_key(hash));
		Ok(())
	}

	/// The caller is another account than the first owner.
	#[benchmark]
	fn upload_stored(n: Linear<SHORT, MAX_CODE>) -> Result<(), BenchmarkError> {
		let first: T::AccountId = frame_benchmarking::account("owner", 0, 0);
		let much = T::Currency::minimum_balance().saturating_mul(1_000_000_000u32.into());
		T::Currency::set_balance(&first, much);
		let code = program::padded(n);
		let hash = code_hash(&code);
		super::upload::<T>(&first, code.clone())?;
		let caller = caller::<T>();
		let origin = RawOrigin::Signed(caller.clone()).into();

		#[block]
		{
			Pallet::<T>::upload(origin, code, None).map_err(|failure| failure.error)?;
		}

		assert!(Owners::<T>::contains_key(hash, caller));
		Ok(())
	}

	#[benchmark]
	fn remove() -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let code = program::longest_to_compile(MAX_CODE, &[]);
		let hash = code_hash(&code);
		super::upload::<T>(&caller, code)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), hash);

		assert!(!Programs::<T>::contains_key(hash));
		Ok(())
	}

	/// The program does as little as possible, because gas pays for its execution.
	#[benchmark]
	fn run(n: Linear<0, MAX_INPUT>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		super::upload::<T>(&caller, storms::callee())?;
		let (hash, entry) = (code_hash(&storms::callee()), ENTRY.as_bytes().to_vec());
		paid_by_the_limit::<T>(hash);

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), hash, entry, vec![1; n as usize], WEIGHT);

		Ok(())
	}

	#[benchmark]
	fn instantiate(n: Linear<0, MAX_INPUT>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		// The program's only entry is its constructor.
		let code = program::hook(INIT);
		let hash = code_hash(&code);
		super::upload::<T>(&caller, code)?;
		paid_by_the_limit::<T>(hash);
		let (salt, input) = (vec![3; MAX_SALT as usize], vec![1; n as usize]);
		let address = Pallet::<T>::address_of(&caller, hash, &salt);
		// Without a value, because the weight limit pays for a transfer.
		let value = BalanceOf::<T>::zero();

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), hash, salt, input, value, WEIGHT, None);

		assert!(Accounts::<T>::contains_key(address));
		Ok(())
	}

	#[benchmark]
	fn call(n: Linear<0, MAX_INPUT>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let address = deploy::<T>(&caller, storms::callee())?;
		let value = BalanceOf::<T>::zero();
		let (entry, input) = (ENTRY.as_bytes().to_vec(), vec![1; n as usize]);
		paid_by_the_limit::<T>(code_hash(&storms::callee()));

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), address, entry, input, value, WEIGHT, None);

		Ok(())
	}

	/// The migration of the new program returns immediately.
	#[benchmark]
	fn set_code(n: Linear<0, MAX_INPUT>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let address = deploy_upgradable::<T>(&caller)?;
		let code = program::hook(MIGRATE);
		let hash = code_hash(&code);
		super::upload::<T>(&caller, code)?;
		paid_by_the_limit::<T>(hash);
		let input = vec![1; n as usize];

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), address.clone(), hash, input, WEIGHT, None);

		assert_eq!(Accounts::<T>::get(address).map(|info| info.code_hash), Some(hash));
		Ok(())
	}

	#[benchmark]
	fn restrict_upgrades() -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let address = deploy_upgradable::<T>(&caller)?;

		#[extrinsic_call]
		_(RawOrigin::Signed(caller), address.clone(), UpgradeAuthority::Nobody);

		let authority = Accounts::<T>::get(address).map(|info| info.upgrade_authority);
		assert_eq!(authority, Some(UpgradeAuthority::Nobody));
		Ok(())
	}

	#[benchmark]
	fn set_paused() -> Result<(), BenchmarkError> {
		let origin = T::PauseOrigin::try_successful_origin()
			.map_err(|()| BenchmarkError::Stop("nobody may pause"))?;

		#[block]
		{
			Pallet::<T>::set_paused(origin, true)?;
		}

		assert_eq!(Locked::<T>::get(), Some(Lock::Paused));
		Ok(())
	}

	/// The largest item of version 0, which is the most expensive entry to migrate.
	#[benchmark]
	fn migrate_entry() -> Result<(), BenchmarkError> {
		let address = deploy::<T>(&caller::<T>(), storms::callee())?;
		let key = BoundedVec::truncate_from(vec![1; MAX_KEY as usize]);
		let value = BoundedVec::truncate_from(vec![2; MAX_VALUE as usize]);
		migrations::v1::v0::State::<T>::insert(&address, &key, value);
		StorageVersion::new(0).put::<Pallet<T>>();
		let last = Some(migrations::v1::Entry::Account(address.clone()));
		let entry = T::WeightInfo::migrate_entry();
		let meter = &mut WeightMeter::with_limit(entry.saturating_add(entry / 2));
		let step;

		#[block]
		{
			step = migrations::V0ToV1::<T>::step(last, meter);
		}

		assert!(step.is_ok());
		assert!(Keys::<T>::contains_key(address, 0));
		Ok(())
	}

	/// Terminates an account with `i` storage items.
	#[benchmark]
	fn terminate(i: Linear<1, ITEMS>) -> Result<(), BenchmarkError> {
		let storm = storm::<T>("storage_set", true, |_| i)?;
		let (caller, address) = (storm.caller.clone(), storm.address.clone());
		storm.make()?;
		assert_eq!(account::items::<T>(&address), i);
		let meter = &mut DepositMeter::<T>::new(Some(caller.clone()));

		#[block]
		{
			account::terminate::<T>(meter, &address, &caller)?;
			meter.settle().map_err(DispatchError::from)?;
		}

		assert!(!Accounts::<T>::contains_key(address));
		Ok(())
	}

	/// Releases a deposit to each of `p` payers. Holding a deposit takes as long.
	#[benchmark]
	fn settle(p: Linear<1, PAYERS>) -> Result<(), BenchmarkError> {
		let amount = T::Currency::minimum_balance();
		let meter = &mut DepositMeter::<T>::new(None);
		for n in 0..p {
			let payer: T::AccountId = frame_benchmarking::account("payer", n, 0);
			T::Currency::set_balance(&payer, amount.saturating_mul(10u32.into()));
			T::Currency::hold(&HoldReason::Storage.into(), &payer, amount)?;
			meter.give_back(HoldReason::Storage, Deposit { payer: Some(payer), amount });
		}

		#[block]
		{
			meter.settle().map_err(DispatchError::from)?;
		}

		Ok(())
	}
}
