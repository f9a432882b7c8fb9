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
use alloc::vec::Vec;
use frame_support::{storage::unhashed, traits::ConstU32, BoundedVec};

/// A key.
pub type Key = BoundedVec<u8, ConstU32<MAX_KEY>>;

/// A value.
pub type Value = BoundedVec<u8, ConstU32<MAX_VALUE>>;

/// Bytes of an item beside its value, at most: payer, amount, length and place.
const OVERHEAD: u32 = 1 + 32 + 16 + 4 + 4;

/// Bytes of the largest item, as it is stored.
pub const MAX_ENCODED: u32 = MAX_VALUE + OVERHEAD;

/// An item's key, and the key of the chain's storage that it has. Hashing that once for a syscall saves
/// calls of the host.
pub struct Slot {
	key: Key,
	hashed: Vec<u8>,
}

impl Slot {
	/// That of an account's key.
	pub fn new<T: Config>(account: &T::AccountId, key: Key) -> Self {
		let hashed = State::<T>::hashed_key_for(account, &key);
		Self { key, hashed }
	}
}

/// Changes how many items the account has; gives how many it had.
fn count<T: Config>(
	account: &T::AccountId,
	change: impl FnOnce(u32) -> Option<u32>,
) -> Result<u32, Error<T>> {
	Accounts::<T>::try_mutate(account, |info| {
		let AccountInfo { items, .. } = info.as_mut().ok_or(Error::AccountNotFound)?;
		let before = *items;
		*items = change(before).ok_or(Error::TooManyItems)?;
		Ok(before)
	})
}

/// Stores an item in place of `old`, which [`get`] gave, and counts the deposit for it.
pub fn set<T: Config>(
	meter: &mut DepositMeter<T>,
	account: &T::AccountId,
	Slot { key, hashed }: Slot,
	data: Value,
	old: Option<ItemOf<T>>,
) -> Result<(), Error<T>> {
	let amount = deposit::for_item::<T>(key.len(), data.len());
	let (place, old) = match old {
		Some(Item { deposit, place, .. }) => (place, deposit),
		None => {
			let place = count::<T>(account, |items| items.checked_add(1))?;
			Keys::<T>::insert(account, place, &key);
			(place, Deposit::none())
		},
	};
	let deposit = meter.change(HoldReason::Storage, old, amount)?;
	unhashed::put(&hashed, &ItemOf::<T> { deposit, data, place });
	Ok(())
}

/// Removes an item, which [`get`] gave, and counts its deposit as given back.
pub fn remove<T: Config>(
	meter: &mut DepositMeter<T>,
	account: &T::AccountId,
	slot: Slot,
	item: ItemOf<T>,
) -> Result<(), Error<T>> {
	unhashed::kill(&slot.hashed);
	meter.give_back(HoldReason::Storage, item.deposit);
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
	Ok(())
}

/// Removes the items of an account that had so many, and counts every deposit as given back.
pub fn remove_all<T: Config>(meter: &mut DepositMeter<T>, account: &T::AccountId, items: u32) {
	for place in 0..items {
		let key = Keys::<T>::take(account, place);
		if let Some(Item { deposit, .. }) = key.and_then(|key| State::<T>::take(account, key)) {
			meter.give_back(HoldReason::Storage, deposit);
		}
	}
}

/// The item under a key.
pub fn get<T: Config>(slot: &Slot) -> Option<ItemOf<T>> {
	unhashed::get(&slot.hashed)
}
