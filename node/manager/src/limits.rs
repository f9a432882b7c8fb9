//! The limits of a node's process. No runtime can observe them: they decide how fast a node gives the same
//! results. Those that are consensus are [`HOST`].

use std::time::Duration;

pub use virt_primitives::vm::limits::HOST;

/// Compiled modules kept for the next use, in bytes: programs, native code, initial memory,
/// an instance.
pub const CACHE_BYTES: usize = 512 << 20;

/// Largest instance that is pooled, kept with its module for the next run, in bytes. One of 100 KiB of code
/// may have translated all of it; one of 512 KiB may have executed 700,000 gas.
pub const MAX_POOLED: usize = 12 << 20;

/// Pooled instances of all programs, but for one of each program, in bytes.
pub const POOL_BYTES: usize = 64 << 20;

/// Names of programs in storage that are remembered.
pub const MAX_NAMES: u32 = 4_096;

/// Worker processes that run or hold programs at once, in the whole process. Executions beyond go
/// on in the interpreter.
pub const MAX_WORKERS: usize = 48;

/// Idle worker processes kept for the next use, for each core.
pub const IDLE_WORKERS: usize = 2;

/// Cores for which workers are made ready when the engine starts.
pub const WARM_CORES: usize = 8;

/// Time between two looks of the watchdog at the workers that are at work.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Looks in a row at which a worker was stopped, or got no time on a core, before that is a fault.
pub const WATCH_PATIENCE: u32 = 10;
