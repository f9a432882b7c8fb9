//! The storage of account programs: items, and a list of their keys.
//!
//! With the list, removing an account takes a known number of steps. Iterating over the prefix of
//! the keys would not: the host visits each key that was removed in the same block, and nobody pays
//! for that.
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

/// The maximal length of an item without its value, in bytes: payer, amount, length and position.
const OVERHEAD: u32 = 1 + 32 + 16 + 4 + 4;

/// The maximal length of a stored item, in bytes.
pub const MAX_ENCODED: u32 = MAX_VALUE + OVERHEAD;

/// The size that a cached item counts in addition to its key and value, in bytes.
const CACHE_OVERHEAD: usize = 256;

/// A write-back cache of items: within a frame, an item is read and written once, however often the
/// program accesses it.
///
/// [`Self::write_back`] must be called before a storage layer begins and before it is committed,
/// and [`Self::forget`] after one was rolled back. All frames of a call share one cache.
pub struct ItemCache<T: Config> {
	slots: BTreeMap<T::AccountId, BTreeMap<Key, usize>>,
	entries: Vec<Entry<T>>,
	/// The entries that are not in the state yet.
	changed: Vec<usize>,
	/// The size of the entries: [`CACHE_OVERHEAD`], keys and values.
	bytes: usize,
}

struct Entry<T: Config> {
	/// The storage key of the item.
	hashed: Vec<u8>,
	item: Option<ItemOf<T>>,
	is_changed: bool,
}

/// The position of an item in the cache. Valid until the next call of [`ItemCache::load`],
/// [`ItemCache::remove`], [`ItemCache::flush`] or [`ItemCache::forget`].
#[derive(Clone, Copy)]
pub struct Slot(usize);

impl<T: Config> Default for ItemCache<T> {
	fn default() -> Self {
		Self { slots: BTreeMap::new(), entries: Vec::new(), changed: Vec::new(), bytes: 0 }
	}
}

impl<T: Config> ItemCache<T> {
	/// The position of the item, if it is cached. Absent items are cached, too.
	pub fn find(&self, account: &T::AccountId, key: &Key) -> Option<Slot> {
		self.slots.get(account)?.get(key).copied().map(Slot)
	}

	/// Reads the item, unless it is cached. If the cache has reached [`MAX_CACHED`], it is written
	/// back and emptied before.
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

	/// Whether the item already waits to be written back.
	pub fn is_changed(&self, Slot(slot): Slot) -> bool {
		self.entries[slot].is_changed
	}

	/// Stores a value at the key of `slot`, and counts the deposit for it.
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

	/// Removes the item at `slot`, if it exists, and counts its deposit as released.
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
		// The last key of the list moves to the position of this one.
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

	/// Writes all changes to the state. The items stay cached.
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

	/// Writes all changes to the state and empties the cache, before code that accesses the state
	/// directly.
	pub fn flush(&mut self) {
		self.write_back();
		self.forget();
	}

	/// Empties the cache, and drops changes that were not written back.
	pub fn forget(&mut self) {
		*self = Self::default();
	}
}

/// Changes the number of the account's items. Returns the previous number.
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

/// Removes the `count` items of an account, and counts every deposit as released. The cache must
/// have no items of the account.
pub fn remove_all<T: Config>(meter: &mut DepositMeter<T>, account: &T::AccountId, items: u32) {
	for place in 0..items {
		let key = Keys::<T>::take(account, place);
		if let Some(Item { deposit, .. }) = key.and_then(|key| State::<T>::take(account, key)) {
			meter.give_back(HoldReason::Storage, deposit);
		}
	}
}

/// The weight of removing `items` items of an account that terminates and of releasing their
/// deposits. For each, the item and its position in the list are read and removed.
pub fn removal_weight<T: frame_system::Config>(items: u32) -> Weight {
	weights::TERMINATE_PER_ITEM
		.weight::<T>()
		.saturating_add(gas::proof(MAX_ENCODED))
		.saturating_mul(items.into())
}
