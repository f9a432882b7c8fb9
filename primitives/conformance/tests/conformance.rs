//! Runs the suite natively and inside a wasm runtime, on each backend, and compares.

use codec::{Decode, Encode};
use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use sc_executor::{error::Error, WasmExecutor};
use sp_externalities::{Extensions, TransactionType};
use sp_trie::{proof_size_extension::ProofSizeExt, recorder::Recorder};
use std::sync::{Arc, Mutex, PoisonError};
use virt_conformance::{
	script::{self, Event, Script},
	suite::{self, Programs, Report},
};
use virt_manager::{prices::Rules, BackendChoice, Engine, Manager, Options};
use virt_primitives::{
	embedded,
	host::MISSING_EXTENSION,
	step::{stop, Step},
	Backend as _, HostBuffer, Module, SyscallTable, VirtExt,
};
use virt_record::{suite as programs, RULES};

type HostFunctions = (sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions);

/// A runtime with host functions.
const WITH_HOST_FUNCTIONS: Runtime = Runtime(virt_conformance::WASM_BINARY);

/// A runtime that runs programs itself.
const EMBEDDED: Runtime = Runtime(virt_conformance::embedded::WASM_BINARY);

#[derive(Clone, Copy)]
struct Runtime(Option<&'static [u8]>);

fn engine(backend: BackendChoice, rules: Rules) -> Arc<Engine> {
	let options = Options { backend, rules, ..Options::default() };
	Engine::with(options, None).expect("the backend works on this machine")
}

type Externalities = sp_state_machine::TestExternalities<sp_core::Blake2Hasher>;

fn externalities(extension: VirtExt) -> Externalities {
	let mut ext = Externalities::default();
	ext.register_extension(extension);
	ext
}

impl Runtime {
	/// Calls an export of the runtime in the real executor.
	fn call(self, ext: &mut Externalities, function: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
		let wasm = self.0.expect("the wasm runtime was built");
		let blob = sc_executor_common::runtime_blob::RuntimeBlob::uncompress_if_needed(wasm)
			.expect("it is a runtime");
		WasmExecutor::<HostFunctions>::builder().build().uncached_call(
			blob,
			&mut ext.ext(),
			false,
			function,
			data,
		)
	}
}

/// Where the suite runs, and on which backend.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
	/// Natively, on a manager.
	Natively(BackendChoice),
	/// Inside a wasm runtime, on a manager.
	InsideWasm(BackendChoice),
	/// Natively, on the embedded backend.
	EmbeddedNatively,
	/// Inside a wasm runtime that runs programs itself, by its own rules.
	Embedded,
}

/// The measurements of the suite, which runs once for each place and rules, one run at a time.
fn report(place: Place, rules: Rules) -> Report {
	static REPORTS: Mutex<Vec<(Place, Rules, Report)>> = Mutex::new(Vec::new());
	// If the suite failed in one test, it runs again, and fails, in each test that needs its report.
	let mut reports = REPORTS.lock().unwrap_or_else(PoisonError::into_inner);
	if let Some((.., report)) = reports.iter().find(|it| (it.0, it.1) == (place, rules)) {
		return report.clone();
	}
	let on_manager = programs(&virt_manager::limits::HOST, true);
	let inside = |runtime: Runtime, ext: &mut Externalities, programs: Programs| {
		let report = runtime
			.call(ext, "conformance", &programs.encode())
			.expect("the suite passes inside the runtime");
		Report::decode(&mut &report[..]).expect("the runtime returns a report")
	};
	let report = match place {
		Place::Natively(choice) | Place::InsideWasm(choice) => {
			let engine = engine(choice, rules);
			let mut ext = externalities(engine.extension());
			let report = match place {
				Place::Natively(_) => ext.execute_with(|| suite::run(&on_manager)),
				_ => inside(WITH_HOST_FUNCTIONS, &mut ext, on_manager),
			};
			let metrics = engine.metrics();
			assert_eq!(metrics.instances.get(), 0, "the suite leaves no instance behind");
			assert_eq!(
				metrics.tier_ups.get() > 20,
				rules == RULES,
				"the suite is run on both tiers"
			);
			report
		},
		Place::EmbeddedNatively => {
			let manager =
				embedded::manager(rules, embedded::LIMITS).expect("the interpreter starts");
			let programs = programs(&embedded::LIMITS, true);
			externalities(VirtExt::new(manager)).execute_with(|| suite::run(&programs))
		},
		Place::Embedded => {
			assert_eq!(rules, Rules::EMBEDDED);
			let programs = programs(&embedded::LIMITS, false);
			inside(EMBEDDED, &mut Externalities::default(), programs)
		},
	};
	reports.push((place, rules, report.clone()));
	report
}

#[test]
fn natively_on_the_interpreter() {
	report(Place::Natively(BackendChoice::Interpreter), RULES);
}

#[test]
fn natively_on_the_recompiler() {
	report(Place::Natively(BackendChoice::Recompiler), RULES);
}

#[test]
fn natively_on_both_tiers() {
	report(Place::Natively(BackendChoice::Tiered), RULES);
}

#[test]
fn natively_on_the_embedded_backend() {
	report(Place::EmbeddedNatively, RULES);
}

#[test]
fn inside_wasm_on_the_interpreter() {
	report(Place::InsideWasm(BackendChoice::Interpreter), RULES);
}

#[test]
fn inside_wasm_on_the_recompiler() {
	report(Place::InsideWasm(BackendChoice::Recompiler), RULES);
}

#[test]
fn inside_wasm_on_both_tiers() {
	report(Place::InsideWasm(BackendChoice::Tiered), RULES);
}

#[test]
fn inside_wasm_on_the_embedded_backend() {
	report(Place::Embedded, Rules::EMBEDDED);
}

#[track_caller]
fn assert_same(rules: Rules, places: &[Place]) {
	let first = report(places[0], rules);
	assert_eq!(first.len(), 37, "figures that the suite measures");
	for place in places {
		assert_eq!(report(*place, rules), first, "{place:?}, {:?}", places[0]);
	}
}

#[test]
fn gas_and_trap_positions_are_the_same_everywhere() {
	let choices = [BackendChoice::Interpreter, BackendChoice::Recompiler, BackendChoice::Tiered];
	let mut places = choices.map(Place::Natively).to_vec();
	places.extend(choices.map(Place::InsideWasm));
	places.push(Place::EmbeddedNatively);
	assert_same(RULES, &places);
}

#[test]
fn gas_and_trap_positions_are_the_same_by_the_embedded_rules() {
	let on_manager = [BackendChoice::Interpreter, BackendChoice::Recompiler].map(Place::Natively);
	let [interpreter, recompiler] = on_manager;
	let places = [interpreter, recompiler, Place::EmbeddedNatively, Place::Embedded];
	assert_same(Rules::EMBEDDED, &places);
}

#[test]
fn fixtures_do_the_same_inside_a_runtime() {
	let scripts: Vec<_> = virt_record::fixtures().into_iter().map(|(_, script)| script).collect();
	assert!(scripts.len() > 60, "{} scripts", scripts.len());
	let events = assert_the_same_inside_a_runtime(&scripts);
	assert!(events > 1_000, "{events} events");
}

#[test]
fn generated_programs_do_the_same_inside_a_runtime() {
	let scripts: Vec<_> = (0..1_000).map(virt_record::generated).collect();
	let events = assert_the_same_inside_a_runtime(&scripts);
	assert!(events > 1_000, "{events} events");
}

/// Runs scripts in a runtime that runs programs itself, and natively on the recompiler. Asserts that the events are
/// the same. Returns their number.
fn assert_the_same_inside_a_runtime(scripts: &[Script]) -> usize {
	let embedded = EMBEDDED
		.call(&mut Externalities::default(), "record", &scripts.encode())
		.expect("it records");
	let embedded = Vec::<Vec<Event>>::decode(&mut &embedded[..]).expect("it returns records");
	assert_eq!(embedded.len(), scripts.len());
	let engine = engine(BackendChoice::Recompiler, Rules::EMBEDDED);
	let mut events = 0;
	for (script, inside) in scripts.iter().zip(embedded) {
		let natively = externalities(engine.extension()).execute_with(|| script::record(script));
		assert_eq!(natively, inside, "{script:?}");
		events += inside.len();
	}
	events
}

/// A program with this many basic blocks and this much memory. A run executes all of its code.
fn large(blocks: usize, data: u32, stack: u32) -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.set_rw_data_size(data);
	builder.set_stack_size(stack);
	builder.add_export_by_basic_block(0, b"main");
	let mut code = vec![Instruction::fallthrough; blocks];
	code.push(asm::ret());
	builder.set_code(&code, &[]);
	builder.to_vec().expect("the code is of this instruction set; qed")
}

#[test]
fn heap_has_room_for_all_that_the_limits_allow() {
	// Fills the heap with blocks of each size from 8 MiB to 64 KiB: by data, stack and translated code.
	let mut programs = Vec::new();
	for shift in 0..8 {
		let half = (4 << 20) >> shift;
		programs.push(large(1, half, 4_096));
		programs.push(large(1, half / 2, half / 2));
		programs.push(large(200_000 >> shift, 4_096, 4_096));
		programs.push(large(131_000 >> shift, half / 4, 4_096));
	}
	let made = EMBEDDED
		.call(&mut Externalities::default(), "fill", &programs.encode())
		.expect("the heap has room");
	let made = Vec::<u32>::decode(&mut &made[..]).expect("it returns numbers");
	println!("{made:?}");
	assert!(made.iter().filter(|count| **count > 0).count() >= 28, "{made:?}");
	assert!(made.contains(&(embedded::LIMITS.instances as u32)), "{made:?}");
}

#[test]
fn embedded_execution_that_paid_for_all_translation_goes_on_at_a_node() {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	// One endless block of many instructions: translating it costs less than translating as many blocks.
	let mut code = vec![asm::move_reg(Reg::A0, Reg::A1); 2_000];
	code.push(asm::jump(0));
	builder.set_code(&code, &[]);
	let program = builder.to_vec().expect("the code is of this instruction set; qed");

	let mut here = embedded::manager(Rules::EMBEDDED, embedded::LIMITS).expect("it starts");
	let module = here.compile(&program, SyscallTable::EMPTY, false).expect("it is valid");
	let instance = here.instantiate(module).expect("there is room");
	here.prepare(instance, b"main", &[]).expect("it exports `main`");
	let mut buffer = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	stop::begin(&mut buffer);
	let step = here.run(instance, 2_000_000, None, &mut buffer).expect("it can be run");
	assert!(matches!(step, Step::OutOfGas { .. }), "{step:?}");
	let snapshot = here.snapshot(instance).expect("it is suspended");

	let engine = engine(BackendChoice::Interpreter, Rules::default());
	let mut there = Manager::new(engine);
	let module = there.compile(&program, SyscallTable::EMPTY, false).expect("it is valid");
	there.restore(module, &snapshot).expect("it is of this program");
}

#[test]
fn missing_extension_names_the_fix() {
	let program = virt_fixtures::CONFORMANCE.to_vec().encode();
	let error = WITH_HOST_FUNCTIONS
		.call(&mut Externalities::default(), "compile", &program)
		.expect_err("there is no extension");
	assert!(error.to_string().contains(MISSING_EXTENSION), "{error}");
}

#[test]
fn proof_does_not_tell_whether_a_program_was_known() {
	let engine = engine(BackendChoice::Interpreter, RULES);
	let program = virt_fixtures::CONFORMANCE.to_vec();
	let proof = || {
		let mut ext = externalities(engine.extension());
		ext.insert(b"program".to_vec(), program.clone());
		ext.register_extension(ProofSizeExt::new(Recorder::<sp_core::Blake2Hasher>::default()));
		let load = || Module::from_storage(b"program", 0, &SyscallTable::EMPTY).map(drop);
		let (loaded, proof) = ext.execute_and_prove(load);
		loaded.expect("the program is valid");
		proof
	};
	let unknown = proof();
	assert!(unknown.encoded_size() > program.len());
	assert_eq!(proof(), unknown);
	assert_eq!((engine.metrics().compiled.get(), engine.metrics().cache_hits.get()), (1, 1));
}

#[test]
fn instances_of_a_runtime_that_trapped_are_freed_with_its_call() {
	for choice in [BackendChoice::Interpreter, BackendChoice::Recompiler] {
		let engine = engine(choice, RULES);
		let mut ext = externalities(engine.extension());
		// Wraps the runtime call in a transaction of the extensions, as the client does.
		let extensions = |ext: &mut Externalities, what: fn(&mut Extensions, TransactionType)| {
			what(&mut ext.extensions, TransactionType::Host)
		};
		extensions(&mut ext, Extensions::start_transaction);
		let program = virt_fixtures::CONFORMANCE.to_vec().encode();
		WITH_HOST_FUNCTIONS
			.call(&mut ext, "trap_with_instance", &program)
			.expect_err("the runtime trapped");
		assert_eq!(engine.metrics().instances.get(), 1);
		extensions(&mut ext, Extensions::rollback_transaction);
		assert_eq!(engine.metrics().instances.get(), 0);
	}
}
