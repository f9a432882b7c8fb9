//! The module cache: compiled modules by content, least recently used first out.
//!
//! The key is the program itself: a look-up hashes the program's bytes with a fast keyed hash, and
//! then compares all bytes, so that programs cannot be confused. A stored program also has a name:
//! the hash that storage keeps of it. A look-up needs the bytes or that hash, so a program whose
//! upload was rolled back cannot be run from the cache.

use crate::{limits::MAX_NAMES, module::Compiled};
use ahash::RandomState;
use parking_lot::Mutex;
use schnellru::{ByLength, Limiter, LruMap};
use std::{
	hash::{Hash, Hasher},
	sync::{Arc, Weak},
};
use virt_primitives::StoredName;

/// The cache. Locked only for look-ups and insertions, never while hashing or compiling.
pub struct Cache {
	modules: Mutex<LruMap<Program, Entry, ByBytes>>,
	names: Mutex<LruMap<StoredName, Named>>,
	state: RandomState,
}

/// Modules by name, while they exist.
type Named = Weak<Compiled>;

impl Cache {
	/// An empty cache with a capacity of `capacity` bytes.
	pub fn new(capacity: usize) -> Self {
		Self {
			modules: Mutex::new(LruMap::new(ByBytes { held: 0, capacity })),
			names: Mutex::new(LruMap::new(ByLength::new(MAX_NAMES))),
			state: RandomState::new(),
		}
	}

	/// The digest for [`Self::get`] and for a [`Compiled`].
	pub fn digest(&self, program: &[u8]) -> u64 {
		self.state.hash_one(program)
	}

	/// The module compiled from `program`, whose digest is `digest`.
	pub fn get(&self, program: &[u8], digest: u64) -> Option<Arc<Compiled>> {
		let wanted = Wanted { digest, program };
		self.modules.lock().get(&wanted).map(|entry| entry.compiled.clone())
	}

	/// The module with this name.
	pub fn get_named(&self, name: &StoredName) -> Option<Arc<Compiled>> {
		let compiled = self.names.lock().get(name)?.upgrade()?;
		// Marks it as used.
		self.modules.lock().get(&Program(compiled.clone()));
		Some(compiled)
	}

	/// Gives `compiled` a name.
	pub fn name(&self, name: StoredName, compiled: &Arc<Compiled>) {
		self.names.lock().insert(name, Arc::downgrade(compiled));
	}

	/// Inserts `compiled` with its current size; older modules are evicted.
	pub fn insert(&self, compiled: Arc<Compiled>) {
		let size = compiled.size();
		self.modules.lock().insert(Program(compiled.clone()), Entry { compiled, size });
	}

	/// Empties the cache.
	pub fn clear(&self) {
		self.modules.lock().clear();
	}

	/// The number of modules, and their size in bytes.
	pub fn usage(&self) -> (usize, usize) {
		let map = self.modules.lock();
		(map.len(), map.limiter().held)
	}
}

/// A key: a program's bytes, shared with its module, and their hash.
struct Program(Arc<Compiled>);

impl Hash for Program {
	fn hash<H: Hasher>(&self, state: &mut H) {
		state.write_u64(self.0.digest())
	}
}

impl PartialEq for Program {
	fn eq(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.0, &other.0)
			|| self.0.digest() == other.0.digest() && self.0.bytes() == other.0.bytes()
	}
}

/// The program of a look-up.
struct Wanted<'a> {
	program: &'a [u8],
	digest: u64,
}

impl Hash for Wanted<'_> {
	fn hash<H: Hasher>(&self, state: &mut H) {
		state.write_u64(self.digest)
	}
}

impl PartialEq<Program> for Wanted<'_> {
	fn eq(&self, other: &Program) -> bool {
		self.digest == other.0.digest() && self.program == other.0.bytes()
	}
}

struct Entry {
	compiled: Arc<Compiled>,
	/// Its size when it was inserted, which grows with native code.
	size: usize,
}

/// Limits the size in bytes.
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
