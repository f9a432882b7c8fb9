//! The size of a trace and the time of a traced execution are limited, for every program.

use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use std::time::{Duration, Instant};
use virt_manager::{
	trace::{MAX_CALLS, MAX_DEPTH},
	BackendChoice, Engine, Manager, Options,
};
use virt_primitives::{
	step::{stop, Step},
	vm::limits::OUT_OF_TIME,
	Backend, ExecError, Failure, Gas, HostBuffer, InstanceId, Outcome, SyscallTable,
};

fn program(code: &[Instruction]) -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(code, &[]);
	builder.to_vec().expect("it is a program")
}

/// A program that calls itself without end, and does not use the stack.
fn calling() -> Vec<u8> {
	program(&[asm::load_imm_and_jump(Reg::RA, 2, 0)])
}

/// A traced instance that is ready to run.
fn traced(program: &[u8]) -> (Manager, InstanceId) {
	let backend = BackendChoice::Interpreter;
	let options = Options { backend, trace: true, ..Options::default() };
	let mut manager = Manager::new(Engine::with(options, None).expect("it works everywhere"));
	let module = manager.compile(program, SyscallTable::EMPTY, false).expect("it is valid");
	let instance = manager.instantiate(module).expect("there is room");
	manager.prepare(instance, b"main", &[]).expect("it is exported");
	(manager, instance)
}

fn run(manager: &mut Manager, instance: InstanceId, gas: Gas) -> Outcome<Step, ExecError> {
	let mut stop = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	stop::begin(&mut stop);
	manager.run(instance, gas, None, &mut stop)
}

#[test]
fn calls_without_end_are_kept_up_to_the_limits() {
	let (mut manager, instance) = traced(&calling());
	let step = run(&mut manager, instance, 1_000_000).expect("it is prepared");
	assert!(matches!(step, Step::OutOfGas { .. }), "{step:?}");
	let trace = manager.trace(instance).expect("it is traced");
	assert_eq!(trace.backtrace().len(), MAX_DEPTH);
	assert_eq!(trace.calls().len(), MAX_CALLS);
	assert_eq!(trace.sites(32).len(), 32);
}

#[test]
fn traced_program_stops_at_the_deadline() {
	let (mut manager, instance) = traced(&calling());
	manager.limit_time(Duration::from_millis(50));
	let start = Instant::now();
	let step = run(&mut manager, instance, Gas::MAX);
	assert!(matches!(step, Err(Failure::Host(reason)) if reason == OUT_OF_TIME));
	assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn only_the_interpreter_traces() {
	let options = Options { backend: BackendChoice::Tiered, trace: true, ..Options::default() };
	let error = Engine::with(options, None).err().expect("it is refused");
	assert_eq!(error.to_string(), "virt: only the interpreter can trace");
}
