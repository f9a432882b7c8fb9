//! Runs every fixture program on every backend, and compares. Programs are interrupted at every syscall and at the
//! end of every piece of gas. Some instances move to another backend at each interruption.

use polkavm::ProgramBlob;
use std::{collections::BTreeMap, iter, thread};
use virt_differential::{
	compare::Program,
	generate::Call,
	machine::{Machine, Managed},
	run::{drive, memory_of, whole, Event, Host, Memory, Trace},
	targets::{engines, named},
};
use virt_primitives::{step::Step, Gas, SyscallSymbol, MAX_ARGUMENTS};

/// Enough gas for every fixture that ends.
const PLENTY: Gas = 50_000_000;

/// Gas for the fixtures that do not end.
const SOME: Gas = 1_000_000;

/// The number of pieces in which the gas of a run is given.
const PIECES: Gas = 40;

/// The number of families of engines that run an entry with an input, besides the one with the chain's rules. They
/// take turns: all of them would take minutes.
const FAMILIES: usize = 2;

/// Answers some syscalls of the chain, and those of the conformance suite.
struct Chain<'a> {
	input: &'a [u8],
	storage: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl<'a> Chain<'a> {
	fn new(input: &'a [u8]) -> Self {
		Self { input, storage: BTreeMap::new() }
	}
}

fn read(memory: &mut Memory<'_>, address: u64, len: u64) -> Option<Vec<u8>> {
	const MOST: u64 = 1 << 20;
	let address = u32::try_from(address).ok()?;
	let len = usize::try_from(len.min(MOST)).ok()?;
	memory.read(address, len)
}

fn write(memory: &mut Memory<'_>, address: u64, bytes: &[u8]) -> Option<u64> {
	memory.write(u32::try_from(address).ok()?, bytes).then_some(bytes.len() as u64)
}

impl Host for Chain<'_> {
	/// A pointer out of bounds ends the call, as on the chain.
	fn answer(
		&mut self,
		memory: &mut Memory<'_>,
		symbol: &SyscallSymbol,
		&[a, b, c, d, ..]: &[u64; MAX_ARGUMENTS],
	) -> Option<u64> {
		const NOT_FOUND: u64 = virt_guest::Code::NOT_FOUND as u64;
		match symbol.as_bytes() {
			b"input_len" => Some(self.input.len() as u64),
			b"input" => {
				let rest = self.input.get(b as usize..)?;
				write(memory, a, &rest[..rest.len().min(c as usize)])
			},
			b"exit" => None,
			b"output" | b"event" | b"log" => read(memory, a, b).map(|_| 0),
			b"caller" | b"address" => write(memory, a, &[1; 32]),
			b"value" => write(memory, a, &[1; 16]),
			b"storage_get" => match self.storage.get(&read(memory, a, b)?) {
				Some(value) => {
					write(memory, c, &value[..value.len().min(d as usize)])?;
					Some(value.len() as u64)
				},
				None => Some(NOT_FOUND),
			},
			b"storage_set" => {
				let (key, value) = (read(memory, a, b)?, read(memory, c, d)?);
				let old = self.storage.insert(key, value);
				Some(old.map_or(NOT_FOUND, |old| old.len() as u64))
			},
			b"exchange" => {
				let bytes = read(memory, a, b)?;
				write(memory, a, &bytes.iter().map(|byte| byte ^ 0x55).collect::<Vec<_>>())
			},
			_ => Some(a ^ b),
		}
	}
}

fn gas_left(trace: &Trace) -> Gas {
	let stops = trace.events.iter().rev().filter_map(|event| match event {
		Event::Stopped(step) => Some(step.gas_left()),
		_ => None,
	});
	stops.min().expect("it stopped once at least")
}

/// Compares an entry on all backends, in families chosen by `turn`. Returns how often the run in pieces was
/// interrupted.
fn compare(name: &str, code: &[u8], entry: &[u8], input: &[u8], turn: usize) -> usize {
	let engines = engines();
	let memory = memory_of(code);
	// The second call starts with the memory that the first one left.
	let call = Call { entry: entry.to_vec(), args: vec![10, 2, 3, 4, 5, 6] };
	let calls = [call.clone(), call];
	let at_once = |machine: &mut dyn Machine, gas| {
		drive(machine, &calls, gas, whole(), &memory, &mut Chain::new(input))
	};
	let syscalls = pallet_virt::syscalls::TABLE;
	let first = &engines.families[0].managed[0].1;
	let interpreter = || Managed::new(first, code, syscalls).expect("it is not refused");
	let mut gas = PLENTY;
	let mut trace = at_once(&mut interpreter(), gas);
	if let Some(Event::Stopped(Step::OutOfGas { .. })) = trace.events.iter().rev().nth(1) {
		gas = SOME;
		trace = at_once(&mut interpreter(), gas);
	}
	let piece = (gas - gas_left(&trace)) / PIECES + 1;

	let program = Program { bytes: code, syscalls };
	let run = |machine: &mut dyn Machine, in_pieces| {
		if in_pieces {
			let pieces = iter::repeat(piece);
			drive(machine, &calls, gas, pieces, &memory, &mut Chain::new(input))
		} else {
			at_once(machine, gas)
		}
	};
	let entry = entry.escape_ascii();
	// The last family has the rules of embedded runtimes. The conformance suite runs all fixtures by them, in wasm.
	let [others @ .., chain, _] = &engines.families[..] else {
		panic!("there are several families")
	};
	let in_turn = others.iter().cycle().skip(turn * FAMILIES).take(FAMILIES);
	for family in in_turn.chain([chain]) {
		let outcome = program.compare(engines, family, run);
		match outcome.unwrap_or_else(|difference| panic!("{name}, {entry}: {difference}")) {
			Ok(_) => {},
			Err(refused) => panic!("{name} is refused: {refused:?}"),
		}
	}
	run(&mut interpreter(), true).pieces.len()
}

fn hex(text: &str) -> Vec<u8> {
	let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
	digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}

/// A public key, a signature and a message: RFC 8032, section 7.1, test 3.
fn signed() -> Vec<u8> {
	hex(concat!(
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
		"af82",
	))
}

#[test]
fn fixtures_run_the_same_on_every_backend_however_they_are_interrupted() {
	let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
	thread::scope(|scope| {
		for nth in 0..threads {
			let fixtures = virt_fixtures::ALL.iter().skip(nth).step_by(threads);
			scope.spawn(move || compare_all(fixtures));
		}
	});
}

fn compare_all<'a>(fixtures: impl Iterator<Item = &'a (&'a str, &'a [u8])>) {
	let mut turns = 0..;
	for (name, code) in fixtures {
		let blob = ProgramBlob::parse((*code).into()).expect("it is a program");
		let takes_input = blob.imports().iter().flatten().any(|it| it.as_bytes() == b"input");
		let inputs = match *name {
			"verify" => vec![signed()],
			_ if takes_input => vec![vec![], 7u64.to_le_bytes().to_vec(), vec![9; 3_000]],
			_ => vec![vec![]],
		};
		// The entries of `bench` that compute for long before each syscall take minutes, and cover nothing new.
		let exports = blob.exports().filter(|it| !it.symbol().as_bytes().starts_with(b"every_"));
		for export in exports {
			let entry = export.symbol().as_bytes();
			for input in &inputs {
				let what = format!("{name}, {}, {} bytes", entry.escape_ascii(), input.len());
				named(&what, || {
					let turn = turns.next().expect("there is no end of turns; qed");
					let stops = compare(name, code, entry, input, turn);
					println!("{what}: interrupted {stops} times");
				});
			}
		}
	}
}
