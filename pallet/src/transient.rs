//! Storage that lasts as long as a call. It is in memory only and follows the frames: opening a
//! frame keeps a copy, which is made at the next write, and which is restored when the frame is
//! rolled back.

use crate::limits::MAX_TRANSIENT;
use alloc::{collections::BTreeMap, rc::Rc, vec::Vec};

/// The size that an item counts in addition to its key and value, in bytes.
pub const ITEM_OVERHEAD: u32 = 128;

/// Values, by account and key.
type Items<AccountId> = BTreeMap<(AccountId, Vec<u8>), Vec<u8>>;

/// The transient storage of a call.
#[derive(Clone)]
pub struct Transient<AccountId> {
	items: Rc<Items<AccountId>>,
	size: u32,
}

/// The items would exceed [`MAX_TRANSIENT`].
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl<AccountId> Default for Transient<AccountId> {
	fn default() -> Self {
		Self { items: Rc::new(BTreeMap::new()), size: 0 }
	}
}

/// Keys and values are bounded, far below `u32::MAX`.
fn size(key: &[u8], value: &[u8]) -> u32 {
	ITEM_OVERHEAD.saturating_add(key.len() as u32).saturating_add(value.len() as u32)
}

impl<AccountId: Clone + Ord> Transient<AccountId> {
	/// The account's value under `key`.
	pub fn get(&self, account: &AccountId, key: Vec<u8>) -> Option<&[u8]> {
		self.items.get(&(account.clone(), key)).map(Vec::as_slice)
	}

	/// Sets the account's value of `key`. Returns the length of the previous value.
	pub fn set(
		&mut self,
		account: &AccountId,
		key: Vec<u8>,
		value: Vec<u8>,
	) -> Result<Option<usize>, Full> {
		let key = (account.clone(), key);
		let old = self.items.get(&key).map(|old| (old.len(), size(&key.1, old)));
		let rest = self.size.saturating_sub(old.map_or(0, |(_, size)| size));
		let size = rest.saturating_add(size(&key.1, &value));
		if size > MAX_TRANSIENT {
			return Err(Full);
		}
		self.size = size;
		Rc::make_mut(&mut self.items).insert(key, value);
		Ok(old.map(|(len, _)| len))
	}

	/// Removes the account's value of `key`. Returns its length.
	pub fn remove(&mut self, account: &AccountId, key: Vec<u8>) -> Option<usize> {
		let key = (account.clone(), key);
		if !self.items.contains_key(&key) {
			return None;
		}
		let old = Rc::make_mut(&mut self.items).remove(&key)?;
		self.size = self.size.saturating_sub(size(&key.1, &old));
		Some(old.len())
	}

	/// The items and bytes that the next change must copy, because a frame keeps the current state.
	pub fn shared(&self) -> Option<(u64, u64)> {
		let shared = Rc::strong_count(&self.items) > 1;
		shared.then(|| (self.items.len() as u64, self.size.into()))
	}

	/// Removes all items of the account.
	pub fn clear(&mut self, account: &AccountId) {
		if self.items.keys().any(|(owner, _)| owner == account) {
			Rc::make_mut(&mut self.items).retain(|(owner, _), _| owner != account);
			self.size = self.items.iter().map(|((_, key), value)| size(key, value)).sum();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn size_at_limit_ok_and_over_limit_refused() {
		let mut transient = Transient::<u8>::default();
		let rest = (MAX_TRANSIENT - 2 * ITEM_OVERHEAD - 2) as usize;
		assert_eq!(transient.set(&1, b"a".to_vec(), vec![0; 100]), Ok(None));
		assert_eq!(transient.set(&2, b"b".to_vec(), vec![0; rest - 99]), Err(Full));
		assert_eq!(transient.set(&2, b"b".to_vec(), vec![0; rest - 100]), Ok(None));
		assert_eq!(transient.size, MAX_TRANSIENT);
		// A refused write changes nothing, and removing makes room.
		assert_eq!(transient.set(&1, b"a".to_vec(), vec![0; 101]), Err(Full));
		assert_eq!(transient.remove(&1, b"a".to_vec()), Some(100));
		assert_eq!(transient.set(&2, b"b".to_vec(), vec![0; rest - 99]), Ok(Some(rest - 100)));
		transient.clear(&2);
		assert_eq!(transient.size, 0);
	}

	#[test]
	fn copy_keeps_what_was() {
		let mut transient = Transient::<u8>::default();
		transient.set(&1, b"k".to_vec(), b"old".to_vec()).expect("there is room");
		let copy = transient.clone();
		transient.set(&1, b"k".to_vec(), b"newer".to_vec()).expect("there is room");
		assert_eq!(copy.get(&1, b"k".to_vec()), Some(&b"old"[..]));
		assert_eq!(transient.get(&1, b"k".to_vec()), Some(&b"newer"[..]));
		assert_eq!(transient.get(&2, b"k".to_vec()), None);
	}
}
