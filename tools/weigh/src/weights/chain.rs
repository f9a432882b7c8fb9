//! The runtime with its benchmarks, as a node executes it.

use codec::{Decode, Encode};
use sc_client_db::BenchmarkingState;
use sc_executor::WasmExecutor;
use sp_core::{
	storage::Storage,
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
};
use sp_externalities::Extensions;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{traits::BlakeTwo256, BuildStorage};
use sp_state_machine::{Ext, OverlayedChanges};
use std::sync::Arc;
use virt_manager::{BackendChoice, Engine};
use virt_runtime::RuntimeGenesisConfig;

type Executor = WasmExecutor<(
	sp_io::SubstrateHostFunctions,
	frame_benchmarking::benchmarking::HostFunctions,
	virt_primitives::HostFunctions,
)>;

/// How programs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
	/// In the node.
	Host,
	/// In the runtime.
	Embedded,
}

/// A chain at its genesis.
pub struct Chain {
	wasm: &'static [u8],
	engine: Arc<Engine>,
	executor: Executor,
	genesis: Storage,
}

impl Chain {
	/// A chain whose programs run in this form.
	pub fn new(form: Form) -> Result<Self, String> {
		let wasm = match form {
			Form::Host => virt_runtime::WASM_BINARY,
			Form::Embedded => virt_runtime::embedded::WASM_BINARY,
		};
		let wasm = wasm.ok_or("it was built without its runtime")?;
		let engine = Engine::new(BackendChoice::Tiered, None).map_err(|error| error.to_string())?;
		engine.warm_up();
		let genesis = RuntimeGenesisConfig::default().build_storage()?;
		Ok(Self { wasm, engine, executor: Executor::builder().build(), genesis })
	}

	/// Calls the runtime, on a state of its own. Only with `counting` does that count accesses of the
	/// database.
	pub fn call<R: Decode>(
		&self,
		method: &str,
		arguments: impl Encode,
		counting: bool,
	) -> Result<R, String> {
		let state =
			BenchmarkingState::<BlakeTwo256>::new(self.genesis.clone(), None, false, counting)?;
		let mut extensions = Extensions::new();
		extensions.register(self.engine.extension());
		extensions.register(KeystoreExt::new(MemoryKeystore::new()));
		let mut overlay = OverlayedChanges::default();
		let mut ext = Ext::new(&mut overlay, &state, Some(&mut extensions));
		let code = WrappedRuntimeCode(self.wasm.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		let context = CallContext::Onchain { import: true };
		let (result, _) = self.executor.call(&mut ext, &code, method, &arguments.encode(), context);
		let result = result.map_err(|error| error.to_string())?;
		R::decode(&mut &result[..]).map_err(|error| error.to_string())
	}
}
