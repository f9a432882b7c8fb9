//! The node as a library: an example for chains of your own.
//!
//! Start reading at [`client::parts`], which registers the manager with the client.

pub mod chain_spec;
pub mod cli;
pub mod client;
pub mod command;
pub mod dev;
pub mod extensions;
pub mod hardware;
pub mod network;
pub mod program;
pub mod rpc;
pub mod service;
pub mod tasks;
pub mod trace;
