//! A chain with both pallets: the wasm runtime, as a node executes it, on a state in memory.

use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use sp_core::{
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	Blake2Hasher,
};
use sp_externalities::Extensions;
use sp_runtime::{BuildStorage, StateVersion};
use sp_state_machine::{Ext, InMemoryBackend, OverlayedChanges, TrieBackendBuilder};
use sp_trie::cache::{CacheSize, SharedTrieCache};
use std::sync::Arc;
use virt_bench_revive_runtime::{
	clock::clock, embedded, BalancesConfig, Dispatched, RuntimeCall, RuntimeGenesisConfig,
	ENDOWMENT, SIGNER, WASM_BINARY,
};
use virt_manager::{BackendChoice, Engine};

type Executor = WasmExecutor<(
	sp_io::SubstrateHostFunctions,
	virt_primitives::HostFunctions,
	clock::HostFunctions,
)>;

/// The size of the state cache, in bytes: more than the state.
const CACHE: usize = 64 << 20;

/// The backend of pallet-virt.
#[derive(Clone, Copy)]
pub enum Form {
	/// Host functions, tiered: the node's default.
	Tiered,
	/// Host functions, interpreter only.
	Interpreter,
	/// The embedded form.
	Embedded,
}

/// A chain in memory.
pub struct Chain {
	/// `None` in the embedded form.
	engine: Option<Arc<Engine>>,
	wasm: &'static [u8],
	executor: Executor,
	state: InMemoryBackend<Blake2Hasher>,
	cache: SharedTrieCache<Blake2Hasher>,
}

impl Chain {
	/// A chain with one account, [`SIGNER`].
	pub fn new(form: Form) -> Result<Self, String> {
		let backend = match form {
			Form::Tiered => Some(BackendChoice::Tiered),
			Form::Interpreter => Some(BackendChoice::Interpreter),
			Form::Embedded => None,
		};
		let engine = backend.map(|backend| Engine::new(backend, None)).transpose();
		let engine = engine.map_err(|error| error.to_string())?;
		if let Some(engine) = &engine {
			engine.warm_up();
		}
		let wasm = if engine.is_some() { WASM_BINARY } else { embedded::WASM_BINARY };
		let genesis = RuntimeGenesisConfig {
			balances: BalancesConfig { balances: vec![(SIGNER, ENDOWMENT)], ..Default::default() },
			..Default::default()
		};
		Ok(Self {
			engine,
			wasm: wasm.ok_or("it was built without its runtime (SKIP_WASM_BUILD)")?,
			executor: Executor::builder().build(),
			state: (genesis.build_storage()?, StateVersion::V1).into(),
			cache: SharedTrieCache::new(CacheSize::new(CACHE), None),
		})
	}

	/// Removes all programs from the node's caches.
	pub fn forget(&self) {
		if let Some(engine) = &self.engine {
			engine.clear_cache();
		}
	}

	/// Dispatches calls in one block. Errs if one fails.
	pub fn block(&mut self, calls: &[RuntimeCall]) -> Result<Vec<Dispatched>, String> {
		let all: Vec<Dispatched> = self.execute("dispatch", calls)?;
		match all.iter().zip(calls).find_map(|(one, call)| Some((one.failed.clone()?, call))) {
			Some((error, call)) => Err(format!("{error}: {}", name(call))),
			None => Ok(all),
		}
	}

	/// The output of a program or contract, in a block of its own.
	pub fn output(&mut self, call: &RuntimeCall) -> Result<Vec<u8>, String> {
		let output: Result<Vec<u8>, String> = self.execute("output", call)?;
		output.map_err(|error| format!("{error}: {}", name(call)))
	}

	/// Executes a function of the runtime as a block, with the caches that the node keeps between
	/// blocks.
	fn execute<R: Decode>(
		&mut self,
		function: &str,
		argument: &(impl Encode + ?Sized),
	) -> Result<R, String> {
		let code = WrappedRuntimeCode(self.wasm.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		let context = CallContext::Onchain { import: true };
		let mut extensions = Extensions::new();
		if let Some(engine) = &self.engine {
			extensions.register(engine.extension());
		}
		let mut overlay = OverlayedChanges::default();
		let state = TrieBackendBuilder::wrap(&self.state)
			.with_cache(self.cache.local_cache_trusted())
			.build();
		let mut ext = Ext::new(&mut overlay, &state, Some(&mut extensions));
		let data = argument.encode();
		let (result, _) = self.executor.call(&mut ext, &code, function, &data, context);
		let result = result.map_err(|error| error.to_string())?;
		let changes = overlay
			.drain_storage_changes(&state, StateVersion::V1)
			.map_err(|error| error.to_string())?;
		drop(state);
		self.state.apply_transaction(changes.transaction_storage_root, changes.transaction);
		R::decode(&mut &result[..]).map_err(|error| error.to_string())
	}
}

fn name(call: &RuntimeCall) -> String {
	let mut text = format!("{call:?}");
	text.truncate(120);
	text
}
