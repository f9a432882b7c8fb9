//! The interpreter, and the prices of executing programs.
//!
//! A node's manager adds native code, a cache and metrics. The [embedded](crate::embedded) backend
//! adds nothing. Results and prices are defined here, so that backends cannot disagree on them.
//!
//! - [`program`]: a compiled program.
//! - [`machine`]: the state of an instance, and its tier.
//! - [`manager`]: the modules and instances of a runtime call, as a [`Backend`](crate::Backend).
//! - [`environment`]: what a manager needs from the node or the runtime that it is part of;
//!   [`deadline`].
//! - [`prices`]: prices of both tiers, and of moving between them; [`opcodes`]: the interpreter's
//!   price list.
//! - [`limits`]: the limits of a manager.
//! - [`trace`]: traces of executions, for debugging.

pub mod deadline;
pub mod environment;
pub mod limits;
pub mod machine;
pub mod manager;
pub mod opcodes;
pub mod prices;
pub mod program;
pub mod trace;

pub use deadline::Deadline;
pub use environment::{Environment, Event, Loaded, Pooled, Worker};
pub use manager::Manager;
pub use program::Program;
