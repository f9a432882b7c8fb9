//! Runtimes that were written for `sp-virtualization`.

use codec::Encode;
use sc_client_api::execution_extensions::ExtensionsFactory;
use sc_executor::WasmExecutor;
use sc_executor_common::runtime_blob::RuntimeBlob;
use sp_core::{Blake2Hasher, H256};
use sp_state_machine::TestExternalities;
use virt_fixtures::PEER;
use virt_manager::{
	prices::{Rules, TierUp},
	BackendChoice, Engine, Options,
};
use virt_node::{client::HostFunctions, extensions::VirtExtensions};
use virt_runtime::Block;

#[test]
fn run_unchanged() {
	// The suite expects the gas of PolkaVM's own cost model, which is that of tier two, from the start.
	let rules = Rules { translation_rate: 0, tier_up: TierUp::After { gas: 0, price: 0 } };
	let options = Options { backend: BackendChoice::Interpreter, rules, ..Options::default() };
	let engine = Engine::with(options, None).expect("interprets everywhere");
	let factory = VirtExtensions::new(engine);
	let mut ext = TestExternalities::<Blake2Hasher>::default();
	ext.extensions = ExtensionsFactory::<Block>::extensions_for(&factory, H256::zero(), 0);
	let wasm = virt_sp_virtualization_runtime::WASM_BINARY.expect("the wasm runtime was built");
	let blob = RuntimeBlob::uncompress_if_needed(wasm).expect("it is a runtime");
	WasmExecutor::<HostFunctions>::builder()
		.build()
		.uncached_call(blob, &mut ext.ext(), false, "suite", &PEER.encode())
		.expect("the peer's suite passes");
}
