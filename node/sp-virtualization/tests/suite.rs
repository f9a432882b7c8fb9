//! Runs the peer's published suite natively and inside a wasm runtime, on each backend.

mod common;

use codec::Encode;
use common::{engine, externalities, Externalities, BACKENDS};
use sc_executor::{error::Error, WasmExecutor};
use sc_virtualization::VirtManager;
use sp_externalities::TransactionType;
use sp_virtualization::VirtManagerExt;
use virt_fixtures::PEER;
use virt_manager::BackendChoice;

type HostFunctions = (sp_io::SubstrateHostFunctions, virt_sp_virtualization::HostFunctions);

/// Calls the test runtime through the real executor.
fn call_wasm(ext: &mut Externalities, function: &str, program: &[u8]) -> Result<Vec<u8>, Error> {
	let wasm = virt_sp_virtualization_runtime::WASM_BINARY.expect("the wasm runtime was built");
	let blob = sc_executor_common::runtime_blob::RuntimeBlob::uncompress_if_needed(wasm)
		.expect("it is a runtime");
	WasmExecutor::<HostFunctions>::builder().build().uncached_call(
		blob,
		&mut ext.ext(),
		false,
		function,
		&program.encode(),
	)
}

#[track_caller]
fn natively(choice: BackendChoice) {
	let engine = engine(choice);
	externalities(&engine).execute_with(|| sp_virtualization::run_tests(PEER));
	assert_eq!(engine.metrics().instances.get(), 0, "the suite leaves no instance behind");
}

#[track_caller]
fn inside_wasm(choice: BackendChoice) {
	let engine = engine(choice);
	let mut ext = externalities(&engine);
	call_wasm(&mut ext, "suite", PEER).expect("the suite passes inside the runtime");
	assert_eq!(engine.metrics().instances.get(), 0, "the suite leaves no instance behind");
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
fn natively_in_tiers() {
	natively(BackendChoice::Tiered);
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
fn inside_wasm_in_tiers() {
	inside_wasm(BackendChoice::Tiered);
}

#[test]
fn natively_on_the_peers_own_backend() {
	let mut ext = Externalities::default();
	ext.register_extension(VirtManagerExt::new(VirtManager::default()));
	ext.execute_with(|| sp_virtualization::run_tests(PEER));
}

#[test]
fn missing_extension_is_named() {
	let error =
		call_wasm(&mut Externalities::default(), "suite", PEER).expect_err("there is no extension");
	assert!(error.to_string().contains("VirtManagerExt not registered"), "{error}");
}

#[test]
fn instances_of_a_runtime_that_trapped_are_freed_with_its_call() {
	for choice in BACKENDS {
		let engine = engine(choice);
		let mut ext = externalities(&engine);
		// As the client does around each runtime call.
		ext.extensions.start_transaction(TransactionType::Host);
		call_wasm(&mut ext, "trap_with_instance", PEER).expect_err("the runtime trapped");
		assert_eq!(engine.metrics().instances.get(), 1);
		ext.extensions.rollback_transaction(TransactionType::Host);
		assert_eq!(engine.metrics().instances.get(), 0);
	}
}
