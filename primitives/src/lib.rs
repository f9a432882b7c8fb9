//! Runs PolkaVM programs outside the runtime: the boundary between a runtime that wants a program
//! run and the node that runs it.
//!
//! - [`forward`]: what a runtime uses. `Module -> Instance -> Execution`, each step by value.
//! - [`syscall`]: what a runtime declares about its syscalls, so that one host call serves each.
//! - [`error`], [`step`], [`snapshot`]: the types that cross the boundary, and their encoding.
//! - [`buffer`]: how bytes cross it that the host gives.
//! - [`host`]: the host functions themselves.
//! - [`backend`]: what runs programs: a node's manager, which the externalities carry (native only), or
//!   the embedded one.
//! - [`vm`] (feature `vm`): PolkaVM's interpreter and the prices of gas, which all backends share.
//! - [`embedded`] (feature `embedded`): runs programs within the runtime, without host functions.
//!
//! This crate never learns what a syscall means.
//!
//! ```no_run
//! use virt_primitives::{ExecResult, Gas, Module, SyscallTable};
//!
//! /// Runs the export `main`, and answers each syscall with 7. Gives what it returned, where it did.
//! fn run(program: &[u8], syscalls: &SyscallTable<'_>, gas: Gas) -> Option<u64> {
//!     let instance = Module::from_bytes(program, syscalls).ok()?.instantiate().ok()?;
//!     let mut result = instance.prepare(b"main", &[]).ok()?.run(gas);
//!     loop {
//!         result = match result.ok()? {
//!             ExecResult::Finished { value, .. } => return Some(value),
//!             ExecResult::Syscall { execution, gas_left, .. } => execution.resume(gas_left, 7),
//!             _ => return None,
//!         }
//!     }
//! }
//! ```
//!
//! # Blame
//!
//! Whatever a program or its caller can cause is a typed error or an [`ExecResult`], the same on
//! every node. The node's own trouble (a dead worker process, a missing extension) is never such a
//! result: the host function panics, which aborts the runtime call and with it the block's import.

#![warn(missing_docs)]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;
#[cfg(not(substrate_runtime))]
extern crate std;

pub mod backend;
pub mod buffer;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod error;
pub mod forward;
pub mod host;
pub mod snapshot;
pub mod step;
pub mod syscall;
#[cfg(feature = "vm")]
pub mod vm;
#[cfg(any(feature = "std", feature = "embedded"))]
mod wire;

#[cfg(feature = "std")]
pub use backend::VirtExt;
pub use backend::{guest_result, Answer, Backend, Failure, Outcome, StoredName};
pub use buffer::HostBuffer;
pub use error::{
	CompileError, DestroyError, ExecError, InstantiateError, MemoryError, RestoreError,
	SnapshotError,
};
pub use forward::{
	AtSyscall, ExecResult, Execution, Instance, Module, PrepareFailure, Ready, Restored,
};
pub use step::TrapCause;
pub use syscall::{Buffer, Direction, Length, Syscall, SyscallSpec, SyscallSymbol, SyscallTable};

/// The functions that [`forward`] calls, for tests of the boundary.
#[cfg(all(substrate_runtime, feature = "embedded"))]
#[doc(hidden)]
pub use embedded::virt;
#[cfg(not(all(substrate_runtime, feature = "embedded")))]
#[doc(hidden)]
pub use host::virt;

/// The host functions, for the executor, beside `sp_io::SubstrateHostFunctions`.
///
/// They need a [`VirtExt`] in the externalities of every runtime call.
#[cfg(feature = "std")]
pub use host::virt::HostFunctions;

/// Gas: the time of a program in units of [`PICOSECONDS_PER_GAS`]. Never negative when the VM
/// returns it.
pub type Gas = i64;

/// The time of a unit of gas on the machine of record: the maximum that native code takes for a
/// unit of PolkaVM's cost model `Full(L2Hit)`, measured by `virt-weigh`.
pub const PICOSECONDS_PER_GAS: u64 = 350;

/// The same for the embedded form.
pub const EMBEDDED_PICOSECONDS_PER_GAS: u64 = 1_200;

/// Whether this is an embedded runtime: the feature `embedded`, in wasm.
pub const IS_EMBEDDED: bool = cfg!(all(substrate_runtime, feature = "embedded"));

/// The maximal number of arguments of an entry and of a syscall: registers a0 to a5.
pub const MAX_ARGUMENTS: usize = 6;

/// The log target on both sides of the boundary.
pub const LOG_TARGET: &str = "virt";

/// The id of a module in a runtime call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(pub u32);

/// The id of an instance in a runtime call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);
