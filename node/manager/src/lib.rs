//! The client-side manager: drives PolkaVM for the virtualization host functions.
//!
//! - [`engine`]: one per process. Which backend runs, compiling, workers.
//! - `cache`: compiled programs by content, shared by the process; `module` is one of them.
//! - [`virt_primitives::vm`]: a runtime call's modules and instances, what running them costs, and how an
//!   execution moves from one tier to the other. It is shared with runtimes that run programs
//!   themselves.
//! - `workers`: worker processes ready before they are needed; `watchdog`: and watched.
//! - [`limits`]: what is bounded, and by how much.
//! - `node`, with the feature of that name: what joins an engine to a Substrate client.
//! - [`metrics`], [`health`]: what Prometheus and people get to see. [`costs`]: what a program's
//!   blocks cost.
//!
//! ```
//! use sp_externalities::Extensions;
//! use virt_manager::{BackendChoice, Engine};
//!
//! # fn main() -> Result<(), virt_manager::EngineError> {
//! let engine = Engine::new(BackendChoice::Interpreter, None)?;
//! // For each call into the runtime:
//! let mut extensions = Extensions::new();
//! extensions.register(engine.extension());
//! # Ok(())
//! # }
//! ```
//!
//! The manager never sees chain storage and never learns what a syscall means.

mod cache;
pub mod costs;
pub mod engine;
pub mod health;
pub mod limits;
pub mod metrics;
mod module;
#[cfg(feature = "node")]
pub mod node;
mod pool;
mod watchdog;
mod workers;

pub use costs::Costs;
pub use engine::{Backend, BackendChoice, Engine, EngineError, Options};
pub use health::Health;
pub use virt_primitives::vm::{opcodes, prices, trace, trace::Trace};

/// One runtime call's modules and instances.
pub type Manager = virt_primitives::vm::Manager<Engine>;
