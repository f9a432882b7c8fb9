//! The limits of a node's process. A runtime cannot observe them: they affect speed only. The
//! limits that are consensus are [`HOST`].

use std::time::Duration;

pub use virt_primitives::vm::limits::HOST;

/// The capacity of the module cache, in bytes: programs, native code, initial memory, a pooled
/// instance.
pub const CACHE_BYTES: usize = 512 << 20;

/// The maximal size of a pooled instance, in bytes. An instance of a program with 100 KiB of code
/// may have translated all of it; one of 512 KiB may have executed 700,000 gas.
pub const MAX_POOLED: usize = 12 << 20;

/// The maximal size of all pooled instances, except one per program, in bytes.
pub const POOL_BYTES: usize = 64 << 20;

/// The number of names of stored programs that are remembered.
pub const MAX_NAMES: u32 = 4_096;

/// The maximal number of worker processes that run or hold programs, in the whole process. Further
/// executions are interpreted.
pub const MAX_WORKERS: usize = 48;

/// The number of idle worker processes per core.
pub const IDLE_WORKERS: usize = 2;

/// The number of cores for which workers are started in advance.
pub const WARM_CORES: usize = 8;

/// The interval of the watchdog.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// The number of consecutive checks at which a worker is stopped, or got no CPU time, before that
/// is a fault.
pub const WATCH_PATIENCE: u32 = 10;
