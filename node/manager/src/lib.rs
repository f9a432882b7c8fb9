//! The client-side manager: drives PolkaVM for the virtualization host functions.
//!
//! - [`engine`]: one per process. Which backend runs, PolkaVM's configuration, compiling, workers.
//! - [`cache`]: compiled programs by content, shared by the process; [`module`] is one of them.
//! - [`manager`]: one per runtime call. Ids, instances, and how they follow storage transactions.
//! - [`machine`]: one instance, and how it moves from one tier to the other.
//! - [`prices`]: what executing costs on each tier, and what moving costs; [`opcodes`]: the
//!   interpreter's price list.
//! - [`trace`]: what an execution did, function by function, for those who look for it.
//! - [`workers`]: worker processes ready before they are needed; [`watchdog`]: and watched.
//! - [`limits`]: what is bounded, and by how much.
//! - [`metrics`], [`health`]: what Prometheus and people get to see. [`costs`]: what a program's
//!   blocks cost.
//!
//! The manager never sees chain storage and never learns what a syscall means.

mod cache;
pub mod costs;
pub mod engine;
pub mod health;
pub mod limits;
mod machine;
pub mod manager;
pub mod metrics;
mod module;
pub mod opcodes;
pub mod prices;
pub mod trace;
mod watchdog;
mod workers;

pub use costs::Costs;
pub use engine::{Backend, BackendChoice, Engine, EngineError, Options};
pub use health::Health;
pub use manager::Manager;
pub use trace::Trace;
