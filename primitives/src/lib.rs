//! Runs PolkaVM programs outside the runtime: the boundary between a runtime that wants a program
//! run and the node that runs it.
//!
//! - [`forward`]: what a runtime uses. `Module -> Instance -> Execution`, each step by value.
//! - [`error`], [`step`]: the types that cross the boundary, and their encoding.
//! - [`host`]: the host functions themselves.
//! - [`backend`] (native only): what a node implements, and the externalities extension that
//!   carries it.
//!
//! This crate never learns what a syscall means, nor how a program is executed.
//!
//! # Blame
//!
//! Whatever a program or its caller can cause is a typed error or an [`ExecResult`], the same on
//! every node. The node's own trouble (a dead worker process, a missing extension) is never such a
//! result: the host function panics, which aborts the runtime call and with it the block's import.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "std")]
pub mod backend;
pub mod error;
pub mod forward;
pub mod host;
pub mod step;

#[cfg(feature = "std")]
pub use backend::{Backend, Failure, Outcome, VirtExt};
pub use error::{CompileError, DestroyError, ExecError, InstantiateError, MemoryError};
pub use forward::{AtSyscall, ExecResult, Execution, Instance, Module, PrepareFailure, Ready};
pub use step::{SyscallSymbol, TrapCause};

/// The host functions, for the executor's tuple beside `sp_io::SubstrateHostFunctions`.
///
/// They also need a [`VirtExt`] in the externalities of every runtime call.
#[cfg(feature = "std")]
pub use host::virt::HostFunctions;

/// Gas, in units of PolkaVM's `Full(L2Hit)` cost model. Never negative where the VM handed it out.
pub type Gas = i64;

/// Arguments that an entry point can be called with, and that a syscall has: registers a0 to a5.
pub const MAX_ARGUMENTS: usize = 6;

/// Log target of everything on both sides of the boundary.
pub const LOG_TARGET: &str = "virt";

/// Names a compiled module within one runtime call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// Names an instance within one runtime call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);
