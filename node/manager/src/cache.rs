//! Compiled modules by content, least recently used first out.
//!
//! The key is the hash of the program's bytes, never a storage key: whoever asks has the bytes in
//! hand, so what was rolled back in storage cannot be run from here.

use parking_lot::Mutex;
use polkavm::ProgramCounter;
use schnellru::{Limiter, LruMap};
use std::{collections::HashMap, sync::Arc};
use virt_primitives::SyscallSymbol;

/// BLAKE2b-256 of a program's bytes.
pub type ContentHash = [u8; 32];

/// A compiled program, with what every run needs looked up once.
pub struct Compiled {
	/// PolkaVM's module.
	pub module: polkavm::Module,
	/// Entry points by name. Of two exports with one name, the first counts.
	pub exports: HashMap<Box<[u8]>, ProgramCounter>,
	/// Syscalls by import index.
	pub imports: Vec<SyscallSymbol>,
	/// Memory of an instance, in bytes: read-only data, read-write data and stack.
	pub memory: u64,
	/// What keeping it costs at most, in bytes: program, native code, jump table, initial memory.
	pub size: usize,
}

/// The cache. Locked only to look up and to insert, never while compiling.
pub struct Cache(Mutex<LruMap<ContentHash, Arc<Compiled>, ByBytes>>);

impl Cache {
	/// An empty cache that holds up to `capacity` bytes.
	pub fn new(capacity: usize) -> Self {
		Self(Mutex::new(LruMap::new(ByBytes { held: 0, capacity })))
	}

	/// The module compiled from the bytes with this hash.
	pub fn get(&self, hash: &ContentHash) -> Option<Arc<Compiled>> {
		self.0.lock().get(hash).cloned()
	}

	/// Forgets everything.
	pub fn clear(&self) {
		self.0.lock().clear();
	}

	/// Keeps `compiled`; older modules make room for it.
	pub fn insert(&self, hash: ContentHash, compiled: Arc<Compiled>) {
		self.0.lock().insert(hash, compiled);
	}
}

/// Bounds the bytes held.
struct ByBytes {
	held: usize,
	capacity: usize,
}

impl Limiter<ContentHash, Arc<Compiled>> for ByBytes {
	type KeyToInsert<'a> = ContentHash;
	type LinkType = u32;

	fn is_over_the_limit(&self, _length: usize) -> bool {
		self.held > self.capacity
	}

	fn on_insert(
		&mut self,
		_length: usize,
		key: ContentHash,
		value: Arc<Compiled>,
	) -> Option<(ContentHash, Arc<Compiled>)> {
		if value.size > self.capacity {
			return None;
		}
		self.held += value.size;
		Some((key, value))
	}

	fn on_replace(
		&mut self,
		_length: usize,
		_old_key: &mut ContentHash,
		_new_key: ContentHash,
		old_value: &mut Arc<Compiled>,
		new_value: &mut Arc<Compiled>,
	) -> bool {
		self.held = self.held - old_value.size + new_value.size;
		true
	}

	fn on_removed(&mut self, _key: &mut ContentHash, value: &mut Arc<Compiled>) {
		self.held -= value.size;
	}

	fn on_cleared(&mut self) {
		self.held = 0;
	}

	fn on_grow(&mut self, _new_memory_usage: usize) -> bool {
		true
	}
}
