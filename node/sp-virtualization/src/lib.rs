//! The host functions of `sp-virtualization` 0.4, so that a runtime written against them runs on a
//! node of ours unchanged.
//!
//! The functions themselves are that crate's. It leaves the running of programs to a trait, which
//! [`PeerExt`] implements over any [`Backend`](virt_primitives::Backend). So gas, traps, limits, and
//! what is a host fault are the same for a runtime of either kind.
//!
//! # Beside `sc-virtualization`
//!
//! A program, and a runtime that drives one, see the same, with these differences:
//!
//! - What a storage transaction made (modules, instances, identifiers) is gone when the transaction
//!   is rolled back. There, an author who dropped a transaction remembers what it compiled, and
//!   importers, who never saw it, do not.
//! - Instances are limited as ours are. One too many is [`InstantiateError::InvalidImage`], which
//!   is also what it is there when an instance cannot be made. One that would run too deep within
//!   others is [`ExecError::Trap`].
//! - A program that our backend refuses to compile is [`ModuleError::InvalidImage`].
//! - A node's own fault aborts the runtime call.
//!
//! What the interface does not give, no backend can add: a syscall's memory comes by calls of their
//! own, an execution that trapped or ran out of gas does not tell how much is left, and a program
//! that is compiled from a storage key is found by that key alone, child trie or not, until the
//! block ends, even after other bytes were stored there.
//!
//! [`ExecError::Trap`]: sp_virtualization::ExecError::Trap
//! [`InstantiateError::InvalidImage`]: sp_virtualization::InstantiateError::InvalidImage
//! [`ModuleError::InvalidImage`]: sp_virtualization::ModuleError::InvalidImage

mod adapter;
mod modules;

pub use adapter::PeerExt;
/// For the executor's tuple; [`PeerExt`] has to be in the externalities of every runtime call.
pub use sp_virtualization::HostFunctions;
