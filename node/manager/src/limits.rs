//! Every limit of the manager.

use std::time::Duration;
use virt_primitives::Gas;

// What a runtime can observe is consensus: every node must have the same.

/// Modules that one manager keeps alive at once.
pub const MAX_MODULES: usize = 256;

/// Bytes of a program.
pub const MAX_PROGRAM: usize = 4 << 20;

/// Instances that wait at a syscall while another is run: programs that called each other.
pub const MAX_NESTING: usize = 32;

/// Instances that one manager keeps alive at once, idle, running and suspended.
pub const MAX_INSTANCES: usize = 1_024;

/// Memory of all live instances of one manager together, in bytes, as the programs declare it.
pub const MAX_MEMORY: u64 = 512 << 20;

// The rest is not observable: it decides how fast a node gives the same results.

/// Compiled modules kept for the next use, in bytes: programs, native code, initial memory,
/// an instance.
pub const CACHE_BYTES: usize = 512 << 20;

/// Largest instance that is kept with its module for the next run, in bytes: some 100 KiB of code.
pub const MAX_SPARE: usize = 12 << 20;

/// Names of programs in storage that are remembered.
pub const MAX_NAMES: u32 = 4_096;

/// Worker processes that run or hold programs at once, in the whole process. Executions beyond go
/// on in the interpreter.
pub const MAX_WORKERS: usize = 48;

/// Idle worker processes kept for the next use, for each core.
pub const IDLE_WORKERS: usize = 2;

/// Cores for which workers are made ready when the engine starts.
pub const WARM_CORES: usize = 8;

/// Gas between two looks at the clock, where a time limit is set. Some 10 ms, interpreted.
pub const TIME_SLICE: Gas = 10_000_000;

/// Why a run ended that took longer than its runtime call may.
pub const OUT_OF_TIME: &str = "a program ran for longer than this call may";

/// Time between two looks of the watchdog at the workers that are at work.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Looks in a row at which a worker was stopped, or got no time on a core, before that is a fault.
pub const WATCH_PATIENCE: u32 = 10;
