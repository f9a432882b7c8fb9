//! The process's PolkaVM engine: which backend runs, how it is configured, and compiling.
//!
//! The configuration is written here. PolkaVM's environment variables are not read: what a node
//! computes must not depend on its surroundings.

use crate::{
	cache::{Cache, Compiled},
	limits::CACHE_BYTES,
	manager::Manager,
	metrics::Metrics,
};
use polkavm::{
	program::Instruction, BackendKind, CacheModel, Config, CorePinning, CostModelKind,
	GasMeteringKind, ModuleConfig, ProgramBlob, SandboxKind,
};
use sp_crypto_hashing::blake2_256;
use std::{collections::HashMap, fmt, str::FromStr, sync::Arc};
use substrate_prometheus_endpoint::Registry;
use virt_primitives::{CompileError, Failure, Outcome, SyscallSymbol, VirtExt, LOG_TARGET};

/// Which backend the operator asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
	/// The recompiler where it works, else the interpreter.
	#[default]
	Auto,
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
			"recompiler" => Ok(Self::Recompiler),
			"interpreter" => Ok(Self::Interpreter),
			_ => Err(format!("`{text}` is none of auto, recompiler, interpreter")),
		}
	}
}

impl fmt::Display for BackendChoice {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Auto => "auto",
			Self::Recompiler => "recompiler",
			Self::Interpreter => "interpreter",
		})
	}
}

/// Which backend runs. Both give the same results and the same gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
	/// See [`BackendChoice::Recompiler`].
	Recompiler,
	/// See [`BackendChoice::Interpreter`].
	Interpreter,
}

impl fmt::Display for Backend {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Recompiler => "recompiler",
			Self::Interpreter => "interpreter",
		})
	}
}

/// The engine could not be started. One line that says the fix.
#[derive(Debug)]
pub struct EngineError(String);

impl fmt::Display for EngineError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

impl std::error::Error for EngineError {}

/// One per process.
pub struct Engine {
	polkavm: polkavm::Engine,
	backend: Backend,
	fallback_reason: Option<String>,
	cache: Cache,
	metrics: Metrics,
}

impl Engine {
	/// Starts the engine and runs a first program, so that what does not work here shows now.
	///
	/// `registry` is where the metrics go, if anywhere.
	pub fn new(
		choice: BackendChoice,
		registry: Option<&Registry>,
	) -> Result<Arc<Self>, EngineError> {
		Self::with_cache(choice, registry, CACHE_BYTES)
	}

	/// The same with a module cache of `cache_bytes`, which changes nothing but speed.
	pub fn with_cache(
		choice: BackendChoice,
		registry: Option<&Registry>,
		cache_bytes: usize,
	) -> Result<Arc<Self>, EngineError> {
		if !cpu_has_avx2() {
			return Err(EngineError(
				"virt: this CPU lacks AVX2, which the gas cost model needs on x86-64; use a \
				 machine with AVX2"
					.into(),
			));
		}
		let (polkavm, backend, fallback_reason) = match choice {
			BackendChoice::Interpreter => (start(Backend::Interpreter), Backend::Interpreter, None),
			BackendChoice::Recompiler => (start(Backend::Recompiler), Backend::Recompiler, None),
			BackendChoice::Auto => match start(Backend::Recompiler) {
				Ok(engine) => (Ok(engine), Backend::Recompiler, None),
				Err(reason) => (start(Backend::Interpreter), Backend::Interpreter, Some(reason)),
			},
		};
		let polkavm = polkavm.map_err(|reason| {
			EngineError(match backend {
				Backend::Recompiler => format!(
					"virt: the recompiler does not work here ({reason}); use `--vm-backend \
					 interpreter`, which works everywhere"
				),
				Backend::Interpreter => format!("virt: the interpreter does not start: {reason}"),
			})
		})?;
		let metrics = Metrics::new(registry)
			.map_err(|error| EngineError(format!("virt: metrics cannot be registered: {error}")))?;
		let cache = Cache::new(cache_bytes);
		Ok(Arc::new(Self { polkavm, backend, fallback_reason, cache, metrics }))
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

	/// Compiles `program`, or finds it compiled.
	pub(crate) fn compile(&self, program: &[u8]) -> Outcome<Arc<Compiled>, CompileError> {
		let hash = blake2_256(program);
		if let Some(compiled) = self.cache.get(&hash) {
			self.metrics.cache_hits.inc();
			return Ok(compiled);
		}
		let compiled = match compile(&self.polkavm, program) {
			// Compiled modules share one arena. What the cache keeps must not keep this one out.
			Err(Failure::Host(reason)) => {
				log::warn!(target: LOG_TARGET, "Compiling again with an empty cache: {reason}");
				self.cache.clear();
				compile(&self.polkavm, program)?
			},
			outcome => outcome?,
		};
		let compiled = Arc::new(compiled);
		self.metrics.compiled.inc();
		self.cache.insert(hash, compiled.clone());
		Ok(compiled)
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

/// Starts PolkaVM and runs a program that only returns.
fn start(backend: Backend) -> Result<polkavm::Engine, String> {
	let mut config = Config::new();
	config
		.set_backend(Some(match backend {
			Backend::Recompiler => BackendKind::Compiler,
			Backend::Interpreter => BackendKind::Interpreter,
		}))
		.set_default_cost_model(Some(cost_model()))
		// The node's threads are the node's: pinning them to a core stalls it on a small machine.
		.set_core_pinning(CorePinning::Disabled)
		.set_cache_enabled(false);
	if backend == Backend::Recompiler {
		#[cfg(target_arch = "x86_64")]
		if !std::is_x86_feature_detected!("bmi2") {
			return Err("this CPU lacks BMI2".into());
		}
		config.set_sandbox(Some(SandboxKind::Linux));
	}
	let engine = polkavm::Engine::new(&config).map_err(|error| error.to_string())?;

	let mut builder = polkavm_common::writer::ProgramBlobBuilder::new(
		polkavm::program::InstructionSetKind::ReviveV1,
	);
	builder.add_export_by_basic_block(0, b"probe");
	builder.set_code(&[polkavm_common::program::asm::ret()], &[]);
	let probe = builder.to_vec().map_err(|error| format!("{error:?}"))?;
	let compiled = compile(&engine, &probe).map_err(|failure| format!("{failure:?}"))?;
	let mut instance = compiled.module.instantiate().map_err(|error| error.to_string())?;
	instance.set_gas(i64::MAX);
	instance.prepare_call_untyped(compiled.exports[&b"probe"[..]], &[]);
	match instance.run() {
		Ok(polkavm::InterruptKind::Finished) => Ok(engine),
		Ok(other) => Err(format!("a first program ended with {other:?}")),
		Err(error) => Err(error.to_string()),
	}
}

/// The price list of instructions: cycles of a simulated pipeline with data in the L2 cache.
fn cost_model() -> CostModelKind {
	CostModelKind::Full(CacheModel::L2Hit)
}

/// Bytes that the recompiler keeps for each entry of a program's jump table.
const NATIVE_JUMP: usize = 16;

/// Offset of the first instruction that is not one, but for the trap that every program ends with.
///
/// The backends do not agree on such code: PolkaVM 0.37 reads some bit masks in two ways, so that an
/// invalid instruction of no length stands before a real one, and only the recompiler lets a program
/// jump there. No compiler emits one.
fn invalid_instruction(blob: &ProgramBlob) -> Option<u32> {
	let end = blob.code().len() as u32;
	blob.instructions()
		.find(|instruction| instruction.kind == Instruction::invalid && instruction.offset.0 < end)
		.map(|instruction| instruction.offset.0)
}

fn compile(engine: &polkavm::Engine, program: &[u8]) -> Outcome<Compiled, CompileError> {
	let invalid = |reason: String| {
		log::debug!(target: LOG_TARGET, "Invalid program: {reason}");
		Failure::Guest(CompileError::InvalidImage)
	};
	let blob = ProgramBlob::parse(program.into()).map_err(|error| invalid(error.to_string()))?;
	// Looked at before PolkaVM compiles anything, so that both backends refuse the same programs.
	let imports = blob
		.imports()
		.into_iter()
		.map(|symbol| SyscallSymbol::new(symbol?.as_bytes()))
		.collect::<Option<Vec<_>>>()
		.ok_or_else(|| invalid("an import has no name, or a too long one".into()))?;
	let mut exports = HashMap::new();
	for export in blob.exports() {
		let pc = export.program_counter();
		if !blob.scan_is_jump_target_valid(blob.isa(), pc) {
			return Err(invalid(format!("an export points into the middle of a block: {pc}")));
		}
		exports.entry(export.symbol().as_bytes().into()).or_insert(pc);
	}
	if let Some(offset) = invalid_instruction(&blob) {
		return Err(invalid(format!("an invalid instruction at {offset}")));
	}

	let jump_targets = blob.jump_table().len() as usize;
	let mut config = ModuleConfig::new();
	config.set_gas_metering(Some(GasMeteringKind::Sync)).set_cost_model(Some(cost_model()));
	let module =
		polkavm::Module::from_blob(engine, &config, blob).map_err(|error| match error {
			polkavm::CompileError::ValidationFailed(reason) => invalid(reason),
			polkavm::CompileError::Error(error) => {
				Failure::Host(format!("compiling failed: {error}"))
			},
		})?;

	let map = module.memory_map();
	let memory = [map.ro_data_size(), map.rw_data_size(), map.stack_size()];
	let memory: u64 = memory.into_iter().map(u64::from).sum();
	let native = module.machine_code().map_or(0, <[u8]>::len);
	let size = program.len() + native + jump_targets * NATIVE_JUMP + memory as usize;
	Ok(Compiled { module, exports, imports, memory, size })
}
