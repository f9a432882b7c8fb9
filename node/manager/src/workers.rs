//! Worker processes: instances in a worker, and starting workers in advance.
//!
//! PolkaVM keeps idle workers per core, and starts one if there is none, which takes about 100 ms.
//! So a thread visits each core once and leaves idle workers behind. They wait without using CPU
//! time.

use crate::{
	limits::{IDLE_WORKERS, MAX_WORKERS, WARM_CORES},
	scheduling::{on_each_core, Apart},
	watchdog::Watched,
};
use polkavm::{program::InstructionSetKind, ProgramBlob, RawInstance};
use polkavm_common::{program::asm, writer::ProgramBlobBuilder};
use std::{
	mem::ManuallyDrop,
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
		Arc,
	},
	thread::{self, JoinHandle},
};
use virt_primitives::{snapshot::Tier, vm::program::translate, LOG_TARGET};

/// A permit for one more worker process.
pub struct WorkerSlot(Arc<AtomicUsize>);

impl WorkerSlot {
	/// Takes a permit, if fewer than [`MAX_WORKERS`] are in use.
	pub fn take(workers: &Arc<AtomicUsize>) -> Option<Self> {
		let one_more = |count| (count < MAX_WORKERS).then_some(count + 1);
		workers.fetch_update(Relaxed, Relaxed, one_more).ok().map(|_| Self(workers.clone()))
	}
}

impl Drop for WorkerSlot {
	fn drop(&mut self) {
		self.0.fetch_sub(1, Relaxed);
	}
}

/// An instance in a worker process. The watchdog watches each wait for it.
pub struct Worker {
	raw: ManuallyDrop<RawInstance>,
	watched: Arc<Watched>,
	apart: Apart,
	_slot: WorkerSlot,
}

impl Worker {
	/// A watched worker with an instance.
	pub fn new(raw: RawInstance, watched: Arc<Watched>, slot: WorkerSlot) -> Self {
		let apart = Apart::new(raw.pid());
		Self { raw: ManuallyDrop::new(raw), watched, apart, _slot: slot }
	}
}

impl virt_primitives::vm::Worker for Worker {
	fn raw(&self) -> &RawInstance {
		&self.raw
	}

	#[inline]
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		let Self { raw, watched, .. } = self;
		watched.wait(|| what(raw))
	}

	#[inline]
	fn run<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		self.apart.keep();
		self.with(what)
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		// SAFETY: it is not used after this.
		self.watched.wait(|| unsafe { ManuallyDrop::drop(&mut self.raw) })
	}
}

/// A program that only returns.
pub fn probe(engine: &polkavm::Engine) -> Result<polkavm::Module, String> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"probe");
	builder.set_code(&[asm::ret()], &[]);
	let bytes = builder.to_vec().map_err(|error| format!("{error:?}"))?;
	let blob = ProgramBlob::parse(bytes.into()).map_err(|error| error.to_string())?;
	translate(engine, false, &blob, Tier::Two).map_err(|failure| format!("{failure:?}"))
}

/// The thread that starts workers, by instantiating a module.
///
/// Dropping it stops the thread and waits for it: a worker that is being started outlives a process
/// that exits meanwhile.
pub struct WarmUp {
	stop: Arc<AtomicBool>,
	thread: Option<JoinHandle<()>>,
}

impl WarmUp {
	pub fn start(module: polkavm::Module) -> Self {
		let stop = Arc::<AtomicBool>::default();
		let stopped = stop.clone();
		let warm = move || match warm_each_core(&module, &stopped) {
			Ok(count) => log::debug!(target: LOG_TARGET, "{count} worker processes are ready"),
			// The error will occur again when a program needs a worker.
			Err(reason) => {
				log::warn!(target: LOG_TARGET, "No worker was started in advance: {reason}")
			},
		};
		let thread = thread::Builder::new().name("virt-workers".into()).spawn(warm);
		if let Err(error) = &thread {
			log::warn!(target: LOG_TARGET, "No worker was started in advance: {error}");
		}
		Self { stop, thread: thread.ok() }
	}
}

impl Drop for WarmUp {
	fn drop(&mut self) {
		self.stop.store(true, Relaxed);
		if let Some(thread) = self.thread.take() {
			let _ = thread.join();
		}
	}
}

fn warm_each_core(module: &polkavm::Module, stop: &AtomicBool) -> Result<usize, String> {
	// Kept until all are started, so that none is used twice.
	let mut instances: Vec<RawInstance> = Vec::new();
	on_each_core(WARM_CORES, IDLE_WORKERS, || {
		if stop.load(Relaxed) {
			return Ok(None);
		}
		let instance = module.instantiate().map_err(|error| error.to_string())?;
		let pid = instance.pid();
		instances.push(instance);
		Ok(pid)
	})?;
	Ok(instances.len())
}
