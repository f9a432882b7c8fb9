//! One binary for all tests, because linking the node takes long.

mod chain_spec;
mod cli;
mod dev;
mod extensions;
mod hardware;
#[cfg(feature = "sp-virtualization")]
mod peer;
mod program;
