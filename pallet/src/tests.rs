//! Tests over a real manager, on both backends where it matters.
//!
//! - [`mock`]: the runtime, and how a test gets its externalities.
//! - [`script`]: programs made instruction by instruction.

mod admission;
mod calls;
mod hostile;
mod mock;
mod script;
mod syscalls;

pub use mock::Test;
