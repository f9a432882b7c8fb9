//! Benchmarks of calls and syscalls.
//!
//! - [`program`]: programs that repeat one operation. [`storms`]: programs that repeat a syscall.
//! - `calls`, `jobs`, `syscalls`: the benchmarks. `make weights` runs them in the wasm runtime with
//!   a real manager, and writes [`crate::weights`].

pub mod program;
pub mod storms;

#[cfg(feature = "runtime-benchmarks")]
pub mod calls;
#[cfg(feature = "runtime-benchmarks")]
mod chain;
#[cfg(feature = "runtime-benchmarks")]
pub mod jobs;
#[cfg(feature = "runtime-benchmarks")]
pub mod syscalls;
