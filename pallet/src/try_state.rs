//! What is true of the pallet's storage between any two extrinsics, whatever they were.

use crate::{
	deposit::DepositOf, program, Accounts, BalanceOf, Code, Config, HoldReason, Keys, Programs,
	Running, State,
};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError,
};

/// By account and reason, what ought to be held.
struct Sums<T: Config>(BTreeMap<(T::AccountId, u8), BalanceOf<T>>);

const REASONS: [HoldReason; 3] = [HoldReason::Program, HoldReason::Account, HoldReason::Storage];

impl<T: Config> Sums<T> {
	fn add(&mut self, reason: HoldReason, deposit: DepositOf<T>) -> Result<(), DispatchError> {
		let Some(payer) = deposit.payer else {
			ensure!(deposit.amount.is_zero(), "a deposit of nobody");
			return Ok(());
		};
		let sum = self.0.entry((payer, reason as u8)).or_default();
		*sum = sum.saturating_add(deposit.amount);
		Ok(())
	}
}

/// Errs with what is not true:
///
/// - Nothing runs.
/// - What is held of each account, for each reason, is the sum of the deposits on record.
/// - Programs have the blob that they are named by, and as many users as they count.
/// - Account programs have a program, and as many items as
///   they count. Items belong to an account program.
pub fn check<T: Config>() -> Result<(), DispatchError> {
	ensure!(!Running::<T>::exists(), "the guard is set");
	let mut sums = Sums::<T>(BTreeMap::new());
	let mut references = BTreeMap::<H256, u32>::new();
	let mut items = BTreeMap::<T::AccountId, u32>::new();
	for (address, key, item) in State::<T>::iter() {
		ensure!(Accounts::<T>::contains_key(&address), "an item of no account program");
		let listed = Keys::<T>::get(&address, item.place);
		ensure!(listed == Some(key), "an item that is not in its place in the list of keys");
		*items.entry(address).or_default() += 1;
		sums.add(HoldReason::Storage, item.deposit)?;
	}
	let listed = Keys::<T>::iter_keys().count();
	ensure!(listed == State::<T>::iter_keys().count(), "a key of no item");
	for (address, info) in Accounts::<T>::iter() {
		let count = items.get(&address).copied().unwrap_or_default();
		ensure!(info.items == count, "an account program with another number of items");
		ensure!(Programs::<T>::contains_key(info.code_hash), "an account program without program");
		*references.entry(info.code_hash).or_default() += 1;
		sums.add(HoldReason::Account, info.deposit)?;
	}
	for (code_hash, info) in Programs::<T>::iter() {
		let users = references.get(&code_hash).copied().unwrap_or_default();
		ensure!(info.references == users, "a program with another number of users");
		let code = Code::<T>::get(code_hash).ok_or("a program without blob")?;
		ensure!(code.len() == info.size as usize, "a program of another size");
		ensure!(program::code_hash(&code) == code_hash, "a program under another name");
		sums.add(HoldReason::Program, info.deposit)?;
	}
	ensure!(Code::<T>::iter_keys().all(Programs::<T>::contains_key), "a blob of no program");
	for account in frame_system::Account::<T>::iter_keys() {
		for reason in REASONS {
			let sum = sums.0.remove(&(account.clone(), reason as u8)).unwrap_or_default();
			let held = T::Currency::balance_on_hold(&reason.into(), &account);
			ensure!(held == sum, "a hold is not the sum of its deposits");
		}
	}
	ensure!(sums.0.into_values().all(|sum| sum.is_zero()), "a deposit of an account that is gone");
	Ok(())
}
