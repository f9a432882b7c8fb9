//! Runs programs in the runtime: with the feature `embedded`, a runtime needs no host functions of
//! this crate, and runs on any node.
//!
//! [`crate::forward`] is the same. Results, gas under the same [`Rules`], traps and snapshots equal
//! those of every other backend. The differences:
//!
//! - Executions are on tier one only: [`Rules::EMBEDDED`].
//! - [`LIMITS`] are lower, and memory includes the interpreter's translated code: a runtime's heap
//!   has 128 MiB.
//! - Modules are not cached: a program is loaded anew each time.
//! - [`limit_time`](crate::forward::limit_time) has no effect: a runtime has no clock.
//! - Modules and instances are not removed when a storage transaction is rolled back, but when they
//!   are dropped.
//!
//! The feature only affects the runtime's wasm. Natively, host functions are used.

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

/// The limits of the embedded form.
///
/// The executor gives a runtime 2,048 pages of heap (128 MiB), which is allocated in blocks whose
/// sizes are powers of two. A freed block is reused for the same size only, and all transactions of
/// an imported block share a heap. So programs may fill the heap with blocks of each size in turn:
/// each of the eight sizes from 64 KiB to 8 MiB can take up to this limit, and smaller sizes take
/// less.
pub const LIMITS: Limits =
	Limits { modules: 64, nesting: 16, instances: 20, memory: 12 << 20, ..HOST };

/// The size of the interpreter's handler for each instruction and each basic block, in bytes, in
/// wasm.
const HANDLER: u64 = 4;

/// The size of the handler's arguments, in bytes.
const ARGUMENTS: u64 = 20;

/// The bytes that the interpreter keeps per byte of code.
const OFFSET: u64 = 4;

/// The size of the heap's block for so many bytes, including its header (`sc-allocator`).
fn block(bytes: u64) -> u64 {
	bytes.max(8).next_power_of_two() + 8
}

/// The environment of the embedded manager.
pub struct Embedded {
	engine: Arc<polkavm::Engine>,
	rules: Rules,
	limits: Limits,
}

impl Embedded {
	/// A runtime uses [`Rules::EMBEDDED`] and [`LIMITS`]; tests that compare backends use others.
	///
	/// Errs if PolkaVM cannot be started.
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

	/// The blocks of the heap that an instance takes if all of its program is translated. Vectors
	/// grow by doubling.
	fn memory_of(&self, program: &Program) -> u64 {
		let size = program.largest_code_size();
		let translated = u64::from(size.instructions + size.blocks).next_power_of_two();
		let map = program.memory_map();
		[
			program.bytes().len() as u64,
			map.rw_data_size().into(),
			map.stack_size().into(),
			translated * HANDLER,
			translated * ARGUMENTS,
			program.code_len() as u64 * OFFSET,
		]
		.map(block)
		.iter()
		.sum()
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

/// The embedded backend. A runtime uses [`Rules::EMBEDDED`] and [`LIMITS`]; tests that compare
/// backends use others.
///
/// Errs if PolkaVM cannot be started.
pub fn manager(rules: Rules, limits: Limits) -> Result<Manager<Embedded>, String> {
	Ok(Manager::new(Arc::new(Embedded::new(rules, limits)?)))
}

/// The functions of [`crate::host::virt`], in the runtime.
#[cfg(substrate_runtime)]
#[doc(hidden)]
pub mod virt {
	use super::*;
	use crate::{wire, Backend, HostBuffer, SyscallTable};
	use core::cell::RefCell;

	/// The manager of this runtime call. Each call gets a new wasm instance, which starts without
	/// one.
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
