//! Sets up the state for the benchmarks.

use super::{
	program::ENTRY,
	storms::{self, Storm, Surroundings, MESSAGE, STORED_KEY},
};
use crate::{
	deposit::Deposit, limits::*, program::code_hash, BalanceOf, Config, Item, Pallet, State,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_benchmarking::{v2::BenchmarkError, whitelisted_caller};
use frame_support::{
	traits::fungible::{Inspect, Mutate},
	weights::Weight,
	BoundedVec,
};
use frame_system::RawOrigin;
use sp_core::crypto::KeyTypeId;
use sp_runtime::traits::{Saturating, Zero};

/// More weight than any benchmark needs.
pub const WEIGHT: Weight = Weight::from_parts(20_000_000_000_000, u64::MAX);

/// The type of the keys that sign.
const KEY_TYPE: KeyTypeId = KeyTypeId(*b"virt");

/// An account that can pay for everything.
pub fn caller<T: Config>() -> T::AccountId {
	let caller = whitelisted_caller();
	let much = T::Currency::minimum_balance().saturating_mul(1_000_000_000u32.into());
	T::Currency::set_balance(&caller, much);
	caller
}

/// Uploads a program.
pub fn upload<T: Config>(caller: &T::AccountId, code: Vec<u8>) -> Result<(), BenchmarkError> {
	Pallet::<T>::upload(RawOrigin::Signed(caller.clone()).into(), code, None)?;
	Ok(())
}

/// Uploads and instantiates a program, and gives its account some balance.
pub fn deploy<T: Config>(
	caller: &T::AccountId,
	code: Vec<u8>,
) -> Result<T::AccountId, BenchmarkError> {
	let hash = code_hash(&code);
	upload::<T>(caller, code)?;
	let origin = RawOrigin::Signed(caller.clone()).into();
	let none = BalanceOf::<T>::zero();
	Pallet::<T>::instantiate(origin, hash, Vec::new(), Vec::new(), none, WEIGHT, None)?;
	let address = Pallet::<T>::address_of(caller, hash, &[]);
	let some = T::Currency::minimum_balance().saturating_mul(1_000_000u32.into());
	T::Currency::set_balance(&address, some);
	Ok(address)
}

/// A call of an account program.
pub struct Call<T: Config> {
	/// The caller.
	pub caller: T::AccountId,
	/// The address of the account.
	pub address: T::AccountId,
	/// The input.
	pub input: Vec<u8>,
}

impl<T: Config> Call<T> {
	/// Dispatches the call.
	pub fn make(self) -> Result<(), BenchmarkError> {
		let origin = RawOrigin::Signed(self.caller).into();
		let entry = ENTRY.as_bytes().to_vec();
		let none = BalanceOf::<T>::zero();
		Pallet::<T>::call(origin, self.address, entry, self.input, none, WEIGHT, None)?;
		Ok(())
	}
}

/// Prepares a call of a syscall's first storm, or its last one if `most` is set, with this number of rounds.
pub fn storm<T: Config>(
	symbol: &str,
	most: bool,
	rounds: impl FnOnce(&Storm) -> u32,
) -> Result<Call<T>, BenchmarkError> {
	let caller = caller::<T>();
	let around = surroundings::<T>(&caller)?;
	let mut storms = storms::all(&around).into_iter().filter(|storm| storm.symbol == symbol);
	let storm: Option<Storm> = if most { storms.next_back() } else { storms.next() };
	let storm = storm.ok_or("no storm of this syscall")?;
	let address = deploy::<T>(&caller, storm.program(&around, rounds(&storm)))?;
	let key = BoundedVec::truncate_from(STORED_KEY.to_vec());
	let data = BoundedVec::truncate_from(alloc::vec![5; MAX_VALUE as usize]);
	State::<T>::insert(&address, key, Item { deposit: Deposit::none(), data, place: 0 });
	Ok(Call { caller, address, input: alloc::vec![9; MAX_INPUT as usize] })
}

fn surroundings<T: Config>(caller: &T::AccountId) -> Result<Surroundings, BenchmarkError> {
	let callee_hash = code_hash(&storms::callee());
	let callee = deploy::<T>(caller, storms::callee())?;
	let callee = callee.encode().try_into().map_err(|_| "an account is not 32 bytes")?;
	let remark = frame_system::Call::<T>::remark_with_event { remark: alloc::vec![1; 32] };
	let call = <T as frame_system::Config>::RuntimeCall::from(remark).encode();

	// The keystore of the node signs.
	let unsigned = "the keystore did not sign";
	let sr25519 = sp_io::crypto::sr25519_generate(KEY_TYPE, None);
	let by_sr25519 = sp_io::crypto::sr25519_sign(KEY_TYPE, &sr25519, &MESSAGE).ok_or(unsigned)?;
	let ed25519 = sp_io::crypto::ed25519_generate(KEY_TYPE, None);
	let by_ed25519 = sp_io::crypto::ed25519_sign(KEY_TYPE, &ed25519, &MESSAGE).ok_or(unsigned)?;
	let ecdsa = sp_io::crypto::ecdsa_generate(KEY_TYPE, None);
	let by_ecdsa =
		sp_io::crypto::ecdsa_sign_prehashed(KEY_TYPE, &ecdsa, &MESSAGE).ok_or(unsigned)?;
	Ok(Surroundings {
		account: [2; 32],
		callee_hash: callee_hash.0,
		callee,
		sr25519: (by_sr25519.0, sr25519.0),
		ed25519: (by_ed25519.0, ed25519.0),
		secp256k1: by_ecdsa.0,
		call,
	})
}
