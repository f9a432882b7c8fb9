//! Typed storage: values and maps.
//!
//! The key of a [`StorageValue`] is its name. The key of an entry of a [`Storage`] map is the
//! length of the name (one byte), the name, and the SCALE-encoded map key: two maps never have a
//! key in common. All functions fault in a one-shot run, which has no storage.

use alloc::vec::Vec;
use codec::{Encode, Output};
use core::marker::PhantomData;

/// The maximal length of a name, which leaves room for a key: the chain accepts 128 bytes for both.
const MAX_NAME: usize = 64;

/// A value of type `V` in the account's storage.
///
/// ```
/// # use virt_guest::StorageValue;
/// # type AccountId = [u8; 32];
/// const OWNER: StorageValue<AccountId> = StorageValue::new(b"owner");
/// ```
pub struct StorageValue<V> {
	name: &'static [u8],
	value: PhantomData<fn() -> V>,
}

/// A map from `K` to `V` in the account's storage.
///
/// ```
/// # use virt_guest::Storage;
/// # type AccountId = [u8; 32];
/// const BALANCES: Storage<AccountId, u128> = Storage::new(b"balances");
/// ```
pub struct Storage<K, V> {
	name: &'static [u8],
	entry: PhantomData<fn(K) -> V>,
}

impl<V> StorageValue<V> {
	/// The value with this name, which must be unique in the program.
	pub const fn new(name: &'static [u8]) -> Self {
		assert!(name.len() <= MAX_NAME, "the name is longer than 64 bytes");
		Self { name, value: PhantomData }
	}

	/// The storage key.
	pub const fn key(&self) -> &'static [u8] {
		self.name
	}
}

impl<K: Encode, V> Storage<K, V> {
	/// The map with this name, which must be unique in the program.
	pub const fn new(name: &'static [u8]) -> Self {
		assert!(name.len() <= MAX_NAME, "the name is longer than 64 bytes");
		Self { name, entry: PhantomData }
	}

	/// The storage key of `key`'s value.
	pub fn key(&self, key: &K) -> Vec<u8> {
		let mut bytes = Vec::with_capacity(1 + self.name.len() + key.size_hint());
		self.write_key(key, &mut bytes);
		bytes
	}

	fn write_key(&self, key: &K, bytes: &mut impl Output) {
		bytes.push_byte(self.name.len() as u8);
		bytes.write(self.name);
		key.encode_to(bytes);
	}
}

#[cfg(target_env = "polkavm")]
mod access {
	use super::*;
	use crate::storage;
	use codec::{Decode, DecodeAll};
	use core::{mem::MaybeUninit, slice};

	/// Reads the value at `key`. Traps if the bytes do not decode as a `V`.
	fn read<V: Decode>(key: &[u8]) -> Option<V> {
		storage::with_value(key, |value| {
			V::decode_all(&mut &*value).expect("the stored value is not of this type")
		})
	}

	/// The maximal length of a key, in bytes.
	const LONGEST: usize = 128;

	/// A key on the stack, which is faster than the heap. Keys that are too long are truncated.
	struct Short {
		bytes: [MaybeUninit<u8>; LONGEST],
		len: usize,
	}

	impl Output for Short {
		fn write(&mut self, bytes: &[u8]) {
			if let Some(room) = self.bytes.get_mut(self.len..self.len.saturating_add(bytes.len())) {
				// SAFETY: there is as much room as there are bytes.
				unsafe {
					let start = room.as_mut_ptr().cast::<u8>();
					start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
				}
			}
			self.len = self.len.saturating_add(bytes.len());
		}
	}

	impl<K: Encode, V> Storage<K, V> {
		/// Calls `use_key` with the storage key of `key`'s value.
		fn with_key<R>(&self, key: &K, use_key: impl FnOnce(&[u8]) -> R) -> R {
			let mut short = Short { bytes: [MaybeUninit::uninit(); LONGEST], len: 0 };
			self.write_key(key, &mut short);
			if short.len > LONGEST {
				// The chain rejects a key of this length.
				return use_key(&self.key(key));
			}
			// SAFETY: that many bytes were written.
			use_key(unsafe { slice::from_raw_parts(short.bytes.as_ptr().cast(), short.len) })
		}
	}

	fn change<V: Encode + Decode, R>(key: &[u8], change: impl FnOnce(&mut Option<V>) -> R) -> R {
		let mut value = read(key);
		let had = value.is_some();
		let result = change(&mut value);
		match value {
			Some(value) => storage::write(key, &value),
			None if had => drop(storage::remove(key)),
			None => {},
		}
		result
	}

	impl<V: Encode + Decode> StorageValue<V> {
		/// The value, if there is one.
		pub fn get(&self) -> Option<V> {
			read(self.key())
		}

		/// The value, or the default of its type.
		pub fn get_or_default(&self) -> V
		where
			V: Default,
		{
			self.get().unwrap_or_default()
		}

		/// Sets the value.
		pub fn set(&self, value: &V) {
			storage::write(self.key(), value);
		}

		/// Removes the value. Returns whether there was one.
		pub fn remove(&self) -> bool {
			storage::remove(self.key()).is_some()
		}

		/// Whether there is a value.
		pub fn exists(&self) -> bool {
			storage::contains(self.key())
		}

		/// Reads the value, lets `f` change it, and stores it; removes it if `f` leaves `None`.
		pub fn mutate<R>(&self, f: impl FnOnce(&mut Option<V>) -> R) -> R {
			change(self.key(), f)
		}
	}

	impl<K: Encode, V: Encode + Decode> Storage<K, V> {
		/// The value of `key`, if there is one.
		pub fn get(&self, key: &K) -> Option<V> {
			self.with_key(key, read)
		}

		/// The value of `key`, or the default of its type.
		pub fn get_or_default(&self, key: &K) -> V
		where
			V: Default,
		{
			self.get(key).unwrap_or_default()
		}

		/// Sets the value of `key`.
		pub fn insert(&self, key: &K, value: &V) {
			self.with_key(key, |key| storage::write(key, value));
		}

		/// Removes the value of `key`. Returns whether there was one.
		pub fn remove(&self, key: &K) -> bool {
			self.with_key(key, storage::remove).is_some()
		}

		/// Whether `key` has a value.
		pub fn contains(&self, key: &K) -> bool {
			self.with_key(key, storage::contains)
		}

		/// Reads the value of `key`, lets `f` change it, and stores it; removes it if `f` leaves
		/// `None`.
		pub fn mutate<R>(&self, key: &K, f: impl FnOnce(&mut Option<V>) -> R) -> R {
			self.with_key(key, |key| change(key, f))
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn key_of_a_value_is_its_name() {
		assert_eq!(StorageValue::<u32>::new(b"count").key(), b"count");
	}

	#[test]
	fn keys_of_a_map_are_its_name_and_the_encoded_key() {
		let map: Storage<(u8, u16), u32> = Storage::new(b"map");
		assert_eq!(map.key(&(1, 2)), b"\x03map\x01\x02\x00");
	}

	#[test]
	fn maps_have_no_key_in_common() {
		// As plain prefixes both would be "ab" and a byte.
		let (short, long) = (Storage::<[u8; 2], ()>::new(b"a"), Storage::<u8, ()>::new(b"ab"));
		assert_ne!(short.key(b"bx"), long.key(&b'x'));
	}
}
