//! What calls and syscalls take.
//!
//! - [`program`]: programs that do one thing many times. [`storms`]: each syscall, many times.
//! - `calls`, `jobs`, `syscalls`: benchmarks of them. `make weights` runs them in the wasm runtime, over a real
//!   manager, and writes [`crate::weights`].

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
