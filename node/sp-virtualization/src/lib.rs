//! The host functions of `sp-virtualization` 0.4: a runtime that uses them runs on our node without
//! changes.
//!
//! The functions are those of that crate. It delegates execution to a trait, which [`PeerExt`]
//! implements with any [`Backend`](virt_primitives::Backend). So gas, traps, limits and host faults
//! are the same as with our host functions.
//!
//! # Differences to `sc-virtualization`
//!
//! Programs and runtimes observe the same, with these differences:
//!
//! - Objects that were created in a storage transaction (modules, instances, identifiers) are
//!   removed when it is rolled back. With `sc-virtualization`, an author who discarded a
//!   transaction keeps its modules, and importers do not have them.
//! - Our limits on instances apply. Exceeding the number of instances is
//!   [`InstantiateError::InvalidImage`], the error of `sc-virtualization` if an instance cannot be
//!   created. Exceeding the nesting depth is [`ExecError::Trap`].
//! - A program that our backend does not compile is [`ModuleError::InvalidImage`].
//! - A host fault aborts the runtime call.
//!
//! Limits of the interface that a backend cannot change: a syscall's buffers need separate calls;
//! an execution that trapped or ran out of gas does not return the remaining gas; a program that
//! was compiled from a storage key is found by that key, in any child trie, until the end of the
//! block, even if other bytes were stored there later.
//!
//! [`ExecError::Trap`]: sp_virtualization::ExecError::Trap [`InstantiateError::InvalidImage`]:
//! sp_virtualization::InstantiateError::InvalidImage [`ModuleError::InvalidImage`]:
//! sp_virtualization::ModuleError::InvalidImage

mod adapter;
mod modules;

pub use adapter::PeerExt;
/// The host functions for the executor. [`PeerExt`] must be in the externalities of every runtime
/// call.
pub use sp_virtualization::HostFunctions;
