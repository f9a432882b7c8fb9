//! The client-side manager: drives PolkaVM for the virtualization host functions.
//!
//! - [`engine`]: one per process. Which backend runs, PolkaVM's configuration, compiling.
//! - [`cache`]: compiled modules by content, shared by the process.
//! - [`manager`]: one per runtime call. Ids, instances, and how they follow storage transactions.
//! - [`limits`]: what is bounded, and by how much.
//! - [`metrics`]: what Prometheus gets to see.
//!
//! The manager never sees chain storage and never learns what a syscall means.

pub mod cache;
pub mod engine;
pub mod limits;
pub mod manager;
pub mod metrics;

pub use engine::{Backend, BackendChoice, Engine, EngineError};
pub use manager::Manager;
