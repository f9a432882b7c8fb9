//! One binary for all of them: linking the node takes its time.

mod chain_spec;
mod cli;
mod dev;
mod extensions;
mod hardware;
#[cfg(feature = "sp-virtualization")]
mod peer;
mod program;
