//! A project of one's own: a crate with a program, or a workspace with several, and their tests.
//!
//! [`new`] makes one, [`build`] compiles it, [`test`] runs its tests, whose chains [`report`] the gas that calls
//! took. [`snapshot`] keeps that, to be compared.

mod build;
mod new;
pub mod report;
mod snapshot;
mod test;

pub use build::BuildCmd;
pub use new::NewCmd;
pub use test::TestCmd;
