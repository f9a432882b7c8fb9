//! Runs calls on a machine, answers syscalls, and records all observations.

use crate::{
	generate::Call,
	machine::Machine,
	source::{mix, random, Source},
};
use polkavm_common::{abi::MemoryMapBuilder, program::ProgramBlob};
use std::{
	hash::{DefaultHasher, Hash, Hasher},
	iter,
	ops::Range,
};
use virt_primitives::{
	snapshot::{PAGE_SIZE, REGISTERS},
	step::Step,
	Gas, Syscall, SyscallSymbol, MAX_ARGUMENTS,
};

/// An observation of a run. Remaining gas is that of the whole call, so it does not depend on how the gas was
/// given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
	/// An entry was called: its name, and whether it exists.
	Called(Vec<u8>, bool),
	/// The program stopped, except at the end of a piece of gas.
	Stopped(Step),
	/// The host read memory: address, length, and a digest of the bytes if they can be read.
	Read(u32, usize, Option<u64>),
	/// The host wrote memory: address, length, and whether it is writable.
	Wrote(u32, usize, bool),
	/// The host zeroed memory: address, length, and whether it is writable.
	Zeroed(u32, u32, bool),
	/// The host answered a syscall with this result.
	Answered(u64),
	/// A digest of all compared memory, at the end of a call.
	Memory(u64),
}

/// All observations of a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
	/// The observations. They are the same on all machines, however the gas is given.
	pub events: Vec<Event>,
	/// The end of each piece of gas: the remaining gas, and the needed gas. They are the same on all machines.
	pub pieces: Vec<(Gas, Option<Gas>)>,
	/// All registers at every stop, if they are visible.
	pub registers: Vec<[u64; REGISTERS]>,
}

/// Answers syscalls.
pub trait Host {
	/// Returns the result of a syscall, or `None` to end all calls. It accesses memory through `memory`.
	fn answer(
		&mut self,
		memory: &mut Memory<'_>,
		symbol: &SyscallSymbol,
		args: &[u64; MAX_ARGUMENTS],
	) -> Option<u64>;
}

/// A machine's memory that records each access as an event.
pub struct Memory<'a> {
	machine: &'a mut dyn Machine,
	events: &'a mut Vec<Event>,
}

impl Memory<'_> {
	/// The `len` bytes at `address`, if they can be read.
	pub fn read(&mut self, address: u32, len: usize) -> Option<Vec<u8>> {
		let mut bytes = vec![0; len];
		let bytes = self.machine.read(address, &mut bytes).then_some(bytes);
		self.events.push(Event::Read(address, len, bytes.as_ref().map(digest)));
		bytes
	}

	/// Writes `bytes` at `address`, if they can be written.
	pub fn write(&mut self, address: u32, bytes: &[u8]) -> bool {
		let accessible = self.machine.write(address, bytes);
		self.events.push(Event::Wrote(address, bytes.len(), accessible));
		accessible
	}

	/// Zeroes `len` bytes at `address`, if they can be written.
	pub fn zero(&mut self, address: u32, len: u32) -> bool {
		let accessible = self.machine.zero(address, len);
		self.events.push(Event::Zeroed(address, len, accessible));
		accessible
	}
}

fn digest(value: impl Hash) -> u64 {
	let mut hasher = DefaultHasher::new();
	value.hash(&mut hasher);
	hasher.finish()
}

/// All gas at once.
pub fn whole() -> impl Iterator<Item = Gas> {
	iter::repeat(Gas::MAX)
}

/// Growing pieces of gas, so that there are not too many.
pub fn growing(first: Gas) -> impl Iterator<Item = Gas> {
	iter::successors(Some(first), |piece| Some(piece + piece / 2 + 1))
}

/// Calls a machine's entries with `gas` each, in pieces of at least these sizes, until a call cannot continue.
pub fn drive(
	machine: &mut dyn Machine,
	calls: &[Call],
	gas: Gas,
	mut pieces: impl Iterator<Item = Gas>,
	memory: &[Range<u32>],
	host: &mut dyn Host,
) -> Trace {
	let mut trace = Trace::default();
	for call in calls {
		let is_there = machine.prepare(&call.entry, &call.args);
		trace.events.push(Event::Called(call.entry.clone(), is_there));
		if !is_there {
			continue;
		}
		let goes_on = drive_call(machine, gas, &mut pieces, host, &mut trace);
		let digests = memory.iter().map(|range| {
			let mut bytes = vec![0; range.len()];
			machine.read(range.start, &mut bytes).then(|| digest(bytes))
		});
		let digest = digest(digests.collect::<Vec<_>>());
		trace.events.push(Event::Memory(digest));
		if !goes_on {
			break;
		}
	}
	trace
}

/// Returns whether the instance is idle again.
fn drive_call(
	machine: &mut dyn Machine,
	gas: Gas,
	pieces: &mut dyn Iterator<Item = Gas>,
	host: &mut dyn Host,
	trace: &mut Trace,
) -> bool {
	let mut left = gas;
	let mut result = None;
	// The gas that the next block needs: a smaller piece would make no progress.
	let mut needed = 0;
	loop {
		let piece = pieces.next().expect("there is no end of pieces; qed").max(needed).min(left);
		let step = machine.run(piece, result.take());
		trace.registers.extend(machine.registers());
		assert!((0..=piece).contains(&step.gas_left()), "{step:?}, of {piece} gas");
		left -= piece - step.gas_left();
		needed = 0;
		match step {
			Step::OutOfGas { gas_left, gas_needed } => {
				needed = gas_needed.unwrap_or(gas_left + 1);
				assert!(needed > gas_left, "{step:?}");
				if needed > left {
					let step = Step::OutOfGas { gas_left: left, gas_needed };
					trace.events.push(Event::Stopped(step));
					return false;
				}
				trace.pieces.push((gas_left, gas_needed));
			},
			Step::Syscall { syscall, args, .. } => {
				let step = Step::Syscall { gas_left: left, syscall, args };
				trace.events.push(Event::Stopped(step));
				let Syscall::Other(symbol) = syscall else {
					panic!("a machine gives syscalls by their symbol: {step:?}")
				};
				let mut memory = Memory { machine, events: &mut trace.events };
				result = host.answer(&mut memory, &symbol, &args);
				let Some(result) = result else { return false };
				trace.events.push(Event::Answered(result));
			},
			Step::Finished { value, .. } => {
				trace.events.push(Event::Stopped(Step::Finished { gas_left: left, value }));
				return true;
			},
			Step::Trapped { pc, cause, .. } => {
				trace.events.push(Event::Stopped(Step::Trapped { gas_left: left, pc, cause }));
				return true;
			},
		}
	}
}

/// The parts of a program's memory that are compared.
pub fn memory_of(program: &[u8]) -> Vec<Range<u32>> {
	const MOST: u32 = 128 << 10;
	let Ok(blob) = ProgramBlob::parse(program.into()) else { return Vec::new() };
	let map = MemoryMapBuilder::new(PAGE_SIZE)
		.ro_data_size(blob.ro_data_size())
		.rw_data_size(blob.rw_data_size())
		.stack_size(blob.stack_size())
		.build();
	let Ok(map) = map else { return Vec::new() };
	let stack = map.stack_range();
	let ends = |range: Range<u32>| {
		let middle = range.start + (range.end - range.start) / 2;
		let low = range.start..middle.min(range.start.saturating_add(MOST));
		let high = middle.max(range.end.saturating_sub(MOST))..range.end;
		[low, high]
	};
	let data = map.rw_data_address()..map.rw_data_address() + map.rw_data_size();
	[map.ro_data_range(), data, stack].into_iter().flat_map(ends).collect()
}

/// A host for generated programs. Its results depend on the requests, and some are hostile.
pub struct Model {
	memory: Vec<Range<u32>>,
	most: u64,
	count: u64,
}

impl Model {
	/// Creates a host for a program with this `memory`. It ends all calls after `most` syscalls.
	pub fn new(memory: Vec<Range<u32>>, most: u64) -> Self {
		Self { memory, most, count: 0 }
	}

	fn pointer(&self, source: &mut Source<'_>, args: &[u64; MAX_ARGUMENTS]) -> u32 {
		match source.below(8) {
			0 => source.pick(&[0, 0xffff, 0xfff8, 0xffff_0000, u32::MAX - 7, u32::MAX]),
			1 => args[source.below(args.len())] as u32,
			2..=3 if !self.memory.is_empty() => {
				let range = &self.memory[source.below(self.memory.len())];
				let edge = if source.chance(128) { range.start } else { range.end };
				edge.wrapping_add(source.byte().into()).wrapping_sub(64)
			},
			_ => args[0] as u32,
		}
	}

	fn len(&self, source: &mut Source<'_>, args: &[u64; MAX_ARGUMENTS]) -> usize {
		match source.below(4) {
			0 => source.pick(&[0, 1, 64, 4_096, 4_097, 70_000]),
			1 => source.byte().into(),
			_ => args[1].min(6_000) as usize,
		}
	}
}

impl Host for Model {
	fn answer(
		&mut self,
		memory: &mut Memory<'_>,
		symbol: &SyscallSymbol,
		args: &[u64; MAX_ARGUMENTS],
	) -> Option<u64> {
		self.count += 1;
		if self.count > self.most {
			return None;
		}
		let seed = args.iter().fold(mix(self.count), |seed, arg| mix(seed ^ arg));
		let choices = random(seed, 64);
		let mut source = Source::new(&choices);
		if symbol.as_bytes() != b"plain" {
			for _ in 0..source.below(3) {
				memory.read(self.pointer(&mut source, args), self.len(&mut source, args));
			}
			if source.chance(32) {
				let len = source.pick(&[1, 0, 16, 5_000, u32::MAX]);
				memory.zero(self.pointer(&mut source, args), len);
			}
			for _ in 0..source.below(3) {
				let len = self.len(&mut source, args);
				memory.write(self.pointer(&mut source, args), &random(seed, len));
			}
		}
		Some(match source.below(4) {
			0 => seed,
			1 => args[0],
			2 => source.byte().into(),
			_ => 0,
		})
	}
}
