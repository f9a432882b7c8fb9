//! Compiled modules by content, least recently used first out.
//!
//! The key is the program itself: a look-up hashes the bytes in hand, by a fast hash with a secret
//! of this process, and then compares them all; no two programs can be taken for each other. A
//! program in storage has a name, too: the hash that storage keeps of it. Whoever asks has the bytes
//! or that hash, so what was rolled back in storage cannot be run from here.

use crate::{limits::MAX_NAMES, module::Compiled};
use ahash::RandomState;
use parking_lot::Mutex;
use schnellru::{ByLength, Limiter, LruMap};
use std::{
	hash::{Hash, Hasher},
	sync::{Arc, Weak},
};
use virt_primitives::StoredName;

/// The cache. Locked only to look up and to insert, never while hashing or compiling.
pub struct Cache {
	modules: Mutex<LruMap<Program, Entry, ByBytes>>,
	names: Mutex<LruMap<StoredName, Named>>,
	state: RandomState,
}

/// What a name stands for, as long as somebody has it.
type Named = Weak<Compiled>;

impl Cache {
	/// An empty cache that holds up to `capacity` bytes.
	pub fn new(capacity: usize) -> Self {
		Self {
			modules: Mutex::new(LruMap::new(ByBytes { held: 0, capacity })),
			names: Mutex::new(LruMap::new(ByLength::new(MAX_NAMES))),
			state: RandomState::new(),
		}
	}

	/// What [`Self::get`] looks for, and the [`Compiled`] that is inserted has.
	pub fn digest(&self, program: &[u8]) -> u64 {
		self.state.hash_one(program)
	}

	/// The module compiled from `program`, whose digest is `digest`.
	pub fn get(&self, program: &[u8], digest: u64) -> Option<Arc<Compiled>> {
		let wanted = Wanted { digest, program };
		self.modules.lock().get(&wanted).map(|entry| entry.compiled.clone())
	}

	/// The module of this name.
	pub fn get_named(&self, name: &StoredName) -> Option<Arc<Compiled>> {
		let compiled = self.names.lock().get(name)?.upgrade()?;
		// It was used now.
		self.modules.lock().get(&Program(compiled.clone()));
		Some(compiled)
	}

	/// Gives `compiled` a name.
	pub fn name(&self, name: StoredName, compiled: &Arc<Compiled>) {
		self.names.lock().insert(name, Arc::downgrade(compiled));
	}

	/// Keeps `compiled`, at the size that it has now; older modules make room for it.
	pub fn insert(&self, compiled: Arc<Compiled>) {
		let size = compiled.size();
		self.modules.lock().insert(Program(compiled.clone()), Entry { compiled, size });
	}

	/// Forgets everything.
	pub fn clear(&self) {
		self.modules.lock().clear();
	}

	/// How many modules it holds, and how many bytes they take.
	pub fn usage(&self) -> (usize, usize) {
		let map = self.modules.lock();
		(map.len(), map.limiter().held)
	}
}

/// A key: a program's bytes, where its module has them already, and the hash of them.
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

/// A program that is looked for.
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
