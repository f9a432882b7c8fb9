//! A map in memory that follows the frames of a call: what a frame that is rolled back wrote is undone,
//! in as many steps as it wrote.

use alloc::{collections::BTreeMap, vec::Vec};

/// See the module.
pub struct Journal<K, V> {
	map: BTreeMap<K, V>,
	/// For each write, the key and the value before it.
	undo: Vec<(K, Option<V>)>,
}

/// A place in a [`Journal`] to go back to.
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

	/// Sets the value of `key`. Gives the one before.
	pub fn insert(&mut self, key: K, value: V) -> Option<V> {
		let before = self.map.insert(key.clone(), value);
		self.undo.push((key, before.clone()));
		before
	}

	/// All values, by rising key.
	pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
		self.map.iter()
	}

	/// The place that it is at now.
	pub fn checkpoint(&self) -> Checkpoint {
		Checkpoint(self.undo.len())
	}

	/// Undoes what was written since.
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
		// What was kept by an inner frame is undone with the outer one.
		journal.roll_back(inner);
		assert_eq!(all(&journal), [(1, 'a')]);
	}
}
