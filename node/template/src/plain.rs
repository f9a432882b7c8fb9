//! The chain before: a runtime without programs, and a node that could not run any.

pub mod runtime;
pub mod service;
