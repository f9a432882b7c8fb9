//! Pools of interpreter instances. See `docs/decisions/instances-are-used-again.md`.

use crate::limits::{MAX_POOLED, POOL_BYTES};
use parking_lot::Mutex;
use std::sync::{
	atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
	Arc,
};
use virt_primitives::vm::Pooled;

/// The size of the pooled instances of all programs, in bytes. The first instance of each program
/// counts as a part of its module instead.
#[derive(Default)]
pub struct Budget(AtomicUsize);

impl Budget {
	fn reserve(&self, bytes: usize) -> bool {
		let reserved = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= POOL_BYTES);
		self.0.fetch_update(Relaxed, Relaxed, reserved).is_ok()
	}

	fn release(&self, bytes: usize) {
		self.0.fetch_sub(bytes, Relaxed);
	}
}

/// The pooled instances of a program. More than one if it was nested.
pub struct Pool {
	instances: Mutex<Vec<Entry>>,
	/// Whether an instance was returned before. A program that runs once is not pooled: its
	/// instance would keep memory from the next program.
	offered: AtomicBool,
	budget: Arc<Budget>,
}

struct Entry {
	instance: Pooled,
	/// Bytes of the budget.
	reserved: usize,
}

impl Pool {
	/// An empty pool.
	pub fn new(budget: Arc<Budget>) -> Self {
		Self { instances: Mutex::default(), offered: AtomicBool::new(false), budget }
	}

	/// Takes an instance, if there is one.
	pub fn take(&self) -> Option<Pooled> {
		let Entry { instance, reserved } = self.instances.lock().pop()?;
		self.budget.release(reserved);
		Some(instance)
	}

	/// Returns an instance of `size` bytes to the pool, unless it is the first one or exceeds the
	/// budget.
	pub fn put(&self, mut instance: Pooled, size: usize) {
		// Registers and position are set when it is prepared.
		let first = !self.offered.swap(true, Relaxed);
		if first || size > MAX_POOLED || instance.raw.reset_memory().is_err() {
			return;
		}
		let mut instances = self.instances.lock();
		let reserved = if instances.is_empty() { 0 } else { size };
		if self.budget.reserve(reserved) {
			instances.push(Entry { instance, reserved });
		}
	}
}

impl Drop for Pool {
	fn drop(&mut self) {
		for Entry { reserved, .. } in self.instances.get_mut() {
			self.budget.release(*reserved);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use polkavm::BackendKind;
	use virt_primitives::vm::program::{configure, Program};

	fn instance() -> Pooled {
		let engine = polkavm::Engine::new(&configure(BackendKind::Interpreter)).expect("it starts");
		let program = Program::new(&Arc::new(engine), false, virt_fixtures::COUNTER);
		let program = program.expect("the fixture is valid");
		let module =
			program.interpreted(virt_primitives::snapshot::Tier::One).expect("it compiles");
		let raw = module.instantiate().expect("there is memory");
		Pooled { raw: Box::new(raw), executed: 0 }
	}

	#[test]
	fn the_first_instance_is_free_and_the_rest_is_bounded() {
		let budget = Arc::new(Budget::default());
		let pool = Pool::new(budget.clone());
		let each = MAX_POOLED;
		let fit = POOL_BYTES / each;
		for _ in 0..fit + 3 {
			pool.put(instance(), each);
		}
		assert_eq!(budget.0.load(Relaxed), fit * each);
		// Of the returned instances, the first and the last are not pooled.
		let taken = std::iter::from_fn(|| pool.take()).count();
		assert_eq!(taken, fit + 1);
		assert_eq!(budget.0.load(Relaxed), 0);

		pool.put(instance(), each + 1);
		assert!(pool.take().is_none());

		pool.put(instance(), each);
		pool.put(instance(), each);
		drop(pool);
		assert_eq!(budget.0.load(Relaxed), 0);
	}
}
