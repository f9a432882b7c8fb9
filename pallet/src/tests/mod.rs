//! Tests with a real manager, on both backends where it matters.
//!
//! - [`mock`]: the runtime, and helpers that set up its externalities.
//! - [`script`]: programs built instruction by instruction.
//! - [`random`]: thousands of random calls, after which nothing may be lost.

mod admission;
mod calls;
mod crypto;
mod deposits;
mod dispatch;
mod dry_run;
mod extension;
mod facts;
mod governance;
mod hostile;
mod items;
mod jobs;
mod life;
mod migrations;
mod mock;
mod prices;
mod programs;
mod random;
mod reclaim;
mod script;
mod syscalls;
mod terminate;
mod transient;
mod upgrades;

pub use mock::Test;
