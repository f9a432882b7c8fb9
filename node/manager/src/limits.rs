//! Every limit of the manager.
//!
//! What a runtime can observe (the first three) is consensus: every node must have the same.

/// Modules that one manager keeps alive at once.
pub const MAX_MODULES: usize = 256;

/// Instances that one manager keeps alive at once, idle, running and suspended. With the
/// recompiler each is a process.
pub const MAX_INSTANCES: usize = 64;

/// Memory of all live instances of one manager together, in bytes, as the programs declare it.
pub const MAX_MEMORY: u64 = 512 << 20;

/// Compiled modules kept for the next use, in bytes of program and native code. Not observable.
pub const CACHE_BYTES: usize = 256 << 20;
