//! Generates programs from bytes, runs them on every backend, and compares.
//!
//! - [`source`]: bytes as a sequence of choices, for a fuzzer, a seed and a corpus.
//! - [`generate`]: generates a program and calls of it.
//! - [`machine`]: a common interface: a manager, two managers that pass a running program between
//!   them, and PolkaVM alone.
//! - [`run`]: runs calls on a machine, answers syscalls, and records all observations.
//! - [`compare`]: runs a case on every machine, and finds the first difference.
//! - [`targets`]: the fuzz targets.
//!
//! It detects differences only: an error that all backends share is not found.

pub mod compare;
pub mod generate;
pub mod machine;
pub mod run;
pub mod source;
pub mod targets;
