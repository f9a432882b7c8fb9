//! Projects: a crate with a program, or a workspace with several, and their tests.
//!
//! [`new`] creates a project, [`build`] builds it, and [`test`] runs its tests. Their chains
//! [`report`] the gas of calls, and [`snapshot`] saves and compares it.

mod build;
mod new;
pub mod report;
mod snapshot;
mod test;

pub use build::BuildCmd;
pub use new::NewCmd;
pub use test::TestCmd;
