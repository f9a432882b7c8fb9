//! The engine of a process: PolkaVM's interpreter and recompiler, the module cache, metrics.
//!
//! It does not read PolkaVM's environment variables: results must not depend on a node's environment.

use crate::{
	attempt,
	cache::Cache,
	health::{CacheHealth, Health, WorkerHealth},
	limits::*,
	metrics::Metrics,
	module::Compiled,
	options::{Backend, BackendChoice, EngineError, Options},
	pool::Budget,
	prices::Rules,
	recompiler::Recompiler,
	start::{cpu_has_avx2, keep_freed_memory, start},
	workers::{WarmUp, Worker, WorkerSlot},
	Manager,
};
use parking_lot::Mutex;
use polkavm::{BackendKind, ProgramBlob};
use std::{
	sync::{atomic::Ordering::Relaxed, Arc},
	thread::available_parallelism,
	time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;
use virt_primitives::{
	snapshot::Tier,
	vm::{limits::Limits, program::translate, Environment, Event, Loaded},
	CompileError, Failure, Outcome, StoredName, VirtExt, LOG_TARGET,
};

/// The engine of a process.
pub struct Engine {
	backend: Backend,
	fallback_reason: Option<String>,
	interpreter: Arc<polkavm::Engine>,
	recompiler: Option<Recompiler>,
	trace: bool,
	rules: Rules,
	cache_bytes: usize,
	cache: Cache,
	pooled: Arc<Budget>,
	metrics: Metrics,
	last_fault: Mutex<Option<String>>,
}

impl Engine {
	/// Starts the engine and runs a first program, so that problems are detected now.
	///
	/// `registry` is the registry for the metrics, if any.
	pub fn new(
		backend: BackendChoice,
		registry: Option<&Registry>,
	) -> Result<Arc<Self>, EngineError> {
		Self::with(Options { backend, ..Options::default() }, registry)
	}

	/// Like [`Self::new`], with all options.
	pub fn with(options: Options, registry: Option<&Registry>) -> Result<Arc<Self>, EngineError> {
		if options.trace && options.backend != BackendChoice::Interpreter {
			return Err(EngineError("virt: only the interpreter can trace".into()));
		}
		keep_freed_memory();
		if !cpu_has_avx2() {
			return Err(EngineError(
				"virt: this CPU lacks AVX2, which the gas cost model needs on x86-64; use a \
				 machine with AVX2"
					.into(),
			));
		}
		let (interpreter, _) = start(BackendKind::Interpreter).map_err(|reason| {
			EngineError(format!("virt: the interpreter does not start: {reason}"))
		})?;
		let needs_recompiler = |choice: &str, reason: String| {
			EngineError(format!(
				"virt: the recompiler, which `--vm-backend {choice}` needs, does not work here \
				 ({reason}); use `--vm-backend interpreter`, which works everywhere"
			))
		};
		let recompiler = || Recompiler::start(options.on_dead_worker);
		let (backend, recompiler, fallback_reason) = match options.backend {
			BackendChoice::Interpreter => (Backend::Interpreter, None, None),
			BackendChoice::Recompiler => {
				let recompiler = recompiler().map_err(|it| needs_recompiler("recompiler", it))?;
				(Backend::Recompiler, Some(recompiler), None)
			},
			BackendChoice::Tiered => {
				let recompiler = recompiler().map_err(|it| needs_recompiler("tiered", it))?;
				(Backend::Tiered, Some(recompiler), None)
			},
			// A worker and the thread that waits for it would share the core.
			BackendChoice::Auto if available_parallelism().is_ok_and(|cores| cores.get() == 1) => {
				(Backend::Interpreter, None, Some("this machine has a single core".into()))
			},
			BackendChoice::Auto => match recompiler() {
				Ok(recompiler) => (Backend::Tiered, Some(recompiler), None),
				Err(reason) => (Backend::Interpreter, None, Some(reason)),
			},
		};
		let metrics = Metrics::new(registry)
			.map_err(|error| EngineError(format!("virt: metrics cannot be registered: {error}")))?;
		Ok(Arc::new(Self {
			backend,
			fallback_reason,
			interpreter: Arc::new(interpreter),
			recompiler,
			trace: options.trace,
			rules: options.rules,
			cache_bytes: options.cache_bytes,
			cache: Cache::new(options.cache_bytes),
			pooled: Arc::default(),
			metrics,
			last_fault: Mutex::new(None),
		}))
	}

	/// Starts worker processes in advance, for long-running processes such as a node. Without it,
	/// the first program waits about 100 ms for a worker.
	pub fn warm_up(&self) {
		if let Some(Recompiler { probe, warm_up, .. }) = &self.recompiler {
			warm_up.lock().get_or_insert_with(|| WarmUp::start(probe.clone()));
		}
	}

	/// Stops [`Self::warm_up`], and waits for it. Call it before the process exits: a worker that
	/// is being started would be left behind.
	pub fn stop_warm_up(&self) {
		if let Some(Recompiler { warm_up, .. }) = &self.recompiler {
			// Dropped without holding the lock.
			let begun = warm_up.lock().take();
			drop(begun);
		}
	}

	/// The backend.
	pub fn backend(&self) -> Backend {
		self.backend
	}

	/// Why `auto` fell back to the interpreter, if it did.
	pub fn fallback_reason(&self) -> Option<&str> {
		self.fallback_reason.as_deref()
	}

	/// The metrics of the process.
	pub fn metrics(&self) -> &Metrics {
		&self.metrics
	}

	/// A new manager in an externalities extension.
	pub fn extension(self: &Arc<Self>) -> VirtExt {
		VirtExt::new(Manager::new(self.clone()))
	}

	/// The state of the engine for `virt_health`.
	pub fn health(&self) -> Health {
		let (modules, bytes) = self.cache.usage();
		let metrics = &self.metrics;
		Health {
			backend: match self.backend {
				Backend::Tiered => "tiered",
				Backend::Recompiler => "recompiler",
				Backend::Interpreter => "interpreter",
			},
			fallback_reason: self.fallback_reason.clone(),
			tier_ups: metrics.tier_ups.get(),
			tier_downs: metrics.tier_downs.get(),
			instances: metrics.instances.get(),
			syscalls: metrics.syscalls.get(),
			traps: metrics.traps.get(),
			workers: self.recompiler.as_ref().map(|recompiler| WorkerHealth {
				at_work: recompiler.workers.load(Relaxed),
				idle: recompiler.polkavm.idle_worker_pids().len(),
				limit: MAX_WORKERS,
			}),
			cache: CacheHealth {
				modules,
				bytes,
				capacity: self.cache_bytes,
				hits: metrics.cache_hits.get(),
				misses: metrics.compiled.get(),
				native: metrics.compiled_native.get(),
			},
			host_faults: metrics.host_faults.get(),
			last_fault: self.last_fault.lock().clone(),
		}
	}

	/// Empties the module cache, for benchmarks.
	pub fn clear_cache(&self) {
		self.cache.clear();
	}

	fn keep(&self, compiled: &Arc<Compiled>) {
		self.cache.insert(compiled.clone());
		self.metrics.cache_bytes.set(self.cache.usage().1 as u64);
	}

	/// The program's native code, compiled now if necessary.
	fn native<'a>(&self, compiled: &'a Arc<Compiled>, tier: Tier) -> Option<&'a polkavm::Module> {
		let recompiler = self.recompiler.as_ref()?;
		let known = compiled.is_native_known(tier);
		let module = compiled.native(tier, |blob| self.translate(recompiler, blob, tier));
		if !known {
			// The module has become larger.
			self.keep(compiled);
		}
		module
	}

	fn translate(
		&self,
		recompiler: &Recompiler,
		blob: &ProgramBlob,
		tier: Tier,
	) -> Option<polkavm::Module> {
		let translated =
			translate(&recompiler.polkavm, false, blob, tier).or_else(|failure| match failure {
				// Native code of all programs shares one arena. Cached modules must not prevent
				// this one from being compiled.
				Failure::Host(reason) => {
					log::warn!(target: LOG_TARGET, "Compiling again with an empty cache: {reason}");
					self.cache.clear();
					translate(&recompiler.polkavm, false, blob, tier)
				},
				guest => Err(guest),
			});
		match translated {
			Ok(module) => {
				self.metrics.compiled_native.inc();
				Some(module)
			},
			Err(failure) => {
				log::warn!(target: LOG_TARGET, "A program is interpreted, because it cannot be compiled: {failure:?}");
				None
			},
		}
	}
}

impl Environment for Engine {
	type Module = Compiled;
	type Worker = Worker;
	type Deadline = Deadline;

	fn rules(&self) -> &Rules {
		&self.rules
	}

	fn limits(&self) -> &Limits {
		&HOST
	}

	/// Modules compiled for a dry-run are not cached: they would evict those of the chain.
	fn compile(
		&self,
		program: &[u8],
		keep: bool,
		admitted: bool,
	) -> Outcome<Arc<Compiled>, CompileError> {
		let digest = self.cache.digest(program);
		if let Some(compiled) = self.cache.get(program, digest) {
			self.metrics.cache_hits.inc();
			// It may have been compiled without the check. A runtime must not be able to observe
			// the cache.
			if !admitted {
				compiled.program().check()?;
			}
			return Ok(compiled);
		}
		let compiled = Compiled::new(&self.interpreter, &self.pooled, self.trace, program, digest)?;
		let compiled = Arc::new(compiled);
		if !admitted {
			compiled.program().check()?;
		}
		self.metrics.compiled.inc();
		if keep {
			self.keep(&compiled);
		}
		Ok(compiled)
	}

	fn named(&self, name: &StoredName) -> Option<Arc<Compiled>> {
		let compiled = self.cache.get_named(name)?;
		self.metrics.cache_hits.inc();
		Some(compiled)
	}

	fn name(&self, name: StoredName, compiled: &Arc<Compiled>, kept: bool) {
		if !kept {
			self.keep(compiled);
		}
		self.cache.name(name, compiled);
	}

	fn is_native_only(&self) -> bool {
		self.backend == Backend::Recompiler
	}

	/// Errs if only the recompiler was requested and no worker process is available.
	fn worker(&self, compiled: &Arc<Compiled>, tier: Tier) -> Result<Option<Worker>, String> {
		let Some(recompiler) = &self.recompiler else { return Ok(None) };
		// Host faults occurred in the other attempts, most likely of workers.
		if attempt::is_last() && self.backend != Backend::Recompiler {
			return Ok(None);
		}
		let Some(slot) = WorkerSlot::take(&recompiler.workers) else { return Ok(None) };
		let Some(module) = self.native(compiled, tier) else { return Ok(None) };
		match recompiler.instantiate(module) {
			Ok((raw, watched)) => Ok(Some(Worker::new(raw, watched, slot))),
			Err(reason) if self.backend == Backend::Recompiler => Err(reason),
			Err(reason) => {
				log::warn!(target: LOG_TARGET, "A program is interpreted, because no worker is available: {reason}");
				Ok(None)
			},
		}
	}

	fn count(&self, event: Event) {
		let metrics = &self.metrics;
		match event {
			Event::InstanceMade => metrics.instances.inc(),
			Event::InstanceGone => metrics.instances.dec(),
			Event::Syscall => metrics.syscalls.inc(),
			Event::Trap => metrics.traps.inc(),
			Event::TierUp => metrics.tier_ups.inc(),
			Event::TierDown => metrics.tier_downs.inc(),
		}
	}

	fn record_fault(&self, reason: &str) {
		attempt::record_fault();
		self.metrics.host_faults.inc();
		*self.last_fault.lock() = Some(reason.into());
	}
}

/// The deadline of a dry-run.
#[derive(Clone, Copy)]
pub struct Deadline(Instant);

impl virt_primitives::vm::Deadline for Deadline {
	fn after(limit: Duration) -> Option<Self> {
		Instant::now().checked_add(limit).map(Self)
	}

	fn is_past(self) -> bool {
		Instant::now() >= self.0
	}
}
