//! The suite. Each claim is a function that panics if a backend violates it.
//!
//! The suite returns its measurements (gas, trap positions), so that the caller can compare
//! backends.

use alloc::{vec, vec::Vec};
use codec::{Decode, Encode};
use virt_primitives::{
	error::from_wire,
	snapshot::{Page, Snapshot, Waiting, PAGE_SIZE},
	step::{stop, writes},
	syscall::SPEC_LEN,
	virt, AtSyscall, Buffer, CompileError, DestroyError, Direction, ExecError, ExecResult,
	Execution, Gas, HostBuffer, Instance, InstantiateError, Length, MemoryError, Module, Ready,
	RestoreError, Restored, SnapshotError, Syscall, SyscallSpec, SyscallTable, TrapCause,
};

/// The programs that the suite runs.
#[derive(Clone, Encode, Decode)]
pub struct Programs {
	/// `fixtures/programs/conformance`.
	pub main: Vec<u8>,
	/// Exports `main`, whose code is an `ecalli` with an index that has no import.
	pub missing_import: Vec<u8>,
	/// The backend that runs them.
	pub backend: Backend,
}

/// The differences between backends.
#[derive(Clone, Copy, Encode, Decode)]
pub struct Backend {
	/// The maximal number of modules.
	pub modules: u32,
	/// The maximal number of instances.
	pub instances: u32,
	/// The maximal number of instances that wait at a syscall.
	pub nesting: u32,
	/// The maximal size of a program, in bytes.
	pub program: u32,
	/// Whether modules and instances are removed when the storage transaction that created them is
	/// rolled back.
	pub follows_transactions: bool,
}

/// All measurements, in order: equal for all backends.
pub type Report = Vec<i64>;

/// Enough gas for every program that ends.
const PLENTY: Gas = 100_000_000;

/// Runs the whole suite.
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
	buffers_come_along_and_go_back(main, &mut report);
	listed_buffers_change_no_access(main);
	buffers_beyond_their_limit_stay(main);
	large_buffers_are_read_where_they_are(main);
	bad_writes_are_refused_and_nothing_is_lost(main);
	snapshot_goes_on_where_it_stopped(main, &mut report);
	snapshot_of_an_idle_instance_is_refused(main);
	bad_snapshots_are_refused(main, &programs.missing_import);
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
	if programs.backend.follows_transactions {
		rollback_takes_instances_and_ids_along(main);
	}
	commit_keeps_instances(main);
	executions_nest(main, &mut report);
	let Backend { modules, instances, nesting, program, .. } = programs.backend;
	module_limit_is_exact(main, modules);
	instance_limit_is_exact(main, instances);
	program_limit_is_exact(program as usize);
	nesting_limit_is_exact(main, nesting);
	report
}

fn module(program: &[u8]) -> Module {
	Module::from_bytes(program, &SyscallTable::EMPTY).expect("the program is valid")
}

fn instance(program: &[u8]) -> Instance {
	module(program).instantiate().expect("there is room for one")
}

fn prepared(program: &[u8], entry: &str, args: &[u64]) -> Execution<Ready> {
	instance(program).prepare(entry.as_bytes(), args).expect("the entry point is exported")
}

/// Runs to the end without a syscall. Returns the instance, the value and the used gas.
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
		ExecResult::Syscall { execution, gas_left, syscall: Syscall::Other(symbol), args } => {
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
	// Both syscalls are in one basic block, whose gas was charged at once.
	assert!(gas_2 <= gas);
	match execution.resume(gas_2, 42).expect("the instance waits") {
		ExecResult::Finished { gas_left, value, .. } => {
			assert_eq!(value, 42);
			report.extend([PLENTY - gas, PLENTY - gas_2, PLENTY - gas_left]);
		},
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

/// The address of the program's 64 bytes of writable memory.
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

	// The same accesses are possible while the instance is prepared.
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
		// An empty range is valid anywhere.
		assert_eq!(instance.read_memory(bad, &mut []), Ok(()));
		assert_eq!(instance.write_memory(bad, &[]), Ok(()));
		assert_eq!(instance.zero_memory(bad, 0), Ok(()));
	}
	assert_eq!(instance.zero_memory(address, u32::MAX), out_of_bounds);
	// The range crosses the gap after the writable data.
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

/// The suite's syscalls, with the buffer of `exchange` declared in both directions, for up to `max`
/// bytes.
macro_rules! table {
	($max:literal) => {{
		const fn buffer(direction: Direction) -> Buffer {
			Buffer { direction, pointer: 0, len: Length::Argument(1), max: $max }
		}
		const SPECS: &[SyscallSpec] = &[
			SyscallSpec { symbol: "sum6", buffers: &[] },
			SyscallSpec {
				symbol: "exchange",
				buffers: &[buffer(Direction::In), buffer(Direction::Out)],
			},
		];
		const TABLE: [u8; SPECS.len() * SPEC_LEN] = SyscallTable::encode(SPECS);
		SyscallTable(&TABLE)
	}};
}

type Exchange = (Execution<AtSyscall>, Gas, u32);

/// Runs to the syscall `exchange`. Returns the execution, the remaining gas, and the address of the buffer.
fn at_exchange(program: &[u8], table: SyscallTable<'_>, len: u64) -> Exchange {
	let module = Module::from_bytes(program, &table).expect("the program is valid");
	let instance = module.instantiate().expect("there is room");
	let execution = instance.prepare(b"exchange", &[len]).expect("it is exported");
	match execution.run(PLENTY).expect("the instance is prepared") {
		ExecResult::Syscall { execution, gas_left, syscall, args } => {
			assert_eq!(syscall, Syscall::Listed(1));
			(execution, gas_left, args[0].try_into().expect("addresses have 32 bits"))
		},
		other => panic!("expected a syscall, got {other:?}"),
	}
}

/// The instance's memory on the host, without writes that wait for the syscall's result.
fn host_memory(execution: &Execution<AtSyscall>, address: u32, len: usize) -> Vec<u8> {
	let mut bytes = vec![0; len];
	from_wire::<MemoryError>(virt::read_memory(execution.id().0, address, &mut bytes)).unwrap();
	bytes
}

#[track_caller]
fn finish_exchange(execution: Execution<AtSyscall>, gas: Gas, sum: u64) -> Gas {
	match execution.resume(gas, 0).expect("the instance waits") {
		ExecResult::Finished { gas_left, value, .. } => {
			assert_eq!(value, sum);
			PLENTY - gas_left
		},
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

fn buffers_come_along_and_go_back(program: &[u8], report: &mut Report) {
	let (mut execution, gas, address) = at_exchange(program, table!(64), 0);
	let initial: Vec<u8> = (0..64).collect();
	// Writes behind the execution's back: the execution still reads the included buffer.
	let behind = from_wire::<MemoryError>(virt::write_memory(execution.id().0, address, &[9]));
	behind.expect("it is in bounds");
	let mut read = vec![0; 64];
	execution.read_memory(address, &mut read).unwrap();
	assert_eq!(read, initial);
	let mut part = [0; 3];
	execution.read_memory(address + 61, &mut part).unwrap();
	assert_eq!(part, [61, 62, 63]);

	// Writes can be read back, but reach the program's memory only with the result.
	execution.write_memory(address, &[1; 64]).unwrap();
	execution.write_memory(address + 10, &[2; 4]).unwrap();
	execution.read_memory(address + 8, &mut part).unwrap();
	assert_eq!(part, [1, 1, 2]);
	assert_eq!(host_memory(&execution, address + 1, 63), initial[1..]);
	report.push(finish_exchange(execution, gas, 60 + 4 * 2));
}

fn listed_buffers_change_no_access(program: &[u8]) {
	// Makes the same accesses with and without a declared buffer.
	let accesses = |table| {
		let module = Module::from_bytes(program, &table).unwrap();
		let execution = module.instantiate().unwrap().prepare(b"exchange", &[]).unwrap();
		let Ok(ExecResult::Syscall { mut execution, gas_left, args, .. }) = execution.run(PLENTY)
		else {
			panic!("expected a syscall")
		};
		let address = args[0] as u32;
		let mut seen = Vec::new();
		let mut look = |execution: &Execution<AtSyscall>| {
			for (address, len) in [(address, 64), (address + 1, 2), (address, 65), (address, 0)] {
				let mut bytes = vec![0; len];
				seen.push((execution.read_memory(address, &mut bytes), bytes));
			}
			let bad = execution.read_memory(u32::MAX, &mut [0; 2]);
			seen.push((bad, Vec::new()));
		};
		look(&execution);
		execution.write_memory(address + 2, &[7; 5]).unwrap();
		look(&execution);
		execution.zero_memory(address + 3, 2).unwrap();
		look(&execution);
		// The buffer contains only a part of this range.
		execution.write_memory(address + 60, &[8; 6]).unwrap();
		look(&execution);
		// An empty access performs the waiting write, and nothing else.
		execution.write_memory(address + 1, &[6; 3]).unwrap();
		execution.zero_memory(address, 0).unwrap();
		look(&execution);
		execution.write_memory(address, &[9; 2]).unwrap();
		execution.write_memory(address, &[]).unwrap();
		assert_eq!(execution.write_memory(0, &[1]), Err(MemoryError::OutOfBounds));
		assert_eq!(execution.zero_memory(0, 1), Err(MemoryError::OutOfBounds));
		look(&execution);
		let Ok(ExecResult::Finished { gas_left, value, .. }) = execution.resume(gas_left, 0) else {
			panic!("expected the program to finish")
		};
		(seen, gas_left, value)
	};
	let plain = accesses(SyscallTable::EMPTY);
	assert_eq!(accesses(table!(64)), plain);
	assert_eq!(accesses(table!(63)), plain);
	assert_eq!(accesses(table!(0)), plain);
}

fn buffers_beyond_their_limit_stay(program: &[u8]) {
	let (mut execution, gas, address) = at_exchange(program, table!(63), 0);
	// The buffer exceeds its limit: none of its 64 bytes are included, and the last cannot be sent with the result.
	let behind = from_wire::<MemoryError>(virt::write_memory(execution.id().0, address, &[9]));
	behind.expect("it is in bounds");
	let mut read = [0; 2];
	execution.read_memory(address, &mut read).unwrap();
	assert_eq!(read, [9, 1]);
	execution.write_memory(address, &[0; 64]).unwrap();
	assert_eq!(host_memory(&execution, address, 64), [0; 64]);
	finish_exchange(execution, gas, 0);
}

fn large_buffers_are_read_where_they_are(program: &[u8]) {
	let table = table!(65_536);
	let module = Module::from_bytes(program, &table).unwrap();
	let execution = module.instantiate().unwrap().prepare(b"exchanges", &[]).unwrap();
	let mut result = execution.run(PLENTY);
	for round in 0..3 {
		let Ok(ExecResult::Syscall { mut execution, gas_left, args, .. }) = result else {
			panic!("expected a syscall, got {result:?}")
		};
		let (address, len) = (args[0] as u32, args[1] as usize);
		assert!(len > 4_096, "more than a stop has room for");
		let changed = from_wire::<MemoryError>(virt::write_memory(execution.id().0, address, &[9]));
		changed.expect("it is in bounds");
		let mut read = vec![0; len];
		execution.read_memory(address, &mut read).unwrap();
		assert_eq!(read[0], 9, "round {round}");
		assert_eq!(read[1..], vec![5; len - 1]);
		execution.write_memory(address, &vec![5; len]).unwrap();
		result = execution.resume(gas_left, 0);
	}
	assert!(matches!(result, Ok(ExecResult::Finished { .. })), "{result:?}");
}

fn bad_writes_are_refused_and_nothing_is_lost(program: &[u8]) {
	let (execution, gas, address) = at_exchange(program, table!(64), 0);
	let id = execution.id().0;
	let mut stop = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	let good = {
		let mut writes = Vec::new();
		writes::push(&mut writes, address, &[1; 64]);
		writes
	};
	let mut then_bad = good.clone();
	writes::push(&mut then_bad, 0, b"x");
	for bad in [&good[..7], &good[..71], b"x", &then_bad] {
		let resumed = from_wire::<ExecError>(virt::resume(id, gas, 0, bad, &mut stop));
		assert_eq!(resumed, Err(ExecError::WriteOutOfBounds));
	}
	let mut small = HostBuffer::with_capacity(stop::MIN_CAPACITY - 1);
	let resumed = from_wire::<ExecError>(virt::resume(id, gas, 0, &good, &mut small));
	assert_eq!(resumed, Err(ExecError::BufferTooSmall));
	let resumed = from_wire::<ExecError>(virt::resume(id, -1, 0, &good, &mut stop));
	assert_eq!(resumed, Err(ExecError::NegativeGas));
	// Nothing was written, and the execution still waits.
	assert_eq!(host_memory(&execution, address, 64), (0..64).collect::<Vec<u8>>());
	finish_exchange(execution, gas, (0..64).sum());
}

/// A number that distinguishes snapshots.
fn fingerprint(snapshot: &[u8]) -> i64 {
	snapshot.iter().fold(7i64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(byte.into()))
}

fn snapshot_goes_on_where_it_stopped(program: &[u8], report: &mut Report) {
	let (_, value, used) = finish(prepared(program, "work", &[1_000]));
	let module = module(program);
	// Restores from a snapshot before the start, and whenever it runs out of gas.
	let mut execution = prepared(program, "work", &[1_000]);
	let mut paid = 0;
	let mut gas = 0;
	let result = loop {
		let snapshot = execution.snapshot().expect("it is suspended");
		report.push(fingerprint(&snapshot));
		let Ok(Restored::Ready { execution: restored, gas_left }) = module.restore(&snapshot)
		else {
			panic!("expected it to wait for gas")
		};
		assert_eq!(gas_left, gas, "a snapshot carries the gas that was left");
		drop(execution);
		gas += used / 5;
		paid += used / 5;
		match restored.run(gas).expect("the instance is prepared") {
			ExecResult::OutOfGas { execution: stopped, gas_left, .. } => {
				(execution, gas) = (stopped, gas_left);
			},
			ExecResult::Finished { value, gas_left, .. } => break (value, paid - gas_left),
			other => panic!("expected the program to go on, got {other:?}"),
		}
	};
	assert_eq!(result, (value, used));

	// A snapshot at a syscall, with changed memory and waiting writes.
	let (mut execution, gas, address) = at_exchange(program, table!(64), 0);
	let used = finish_exchange(at_exchange(program, table!(64), 0).0, gas, (0..64).sum());
	execution.write_memory(address, &[3]).unwrap();
	let snapshot = execution.snapshot().expect("it is suspended");
	report.push(fingerprint(&snapshot));
	drop(execution);
	let Ok(Restored::AtSyscall { execution, gas_left }) = module.restore(&snapshot) else {
		panic!("expected it to wait for a result")
	};
	assert_eq!(gas_left, gas);
	assert_eq!(finish_exchange(execution, gas_left, (0..64).sum::<u64>() + 3), used);
	// Resumes with the maximal gas: none is added, and none is lost.
	let Ok(Restored::AtSyscall { execution, .. }) = module.restore(&snapshot) else {
		panic!("expected it to wait for a result")
	};
	match execution.resume(Gas::MAX, 0).expect("the instance waits") {
		ExecResult::Finished { gas_left, .. } => {
			assert_eq!(Gas::MAX - gas_left, used - (PLENTY - gas));
		},
		other => panic!("expected the program to finish, got {other:?}"),
	}
}

fn snapshot_of_an_idle_instance_is_refused(program: &[u8]) {
	let instance = instance(program);
	let mut buffer = HostBuffer::with_capacity(0);
	let refused = from_wire::<SnapshotError>(virt::snapshot(instance.id().0, &mut buffer));
	assert_eq!(refused, Err(SnapshotError::NotSuspended));
	let refused = from_wire::<SnapshotError>(virt::snapshot(u32::MAX, &mut buffer));
	assert_eq!(refused, Err(SnapshotError::InvalidInstance));
}

fn bad_snapshots_are_refused(program: &[u8], other_program: &[u8]) {
	let module = module(program);
	let snapshot = prepared(program, "work", &[1]).snapshot().unwrap();
	let refused = |snapshot: &Snapshot, error| {
		assert_eq!(module.restore(&snapshot.to_bytes()).unwrap_err(), error, "{snapshot:?}");
	};
	let good = Snapshot::from_bytes(&snapshot).unwrap();
	let invalid = RestoreError::InvalidSnapshot;
	assert_eq!(module.restore(&[]).unwrap_err(), invalid);
	assert_eq!(module.restore(&snapshot[..snapshot.len() - 1]).unwrap_err(), invalid);
	assert_eq!(module.restore(b"\x03").unwrap_err(), RestoreError::UnknownVersion);
	let foreign = Module::from_bytes(other_program, &SyscallTable::EMPTY).unwrap();
	assert_eq!(foreign.restore(&snapshot).unwrap_err(), RestoreError::WrongProgram);
	for pc in [good.pc + 1, u32::MAX] {
		refused(&Snapshot { pc, ..good.clone() }, invalid);
	}
	// A result cannot be awaited at the start of a block: no syscall precedes it.
	refused(&Snapshot { waiting: Waiting::ForResult, ..good.clone() }, invalid);
	for number in [0, 0x10, u32::MAX / PAGE_SIZE, u32::MAX] {
		let pages = vec![Page { number, bytes: vec![1] }];
		refused(&Snapshot { pages, ..good.clone() }, invalid);
	}
	let unknown = from_wire::<RestoreError>(virt::restore(u32::MAX, &snapshot));
	assert_eq!(unknown, Err(RestoreError::InvalidModule));
	assert!(module.restore(&snapshot).is_ok(), "the good one still works");
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
	let mut step = HostBuffer::with_capacity(stop::MIN_CAPACITY);

	let instance = instance(program);
	let id = instance.id().0;
	refused(virt::run(id, PLENTY, &mut step), ExecError::NotPrepared);
	refused(virt::resume(id, PLENTY, 0, &[], &mut step), ExecError::NotPrepared);

	let execution = instance.prepare(b"syscalls", &[]).unwrap();
	refused(virt::prepare(id, b"add", &[]), ExecError::Busy);
	refused(virt::resume(id, PLENTY, 0, &[], &mut step), ExecError::ResultMismatch);

	let (execution, gas, ..) = at_syscall(execution.run(PLENTY));
	refused(virt::prepare(id, b"add", &[]), ExecError::Busy);
	refused(virt::run(id, PLENTY, &mut step), ExecError::ResultMismatch);

	// The refused requests did not change the program's results.
	at_syscall(execution.resume(gas, 21));
}

fn dropped_execution_is_destroyed(program: &[u8]) {
	let execution = prepared(program, "add", &[]);
	let id = execution.id().0;
	drop(execution);
	let mut step = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	let run = virt::run(id, PLENTY, &mut step);
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
		assert_eq!(
			Module::from_bytes(image, &SyscallTable::EMPTY).unwrap_err(),
			CompileError::InvalidImage
		);
	}
}

fn stored_program_is_found_by_key(program: &[u8]) {
	let stored: Vec<u8> = [&b"prefix"[..], program].concat();
	sp_io::storage::set(b"program", &stored);
	let module = Module::from_storage(b"program", 6, &SyscallTable::EMPTY).unwrap();
	assert_eq!(
		finish(module.instantiate().unwrap().prepare(b"add", &[5]).unwrap()).1,
		5,
		"the program in storage is the program"
	);
	let failed =
		|key: &[u8], skip| Module::from_storage(key, skip, &SyscallTable::EMPTY).unwrap_err();
	assert_eq!(failed(b"elsewhere", 0), CompileError::NotFound);
	assert_eq!(failed(b"program", u32::MAX), CompileError::NotFound);
	assert_eq!(failed(b"program", 0), CompileError::InvalidImage);
	// Storage is checked first: a removed value is not found in a cache.
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
	// Dropped before their ids are reused.
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

fn program_limit_is_exact(limit: usize) {
	let refused = |len| Module::from_bytes(&vec![0; len], &SyscallTable::EMPTY).unwrap_err();
	assert_eq!(refused(limit), CompileError::InvalidImage);
	assert_eq!(refused(limit + 1), CompileError::TooLarge);
}

fn nesting_limit_is_exact(program: &[u8], limit: u32) {
	let module = module(program);
	let start = || module.instantiate().unwrap().prepare(b"exchange", &[]).unwrap().run(PLENTY);
	let mut waiting: Vec<_> = (0..limit).map(|_| at_syscall(start())).collect();
	assert_eq!(start().unwrap_err(), ExecError::TooDeep);
	// A waiting execution can continue, which makes room for another.
	let (execution, gas, ..) = waiting.pop().expect("there are some");
	finish_exchange(execution, gas, (0..64).sum());
	at_syscall(start());
	drop(waiting);
	at_syscall(start());
}

fn module_limit_is_exact(program: &[u8], limit: u32) {
	let modules: Vec<_> = (0..limit).map(|_| module(program)).collect();
	assert_eq!(
		Module::from_bytes(program, &SyscallTable::EMPTY).unwrap_err(),
		CompileError::TooManyModules
	);
	drop(modules);
	module(program);
}

fn instance_limit_is_exact(program: &[u8], limit: u32) {
	let module = module(program);
	let fill = || module.instantiate();
	let instances: Vec<_> = (0..limit).map(|_| fill().unwrap()).collect();
	assert_eq!(fill().unwrap_err(), InstantiateError::TooManyInstances);
	drop(instances);
	fill().unwrap();
}
