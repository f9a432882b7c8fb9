//! The executor of a node: it executes runtime calls again after a host fault, and limits dry-runs.

use crate::attempt::{Repeatable, ATTEMPTS};
use parking_lot::{Condvar, Mutex};
use sc_executor::{RuntimeVersion, RuntimeVersionOf};
use sp_core::traits::{CallContext, CodeExecutor, ReadRuntimeVersion, RuntimeCode};
use sp_externalities::Externalities;
use std::{sync::Arc, thread::available_parallelism};
use virt_primitives::LOG_TARGET;

/// The functions of the runtime that are dry-runs have names with this prefix.
const DRY_RUN: &str = "VirtApi_dry_run";

/// Wraps the executor of a node, such as `sc_executor::WasmExecutor`.
///
/// **Host faults.** If a host fault occurs during a runtime call, the changes of the call are rolled
/// back, and it is executed again. Most host faults are lost worker processes: killed, stopped, or
/// without CPU time. There are up to three attempts. The last one interprets all programs, or, with
/// [`BackendChoice::Recompiler`](crate::BackendChoice::Recompiler), ends the process if it loses a
/// worker. Without this type, the process ends when the first worker is lost. A dry-run that exceeds
/// its time limit is not executed again.
///
/// The runtime must close its storage transactions, as FRAME's storage layers do: the changes of a call that returns
/// with an open one are lost.
///
/// **Dry-runs.** At most one fewer than there are cores, but at least one, are executed at the same time. Others
/// wait. So clients that make dry-runs do not slow down the production of blocks.
#[derive(Clone)]
pub struct VirtExecutor<E> {
	inner: E,
	dry_runs: Arc<Turns>,
}

impl<E> VirtExecutor<E> {
	/// Wraps an executor.
	pub fn new(inner: E) -> Self {
		let cores = available_parallelism().map_or(1, usize::from);
		Self { inner, dry_runs: Arc::new(Turns::new(cores.saturating_sub(1).max(1))) }
	}
}

impl<E: CodeExecutor> CodeExecutor for VirtExecutor<E> {
	type Error = E::Error;

	fn call(
		&self,
		ext: &mut dyn Externalities,
		code: &RuntimeCode,
		method: &str,
		data: &[u8],
		context: CallContext,
	) -> (Result<Vec<u8>, E::Error>, bool) {
		let is_dry_run = matches!(context, CallContext::Offchain) && method.starts_with(DRY_RUN);
		let _turn = is_dry_run.then(|| self.dry_runs.take());
		let mut number = 1;
		loop {
			ext.storage_start_transaction();
			let attempt = Repeatable::begin(number);
			let (result, native) = self.inner.call(ext, code, method, data, context);
			if result.is_ok() {
				// A runtime that succeeds has closed its transactions.
				let _ = ext.storage_commit_transaction();
				return (result, native);
			}
			// An aborted runtime leaves transactions open.
			while ext.storage_rollback_transaction().is_ok() {}
			if !attempt.must_repeat() {
				return (result, native);
			}
			number += 1;
			log::warn!(
				target: LOG_TARGET,
				"Executing {method} again after a host fault, attempt {number} of {ATTEMPTS}",
			);
		}
	}
}

impl<E: ReadRuntimeVersion> ReadRuntimeVersion for VirtExecutor<E> {
	fn read_runtime_version(
		&self,
		wasm_code: &[u8],
		ext: &mut dyn Externalities,
	) -> Result<Vec<u8>, String> {
		self.inner.read_runtime_version(wasm_code, ext)
	}
}

impl<E: RuntimeVersionOf> RuntimeVersionOf for VirtExecutor<E> {
	fn runtime_version(
		&self,
		ext: &mut dyn Externalities,
		code: &RuntimeCode,
	) -> sc_executor::error::Result<RuntimeVersion> {
		self.inner.runtime_version(ext, code)
	}
}

/// A limit on what happens at the same time.
struct Turns {
	/// The number of turns that are left.
	left: Mutex<usize>,
	returned: Condvar,
}

impl Turns {
	fn new(most: usize) -> Self {
		Self { left: Mutex::new(most), returned: Condvar::new() }
	}

	/// Waits for a turn, which lasts until it is dropped.
	fn take(&self) -> Turn<'_> {
		let mut left = self.left.lock();
		self.returned.wait_while(&mut left, |left| *left == 0);
		*left -= 1;
		Turn(self)
	}
}

struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
	fn drop(&mut self) {
		*self.0.left.lock() += 1;
		self.0.returned.notify_one();
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::{
		sync::atomic::{AtomicUsize, Ordering::SeqCst},
		thread,
		time::Duration,
	};

	#[test]
	fn no_more_take_a_turn_than_the_limit() {
		let (turns, running, most) = (Turns::new(2), AtomicUsize::new(0), AtomicUsize::new(0));
		thread::scope(|scope| {
			for _ in 0..8 {
				scope.spawn(|| {
					let _turn = turns.take();
					most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
					thread::sleep(Duration::from_millis(10));
					running.fetch_sub(1, SeqCst);
				});
			}
		});
		assert_eq!((most.into_inner(), *turns.left.lock()), (2, 2));
	}
}
