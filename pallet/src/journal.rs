//! A map in memory that follows the frames of a call: the writes of a frame that is rolled back are
//! undone, in as many steps as there were writes.

use alloc::{collections::BTreeMap, vec::Vec};

/// A map with checkpoints.
pub struct Journal<K, V> {
	map: BTreeMap<K, V>,
	/// For each write, the key and the previous value.
	undo: Vec<(K, Option<V>)>,
}

/// A checkpoint of a [`Journal`].
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint(usize);

impl<K, V> Default for Journal<K, V> {
	fn default() -> Self {
		Self { map: BTreeMap::new(), undo: Vec::new() }
	}
}

impl<K: Clone + Ord, V: Clone> Journal<K, V> {
	/// The value of `key`.
	pub fn get(&self, key: &K) -> Option<&V> {
		self.map.get(key)
	}

	/// Sets the value of `key`. Returns the previous value.
	pub fn insert(&mut self, key: K, value: V) -> Option<V> {
		let before = self.map.insert(key.clone(), value);
		self.undo.push((key, before.clone()));
		before
	}

	/// All values, sorted by key.
	pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
		self.map.iter()
	}

	/// A checkpoint of the current state.
	pub fn checkpoint(&self) -> Checkpoint {
		Checkpoint(self.undo.len())
	}

	/// Undoes the writes since the checkpoint.
	pub fn roll_back(&mut self, Checkpoint(len): Checkpoint) {
		while self.undo.len() > len {
			match self.undo.pop() {
				Some((key, Some(value))) => self.map.insert(key, value),
				Some((key, None)) => self.map.remove(&key),
				None => return,
			};
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn roll_back_restores_what_was_at_the_checkpoint() {
		let mut journal = Journal::default();
		journal.insert(1, 'a');
		let outer = journal.checkpoint();
		journal.insert(2, 'b');
		let inner = journal.checkpoint();
		assert_eq!(journal.insert(1, 'c'), Some('a'));
		journal.insert(1, 'd');
		journal.insert(3, 'e');
		let all =
			|journal: &Journal<_, _>| journal.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>();
		assert_eq!(all(&journal), [(1, 'd'), (2, 'b'), (3, 'e')]);
		journal.roll_back(inner);
		assert_eq!(all(&journal), [(1, 'a'), (2, 'b')]);
		journal.roll_back(outer);
		assert_eq!(all(&journal), [(1, 'a')]);
		// Writes of an inner frame that was committed are undone with the outer one.
		journal.roll_back(inner);
		assert_eq!(all(&journal), [(1, 'a')]);
	}
}
