//! The environment of a manager: a node's process, or an embedded runtime.

use super::{
	deadline::Deadline,
	limits::Limits,
	prices::Rules,
	program::{Bindings, Program},
};
use crate::{snapshot::Tier, CompileError, Gas, Outcome, StoredName, SyscallTable};
use alloc::{boxed::Box, string::String, sync::Arc};
use polkavm::RawInstance;

/// The environment of a manager.
pub trait Environment: Sized + 'static {
	/// A loaded program.
	type Module: Loaded;
	/// An instance in native code. [`Infallible`](core::convert::Infallible) if there is none.
	type Worker: Worker;
	/// The time at which a runtime call is aborted. `()` without a clock.
	type Deadline: Deadline;

	/// The price rules.
	fn rules(&self) -> &Rules;

	/// The limits of a manager.
	fn limits(&self) -> &Limits;

	/// The size of an instance that counts for [`Limits::memory`], in bytes: the memory that the
	/// program declares, and other resources.
	fn memory_of(&self, program: &Program) -> u64 {
		program.memory()
	}

	/// Loads a program. With `keep`, it may be cached for later runtime calls. For `admitted`, see
	/// [`Backend::compile`](crate::Backend::compile).
	fn compile(
		&self,
		program: &[u8],
		keep: bool,
		admitted: bool,
	) -> Outcome<Arc<Self::Module>, CompileError>;

	/// The program with this name, if it is cached.
	fn named(&self, _name: &StoredName) -> Option<Arc<Self::Module>> {
		None
	}

	/// Gives a program a name. `kept` is whether it was loaded with `keep`.
	fn name(&self, _name: StoredName, _module: &Arc<Self::Module>, _kept: bool) {}

	/// Whether native code runs both tiers, and not only tier two.
	fn is_native_only(&self) -> bool {
		false
	}

	/// An instance in native code with the prices of `tier`; `None` if the program must be
	/// interpreted.
	///
	/// Errs on a host fault.
	fn worker(
		&self,
		_module: &Arc<Self::Module>,
		_tier: Tier,
	) -> Result<Option<Self::Worker>, String> {
		Ok(None)
	}

	/// Counts an event.
	fn count(&self, _event: Event) {}

	/// Records a host fault.
	fn record_fault(&self, _reason: &str) {}
}

/// The events that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
	/// An instance was created.
	InstanceMade,
	/// An instance was removed.
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

/// A loaded program with the data that is cached for it.
pub trait Loaded: Sized + 'static {
	/// The program.
	fn program(&self) -> &Program;

	/// See [`Program::bind`].
	fn bind(&self, table: SyscallTable<'_>) -> Result<Bindings, CompileError> {
		self.program().bind(table)
	}

	/// Takes an instance from the pool. It has already translated the code that it ran before.
	fn take_pooled(&self) -> Option<Pooled> {
		None
	}

	/// Returns an instance to the pool after a run.
	fn pool(&self, _instance: Pooled) {}
}

/// An interpreter instance that finished a run and can be reused.
pub struct Pooled {
	/// The instance.
	pub raw: Box<RawInstance>,
	/// The gas that it has executed since it was created. Bounds the code that it has translated,
	/// see [`CHEAPEST`](super::prices::CHEAPEST).
	pub executed: Gas,
}

impl Loaded for Program {
	fn program(&self) -> &Program {
		self
	}
}

/// An instance in native code, in a worker process.
pub trait Worker: 'static {
	/// The instance, for reading.
	fn raw(&self) -> &RawInstance;

	/// Calls `what`, which may wait for the worker process.
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T;

	/// Like [`Self::with`], for a run of the program.
	#[inline]
	fn run<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		self.with(what)
	}
}

impl Worker for core::convert::Infallible {
	fn raw(&self) -> &RawInstance {
		match *self {}
	}

	fn with<T>(&mut self, _what: impl FnOnce(&mut RawInstance) -> T) -> T {
		match *self {}
	}
}
