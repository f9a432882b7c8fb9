//! Traces of programs.
//!
//! - [`record`]: records between the host functions and the manager. [`program`]: the trace, a tree
//!   of program calls and syscalls.
//! - [`sources`]: functions and lines of source code, from debug information.
//! - [`tree`]: the tree and backtraces as text.
//! - [`profile`]: gas by function and by line, flame graphs. [`coverage`]: line coverage.
//!
//! The runtime cannot observe that it is recorded. Prices and results are the same.

#![warn(missing_docs)]

pub mod coverage;
pub mod profile;
pub mod program;
pub mod record;
pub mod sources;
pub mod text;
pub mod tree;

pub use program::{End, Program, Syscall};
pub use sources::{Place, Sources};
