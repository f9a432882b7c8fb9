//! The cache of compiled modules: it is keyed by content, has a maximal size, and does not change results.

use polkavm_common::{
	abi::MemoryMapBuilder,
	program::{asm, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use std::time::Duration;
use virt_manager::{limits::*, BackendChoice, Engine, Manager, Options};
use virt_primitives::{
	step::{stop, Step},
	Backend, HostBuffer, InstantiateError, StoredName, SyscallTable,
};

/// A program that returns `value`.
fn returning(value: u32) -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::load_imm(Reg::A0, value as i32), asm::ret()], &[]);
	builder.to_vec().expect("two instructions make a program")
}

fn run(manager: &mut Manager, program: &[u8]) -> Step {
	let module =
		manager.compile(program, SyscallTable::EMPTY, false).expect("the program is valid");
	let instance = manager.instantiate(module).expect("there is room");
	manager.prepare(instance, b"main", &[]).expect("it is exported");
	let mut stop = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	stop::begin(&mut stop);
	let step = manager.run(instance, 10_000, None, &mut stop).expect("it is prepared");
	manager.destroy(instance).expect("it is there");
	manager.release(module).expect("it is there");
	step
}

#[test]
fn known_content_is_not_compiled_again_by_any_manager() {
	let engine = Engine::new(BackendChoice::Interpreter, None).unwrap();
	let first = run(&mut Manager::new(engine.clone()), &returning(7));
	let second = run(&mut Manager::new(engine.clone()), &returning(7));
	assert_eq!(first, second);
	assert!(matches!(first, Step::Finished { value: 7, .. }));
	assert_eq!((engine.metrics().compiled.get(), engine.metrics().cache_hits.get()), (1, 1));
	let other = run(&mut Manager::new(engine.clone()), &returning(8));
	assert!(matches!(other, Step::Finished { value: 8, .. }));
	assert_eq!(engine.metrics().compiled.get(), 2);
}

#[test]
fn evicted_modules_are_compiled_again_with_the_same_result() {
	let engine = Engine::with(
		Options {
			backend: BackendChoice::Recompiler,
			cache_bytes: 64 * 1024,
			..Default::default()
		},
		None,
	)
	.unwrap();
	let mut manager = Manager::new(engine.clone());
	let round = |manager: &mut Manager| -> Vec<Step> {
		(0..100).map(|value| run(manager, &returning(value))).collect()
	};
	let first = round(&mut manager);
	assert_eq!(round(&mut manager), first);
	assert!(engine.metrics().compiled.get() > 100, "something was evicted");
}

#[test]
fn named_program_is_found_as_long_as_it_is_kept() {
	let options = Options {
		backend: BackendChoice::Interpreter,
		// Room for about seven programs: each counts 8 KiB for its instance.
		cache_bytes: 64 * 1024,
		..Default::default()
	};
	let engine = Engine::with(options, None).unwrap();
	let mut manager = Manager::new(engine.clone());
	let name = StoredName { hash: vec![1; 32], skip: 2 };
	let module = manager.compile(&returning(7), SyscallTable::EMPTY, false).unwrap();
	manager.name(module, name.clone());
	manager.release(module).unwrap();

	let known = |name: &StoredName| {
		let mut manager = Manager::new(engine.clone());
		manager.compile_named(name, SyscallTable::EMPTY).unwrap().is_some()
	};
	assert!(known(&name));
	assert!(!known(&StoredName { skip: 1, ..name.clone() }), "it starts elsewhere");
	assert!(!known(&StoredName { hash: vec![2; 32], ..name.clone() }), "it is another value");
	for value in 0..100 {
		run(&mut manager, &returning(value));
		// A lookup by name keeps the module in the cache.
		assert!(known(&name));
	}
	for value in 100..200 {
		run(&mut manager, &returning(value));
	}
	assert!(!known(&name), "it had to make room");
}

#[test]
fn what_is_only_tried_is_not_kept_unless_it_is_on_the_chain() {
	let engine = Engine::new(BackendChoice::Interpreter, None).unwrap();
	// Compiles in a manager with a time limit, as a dry-run does.
	let tried = || {
		let mut manager = Manager::new(engine.clone());
		manager.limit_time(Duration::from_secs(60));
		let module = manager.compile(&returning(7), SyscallTable::EMPTY, false).unwrap();
		(manager, module)
	};
	tried();
	tried();
	assert_eq!((engine.metrics().compiled.get(), engine.health().cache.modules), (2, 0));
	let (mut manager, module) = tried();
	manager.name(module, StoredName { hash: vec![1; 32], skip: 0 });
	assert_eq!(engine.health().cache.modules, 1);
	tried();
	assert_eq!((engine.metrics().compiled.get(), engine.metrics().cache_hits.get()), (3, 1));
}

#[test]
fn used_instance_is_as_good_as_new() {
	let data = MemoryMapBuilder::new(4_096).rw_data_size(4_096).build().unwrap().rw_data_address();
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_rw_data_size(4_096);
	builder.set_rw_data(vec![5]);
	builder.set_stack_size(4_096);
	// Returns the sum of a word in memory, a word on the stack and a register, and increments each of them: an
	// instance that is reused without a reset would return more.
	let code = [
		asm::load_u64(Reg::A0, data as i32),
		asm::add_imm_64(Reg::A1, Reg::A0, 1),
		asm::store_u64(Reg::A1, data as i32),
		asm::load_indirect_u64(Reg::A2, Reg::SP, -8),
		asm::add_64(Reg::A0, Reg::A0, Reg::A2),
		asm::add_imm_64(Reg::A2, Reg::A2, 1),
		asm::store_indirect_u64(Reg::A2, Reg::SP, -8),
		asm::add_64(Reg::A0, Reg::A0, Reg::S1),
		asm::add_imm_64(Reg::S1, Reg::S1, 1),
		asm::ret(),
	];
	builder.set_code(&code, &[]);
	let program = builder.to_vec().unwrap();
	let engine = Engine::new(BackendChoice::Interpreter, None).unwrap();
	let first = run(&mut Manager::new(engine.clone()), &program);
	assert!(matches!(first, Step::Finished { value: 5, .. }), "{first:?}");
	for _ in 0..3 {
		assert_eq!(run(&mut Manager::new(engine.clone()), &program), first);
	}
}

#[test]
fn memory_of_live_instances_is_limited() {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.set_rw_data_size(HOST.memory as u32 / 4);
	builder.set_code(&[asm::ret()], &[]);
	let engine = Engine::new(BackendChoice::Interpreter, None).unwrap();
	let mut manager = Manager::new(engine);
	let module = manager.compile(&builder.to_vec().unwrap(), SyscallTable::EMPTY, false).unwrap();
	let instances: Vec<_> = (0..4).map(|_| manager.instantiate(module).unwrap()).collect();
	assert_eq!(manager.instantiate(module), Err(InstantiateError::OutOfMemory.into()));
	manager.destroy(instances[0]).unwrap();
	manager.instantiate(module).unwrap();
}

#[test]
fn program_that_is_refused_is_refused_also_where_the_cache_has_it() {
	let mut program = returning(7);
	// The export points into the middle of the only block.
	let name = program.windows(5).position(|bytes| bytes == b"\x04main").expect("it is exported");
	program[name - 1] = 3;
	let compile = |manager: &mut Manager, admitted| {
		manager.compile(&program, SyscallTable::EMPTY, admitted).map(drop)
	};
	let new = || Manager::new(Engine::new(BackendChoice::Interpreter, None).unwrap());
	let refused = compile(&mut new(), false).expect_err("it is not valid");
	let mut manager = new();
	compile(&mut manager, true).expect("it is not checked");
	assert_eq!(compile(&mut manager, false), Err(refused));
}
