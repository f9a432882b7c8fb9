//! Runs programs within the runtime: a runtime that was built with the feature `embedded` needs no host
//! functions of ours, and so runs on every node that can run its wasm.
//!
//! [`crate::forward`] is the same. What a program does, its gas under the same [`Rules`], its traps and its
//! snapshots are those of every other backend. What differs:
//!
//! - Executions are on tier one only: [`Rules::EMBEDDED`].
//! - [`LIMITS`] are lower, and memory counts with what the interpreter keeps of a program: a runtime's heap
//!   has 128 MiB.
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
/// The executor gives a runtime 2,048 pages of heap (128 MiB), in blocks whose sizes are powers of two. A
/// block that was freed serves requests of its size only, and all transactions of a block that is imported
/// share one heap. So programs may fill the heap with blocks of each size in turn: of the eight sizes from 64
/// KiB to 8 MiB as much as this limit each, and less of the smaller ones.
pub const LIMITS: Limits =
	Limits { modules: 64, nesting: 16, instances: 20, memory: 12 << 20, ..HOST };

/// Bytes of a handler that the interpreter keeps for each instruction and each basic block, in wasm.
const HANDLER: u64 = 4;

/// Bytes of its arguments.
const ARGUMENTS: u64 = 20;

/// Bytes that the interpreter keeps for each byte of code.
const OFFSET: u64 = 4;

/// The size of the heap's block for so many bytes, with its header (`sc-allocator`).
fn block(bytes: u64) -> u64 {
	bytes.max(8).next_power_of_two() + 8
}

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

	/// The blocks of the heap that an instance takes when all of its program was translated. Vectors grow by
	/// doubling.
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
