//! Syscalls about what the program's account stores, for good or for as long as the call lasts.

use super::{length, Answer, Context, Memory};
use crate::{
	access::{self, Place},
	deposit,
	gas::{self, Price},
	items::{self, Key, Slot},
	limits::*,
	AccountInfoOf, Config, Error, ItemOf,
};
use alloc::vec::Vec;
use codec::{Encode, MaxEncodedLen};
use frame_support::{traits::Get, BoundedVec};

/// Gas to store an item that was not there, beside the price of `storage_set`, without the database.
pub(crate) const GAS_OF_NEW_ITEM: u64 = 40_000;

/// Gas to remove an item, beside the price of `storage_remove`, without the database.
pub(crate) const GAS_OF_REMOVAL: u64 = 40_000;

/// Gas to copy an item of the transient storage, beside its bytes.
const GAS_PER_COPIED_ITEM: u64 = 600;

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
		let key = memory.read(pointer, len, MAX_KEY, Error::KeyTooLong)?;
		key.try_into().map_err(|_| Error::KeyTooLong)
	}

	/// Charges for an access to an item, and reads it. What there can be of it at most is charged before
	/// it is read, and what there is not is given back: of the proof size where the access is cold, and
	/// of the time to copy it.
	fn access(
		&mut self,
		account: &T::AccountId,
		key: Key,
		price: Price,
		write: bool,
	) -> Result<(Slot, Option<ItemOf<T>>), Error<T>> {
		let copying = |bytes: u32| gas::to_weight(Price { base: 0, ..price }.of(bytes.into()));
		self.meter.charge(copying(MAX_VALUE))?;
		let place = Place::Item(account.clone(), key.clone());
		let (stack, meter) = (&mut *self.stack, &mut self.meter);
		let cold = if write {
			stack.accesses.write(meter, place, items::MAX_ENCODED)?
		} else {
			stack.accesses.read(meter, place, items::MAX_ENCODED)?
		};
		let slot = Slot::new::<T>(account, key);
		let item = items::get::<T>(&slot);
		let len = item.as_ref().map_or(0, |item| item.data.len());
		meter.refund(copying(MAX_VALUE.saturating_sub(len as u32)));
		if cold {
			let read = item.as_ref().map_or(0, Encode::encoded_size);
			access::give_back(meter, items::MAX_ENCODED, read);
		}
		Ok((slot, item))
	}

	/// Charges for a change of how many items the account has, and of its list of keys.
	fn access_list(&mut self, account: &T::AccountId, keys: u64, gas: u64) -> Result<(), Error<T>> {
		let place = Place::Account(account.clone());
		let max = AccountInfoOf::<T>::max_encoded_len() as u32;
		self.stack.accesses.write(&mut self.meter, place, max)?;
		self.meter.charge(T::DbWeight::get().writes(keys))?;
		self.meter.charge_gas(gas)
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
		self.charge(price, key_len)?;
		let key = Self::read_key(&memory, key, key_len)?;
		let (_, item) = self.access(&self.own_account()?, key, price, false)?;
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
		let data = memory.read(value, len, MAX_VALUE, Error::ValueTooLarge)?;
		let data = BoundedVec::try_from(data).map_err(|_| Error::ValueTooLarge)?;
		let account = self.own_account()?;
		let (slot, old) = self.access(&account, key, price, true)?;
		let old_len = old.as_ref().map(|item| item.data.len());
		if old.is_none() {
			self.access_list(&account, 1, GAS_OF_NEW_ITEM)?;
		}
		let amount = deposit::for_item::<T>(key_len as usize, data.len());
		if old.as_ref().is_none_or(|item| item.deposit.amount != amount) {
			self.access_deposit(old.as_ref().and_then(|item| item.deposit.payer.as_ref()))?;
		}
		items::set(&mut self.stack.deposit, &account, slot, data, old)?;
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
		let place = Place::Item(account.clone(), key.clone());
		let (slot, Some(item)) = self.access(&account, key, price, false)? else {
			return Ok(length(None));
		};
		let len = item.data.len();
		self.stack.accesses.write(&mut self.meter, place, items::MAX_ENCODED)?;
		// The last key of the list moves: it is read, and so is its item; both are written.
		self.access_list(&account, 3, GAS_OF_REMOVAL)?;
		self.meter.charge(access::cold_reads::<T>(2, items::MAX_ENCODED))?;
		self.access_deposit(item.deposit.payer.as_ref())?;
		items::remove(&mut self.stack.deposit, &account, slot, item)?;
		Ok(length(Some(len)))
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
		let (_, item) = self.access(&self.own_account()?, key, price, false)?;
		Ok(length(item.map(|item| item.data.len())))
	}

	/// Charges for a copy of the transient storage, where this change makes one.
	fn charge_for_copy(&mut self, price: Price) -> Result<(), Error<T>> {
		let Some((items, bytes)) = self.stack.transient.shared() else { return Ok(()) };
		self.charge(price, bytes)?;
		self.meter.charge_gas(GAS_PER_COPIED_ITEM.saturating_mul(items))
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
		let key = memory.read(key, key_len, MAX_KEY, Error::KeyTooLong)?;
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
		let key = memory.read(key, key_len, MAX_KEY, Error::KeyTooLong)?;
		let value = memory.read(value, len, MAX_VALUE, Error::ValueTooLarge)?;
		let account = self.own_account()?;
		self.charge_for_copy(price)?;
		let old = self.stack.transient.set(&account, key, value);
		Ok(length(old.map_err(|_| Error::TransientFull)?))
	}

	pub(super) fn transient_remove(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key: Vec<u8> = memory.read(key, key_len, MAX_KEY, Error::KeyTooLong)?;
		let account = self.own_account()?;
		self.charge_for_copy(price)?;
		Ok(length(self.stack.transient.remove(&account, key)))
	}
}
