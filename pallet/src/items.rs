//! What account programs store: items under keys of their own, and a list of those keys.
//!
//! The list lets an account be removed by a number of steps that is known before. Going through the
//! keys by their prefix would not do: the host passes over each key that was removed in the same block,
//! one by one, and nobody pays for that.
//!
//! A call reads and writes items through an [`ItemCache`].

use crate::{
	deposit::{self, Deposit, DepositMeter},
	gas,
	limits::*,
	weights, AccountInfo, Accounts, Config, Error, HoldReason, Item, ItemOf, Keys, State,
};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{storage::unhashed, traits::ConstU32, weights::Weight, BoundedVec};

/// A key.
pub type Key = BoundedVec<u8, ConstU32<MAX_KEY>>;

/// A value.
pub type Value = BoundedVec<u8, ConstU32<MAX_VALUE>>;

/// Bytes of an item beside its value, at most: payer, amount, length and place.
const OVERHEAD: u32 = 1 + 32 + 16 + 4 + 4;

/// Bytes of the largest item, as it is stored.
pub const MAX_ENCODED: u32 = MAX_VALUE + OVERHEAD;

/// Bytes that a cached item counts beside its key and its value.
const CACHE_OVERHEAD: usize = 256;

/// A write-back cache of items: within a frame, an item is read from the state once and written to it
/// once, however often the program asks for it.
///
/// [`Self::write_back`] has to be called before a storage layer begins and before it is committed, and
/// [`Self::forget`] after one was rolled back. All frames of a call share one cache.
pub struct ItemCache<T: Config> {
	slots: BTreeMap<T::AccountId, BTreeMap<Key, usize>>,
	entries: Vec<Entry<T>>,
	/// The entries that the state does not have yet.
	changed: Vec<usize>,
	/// What the entries count, by [`CACHE_OVERHEAD`], key and value.
	bytes: usize,
}

struct Entry<T: Config> {
	/// The item's key in the state.
	hashed: Vec<u8>,
	item: Option<ItemOf<T>>,
	is_changed: bool,
}

/// Where the cache has an item: valid until the next call of [`ItemCache::load`],
/// [`ItemCache::remove`], [`ItemCache::flush`] or [`ItemCache::forget`].
#[derive(Clone, Copy)]
pub struct Slot(usize);

impl<T: Config> Default for ItemCache<T> {
	fn default() -> Self {
		Self { slots: BTreeMap::new(), entries: Vec::new(), changed: Vec::new(), bytes: 0 }
	}
}

impl<T: Config> ItemCache<T> {
	/// Where the item under an account's key is, if it is cached. That there is none is cached, too.
	pub fn find(&self, account: &T::AccountId, key: &Key) -> Option<Slot> {
		self.slots.get(account)?.get(key).copied().map(Slot)
	}

	/// Reads the item under an account's key, unless it is cached. Where [`MAX_CACHED`] is reached, what is
	/// cached is written back and dropped before.
	pub fn load(&mut self, account: &T::AccountId, key: &Key) -> Slot {
		if let Some(slot) = self.find(account, key) {
			return slot;
		}
		if self.bytes >= MAX_CACHED as usize {
			self.flush();
		}
		let hashed = State::<T>::hashed_key_for(account, key);
		let item: Option<ItemOf<T>> = unhashed::get(&hashed);
		let len = item.as_ref().map_or(0, |item| item.data.len());
		self.bytes += CACHE_OVERHEAD + key.len() + len;
		let slot = self.entries.len();
		self.entries.push(Entry { hashed, item, is_changed: false });
		self.slots.entry(account.clone()).or_default().insert(key.clone(), slot);
		Slot(slot)
	}

	/// The item.
	pub fn get(&self, Slot(slot): Slot) -> Option<&ItemOf<T>> {
		self.entries[slot].item.as_ref()
	}

	/// The length of the item's value.
	pub fn len(&self, slot: Slot) -> Option<usize> {
		self.get(slot).map(|item| item.data.len())
	}

	/// Whether the item is to be written back already.
	pub fn is_changed(&self, Slot(slot): Slot) -> bool {
		self.entries[slot].is_changed
	}

	/// Stores a value under the key that `slot` is of, and counts the deposit for it.
	pub fn set(
		&mut self,
		meter: &mut DepositMeter<T>,
		account: &T::AccountId,
		key: Key,
		slot: Slot,
		data: Value,
	) -> Result<(), Error<T>> {
		let amount = deposit::for_item::<T>(key.len(), data.len());
		match &mut self.entries[slot.0].item {
			Some(item) => {
				if item.deposit.amount != amount {
					let old = core::mem::replace(&mut item.deposit, Deposit::none());
					item.deposit = meter.change(HoldReason::Storage, old, amount)?;
				}
				self.bytes = (self.bytes + data.len()).saturating_sub(item.data.len());
				item.data = data;
			},
			item => {
				let place = count::<T>(account, |items| items.checked_add(1))?;
				Keys::<T>::insert(account, place, key);
				let deposit = meter.take(HoldReason::Storage, amount)?;
				self.bytes += data.len();
				*item = Some(Item { deposit, data, place });
			},
		}
		self.change(slot);
		Ok(())
	}

	/// Removes the item that `slot` is of, if there is one, and counts its deposit as given back.
	pub fn remove(
		&mut self,
		meter: &mut DepositMeter<T>,
		account: &T::AccountId,
		slot: Slot,
	) -> Result<(), Error<T>> {
		let Some(item) = self.entries[slot.0].item.take() else { return Ok(()) };
		self.bytes = self.bytes.saturating_sub(item.data.len());
		self.change(slot);
		meter.give_back(HoldReason::Storage, item.deposit);
		let last = count::<T>(account, |items| items.checked_sub(1))?.saturating_sub(1);
		// The last key of the list takes the place of this one.
		if let Some(key) = Keys::<T>::take(account, last).filter(|_| last != item.place) {
			let slot = self.load(account, &key);
			if let Some(moved) = &mut self.entries[slot.0].item {
				moved.place = item.place;
			}
			self.change(slot);
			Keys::<T>::insert(account, item.place, key);
		}
		Ok(())
	}

	fn change(&mut self, Slot(slot): Slot) {
		let entry = &mut self.entries[slot];
		if !entry.is_changed {
			entry.is_changed = true;
			self.changed.push(slot);
		}
	}

	/// Writes what was changed to the state. All stays cached.
	pub fn write_back(&mut self) {
		for slot in self.changed.drain(..) {
			let Entry { hashed, item, is_changed } = &mut self.entries[slot];
			*is_changed = false;
			match item {
				Some(item) => unhashed::put(hashed, item),
				None => unhashed::kill(hashed),
			}
		}
	}

	/// Writes what was changed to the state, and drops all that is cached: what comes next may change the
	/// state itself.
	pub fn flush(&mut self) {
		self.write_back();
		self.forget();
	}

	/// Drops all that is cached, and what was changed since it was written back.
	pub fn forget(&mut self) {
		*self = Self::default();
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

/// Removes the items of an account that had so many, and counts every deposit as given back. No cache
/// may have items of the account.
pub fn remove_all<T: Config>(meter: &mut DepositMeter<T>, account: &T::AccountId, items: u32) {
	for place in 0..items {
		let key = Keys::<T>::take(account, place);
		if let Some(Item { deposit, .. }) = key.and_then(|key| State::<T>::take(account, key)) {
			meter.give_back(HoldReason::Storage, deposit);
		}
	}
}

/// The weight to remove the `items` storage items of an account that terminates, and to release their
/// deposits; for each, the item and its place in the list are read and removed.
pub fn removal_weight<T: frame_system::Config>(items: u32) -> Weight {
	weights::TERMINATE_PER_ITEM
		.weight::<T>()
		.saturating_add(gas::proof(MAX_ENCODED))
		.saturating_mul(items.into())
}
