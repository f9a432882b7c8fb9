//! Options of an engine: which backend runs, and what happens when a worker process is lost.

use crate::{limits::CACHE_BYTES, prices::Rules, watchdog::OnFault};
use std::{fmt, str::FromStr};
use virt_primitives::LOG_TARGET;

/// The backend that the operator requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
	/// [`Self::Tiered`] if it works, otherwise the interpreter.
	#[default]
	Auto,
	/// The interpreter first, and native code for long computations.
	Tiered,
	/// Native code in sandboxed worker processes.
	Recompiler,
	/// The interpreter only. Works everywhere, and is slower on long computations.
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
			_ => Err(format!("`{text}` is not one of auto, tiered, recompiler, interpreter")),
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

/// The backend that runs. Results and gas are the same on all of them.
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

/// The engine could not be started. One line that contains the fix.
#[derive(Debug)]
pub struct EngineError(pub(crate) String);

impl fmt::Display for EngineError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.0)
	}
}

impl std::error::Error for EngineError {}

/// The options of an engine. None affects results, except [`Self::rules`].
#[derive(Clone, Copy, Debug)]
pub struct Options {
	/// The backend.
	pub backend: BackendChoice,
	/// See [`CACHE_BYTES`].
	pub cache_bytes: usize,
	/// When executions change tiers. Only tests change it: all nodes of a chain must use the
	/// default.
	pub rules: Rules,
	/// Called when a worker process is lost. It must not return.
	pub on_dead_worker: OnFault,
	/// Whether executions are traced: see [`crate::trace`]. Requires
	/// [`BackendChoice::Interpreter`], and is many times slower.
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

/// The exit status after a worker process was lost: `EX_OSERR` of sysexits.h.
pub const DEAD_WORKER_STATUS: i32 = 71;

fn end_process(fault: &str) {
	log::error!(target: LOG_TARGET, "Host fault, the node stops: {fault}");
	eprintln!("Error: virt: {fault}, while a program waits for it; the block was not imported; restart the node");
	std::process::exit(DEAD_WORKER_STATUS)
}
