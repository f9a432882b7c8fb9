//! Syscalls about what the program's account stores, for good or for as long as the call lasts.

use super::{length, Answer, Context, Memory};
use crate::{
	deposit::{self, Deposit},
	gas::Price,
	limits::*,
	AccountInfo, Accounts, Config, Error, HoldReason, Item, ItemOf, State,
};
use alloc::vec::Vec;
use frame_support::{traits::ConstU32, BoundedVec};

type Key = BoundedVec<u8, ConstU32<MAX_KEY>>;

/// What of `value` the program has room for goes to `out`.
fn give<T: Config>(
	mut memory: Memory<'_>,
	value: Option<&[u8]>,
	out: u64,
	out_len: u64,
) -> Answer<T> {
	if let Some(value) = value {
		let len = value.len().min(usize::try_from(out_len).unwrap_or(usize::MAX));
		memory.write(out, &value[..len])?;
	}
	Ok(length(value.map(<[u8]>::len)))
}

impl<T: Config> Context<'_, T> {
	fn read_key(memory: &Memory<'_>, pointer: u64, len: u64) -> Result<Key, Error<T>> {
		let key = memory.read(pointer, len, MAX_KEY)?;
		key.try_into().map_err(|_| Error::LimitExceeded)
	}

	/// Counts the account's items.
	fn count_items(
		account: &T::AccountId,
		count: impl FnOnce(u32) -> Option<u32>,
	) -> Result<(), Error<T>> {
		Accounts::<T>::try_mutate(account, |info| {
			let AccountInfo { items, .. } = info.as_mut().ok_or(Error::AccountNotFound)?;
			*items = count(*items).ok_or(Error::LimitExceeded)?;
			Ok(())
		})
	}

	pub(super) fn storage_get(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		out: u64,
		out_len: u64,
	) -> Answer<T> {
		// The value is read whole, whatever part of it the program has room for.
		self.charge(price, u64::from(MAX_VALUE).saturating_add(key_len))?;
		let key = Self::read_key(&memory, key, key_len)?;
		let item = State::<T>::get(self.own_account()?, key);
		give(memory, item.as_ref().map(|item| &item.data[..]), out, out_len)
	}

	pub(super) fn storage_set(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		value: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, key_len.saturating_add(len))?;
		let key = Self::read_key(&memory, key, key_len)?;
		let data = memory.read(value, len, MAX_VALUE)?;
		let data = BoundedVec::try_from(data).map_err(|_| Error::LimitExceeded)?;
		let account = self.own_account()?;
		let old: Option<ItemOf<T>> = State::<T>::get(&account, &key);
		let old_len = old.as_ref().map(|item| item.data.len());
		if old.is_none() {
			Self::count_items(&account, |items| items.checked_add(1))?;
		}
		let amount = deposit::for_item::<T>(key.len(), data.len());
		let old = old.map_or_else(Deposit::none, |item| item.deposit);
		let deposit = self.stack.deposit.change(HoldReason::Storage, old, amount)?;
		State::<T>::insert(account, key, Item { deposit, data });
		Ok(length(old_len))
	}

	pub(super) fn storage_remove(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key = Self::read_key(&memory, key, key_len)?;
		let account = self.own_account()?;
		let Some(item) = State::<T>::take(&account, key) else { return Ok(length(None)) };
		self.stack.deposit.give_back(HoldReason::Storage, item.deposit)?;
		Self::count_items(&account, |items| items.checked_sub(1))?;
		Ok(length(Some(item.data.len())))
	}

	pub(super) fn storage_contains(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key = Self::read_key(&memory, key, key_len)?;
		let item = State::<T>::get(self.own_account()?, key);
		Ok(length(item.map(|item| item.data.len())))
	}

	pub(super) fn transient_get(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		out: u64,
		out_len: u64,
	) -> Answer<T> {
		// As much as there may be of it, as for `storage_get`.
		self.charge(price, u64::from(MAX_VALUE).saturating_add(key_len))?;
		let key = memory.read(key, key_len, MAX_KEY)?;
		let value = self.stack.transient.get(&self.own_account()?, key);
		give(memory, value, out, out_len)
	}

	pub(super) fn transient_set(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		value: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, key_len.saturating_add(len))?;
		let key = memory.read(key, key_len, MAX_KEY)?;
		let value = memory.read(value, len, MAX_VALUE)?;
		let account = self.own_account()?;
		let old = self.stack.transient.set(&account, key, value);
		Ok(length(old.map_err(|_| Error::LimitExceeded)?))
	}

	pub(super) fn transient_remove(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key: Vec<u8> = memory.read(key, key_len, MAX_KEY)?;
		let account = self.own_account()?;
		Ok(length(self.stack.transient.remove(&account, key)))
	}
}
