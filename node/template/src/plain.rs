//! A chain that cannot run programs. Its files and items are named as in Substrate's solochain template.

pub mod node;
pub mod runtime;
