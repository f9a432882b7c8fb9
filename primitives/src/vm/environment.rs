//! What a manager needs of what it is part of: a node's process, or a runtime.

use super::{
	deadline::Deadline,
	limits::Limits,
	prices::Rules,
	program::{Bindings, Program},
};
use crate::{snapshot::Tier, CompileError, Gas, Outcome, StoredName, SyscallTable};
use alloc::{boxed::Box, string::String, sync::Arc};
use polkavm::RawInstance;

/// What a manager is part of.
pub trait Environment: Sized + 'static {
	/// A program that was loaded.
	type Module: Loaded;
	/// An instance in native code. [`Infallible`](core::convert::Infallible) where there is none.
	type Worker: Worker;
	/// The time at which a runtime call is aborted. `()` where there is no clock.
	type Deadline: Deadline;

	/// What executions cost.
	fn rules(&self) -> &Rules;

	/// What a manager may hold.
	fn limits(&self) -> &Limits;

	/// What an instance of a program counts of [`Limits::memory`], in bytes: what the program declares, and
	/// whatever else is scarce.
	fn memory_of(&self, program: &Program) -> u64 {
		program.memory()
	}

	/// Loads a program. With `keep` it may be kept for the next runtime call; for `admitted`, see
	/// [`Backend::compile`](crate::Backend::compile).
	fn compile(
		&self,
		program: &[u8],
		keep: bool,
		admitted: bool,
	) -> Outcome<Arc<Self::Module>, CompileError>;

	/// The program that was given this name, if it is still known.
	fn named(&self, _name: &StoredName) -> Option<Arc<Self::Module>> {
		None
	}

	/// Gives a program a name. `kept` says that it was loaded with `keep`.
	fn name(&self, _name: StoredName, _module: &Arc<Self::Module>, _kept: bool) {}

	/// Whether native code runs both tiers, and not only the second.
	fn is_native_only(&self) -> bool {
		false
	}

	/// An instance in native code at the prices of `tier`; `None` where the program has to stay in the
	/// interpreter.
	///
	/// Errs where that is a fault of the node.
	fn worker(
		&self,
		_module: &Arc<Self::Module>,
		_tier: Tier,
	) -> Result<Option<Self::Worker>, String> {
		Ok(None)
	}

	/// Counts an event.
	fn count(&self, _event: Event) {}

	/// Keeps a fault of the node's own.
	fn record_fault(&self, _reason: &str) {}
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
	/// An instance was made.
	InstanceMade,
	/// An instance is alive no more.
	InstanceGone,
	/// A program stopped at a syscall.
	Syscall,
	/// A program trapped.
	Trap,
	/// An execution moved to tier two.
	TierUp,
	/// An execution moved back to tier one.
	TierDown,
}

/// A program that was loaded, and what is kept with it.
pub trait Loaded: Sized + 'static {
	/// The program.
	fn program(&self) -> &Program;

	/// See [`Program::bind`].
	fn bind(&self, table: SyscallTable<'_>) -> Result<Bindings, CompileError> {
		self.program().bind(table)
	}

	/// Takes the instance that [`Self::pool`] kept. It does not have to translate again what it ran before.
	fn take_pooled(&self) -> Option<Pooled> {
		None
	}

	/// Keeps an instance that finished a run, for the next run.
	fn pool(&self, _instance: Pooled) {}
}

/// An instance of the interpreter that finished a run, for the next run of its program.
pub struct Pooled {
	/// The instance.
	pub raw: Box<RawInstance>,
	/// Gas that it has executed since it was made: bounds what it has translated, see
	/// [`CHEAPEST`](super::prices::CHEAPEST).
	pub executed: Gas,
}

impl Loaded for Program {
	fn program(&self) -> &Program {
		self
	}
}

/// An instance in native code, in a process of its own.
pub trait Worker: 'static {
	/// The instance, to look at.
	fn raw(&self) -> &RawInstance;

	/// Does `what`, which may wait for the process.
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T;
}

impl Worker for core::convert::Infallible {
	fn raw(&self) -> &RawInstance {
		match *self {}
	}

	fn with<T>(&mut self, _what: impl FnOnce(&mut RawInstance) -> T) -> T {
		match *self {}
	}
}
