//! Calls of a program, and everything that can be observed, to compare backends.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use virt_primitives::{
	snapshot::PAGE_SIZE, AtSyscall, CompileError, ExecResult, Execution, Gas, Instance,
	InstantiateError, Module, Restored, Syscall, SyscallTable, TrapCause, MAX_ARGUMENTS,
};

/// A program and its calls.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Script {
	/// The program's bytes.
	pub program: Vec<u8>,
	/// The entries to call, and their arguments.
	pub calls: Vec<(Vec<u8>, Vec<u64>)>,
	/// The gas of each call.
	pub gas: Gas,
	/// The maximal gas per run.
	pub piece: Gas,
	/// Determines the results and writes of syscalls, and where snapshots are taken.
	pub seed: u64,
}

/// An observation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Event {
	/// The program was not compiled.
	NotCompiled(CompileError),
	/// The program was not instantiated.
	NotInstantiated(InstantiateError),
	/// The entry does not exist.
	NotPrepared,
	/// The program returned this value, with this remaining gas.
	Finished(u64, Gas),
	/// The program stopped at a syscall: its symbol, its arguments, the remaining gas, the memory at its first
	/// argument if it was readable, and whether it was writable.
	Syscall(Vec<u8>, [u64; MAX_ARGUMENTS], Gas, Option<[u8; 16]>, bool),
	/// The program ran out of gas: the remaining gas, and the needed gas.
	OutOfGas(Gas, Option<Gas>),
	/// The program trapped at this offset, with this remaining gas.
	Trapped(Option<u32>, TrapCause, Gas),
	/// The hash of a snapshot from which the execution continued.
	Snapshot([u8; 32]),
}

/// The maximal number of events of a script. Later ones are ignored.
const MAX_EVENTS: usize = 200;

/// Runs a script.
pub fn record(script: &Script) -> Vec<Event> {
	let mut events = Vec::new();
	let module = match Module::from_bytes(&script.program, &SyscallTable::EMPTY) {
		Ok(module) => module,
		Err(error) => return [Event::NotCompiled(error)].into(),
	};
	let mut instance = match module.instantiate() {
		Ok(instance) => instance,
		Err(error) => return [Event::NotInstantiated(error)].into(),
	};
	let mut random = script.seed;
	for (entry, args) in &script.calls {
		match call(script, &module, instance, entry, args, &mut random, &mut events) {
			Some(idle) => instance = idle,
			None => break,
		}
	}
	events
}

/// Calls an entry. Returns the instance if it is idle again.
fn call(
	script: &Script,
	module: &Module,
	instance: Instance,
	entry: &[u8],
	args: &[u64],
	random: &mut u64,
	events: &mut Vec<Event>,
) -> Option<Instance> {
	let mut execution = match instance.prepare(entry, args) {
		Ok(execution) => execution,
		Err(failure) => {
			events.push(Event::NotPrepared);
			return Some(failure.instance);
		},
	};
	let mut left = script.gas;
	let mut piece = script.piece.min(left);
	let mut result = execution.run(piece);
	loop {
		if events.len() >= MAX_EVENTS {
			return None;
		}
		// The part of the gas that was withheld from the run.
		let rest = left - piece;
		match result.expect("the instance can be run") {
			ExecResult::Finished { instance, gas_left, value } => {
				events.push(Event::Finished(value, rest + gas_left));
				return Some(instance);
			},
			ExecResult::Trapped { instance, gas_left, pc, cause } => {
				events.push(Event::Trapped(pc, cause, rest + gas_left));
				return Some(instance);
			},
			ExecResult::OutOfGas { execution: stopped, gas_left, gas_needed } => {
				left = rest + gas_left;
				events.push(Event::OutOfGas(left, gas_needed));
				if gas_needed.is_none_or(|needed| needed > left) {
					return None;
				}
				piece = script.piece.max(gas_needed.unwrap_or(0)).min(left);
				execution = stopped;
				result = execution.run(piece);
			},
			ExecResult::Syscall { execution: stopped, gas_left, syscall, args } => {
				left = rest + gas_left;
				piece = script.piece.min(left);
				let answer = next(random);
				let mut stopped = stopped;
				observe(&mut stopped, syscall, args, left, answer, events);
				if answer.is_multiple_of(4) {
					stopped = move_by_snapshot(module, stopped, events);
				}
				result = stopped.resume(piece, answer);
			},
		}
	}
}

/// Observes a syscall, and writes to the memory that it points to.
fn observe(
	execution: &mut Execution<AtSyscall>,
	syscall: Syscall,
	args: [u64; MAX_ARGUMENTS],
	left: Gas,
	answer: u64,
	events: &mut Vec<Event>,
) {
	let symbol = match syscall {
		Syscall::Other(symbol) => symbol.as_bytes().to_vec(),
		Syscall::Listed(number) => number.to_le_bytes().to_vec(),
	};
	let address = args[0] as u32;
	let mut bytes = [0; 16];
	let read = execution.read_memory(address, &mut bytes).is_ok().then_some(bytes);
	let written = execution.write_memory(address, &answer.to_le_bytes()).is_ok();
	if answer.is_multiple_of(3) {
		let _ = execution.zero_memory(address & !(PAGE_SIZE - 1), PAGE_SIZE);
	}
	events.push(Event::Syscall(symbol, args, left, read, written));
}

fn move_by_snapshot(
	module: &Module,
	mut execution: Execution<AtSyscall>,
	events: &mut Vec<Event>,
) -> Execution<AtSyscall> {
	let snapshot = execution.snapshot().expect("a suspended execution has a snapshot");
	events.push(Event::Snapshot(sp_io::hashing::blake2_256(&snapshot)));
	drop(execution);
	match module.restore(&snapshot).expect("it is a snapshot of this program") {
		Restored::AtSyscall { execution, .. } => execution,
		other => panic!("it waited for a syscall's result, and now {other:?}"),
	}
}

/// The next number of a sequence (SplitMix64).
fn next(state: &mut u64) -> u64 {
	*state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
	let mut mixed = *state;
	mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
	mixed ^ (mixed >> 31)
}
