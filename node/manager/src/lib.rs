//! The manager: runs PolkaVM programs in a node's process for the virtualization host functions.
//!
//! - [`engine`]: the engine of a process. [`options`]: its options. [`start`]: starts PolkaVM.
//! - `cache`: compiled modules by content. `module`: a compiled module. `pool`: its idle interpreter instances.
//! - `recompiler`: native code. `workers`: its worker processes. `scheduling`: their cores and time slices.
//!   `watchdog`: detects lost workers. `shared_word`: ends the wait for one. `attempt`: attempts at a runtime call.
//! - [`virt_primitives::vm`]: the modules and instances of a runtime call, prices, and moves between tiers; shared
//!   with the embedded form.
//! - [`limits`]: limits of the process.
//! - `node` and `executor`, with the feature `node`: connect an engine to a Substrate client.
//! - [`metrics`], [`health`]: the state for Prometheus and for RPC. [`costs`]: the gas of a program's basic blocks.
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

#![warn(missing_docs)]

#[cfg_attr(not(feature = "node"), allow(dead_code))]
mod attempt;
mod cache;
pub mod costs;
pub mod engine;
#[cfg(feature = "node")]
pub mod executor;
pub mod health;
pub mod limits;
pub mod metrics;
mod module;
#[cfg(feature = "node")]
pub mod node;
pub mod options;
mod pool;
mod recompiler;
mod scheduling;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod shared_word;
pub mod start;
mod watchdog;
mod workers;

pub use costs::Costs;
pub use engine::Engine;
pub use health::Health;
pub use options::{Backend, BackendChoice, EngineError, Options};
pub use virt_primitives::vm::{opcodes, prices, trace, trace::Trace};

/// The modules and instances of a runtime call.
pub type Manager = virt_primitives::vm::Manager<Engine>;
