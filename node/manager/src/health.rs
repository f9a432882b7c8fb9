//! How an engine is, for people: what `virt_health` answers.

use serde::Serialize;

/// Counts since the process started, and what is now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
	/// `tiered`, `recompiler` or `interpreter`.
	pub backend: &'static str,
	/// Why the recompiler does not run, where it was wanted.
	pub fallback_reason: Option<String>,
	/// Executions that moved to tier two.
	pub tier_ups: u64,
	/// Executions that moved back to tier one.
	pub tier_downs: u64,
	/// Instances alive now.
	pub instances: u64,
	/// Syscalls that programs made.
	pub syscalls: u64,
	/// Programs that trapped.
	pub traps: u64,
	/// Worker processes, where there are any.
	pub workers: Option<WorkerHealth>,
	/// The module cache.
	pub cache: CacheHealth,
	/// The node's own failures, each of which aborted a runtime call.
	pub host_faults: u64,
	/// The last of them.
	pub last_fault: Option<String>,
}

/// Worker processes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkerHealth {
	/// Those that run or hold a program.
	pub at_work: usize,
	/// Those that are kept for the next.
	pub idle: usize,
	/// Most that can be at work.
	pub limit: usize,
}

/// The module cache.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CacheHealth {
	/// Modules in it.
	pub modules: usize,
	/// Bytes that they take.
	pub bytes: usize,
	/// Bytes that they may take.
	pub capacity: usize,
	/// Programs found in it.
	pub hits: u64,
	/// Programs that were compiled.
	pub misses: u64,
	/// Programs that were compiled to native code, too.
	pub native: u64,
}
