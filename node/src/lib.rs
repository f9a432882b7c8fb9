//! The integration node, as a library: what a chain of your own copies to run programs.
//!
//! Start reading at [`service::parts`], where the VM is joined to the client.

pub mod chain_spec;
pub mod cli;
pub mod command;
pub mod dev;
pub mod extensions;
pub mod hardware;
pub mod network;
pub mod program;
pub mod rpc;
pub mod service;
pub mod trace;
