//! Syscalls about what the program's account stores, for good or for as long as the call lasts.

use super::{length, Answer, Context, Memory};
use crate::{
	gas::Price,
	items::{self, Key},
	limits::*,
	Config, Error,
};
use alloc::vec::Vec;
use frame_support::BoundedVec;

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
		let item = items::get::<T>(&self.own_account()?, &key);
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
		Ok(length(items::set(&mut self.stack.deposit, &account, key, data)?))
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
		Ok(length(items::remove(&mut self.stack.deposit, &account, key)?))
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
		let item = items::get::<T>(&self.own_account()?, &key);
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
