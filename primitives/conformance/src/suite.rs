//! The suite. Each claim is a function; each panics where a backend does not keep it.
//!
//! What the suite measures (gas, trap positions) it also returns, so that the caller can compare
//! the backends with each other.

use alloc::{vec, vec::Vec};
use codec::{Decode, Encode};
use virt_primitives::{
	error::from_wire, host::virt, AtSyscall, CompileError, DestroyError, ExecError, ExecResult,
	Execution, Gas, Instance, InstantiateError, MemoryError, Module, Ready, TrapCause,
};

/// The programs that the suite runs.
#[derive(Clone, Encode, Decode)]
pub struct Programs {
	/// `fixtures/programs/conformance`.
	pub main: Vec<u8>,
	/// Exports `main`, whose code is an `ecalli` with an index that has no import.
	pub missing_import: Vec<u8>,
}

/// Everything measured, in order: equal for all backends.
pub type Report = Vec<i64>;

/// Enough for every program that ends.
const PLENTY: Gas = 100_000_000;

/// Runs all of it.
pub fn run(programs: &Programs) -> Report {
	let main = &programs.main;
	let mut report = Vec::new();

	finished_carries_value_and_gas(main, &mut report);
	six_arguments_go_in(main);
	seventh_argument_is_refused(main);
	syscall_carries_symbol_and_arguments(main, &mut report);
	memory_is_read_written_and_zeroed(main);
	memory_access_out_of_bounds_is_refused(main);
	memory_persists_in_an_instance_and_is_fresh_in_the_next(main);
	memory_is_exchanged_at_a_syscall(main, &mut report);
	out_of_gas_is_resumable_and_charges_nothing_twice(main, &mut report);
	exact_gas_finishes_and_one_less_does_not(main, &mut report);
	zero_gas_runs_nothing(main, &mut report);
	negative_gas_is_refused(main);
	trap_carries_pc_and_gas(main, &mut report);
	bad_memory_traps(main, &mut report);
	trapped_instance_can_be_used_again(main);
	missing_import_traps_and_keeps_gas(&programs.missing_import, &mut report);
	missing_export_hands_the_instance_back(main);
	running_instance_cannot_be_used_twice(main);
	dropped_execution_is_destroyed(main);
	instance_outlives_its_module(main);
	invalid_image_is_refused(main);
	stored_program_is_found_by_key(main);
	rollback_takes_instances_and_ids_along(main);
	commit_keeps_instances(main);
	executions_nest(main, &mut report);
	module_limit_is_exact(main);
	instance_limit_is_exact(main);
	report
}

fn module(program: &[u8]) -> Module {
	Module::from_bytes(program).expect("the program is valid")
}

fn instance(program: &[u8]) -> Instance {
	module(program).instantiate().expect("there is room for one")
}

fn prepared(program: &[u8], entry: &str, args: &[u64]) -> Execution<Ready> {
	instance(program).prepare(entry.as_bytes(), args).expect("the entry point is exported")
}

/// Runs to the end without a syscall; returns the instance, the value and the gas used.
#[track_caller]
fn finish(execution: Execution<Ready>) -> (Instance, u64, Gas) {
	match execution.run(PLENTY).expect("the instance is prepared") {
		ExecResult::Finished { instance, gas_left, value } => (instance, value, PLENTY - gas_left),
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

type Stop = (Execution<AtSyscall>, Gas, Vec<u8>, [u64; 6]);

#[track_caller]
fn at_syscall(result: Result<ExecResult, ExecError>) -> Stop {
	match result.expect("the instance is prepared") {
		ExecResult::Syscall { execution, gas_left, symbol, args } => {
			(execution, gas_left, symbol.as_bytes().to_vec(), args)
		},
		other => panic!("expected a syscall, got {other:?}"),
	}
}

#[track_caller]
fn trapped(result: Result<ExecResult, ExecError>) -> (Instance, Gas, Option<u32>, TrapCause) {
	match result.expect("the instance is prepared") {
		ExecResult::Trapped { instance, gas_left, pc, cause } => (instance, gas_left, pc, cause),
		other => panic!("expected a trap, got {other:?}"),
	}
}

fn finished_carries_value_and_gas(program: &[u8], report: &mut Report) {
	let (_, value, used) = finish(prepared(program, "add", &[7]));
	assert_eq!(value, 7);
	assert!(used > 0);
	report.push(used);
}

fn six_arguments_go_in(program: &[u8]) {
	let (_, value, _) = finish(prepared(program, "add", &[1, 2, 3, 4, 5, 6]));
	assert_eq!(value, 1 + 2 * 2 + 3 * 3 + 4 * 4 + 5 * 5 + 6 * 6);
	let (_, value, _) = finish(prepared(program, "add", &[u64::MAX]));
	assert_eq!(value, u64::MAX);
}

fn seventh_argument_is_refused(program: &[u8]) {
	for count in [7, 8, 100] {
		let failure = instance(program).prepare(b"add", &vec![0; count]).unwrap_err();
		assert_eq!(failure.error, ExecError::TooManyArguments);
	}
}

fn syscall_carries_symbol_and_arguments(program: &[u8], report: &mut Report) {
	let (execution, gas, symbol, args) = at_syscall(prepared(program, "syscalls", &[]).run(PLENTY));
	assert_eq!((&symbol[..], args), (&b"sum6"[..], [1, 2, 3, 4, 5, 6]));
	let (execution, gas_2, symbol, args) = at_syscall(execution.resume(gas, 21));
	assert_eq!((&symbol[..], args[0]), (&b"sum6"[..], 21));
	// Both are in one basic block, which was paid for as a whole.
	assert!(gas_2 <= gas);
	match execution.resume(gas_2, 42).expect("the instance waits") {
		ExecResult::Finished { gas_left, value, .. } => {
			assert_eq!(value, 42);
			report.extend([PLENTY - gas, PLENTY - gas_2, PLENTY - gas_left]);
		},
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

/// Where the program keeps its 64 bytes of writable memory.
fn buffer(program: &[u8]) -> (Instance, u32) {
	let (instance, address, _) = finish(prepared(program, "buffer", &[]));
	(instance, address.try_into().expect("addresses have 32 bits"))
}

fn memory_is_read_written_and_zeroed(program: &[u8]) {
	let (mut instance, address) = buffer(program);
	let written: Vec<u8> = (1..=64).collect();
	let mut read = vec![0; 64];
	instance.write_memory(address, &written).unwrap();
	instance.read_memory(address, &mut read).unwrap();
	assert_eq!(read, written);

	instance.zero_memory(address + 1, 62).unwrap();
	instance.read_memory(address, &mut read).unwrap();
	assert_eq!((read[0], &read[1..63], read[63]), (1, &[0; 62][..], 64));

	// The same while it is prepared.
	let mut execution = instance.prepare(b"add", &[]).unwrap();
	execution.write_memory(address, b"x").unwrap();
	execution.zero_memory(address + 63, 1).unwrap();
	execution.read_memory(address, &mut read).unwrap();
	assert_eq!((read[0], read[63]), (b'x', 0));
}

fn memory_access_out_of_bounds_is_refused(program: &[u8]) {
	let (mut instance, address) = buffer(program);
	let out_of_bounds = Err(MemoryError::OutOfBounds);
	for bad in [0, 1, 0xfffe, 0xffff, u32::MAX - 1, u32::MAX] {
		assert_eq!(instance.read_memory(bad, &mut [0; 2]), out_of_bounds, "read at {bad:#x}");
		assert_eq!(instance.write_memory(bad, &[0; 2]), out_of_bounds, "write at {bad:#x}");
		assert_eq!(instance.zero_memory(bad, 2), out_of_bounds, "zero at {bad:#x}");
		// Nothing is nowhere.
		assert_eq!(instance.read_memory(bad, &mut []), Ok(()));
		assert_eq!(instance.write_memory(bad, &[]), Ok(()));
		assert_eq!(instance.zero_memory(bad, 0), Ok(()));
	}
	assert_eq!(instance.zero_memory(address, u32::MAX), out_of_bounds);
	// From the writable data across the gap that follows it.
	assert_eq!(instance.read_memory(address, &mut vec![0; 1 << 20]), out_of_bounds);

	let (mut instance, text, _) = finish(instance.prepare(b"rodata", &[]).unwrap());
	let text = text.try_into().expect("addresses have 32 bits");
	let mut read = [0; 16];
	instance.read_memory(text, &mut read).unwrap();
	assert_eq!(&read, b"read only bytes!");
	assert_eq!(instance.write_memory(text, b"x"), out_of_bounds);
	assert_eq!(instance.zero_memory(text, 1), out_of_bounds);
}

fn memory_persists_in_an_instance_and_is_fresh_in_the_next(program: &[u8]) {
	let mut instance = instance(program);
	for expected in 1..=3 {
		let (idle, value, _) = finish(instance.prepare(b"count", &[]).unwrap());
		assert_eq!(value, expected);
		instance = idle;
	}
	assert_eq!(finish(prepared(program, "count", &[])).1, 1);
}

fn memory_is_exchanged_at_a_syscall(program: &[u8], report: &mut Report) {
	let result = prepared(program, "exchange", &[]).run(PLENTY);
	let (mut execution, gas, symbol, args) = at_syscall(result);
	assert_eq!((&symbol[..], args[1]), (&b"exchange"[..], 64));
	let address = args[0].try_into().expect("addresses have 32 bits");
	let mut read = vec![0; 64];
	execution.read_memory(address, &mut read).unwrap();
	assert_eq!(read, (0..64).collect::<Vec<u8>>());
	execution.write_memory(address, &[2; 64]).unwrap();
	match execution.resume(gas, 0).expect("the instance waits") {
		ExecResult::Finished { gas_left, value, .. } => {
			assert_eq!(value, 128);
			report.push(PLENTY - gas_left);
		},
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

fn out_of_gas_is_resumable_and_charges_nothing_twice(program: &[u8], report: &mut Report) {
	let (_, value, used) = finish(prepared(program, "work", &[1_000]));
	for slice in [1, 7, 100, used / 2] {
		let mut execution = prepared(program, "work", &[1_000]);
		let mut gas = 0;
		let mut paid = 0;
		let mut stops = 0;
		loop {
			match execution.run(gas).expect("the instance is prepared") {
				ExecResult::OutOfGas { execution: stopped, gas_left, gas_needed } => {
					assert!(gas_left >= 0 && gas_left <= gas, "{gas_left} of {gas}");
					let needed = gas_needed.expect("it stopped at the start of a block");
					assert!(needed > gas_left, "it stopped with {gas_left}, needs {needed}");
					let top_up = slice.max(needed - gas_left);
					(execution, gas, paid) = (stopped, gas_left + top_up, paid + top_up);
					stops += 1;
				},
				ExecResult::Finished { gas_left, value: resumed, .. } => {
					assert_eq!((resumed, paid - gas_left), (value, used));
					report.extend([stops, paid, gas_left]);
					break;
				},
				other => panic!("expected the program to go on, got {other:?}"),
			}
		}
	}
}

fn exact_gas_finishes_and_one_less_does_not(program: &[u8], report: &mut Report) {
	let (_, _, used) = finish(prepared(program, "work", &[10]));
	match prepared(program, "work", &[10]).run(used).unwrap() {
		ExecResult::Finished { gas_left, .. } => assert_eq!(gas_left, 0),
		other => panic!("expected the program to finish, got {other:?}"),
	}
	match prepared(program, "work", &[10]).run(used - 1).unwrap() {
		ExecResult::OutOfGas { gas_left, gas_needed, .. } => {
			assert_eq!(gas_needed, Some(gas_left + 1));
			report.push(gas_left);
		},
		other => panic!("expected the gas to run out, got {other:?}"),
	}
	match prepared(program, "work", &[10]).run(Gas::MAX).unwrap() {
		ExecResult::Finished { gas_left, .. } => assert_eq!(Gas::MAX - gas_left, used),
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

fn zero_gas_runs_nothing(program: &[u8], report: &mut Report) {
	match prepared(program, "spin", &[]).run(0).unwrap() {
		ExecResult::OutOfGas { gas_left, gas_needed, .. } => {
			assert_eq!(gas_left, 0);
			report.push(gas_needed.expect("it stopped at the start of a block"));
		},
		other => panic!("expected the gas to run out, got {other:?}"),
	}
	match prepared(program, "spin", &[]).run(100_000).unwrap() {
		ExecResult::OutOfGas { gas_left, .. } => report.push(gas_left),
		other => panic!("expected the gas to run out, got {other:?}"),
	}
}

fn negative_gas_is_refused(program: &[u8]) {
	for gas in [-1, Gas::MIN] {
		assert_eq!(prepared(program, "add", &[]).run(gas).unwrap_err(), ExecError::NegativeGas);
	}
}

fn trap_carries_pc_and_gas(program: &[u8], report: &mut Report) {
	let (_, gas_left, pc, cause) = trapped(prepared(program, "trap", &[]).run(PLENTY));
	assert_eq!(cause, TrapCause::Instruction);
	assert!(gas_left > 0 && gas_left < PLENTY);
	report.extend([gas_left, pc.expect("a trap has a position").into()]);
}

fn bad_memory_traps(program: &[u8], report: &mut Report) {
	for entry in ["null_read", "stack"] {
		let (_, gas_left, pc, cause) = trapped(prepared(program, entry, &[]).run(PLENTY));
		assert_eq!(cause, TrapCause::Instruction);
		report.extend([gas_left, pc.expect("a trap has a position").into()]);
	}
}

fn trapped_instance_can_be_used_again(program: &[u8]) {
	let (instance, ..) = trapped(prepared(program, "trap", &[]).run(PLENTY));
	assert_eq!(finish(instance.prepare(b"add", &[5]).unwrap()).1, 5);
}

fn missing_import_traps_and_keeps_gas(program: &[u8], report: &mut Report) {
	let (_, gas_left, pc, cause) = trapped(prepared(program, "main", &[]).run(PLENTY));
	assert_eq!(cause, TrapCause::MissingImport);
	assert!(gas_left > 0 && gas_left < PLENTY);
	report.extend([gas_left, pc.expect("a trap has a position").into()]);
}

fn missing_export_hands_the_instance_back(program: &[u8]) {
	for entry in [&b"no_such_entry"[..], b"", b"add\0", &[0xff; 1_000]] {
		let failure = instance(program).prepare(entry, &[]).unwrap_err();
		assert_eq!(failure.error, ExecError::ExportNotFound);
		assert_eq!(finish(failure.instance.prepare(b"add", &[5]).unwrap()).1, 5);
	}
}

fn running_instance_cannot_be_used_twice(program: &[u8]) {
	let refused = |wire, error| assert_eq!(from_wire::<ExecError>(wire), Err(error));
	let mut step = Default::default();

	let instance = instance(program);
	let id = instance.id().0;
	refused(virt::run(id, PLENTY, &mut step), ExecError::NotPrepared);
	refused(virt::resume(id, PLENTY, 0, &mut step), ExecError::NotPrepared);

	let execution = instance.prepare(b"syscalls", &[]).unwrap();
	refused(virt::prepare(id, b"add", &[]), ExecError::Busy);
	refused(virt::resume(id, PLENTY, 0, &mut step), ExecError::ResultMismatch);

	let (execution, gas, ..) = at_syscall(execution.run(PLENTY));
	refused(virt::prepare(id, b"add", &[]), ExecError::Busy);
	refused(virt::run(id, PLENTY, &mut step), ExecError::ResultMismatch);

	// None of it disturbed the program.
	at_syscall(execution.resume(gas, 21));
}

fn dropped_execution_is_destroyed(program: &[u8]) {
	let execution = prepared(program, "add", &[]);
	let id = execution.id().0;
	drop(execution);
	let run = virt::run(id, PLENTY, &mut Default::default());
	assert_eq!(from_wire::<ExecError>(run), Err(ExecError::InvalidInstance));
	assert_eq!(from_wire::<DestroyError>(virt::destroy(id)), Err(DestroyError::Unknown));
	let read = virt::read_memory(id, 0x10000, &mut [0]);
	assert_eq!(from_wire::<MemoryError>(read), Err(MemoryError::InvalidInstance));
}

fn instance_outlives_its_module(program: &[u8]) {
	let module = module(program);
	let instance = module.instantiate().unwrap();
	drop(module);
	assert_eq!(finish(instance.prepare(b"add", &[5]).unwrap()).1, 5);
	let unknown = from_wire::<InstantiateError>(virt::instantiate(u32::MAX));
	assert_eq!(unknown, Err(InstantiateError::InvalidModule));
	assert_eq!(from_wire::<DestroyError>(virt::release(u32::MAX)), Err(DestroyError::Unknown));
}

fn invalid_image_is_refused(program: &[u8]) {
	for image in [&[][..], b"PVM", b"not a program at all", &program[..program.len() / 2]] {
		assert_eq!(Module::from_bytes(image).unwrap_err(), CompileError::InvalidImage);
	}
}

fn stored_program_is_found_by_key(program: &[u8]) {
	let stored: Vec<u8> = [&b"prefix"[..], program].concat();
	sp_io::storage::set(b"program", &stored);
	let module = Module::from_storage(b"program", 6).unwrap();
	assert_eq!(
		finish(module.instantiate().unwrap().prepare(b"add", &[5]).unwrap()).1,
		5,
		"the program in storage is the program"
	);
	let failed = |key: &[u8], skip| Module::from_storage(key, skip).unwrap_err();
	assert_eq!(failed(b"elsewhere", 0), CompileError::NotFound);
	assert_eq!(failed(b"program", u32::MAX), CompileError::NotFound);
	assert_eq!(failed(b"program", 0), CompileError::InvalidImage);
	// Storage is asked first: what is no longer there is not found in any cache.
	sp_io::storage::clear(b"program");
	assert_eq!(failed(b"program", 6), CompileError::NotFound);
}

fn rollback_takes_instances_and_ids_along(program: &[u8]) {
	let before = prepared(program, "add", &[5]);
	sp_io::storage::start_transaction();
	let inner_module = module(program);
	let inner = inner_module.instantiate().unwrap();
	let id = inner.id();
	sp_io::storage::rollback_transaction();

	let failure = inner.prepare(b"add", &[]).unwrap_err();
	assert_eq!(failure.error, ExecError::InvalidInstance);
	assert_eq!(inner_module.instantiate().unwrap_err(), InstantiateError::InvalidModule);
	// Dropped before their ids are given again.
	drop((failure, inner_module));
	assert_eq!(instance(program).id(), id, "ids follow the transaction");
	assert_eq!(finish(before).1, 5);
}

fn commit_keeps_instances(program: &[u8]) {
	sp_io::storage::start_transaction();
	let kept = prepared(program, "add", &[5]);
	sp_io::storage::start_transaction();
	let kept_too = prepared(program, "add", &[6]);
	sp_io::storage::commit_transaction();
	sp_io::storage::commit_transaction();
	assert_eq!((finish(kept).1, finish(kept_too).1), (5, 6));
}

fn executions_nest(program: &[u8], report: &mut Report) {
	fn descend(program: &[u8], depth: u32) -> Gas {
		let (execution, gas, ..) = at_syscall(prepared(program, "exchange", &[]).run(PLENTY));
		let inner = if depth > 0 { descend(program, depth - 1) } else { 0 };
		match execution.resume(gas, 0).expect("the instance waits") {
			ExecResult::Finished { gas_left, value, .. } => {
				assert_eq!(value, (0..64).sum::<u64>());
				inner + PLENTY - gas_left
			},
			other => panic!("expected the program to finish, got {other:?}"),
		}
	}
	report.push(descend(program, 3));
}

/// Mirrors `virt_manager::limits`, which this crate cannot see from inside a runtime; the native
/// test compares them.
pub const MAX_MODULES: usize = 256;
/// See [`MAX_MODULES`].
pub const MAX_INSTANCES: usize = 64;

fn module_limit_is_exact(program: &[u8]) {
	let modules: Vec<_> = (0..MAX_MODULES).map(|_| module(program)).collect();
	assert_eq!(Module::from_bytes(program).unwrap_err(), CompileError::TooManyModules);
	drop(modules);
	module(program);
}

fn instance_limit_is_exact(program: &[u8]) {
	let module = module(program);
	let fill = || module.instantiate();
	let instances: Vec<_> = (0..MAX_INSTANCES).map(|_| fill().unwrap()).collect();
	assert_eq!(fill().unwrap_err(), InstantiateError::TooManyInstances);
	drop(instances);
	fill().unwrap();
}
