//! Benchmarks of the calls, and of what gas pays for by the item.

use super::{
	chain::{caller, deploy, storm, upload, WEIGHT},
	program::{self, ENTRY},
	storms,
};
use crate::{
	account,
	deposit::{Deposit, DepositMeter},
	limits::*,
	program::code_hash,
	Accounts, BalanceOf, Call, Code, Config, HoldReason, Pallet, Programs,
};
use alloc::vec;
use frame_benchmarking::{current_time, v2::*};
use frame_support::traits::fungible::{Inspect, Mutate, MutateHold};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError,
};

/// The shortest program that is measured, in bytes.
const SHORT: u32 = 1_024;

/// The most items that an account is measured to be terminated with.
const ITEMS: u32 = 200;

/// The most payers of deposits that are measured.
const PAYERS: u32 = 100;

/// Reads of a program's record and blob do not count: the weight limit pays for them.
fn paid_by_the_limit<T: Config>(hash: H256) {
	for key in [Programs::<T>::hashed_key_for(hash), Code::<T>::hashed_key_for(hash)] {
		frame_benchmarking::benchmarking::add_to_whitelist(key.into());
	}
}

#[benchmarks]
mod benchmarks {
	use super::*;

	/// Of a program that no node has seen before, and that takes long to compile.
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

	/// What runs is paid for by gas, and is as little as there can be.
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
		// Its entry is its constructor.
		let code = program::constructor();
		let hash = code_hash(&code);
		super::upload::<T>(&caller, code)?;
		paid_by_the_limit::<T>(hash);
		let (salt, input) = (vec![3; MAX_SALT as usize], vec![1; n as usize]);
		let address = Pallet::<T>::address_of(&caller, hash, &salt);
		// The weight limit pays for a transfer.
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

	/// An account with so many items.
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

	/// Gives so many payers a deposit back. To hold one takes as long.
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
