//! Runs programs in PolkaVM's interpreter, and sets what running them costs.
//!
//! A node's manager is built on it, which adds native code, a cache and metrics; so is the
//! [embedded](crate::embedded) backend, which adds nothing. What a program does and what it pays is
//! decided here, so the backends cannot disagree on it.
//!
//! - [`program`]: a program that was compiled.
//! - [`machine`]: one instance of it, and which tier it is on.
//! - [`manager`]: a runtime call's modules and instances, as a [`Backend`](crate::Backend).
//! - [`environment`]: what a manager needs from the node or the runtime that it is part of; [`deadline`].
//! - [`prices`]: what executing costs on each tier, and what moving costs; [`opcodes`]: the
//!   interpreter's price list.
//! - [`limits`]: what is bounded, and by how much.
//! - [`trace`]: what an execution did, function by function, for a debugger.

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
