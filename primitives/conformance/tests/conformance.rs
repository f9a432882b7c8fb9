//! Runs the suite natively and inside a wasm runtime, on each backend, and compares.

use codec::{Decode, Encode};
use polkavm_common::{
	program::{asm, InstructionSetKind},
	writer::ProgramBlobBuilder,
};
use sc_executor::{error::Error, WasmExecutor};
use sp_externalities::{Extensions, TransactionType};
use sp_trie::{proof_size_extension::ProofSizeExt, recorder::Recorder};
use std::sync::{Arc, Mutex, PoisonError};
use virt_conformance::suite::{self, Programs, Report};
use virt_manager::{prices::Rules, BackendChoice, Engine, Options};
use virt_primitives::{host::MISSING_EXTENSION, Module, SyscallTable};

type HostFunctions = (sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions);

fn programs() -> Programs {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::ecalli(7), asm::ret()], &[]);
	Programs {
		main: virt_fixtures::CONFORMANCE.to_vec(),
		missing_import: builder.to_vec().expect("two instructions make a program"),
	}
}

/// Most programs of the suite move to the second tier.
const RULES: Rules = Rules { translation_rate: 12, tier_up: Some((40, 7)) };

fn engine(backend: BackendChoice) -> Arc<Engine> {
	let options = Options { backend, rules: RULES, ..Options::default() };
	Engine::with(options, None).expect("the backend works on this machine")
}

type Externalities = sp_state_machine::TestExternalities<sp_core::Blake2Hasher>;

fn externalities(engine: &Arc<Engine>) -> Externalities {
	let mut ext = Externalities::default();
	ext.register_extension(engine.extension());
	ext
}

/// Calls the test runtime through the real executor.
fn call_wasm(ext: &mut Externalities, function: &str, data: &[u8]) -> Result<Vec<u8>, Error> {
	let wasm = virt_conformance::WASM_BINARY.expect("the wasm runtime was built");
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

/// Where the suite is run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
	Natively,
	InsideWasm,
}

/// What the suite measured, run once for each place and backend, and once at a time.
fn report(place: Place, choice: BackendChoice) -> Report {
	static REPORTS: Mutex<Vec<(Place, BackendChoice, Report)>> = Mutex::new(Vec::new());
	// A suite that failed says so in each test that wants its report.
	let mut reports = REPORTS.lock().unwrap_or_else(PoisonError::into_inner);
	if let Some((.., report)) = reports.iter().find(|it| (it.0, it.1) == (place, choice)) {
		return report.clone();
	}
	let engine = engine(choice);
	let mut ext = externalities(&engine);
	let report = match place {
		Place::Natively => ext.execute_with(|| suite::run(&programs())),
		Place::InsideWasm => {
			let report = call_wasm(&mut ext, "conformance", &programs().encode())
				.expect("the suite passes inside the runtime");
			Report::decode(&mut &report[..]).expect("the runtime returns a report")
		},
	};
	assert_eq!(engine.metrics().instances.get(), 0, "the suite leaves no instance behind");
	assert!(engine.metrics().tier_ups.get() > 20, "the suite is run on both tiers");
	reports.push((place, choice, report.clone()));
	report
}

fn natively(choice: BackendChoice) -> Report {
	report(Place::Natively, choice)
}

fn inside_wasm(choice: BackendChoice) -> Report {
	report(Place::InsideWasm, choice)
}

#[test]
fn natively_on_the_interpreter() {
	natively(BackendChoice::Interpreter);
}

#[test]
fn natively_on_the_recompiler() {
	natively(BackendChoice::Recompiler);
}

#[test]
fn inside_wasm_on_the_interpreter() {
	inside_wasm(BackendChoice::Interpreter);
}

#[test]
fn inside_wasm_on_the_recompiler() {
	inside_wasm(BackendChoice::Recompiler);
}

#[test]
fn natively_on_both_tiers() {
	natively(BackendChoice::Tiered);
}

#[test]
fn inside_wasm_on_both_tiers() {
	inside_wasm(BackendChoice::Tiered);
}

#[test]
fn gas_and_trap_positions_are_the_same_everywhere() {
	let report = natively(BackendChoice::Interpreter);
	assert_eq!(report.len(), 37, "figures that the suite measures");
	assert_eq!(report, natively(BackendChoice::Recompiler), "native: interpreter, recompiler");
	assert_eq!(report, natively(BackendChoice::Tiered), "native: interpreter, both tiers");
	assert_eq!(report, inside_wasm(BackendChoice::Interpreter), "native, wasm: interpreter");
	assert_eq!(report, inside_wasm(BackendChoice::Recompiler), "native, wasm: recompiler");
	assert_eq!(report, inside_wasm(BackendChoice::Tiered), "native, wasm: both tiers");
}

#[test]
fn limits_of_the_suite_are_the_managers() {
	assert_eq!(suite::MAX_MODULES, virt_manager::limits::MAX_MODULES);
	assert_eq!(suite::MAX_INSTANCES, virt_manager::limits::MAX_INSTANCES);
	assert_eq!(suite::MAX_NESTING, virt_manager::limits::MAX_NESTING);
	assert_eq!(suite::MAX_PROGRAM, virt_manager::limits::MAX_PROGRAM);
}

#[test]
fn missing_extension_names_the_fix() {
	let error = call_wasm(&mut Externalities::default(), "compile", &programs().main.encode())
		.expect_err("there is no extension");
	assert!(error.to_string().contains(MISSING_EXTENSION), "{error}");
}

#[test]
fn proof_does_not_tell_whether_a_program_was_known() {
	let engine = engine(BackendChoice::Interpreter);
	let program = programs().main;
	let proof = || {
		let mut ext = externalities(&engine);
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
		let engine = engine(choice);
		let mut ext = externalities(&engine);
		// As the client does around each runtime call.
		let extensions = |ext: &mut Externalities, what: fn(&mut Extensions, TransactionType)| {
			what(&mut ext.extensions, TransactionType::Host)
		};
		extensions(&mut ext, Extensions::start_transaction);
		let call = call_wasm(&mut ext, "trap_with_instance", &programs().main.encode());
		call.expect_err("the runtime trapped");
		assert_eq!(engine.metrics().instances.get(), 1);
		extensions(&mut ext, Extensions::rollback_transaction);
		assert_eq!(engine.metrics().instances.get(), 0);
	}
}
