//! `node/src` of the chain.

pub mod command;
pub mod rpc;
pub mod service;
