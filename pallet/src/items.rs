//! What account programs store: items under keys of their own, and a list of those keys.
//!
//! The list lets an account be removed by a number of steps that is known before. Going through the
//! keys by their prefix would not do: the host passes over each key that was removed in the same block,
//! one by one, and nobody pays for that.

use crate::{
	deposit::{self, Deposit, DepositMeter},
	limits::*,
	AccountInfo, Accounts, Config, Error, HoldReason, Item, ItemOf, Keys, State,
};
use frame_support::{traits::ConstU32, BoundedVec};

/// A key.
pub type Key = BoundedVec<u8, ConstU32<MAX_KEY>>;

/// A value.
pub type Value = BoundedVec<u8, ConstU32<MAX_VALUE>>;

/// Changes how many items the account has; gives how many it had.
fn count<T: Config>(
	account: &T::AccountId,
	change: impl FnOnce(u32) -> Option<u32>,
) -> Result<u32, Error<T>> {
	Accounts::<T>::try_mutate(account, |info| {
		let AccountInfo { items, .. } = info.as_mut().ok_or(Error::AccountNotFound)?;
		let before = *items;
		*items = change(before).ok_or(Error::LimitExceeded)?;
		Ok(before)
	})
}

/// Stores an item, and holds the deposit for it. Gives the old value's length.
pub fn set<T: Config>(
	meter: &mut DepositMeter<T>,
	account: &T::AccountId,
	key: Key,
	data: Value,
) -> Result<Option<usize>, Error<T>> {
	let amount = deposit::for_item::<T>(key.len(), data.len());
	let (old_len, place, old) = match State::<T>::get(account, &key) {
		Some(Item { deposit, data, place }) => (Some(data.len()), place, deposit),
		None => {
			let place = count::<T>(account, |items| items.checked_add(1))?;
			Keys::<T>::insert(account, place, &key);
			(None, place, Deposit::none())
		},
	};
	let deposit = meter.change(HoldReason::Storage, old, amount)?;
	State::<T>::insert(account, key, Item { deposit, data, place });
	Ok(old_len)
}

/// Removes an item, and gives its deposit back. Gives the value's length.
pub fn remove<T: Config>(
	meter: &mut DepositMeter<T>,
	account: &T::AccountId,
	key: Key,
) -> Result<Option<usize>, Error<T>> {
	let Some(item) = State::<T>::take(account, key) else { return Ok(None) };
	meter.give_back(HoldReason::Storage, item.deposit)?;
	let last = count::<T>(account, |items| items.checked_sub(1))?.saturating_sub(1);
	// The last key of the list takes the place of this one.
	if let Some(key) = Keys::<T>::take(account, last).filter(|_| last != item.place) {
		State::<T>::mutate(account, &key, |moved| {
			if let Some(moved) = moved {
				moved.place = item.place;
			}
		});
		Keys::<T>::insert(account, item.place, key);
	}
	Ok(Some(item.data.len()))
}

/// Removes the items of an account that had so many, and gives every deposit back.
pub fn remove_all<T: Config>(
	meter: &mut DepositMeter<T>,
	account: &T::AccountId,
	items: u32,
) -> Result<(), Error<T>> {
	for place in 0..items {
		let key = Keys::<T>::take(account, place);
		if let Some(Item { deposit, .. }) = key.and_then(|key| State::<T>::take(account, key)) {
			meter.give_back(HoldReason::Storage, deposit)?;
		}
	}
	Ok(())
}

/// The item under a key.
pub fn get<T: Config>(account: &T::AccountId, key: &Key) -> Option<ItemOf<T>> {
	State::<T>::get(account, key)
}
