//! The process's PolkaVM engines: which backend runs, how they are configured, compiling, workers.
//!
//! The configuration is written here. PolkaVM's environment variables are not read: what a node
//! computes must not depend on its surroundings.

use crate::{
	cache::Cache,
	health::{CacheHealth, Health, WorkerHealth},
	limits::*,
	metrics::Metrics,
	module::Compiled,
	pool::Budget,
	prices::Rules,
	watchdog::{OnFault, Watchdog},
	workers::{self, WarmUp, Worker, WorkerSlot},
	Manager,
};
use parking_lot::Mutex;
use polkavm::{BackendKind, ProgramBlob, RawInstance, SandboxKind};
use std::{
	fmt,
	str::FromStr,
	sync::{
		atomic::{AtomicUsize, Ordering::Relaxed},
		Arc,
	},
	time::{Duration, Instant},
};
use substrate_prometheus_endpoint::Registry;
use virt_primitives::{
	snapshot::Tier,
	vm::{
		limits::Limits,
		program::{configure, translate},
		Environment, Event, Loaded,
	},
	CompileError, Failure, Outcome, StoredName, VirtExt, LOG_TARGET,
};

/// Which backend the operator asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
	/// [`Self::Tiered`] where it works, else the interpreter.
	#[default]
	Auto,
	/// The interpreter first, and native code for what computes for long.
	Tiered,
	/// Native code in sandboxed worker processes.
	Recompiler,
	/// Works everywhere; slower on long computations.
	Interpreter,
}

impl FromStr for BackendChoice {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"auto" => Ok(Self::Auto),
			"tiered" => Ok(Self::Tiered),
			"recompiler" => Ok(Self::Recompiler),
			"interpreter" => Ok(Self::Interpreter),
			_ => Err(format!("`{text}` is none of auto, tiered, recompiler, interpreter")),
		}
	}
}

impl fmt::Display for BackendChoice {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Auto => "auto",
			Self::Tiered => "tiered",
			Self::Recompiler => "recompiler",
			Self::Interpreter => "interpreter",
		})
	}
}

/// Which backend runs. All give the same results and the same gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
	/// See [`BackendChoice::Tiered`].
	Tiered,
	/// See [`BackendChoice::Recompiler`].
	Recompiler,
	/// See [`BackendChoice::Interpreter`].
	Interpreter,
}

impl fmt::Display for Backend {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Tiered => "interpreter, and on the recompiler where they compute for long",
			Self::Recompiler => "recompiler",
			Self::Interpreter => "interpreter",
		})
	}
}

/// The engine could not be started. One line that says the fix.
#[derive(Debug)]
pub struct EngineError(pub(crate) String);

impl fmt::Display for EngineError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

impl std::error::Error for EngineError {}

/// What an engine is started with. None of it changes a result, except for [`Self::rules`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
	/// Which backend to run.
	pub backend: BackendChoice,
	/// See [`CACHE_BYTES`].
	pub cache_bytes: usize,
	/// When executions change tiers. For tests: a node has the default, as all nodes of its chain.
	pub rules: Rules,
	/// What to do about a worker process that cannot go on. It must not return.
	pub on_dead_worker: OnFault,
	/// Whether executions are traced: see [`crate::trace`]. Needs [`BackendChoice::Interpreter`], and is
	/// many times slower.
	pub trace: bool,
}

impl Default for Options {
	fn default() -> Self {
		Self {
			backend: BackendChoice::Auto,
			cache_bytes: CACHE_BYTES,
			rules: Rules::default(),
			on_dead_worker: end_process,
			trace: false,
		}
	}
}

/// Exit status of a process whose worker cannot go on. `EX_OSERR` of sysexits.h.
pub const DEAD_WORKER_STATUS: i32 = 71;

fn end_process(fault: &str) {
	log::error!(target: LOG_TARGET, "Host fault, the node stops: {fault}");
	eprintln!("Error: virt: {fault}, while a program waits for it; nothing of its block was imported; start the node again");
	std::process::exit(DEAD_WORKER_STATUS)
}

/// One per process.
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

/// The half of the engine that has worker processes.
struct Recompiler {
	polkavm: polkavm::Engine,
	watchdog: Arc<Watchdog>,
	workers: Arc<AtomicUsize>,
	/// A program that only returns.
	probe: polkavm::Module,
	warm_up: Mutex<Option<WarmUp>>,
}

impl Engine {
	/// Starts the engine and runs a first program, so that what does not work here shows now.
	///
	/// `registry` is where the metrics go, if anywhere.
	pub fn new(
		backend: BackendChoice,
		registry: Option<&Registry>,
	) -> Result<Arc<Self>, EngineError> {
		Self::with(Options { backend, ..Options::default() }, registry)
	}

	/// The same with all options.
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

	/// Starts worker processes before a program needs one, which would wait for it some 100 ms. For a
	/// process that lives on, as a node does.
	pub fn warm_up(&self) {
		if let Some(Recompiler { probe, warm_up, .. }) = &self.recompiler {
			warm_up.lock().get_or_insert_with(|| WarmUp::start(probe.clone()));
		}
	}

	/// Ends what [`Self::warm_up`] began, and waits for it. To be called before the process ends: a worker
	/// that is being started then is left behind.
	pub fn stop_warm_up(&self) {
		if let Some(Recompiler { warm_up, .. }) = &self.recompiler {
			// Dropped without the lock.
			let begun = warm_up.lock().take();
			drop(begun);
		}
	}

	/// Which backend runs.
	pub fn backend(&self) -> Backend {
		self.backend
	}

	/// Why `auto` fell back to the interpreter, if it did.
	pub fn fallback_reason(&self) -> Option<&str> {
		self.fallback_reason.as_deref()
	}

	/// The process's metrics.
	pub fn metrics(&self) -> &Metrics {
		&self.metrics
	}

	/// A fresh manager, wrapped as the externalities extension.
	pub fn extension(self: &Arc<Self>) -> VirtExt {
		VirtExt::new(Manager::new(self.clone()))
	}

	/// How the engine is, for people.
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

	/// Forgets all compiled programs, so that a benchmark can load them anew.
	pub fn clear_cache(&self) {
		self.cache.clear();
	}

	fn keep(&self, compiled: &Arc<Compiled>) {
		self.cache.insert(compiled.clone());
		self.metrics.cache_bytes.set(self.cache.usage().1 as u64);
	}

	/// The program's native code, compiled now if it was not before.
	fn native<'a>(&self, compiled: &'a Arc<Compiled>, tier: Tier) -> Option<&'a polkavm::Module> {
		let recompiler = self.recompiler.as_ref()?;
		let known = compiled.is_native_known(tier);
		let module = compiled.native(tier, |blob| self.translate(recompiler, blob, tier));
		if !known {
			// It is larger now.
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
				// Native code of all programs shares one arena. What the cache keeps must not keep this
				// one out.
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
				log::warn!(target: LOG_TARGET, "A program stays in the interpreter: {failure:?}");
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

	/// Programs of dry-runs are not kept: they would push those of the chain out of the cache.
	fn compile(
		&self,
		program: &[u8],
		keep: bool,
		admitted: bool,
	) -> Outcome<Arc<Compiled>, CompileError> {
		let digest = self.cache.digest(program);
		if let Some(compiled) = self.cache.get(program, digest) {
			self.metrics.cache_hits.inc();
			// It may have been compiled without the check: whether it is cached must not show.
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

	/// Errs, as the operator wants it, where only the recompiler was asked for and a process cannot
	/// be had.
	fn worker(&self, compiled: &Arc<Compiled>, tier: Tier) -> Result<Option<Worker>, String> {
		let Some(recompiler) = &self.recompiler else { return Ok(None) };
		let Some(slot) = WorkerSlot::take(&recompiler.workers) else { return Ok(None) };
		let Some(module) = self.native(compiled, tier) else { return Ok(None) };
		match recompiler.instantiate(module) {
			Ok((raw, pid)) => {
				let watched = recompiler.watchdog.watch(Some(pid));
				Ok(Some(Worker::new(raw, watched, slot)))
			},
			Err(reason) if self.backend == Backend::Recompiler => Err(reason),
			Err(reason) => {
				log::warn!(target: LOG_TARGET, "A program stays in the interpreter: {reason}");
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
		self.metrics.host_faults.inc();
		*self.last_fault.lock() = Some(reason.into());
	}
}

/// When a dry-run has had its time.
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

impl Recompiler {
	fn start(on_dead_worker: OnFault) -> Result<Self, String> {
		#[cfg(target_arch = "x86_64")]
		if !std::is_x86_feature_detected!("bmi2") {
			return Err("this CPU lacks BMI2".into());
		}
		let (polkavm, probe) = start(BackendKind::Compiler).map_err(explain)?;
		let watchdog = Watchdog::start(on_dead_worker)
			.map_err(|error| format!("a thread cannot be started: {error}"))?;
		Ok(Self { polkavm, watchdog, workers: Arc::default(), probe, warm_up: Mutex::new(None) })
	}

	/// An instance in a worker process, and the process's id.
	fn instantiate(&self, module: &polkavm::Module) -> Result<(RawInstance, u32), String> {
		// An idle worker may have been killed, which shows when it is to be used: then the next.
		let tries = self.polkavm.idle_worker_pids().len() + 1;
		let starting = self.watchdog.watch(None);
		let mut failed = String::new();
		for _ in 0..tries {
			match starting.wait(|| module.instantiate()) {
				Ok(raw) => {
					let pid = raw.pid().ok_or("an instance of the recompiler has no process")?;
					return Ok((raw, pid));
				},
				Err(error) => failed = error.to_string(),
			}
		}
		Err(format!(
			"no worker process can be had ({failed}); if a limit on processes or open files was \
			 reached, raise it (ulimit -u, ulimit -n)"
		))
	}
}

/// Has the allocator keep memory that was freed, up to 64 MiB, and take large blocks from it, too.
///
/// By default each block of 128 KiB or more is had from the kernel and given back to it, so that
/// an instance's memory and its translated code cost a page fault for each page, each time: in a virtual
/// machine that doubles what translating a large program takes.
pub fn keep_freed_memory() {
	#[cfg(all(target_os = "linux", target_env = "gnu"))]
	// SAFETY: it only sets parameters of the allocator; where it does not know them, nothing changes.
	unsafe {
		libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
		libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
	}
}

#[cfg(target_arch = "x86_64")]
fn cpu_has_avx2() -> bool {
	std::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_has_avx2() -> bool {
	true
}

/// Starts PolkaVM and runs a program that only returns, which it gives, too.
pub(crate) fn start(backend: BackendKind) -> Result<(polkavm::Engine, polkavm::Module), String> {
	let mut config = configure(backend);
	config.set_worker_count(IDLE_WORKERS);
	if backend == BackendKind::Compiler {
		config.set_sandbox(Some(SandboxKind::Linux));
	}
	let engine = polkavm::Engine::new(&config).map_err(|error| error.to_string())?;
	let module = workers::probe(&engine)?;
	let mut instance = module.instantiate().map_err(|error| error.to_string())?;
	let entry = module.exports().next().ok_or("the probe has an export")?.program_counter();
	instance.set_gas(i64::MAX);
	instance.prepare_call_untyped(entry, &[]);
	match instance.run() {
		Ok(polkavm::InterruptKind::Finished) => Ok((engine, module)),
		Ok(other) => Err(format!("a first program ended with {other:?}")),
		Err(error) => Err(error.to_string()),
	}
}

/// What an operator can do about a sandbox that does not start.
fn explain(reason: String) -> String {
	if user_namespaces() {
		reason
	} else {
		format!("this system gives no user namespaces: {reason}")
	}
}

/// Whether a process may have a user namespace of its own.
fn user_namespaces() -> bool {
	// SAFETY: the child ends at once, without a look at anything.
	unsafe {
		let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
		match libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) {
			0 => libc::_exit(0),
			-1 => false,
			child => {
				libc::waitpid(child as libc::pid_t, std::ptr::null_mut(), 0);
				true
			},
		}
	}
}
