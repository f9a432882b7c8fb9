//! Runs programs within the runtime: a runtime that was built with the feature `embedded` needs no host
//! functions of ours, and so runs on every node that can run its wasm.
//!
//! [`crate::forward`] is the same. What a program does, its gas under the same [`Rules`], its traps and its
//! snapshots are those of every other backend. What differs:
//!
//! - Executions are on tier one only: [`Rules::EMBEDDED`].
//! - [`LIMITS`] are lower: a runtime's heap has 128 MiB.
//! - A program is loaded anew each time: no module is cached.
//! - [`limit_time`](crate::forward::limit_time) has no effect: a runtime has no clock.
//! - What a runtime keeps while its storage transaction is rolled back lives on, until it is dropped.
//!
//! The feature changes the runtime's wasm only. Natively, host functions are used with it, too.

use crate::{
	vm::{
		limits::{Limits, HOST},
		prices::Rules,
		program::configure,
		Environment, Manager, Program,
	},
	CompileError, Outcome,
};
use alloc::{format, string::String, sync::Arc};
use core::convert::Infallible;
use polkavm::BackendKind;

/// What a runtime that runs programs itself may hold at once.
///
/// The executor gives a runtime a heap of 2,048 pages of 64 KiB (128 MiB) unless it is told otherwise, in
/// blocks whose sizes are powers of two, of 32 MiB at most. An instance of a program of 300 KiB of code
/// may take 32 MiB for its translation.
pub const LIMITS: Limits =
	Limits { modules: 64, instances: 64, memory: 40 << 20, translated: TRANSLATED, ..HOST };

/// Bytes that the interpreter keeps in wasm for each byte of code, where every byte is a basic block: two
/// handlers (4 bytes each) with their arguments (20 each), in vectors that grow by doubling, and an
/// offset.
const TRANSLATED: u64 = 112;

/// The runtime as a manager's environment.
pub struct Embedded {
	engine: Arc<polkavm::Engine>,
	rules: Rules,
	limits: Limits,
}

impl Embedded {
	/// A runtime has [`Rules::EMBEDDED`] and [`LIMITS`]; tests that compare backends have others.
	///
	/// Errs where PolkaVM does not start.
	fn new(rules: Rules, limits: Limits) -> Result<Self, String> {
		let engine = polkavm::Engine::new(&configure(BackendKind::Interpreter))
			.map_err(|error| format!("the interpreter does not start: {error}"))?;
		Ok(Self { engine: Arc::new(engine), rules, limits })
	}
}

impl Environment for Embedded {
	type Module = Program;
	type Worker = Infallible;
	type Deadline = ();

	fn rules(&self) -> &Rules {
		&self.rules
	}

	fn limits(&self) -> &Limits {
		&self.limits
	}

	fn compile(
		&self,
		program: &[u8],
		_keep: bool,
		admitted: bool,
	) -> Outcome<Arc<Program>, CompileError> {
		let program = Program::new(&self.engine, false, program)?;
		if !admitted {
			program.check()?;
		}
		Ok(Arc::new(program))
	}
}

/// The backend of a runtime, which has [`Rules::EMBEDDED`] and [`LIMITS`]; tests that compare backends have
/// others.
///
/// Errs where PolkaVM does not start.
pub fn manager(rules: Rules, limits: Limits) -> Result<Manager<Embedded>, String> {
	Ok(Manager::new(Arc::new(Embedded::new(rules, limits)?)))
}

/// The functions of [`crate::host::virt`], within the runtime.
#[cfg(substrate_runtime)]
#[doc(hidden)]
pub mod virt {
	use super::*;
	use crate::{wire, Backend, HostBuffer, SyscallTable};
	use core::cell::RefCell;

	/// The manager of this runtime call: a runtime's instance begins with none.
	struct OfThisCall(RefCell<Option<Manager<Embedded>>>);

	// SAFETY: a runtime's instance has one thread.
	unsafe impl Sync for OfThisCall {}

	static MANAGER: OfThisCall = OfThisCall(RefCell::new(None));

	fn with<T>(what: impl FnOnce(&mut dyn Backend) -> T) -> T {
		let mut of_this_call = MANAGER.0.borrow_mut();
		what(of_this_call.get_or_insert_with(|| {
			manager(Rules::EMBEDDED, LIMITS).expect("the interpreter starts; qed")
		}))
	}

	pub fn compile(program: &[u8], syscalls: &[u8]) -> i64 {
		with(|backend| wire::compile(backend, program, syscalls))
	}

	pub fn compile_stored(key: &[u8], skip: u32, syscalls: &[u8]) -> i64 {
		let stored = sp_io::storage::get(key);
		let program = stored.as_ref().and_then(|value| value.get(skip as usize..));
		let compile = |backend: &mut dyn Backend| {
			let program = program.ok_or(CompileError::NotFound)?;
			backend.compile(program, SyscallTable(syscalls), true)
		};
		wire::settle(with(compile).map(|id| id.0))
	}

	pub fn release(module: u32) -> i64 {
		with(|backend| wire::release(backend, module))
	}

	pub fn instantiate(module: u32) -> i64 {
		with(|backend| wire::instantiate(backend, module))
	}

	pub fn prepare(instance: u32, entry: &[u8], args: &[u8]) -> i64 {
		with(|backend| wire::prepare(backend, instance, entry, args))
	}

	pub fn run(instance: u32, gas: i64, buffer: &mut HostBuffer) -> i64 {
		with(|backend| wire::run(backend, instance, gas, buffer))
	}

	pub fn resume(
		instance: u32,
		gas: i64,
		result: u64,
		writes: &[u8],
		buffer: &mut HostBuffer,
	) -> i64 {
		with(|backend| wire::resume(backend, instance, gas, result, writes, buffer))
	}

	pub fn snapshot(instance: u32, buffer: &mut HostBuffer) -> i64 {
		with(|backend| wire::snapshot(backend, instance, buffer))
	}

	pub fn restore(module: u32, snapshot: &[u8]) -> i64 {
		with(|backend| wire::restore(backend, module, snapshot))
	}

	pub fn limit_time(milliseconds: u32) {
		with(|backend| wire::limit_time(backend, milliseconds))
	}

	pub fn destroy(instance: u32) -> i64 {
		with(|backend| wire::destroy(backend, instance))
	}

	pub fn read_memory(instance: u32, address: u32, dest: &mut [u8]) -> i64 {
		with(|backend| wire::read_memory(backend, instance, address, dest))
	}

	pub fn write_memory(instance: u32, address: u32, src: &[u8]) -> i64 {
		with(|backend| wire::write_memory(backend, instance, address, src))
	}

	pub fn zero_memory(instance: u32, address: u32, len: u32) -> i64 {
		with(|backend| wire::zero_memory(backend, instance, address, len))
	}
}
