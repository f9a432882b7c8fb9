//! Prints how long a unit of gas takes on each backend, and compiling a byte of code: what prices
//! and weights are set by.
//!
//! `scripts/cargo run --release -p virt-manager --example gas_time`

use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use std::time::Instant;
use virt_manager::{BackendChoice, Engine, Manager};
use virt_primitives::{
	step::{stop, Step},
	Backend, HostBuffer, SyscallTable,
};

/// Gas for one run.
const GAS: i64 = 100_000_000;
/// Runs; the median counts.
const RUNS: usize = 5;

fn main() {
	run_time();
	compile_time();
}

/// Prints how long a unit of gas takes.
fn run_time() {
	println!("{:<12} {:<14} {:>14} {:>12}", "program", "backend", "gas", "ps per gas");
	let program = virt_fixtures::CONFORMANCE;
	// A loop that does nothing, one that computes, one that calls, one that touches the stack.
	for (name, entry, args) in
		[("spin", "spin", vec![]), ("work", "work", vec![u64::MAX]), ("stack", "stack", vec![])]
	{
		for choice in [BackendChoice::Interpreter, BackendChoice::Recompiler] {
			let engine = Engine::new(choice, None).expect("the backend works on this machine");
			let mut runs: Vec<(u128, i64)> = (0..RUNS)
				.map(|_| {
					let mut manager = Manager::new(engine.clone());
					let module = manager
						.compile(program, SyscallTable::EMPTY)
						.expect("the program is valid");
					let instance = manager.instantiate(module).expect("there is room");
					manager.prepare(instance, entry.as_bytes(), &args).expect("it is exported");
					let mut stop = HostBuffer::with_capacity(stop::MIN_CAPACITY);
					stop::begin(&mut stop);
					let start = Instant::now();
					let step = manager.run(instance, GAS, None, &mut stop).expect("it is prepared");
					let elapsed = start.elapsed().as_nanos();
					let (Step::OutOfGas { gas_left, .. } | Step::Trapped { gas_left, .. }) = step
					else {
						panic!("expected a program that does not end, got {step:?}")
					};
					(elapsed * 1_000 / u128::from((GAS - gas_left).unsigned_abs()), GAS - gas_left)
				})
				.collect();
			runs.sort_unstable();
			let (price, gas) = runs[RUNS / 2];
			println!("{name:<12} {:<14} {gas:>14} {price:>12}", engine.backend().to_string());
		}
	}
}

/// A kind of program: its name, and its instructions by number.
type Kind = (&'static str, fn(u32) -> Instruction);

/// Prints how long the largest programs take to compile.
fn compile_time() {
	println!("\n{:<12} {:<14} {:>14} {:>12}", "program", "backend", "bytes", "ns per byte");
	let kinds: [Kind; 3] = [
		("add", |_| asm::add_imm_64(Reg::A0, Reg::A0, 1)),
		("branch", |_| asm::branch_eq_imm(Reg::A0, 1, 0)),
		("trap", |_| asm::trap()),
	];
	for (name, instruction) in kinds {
		let mut code: Vec<_> = (0..150_000).map(instruction).collect();
		code.push(asm::ret());
		let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
		builder.set_code(&code, &[]);
		let program = builder.to_vec().expect("the instructions make a program");
		for choice in [BackendChoice::Interpreter, BackendChoice::Recompiler] {
			let mut runs: Vec<u128> = (0..RUNS)
				.map(|_| {
					let engine = Engine::new(choice, None).expect("the backend works here");
					let mut manager = Manager::new(engine.clone());
					let start = Instant::now();
					let module = manager
						.compile(&program, SyscallTable::EMPTY)
						.expect("the program is valid");
					manager.instantiate(module).expect("there is room");
					start.elapsed().as_nanos() / program.len() as u128
				})
				.collect();
			runs.sort_unstable();
			let (len, price) = (program.len(), runs[RUNS / 2]);
			println!("{name:<12} {:<14} {len:>14} {price:>12}", choice.to_string());
		}
	}
}
