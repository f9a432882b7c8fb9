//! What programs did in a call.
//!
//! - [`record`]: stands between the host functions and the manager, and records. [`program`]: what it
//!   records, a tree of program calls and syscalls.
//! - [`sources`]: functions and lines of source code, from debug information.
//! - [`tree`]: the tree and backtraces as text.
//! - [`profile`]: gas by function and by line, flame graphs. [`coverage`]: the lines that were run.
//!
//! The runtime does not notice that it is recorded. Programs cost the same and give the same.

pub mod coverage;
pub mod profile;
pub mod program;
pub mod record;
pub mod sources;
pub mod text;
pub mod tree;

pub use program::{End, Program, Syscall};
pub use sources::{Place, Sources};
