//! Syscalls that access the storage of the program's account, and transient storage.

use super::{length, Answer};
use crate::{
	access::{self, Place},
	deposit,
	frame::{Context, Memory},
	gas::{self, Price},
	items::{self, Key, Slot},
	limits::*,
	AccountInfoOf, Config, Error,
};
use alloc::vec::Vec;
use codec::{Encode, MaxEncodedLen};
use frame_support::{traits::Get, BoundedVec};

/// Gas of reading an item from the state, in addition to the price of the syscall, without the
/// database. Charged if the call has not cached the item.
pub(crate) const GAS_OF_READ: u64 = 16_000;

/// Gas of writing an item to the state, in addition to the price of `storage_set`, without the
/// database. Charged if the item does not already wait to be written.
pub(crate) const GAS_OF_WRITE: u64 = 9_000;

/// Gas of storing a new item, in addition to the price of `storage_set`, without the database.
pub(crate) const GAS_OF_NEW_ITEM: u64 = 22_000;

/// Gas of removing an item, in addition to the price of `storage_remove`, without the database.
pub(crate) const GAS_OF_REMOVAL: u64 = 40_000;

/// Gas of copying an item of the transient storage, without its bytes.
const GAS_PER_COPIED_ITEM: u64 = 600;

/// Writes the part of `value` that fits to `out`.
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

	/// Charges for an access to an item, and caches it. If it is not cached, the maximal length is
	/// charged before it is read, and the difference is refunded: in proof size if the access is
	/// cold, and in the time of copying it.
	fn access(
		&mut self,
		account: &T::AccountId,
		key: &Key,
		price: Price,
		write: bool,
	) -> Result<Slot, Error<T>> {
		let copying = |bytes: usize| gas::to_weight(Price { base: 0, ..price }.of(bytes as u64));
		let (stack, meter) = (&mut *self.stack, &mut self.meter);
		let place = || Place::Item(account.clone(), key.clone());
		if let Some(slot) = stack.items.find(account, key) {
			if write && !stack.items.is_changed(slot) {
				meter.charge_gas(GAS_OF_WRITE)?;
				stack.accesses.write(meter, place(), items::MAX_ENCODED)?;
			}
			meter.charge(copying(stack.items.len(slot).unwrap_or_default()))?;
			return Ok(slot);
		}
		meter.charge_gas(GAS_OF_READ + if write { GAS_OF_WRITE } else { 0 })?;
		meter.charge(copying(MAX_VALUE as usize))?;
		let cold = if write {
			stack.accesses.write(meter, place(), items::MAX_ENCODED)?
		} else {
			stack.accesses.read(meter, place(), items::MAX_ENCODED)?
		};
		let slot = stack.items.load(account, key);
		let len = stack.items.len(slot).unwrap_or_default();
		meter.refund(copying((MAX_VALUE as usize).saturating_sub(len)));
		if cold {
			let read = stack.items.get(slot).map_or(0, Encode::encoded_size);
			access::give_back(meter, items::MAX_ENCODED, read);
		}
		Ok(slot)
	}

	/// Charges for a change of the number of items and of the list of keys.
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
		let slot = self.access(&self.own_account()?, &key, price, false)?;
		let item = self.stack.items.get(slot);
		give(memory, item.map(|item| &item.data[..]), out, out_len)
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
		let slot = self.access(&account, &key, price, true)?;
		let old = self.stack.items.get(slot).map(|item| (item.data.len(), item.deposit.clone()));
		if old.is_none() {
			self.access_list(&account, 1, GAS_OF_NEW_ITEM)?;
		}
		let (old_len, old_deposit) = old.unzip();
		let amount = deposit::for_item::<T>(key.len(), data.len());
		if old_deposit.as_ref().is_none_or(|old| old.amount != amount) {
			self.access_deposit(old_deposit.and_then(|old| old.payer).as_ref())?;
		}
		let stack = &mut *self.stack;
		stack.items.set(&mut stack.deposit, &account, key, slot, data)?;
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
		let slot = self.access(&account, &key, price, false)?;
		let Some(item) = self.stack.items.get(slot) else { return Ok(length(None)) };
		let (len, payer) = (item.data.len(), item.deposit.payer.clone());
		let place = Place::Item(account.clone(), key);
		self.stack.accesses.write(&mut self.meter, place, items::MAX_ENCODED)?;
		// The last key of the list moves: it and its item are read and written.
		self.access_list(&account, 3, GAS_OF_REMOVAL)?;
		self.meter.charge(access::cold_reads::<T>(2, items::MAX_ENCODED))?;
		self.access_deposit(payer.as_ref())?;
		let stack = &mut *self.stack;
		stack.items.remove(&mut stack.deposit, &account, slot)?;
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
		let slot = self.access(&self.own_account()?, &key, price, false)?;
		Ok(length(self.stack.items.len(slot)))
	}

	/// Charges for a copy of the transient storage, if this change makes one.
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
		// The maximal length, as for `storage_get`.
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
