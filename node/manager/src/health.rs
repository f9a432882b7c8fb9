//! The state of an engine, as returned by `virt_health`.

use serde::Serialize;

/// Counts since the process started, and current values.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
	/// `tiered`, `recompiler` or `interpreter`.
	pub backend: &'static str,
	/// Why the recompiler is not used, if it was requested.
	pub fallback_reason: Option<String>,
	/// The number of moves to tier two.
	pub tier_ups: u64,
	/// The number of moves back to tier one.
	pub tier_downs: u64,
	/// The number of instances.
	pub instances: u64,
	/// The number of syscalls.
	pub syscalls: u64,
	/// The number of traps.
	pub traps: u64,
	/// The worker processes, if there are any.
	pub workers: Option<WorkerHealth>,
	/// The module cache.
	pub cache: CacheHealth,
	/// The number of host faults. Each aborted a runtime call.
	pub host_faults: u64,
	/// The last host fault.
	pub last_fault: Option<String>,
}

/// Worker processes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerHealth {
	/// The number of workers that run or hold a program.
	pub at_work: usize,
	/// The number of idle workers.
	pub idle: usize,
	/// The maximal number of workers.
	pub limit: usize,
}

/// The module cache.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheHealth {
	/// The number of modules.
	pub modules: usize,
	/// Their size, in bytes.
	pub bytes: usize,
	/// The capacity, in bytes.
	pub capacity: usize,
	/// The number of hits.
	pub hits: u64,
	/// The number of misses: programs that were compiled.
	pub misses: u64,
	/// The number of programs that were compiled to native code.
	pub native: u64,
}
