//! Compiled modules by content, least recently used first out.
//!
//! The key is the program itself: a look-up hashes the bytes in hand, by a fast hash with a secret
//! of this process, and then compares them all. Whoever asks has the bytes, so what was rolled back
//! in storage cannot be run from here, and no two programs can be taken for each other.

use crate::module::Compiled;
use parking_lot::Mutex;
use schnellru::{Limiter, LruMap};
use std::{
	hash::{Hash, Hasher},
	sync::Arc,
};

/// The cache. Locked only to look up and to insert, never while compiling.
pub struct Cache(Mutex<LruMap<Program, Entry, ByBytes>>);

impl Cache {
	/// An empty cache that holds up to `capacity` bytes.
	pub fn new(capacity: usize) -> Self {
		Self(Mutex::new(LruMap::new(ByBytes { held: 0, capacity })))
	}

	/// The module compiled from `program`.
	pub fn get(&self, program: &[u8]) -> Option<Arc<Compiled>> {
		self.0.lock().get(program).map(|entry| entry.compiled.clone())
	}

	/// Keeps `compiled`, at the size that it has now; older modules make room for it.
	pub fn insert(&self, compiled: Arc<Compiled>) {
		let size = compiled.size();
		self.0.lock().insert(Program(compiled.clone()), Entry { compiled, size });
	}

	/// Forgets everything.
	pub fn clear(&self) {
		self.0.lock().clear();
	}

	/// How many modules it holds, and how many bytes they take.
	pub fn usage(&self) -> (usize, usize) {
		let map = self.0.lock();
		(map.len(), map.limiter().held)
	}
}

/// A key: a program's bytes, where its module has them already.
struct Program(Arc<Compiled>);

impl Hash for Program {
	fn hash<H: Hasher>(&self, state: &mut H) {
		self.0.bytes().hash(state)
	}
}

impl PartialEq for Program {
	fn eq(&self, other: &Self) -> bool {
		self.0.bytes() == other.0.bytes()
	}
}

impl PartialEq<Program> for [u8] {
	fn eq(&self, other: &Program) -> bool {
		self == other.0.bytes()
	}
}

struct Entry {
	compiled: Arc<Compiled>,
	/// Its size when it was inserted; it grows with native code.
	size: usize,
}

/// Bounds the bytes held.
struct ByBytes {
	held: usize,
	capacity: usize,
}

impl Limiter<Program, Entry> for ByBytes {
	type KeyToInsert<'a> = Program;
	type LinkType = u32;

	fn is_over_the_limit(&self, _length: usize) -> bool {
		self.held > self.capacity
	}

	fn on_insert(
		&mut self,
		_length: usize,
		key: Program,
		value: Entry,
	) -> Option<(Program, Entry)> {
		if value.size > self.capacity {
			return None;
		}
		self.held += value.size;
		Some((key, value))
	}

	fn on_replace(
		&mut self,
		_length: usize,
		_old_key: &mut Program,
		_new_key: Program,
		old_value: &mut Entry,
		new_value: &mut Entry,
	) -> bool {
		self.held = self.held - old_value.size + new_value.size;
		true
	}

	fn on_removed(&mut self, _key: &mut Program, value: &mut Entry) {
		self.held -= value.size;
	}

	fn on_cleared(&mut self) {
		self.held = 0;
	}

	fn on_grow(&mut self, _new_memory_usage: usize) -> bool {
		true
	}
}
