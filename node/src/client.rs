//! The client: its types, and how it gets the host functions and the manager.

use crate::extensions::VirtExtensions;
use sc_client_api::ExecutorProvider;
use sc_consensus::LongestChain;
use sc_executor::{HeapAllocStrategy, WasmExecutor, DEFAULT_HEAP_ALLOC_STRATEGY};
use sc_service::{
	ChainSpec, ChainType, Configuration, Error as ServiceError, KeystoreContainer, TFullBackend,
	TFullClient, TaskManager,
};
use sc_transaction_pool::TransactionPoolHandle;
use std::{env, path::PathBuf, sync::Arc};
use virt_manager::{executor::VirtExecutor, BackendChoice, Engine};
use virt_runtime::RuntimeApi;

pub use virt_runtime::{Block, Hash};

/// The host functions: Substrate's and ours.
#[cfg(not(feature = "sp-virtualization"))]
pub type HostFunctions = (sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions);
/// The host functions: Substrate's, ours, and those of `sp-virtualization`.
#[cfg(feature = "sp-virtualization")]
pub type HostFunctions = (
	sp_io::SubstrateHostFunctions,
	virt_primitives::HostFunctions,
	virt_sp_virtualization::HostFunctions,
);
pub type Executor = VirtExecutor<WasmExecutor<HostFunctions>>;
pub type Client = TFullClient<Block, RuntimeApi, Executor>;
pub type Backend = TFullBackend<Block>;
pub type Pool = TransactionPoolHandle<Block, Client>;
pub type SelectChain = LongestChain<Backend, Block>;

/// Whether a single node makes this chain's blocks. Otherwise Aura assigns slots, and GRANDPA
/// finalizes.
///
/// It is a property of the chain and not an option, because a database must always be opened in the
/// same way.
pub fn is_dev(spec: &dyn ChainSpec) -> bool {
	spec.chain_type() == ChainType::Development
}

/// A client that can execute blocks, and the other parts of a node or a command.
pub struct Parts {
	pub backend: Arc<Backend>,
	pub client: Arc<Client>,
	pub engine: Arc<Engine>,
	pub executor: Executor,
	pub keystore: KeystoreContainer,
	pub select_chain: SelectChain,
	pub task_manager: TaskManager,
}

/// Creates a client. All code that executes blocks uses it, so that the manager is always
/// registered.
pub fn parts(config: &Configuration, backend: BackendChoice) -> Result<Parts, ServiceError> {
	let registry = config.prometheus_registry();
	let engine = virt_manager::node::start(backend, registry)
		.map_err(|error| ServiceError::Application(error.into()))?;

	let executor = VirtExecutor::new(wasm_executor(config));
	let (client, backend, keystore, task_manager) = sc_service::new_full_parts::<
		Block,
		RuntimeApi,
		_,
	>(config, None, executor.clone(), Vec::new())?;
	client.execution_extensions().set_extensions_factory(VirtExtensions::new(engine.clone()));

	let client = Arc::new(client);
	Ok(Parts {
		select_chain: LongestChain::new(backend.clone()),
		backend,
		client,
		engine,
		executor,
		keystore,
		task_manager,
	})
}

/// The executor of runtimes. On a development chain it stores compiled runtimes in the user's cache
/// folder, because compiling one takes seconds at each start. A node of another chain only executes
/// what it has compiled itself.
fn wasm_executor(config: &Configuration) -> WasmExecutor<HostFunctions> {
	let options = &config.executor;
	let heap = match options.default_heap_pages {
		Some(pages) => HeapAllocStrategy::Static { extra_pages: pages as u32 },
		None => DEFAULT_HEAP_ALLOC_STRATEGY,
	};
	let builder = WasmExecutor::builder()
		.with_execution_method(options.wasm_method)
		.with_max_runtime_instances(options.max_runtime_instances)
		.with_onchain_heap_alloc_strategy(heap)
		.with_offchain_heap_alloc_strategy(heap)
		.with_runtime_cache_size(options.runtime_cache_size);
	match compiled_runtimes().filter(|_| is_dev(config.chain_spec.as_ref())) {
		Some(folder) => builder.with_cache_path(folder).build(),
		None => builder.build(),
	}
}

/// The folder of compiled runtimes, in `$XDG_CACHE_HOME` or `~/.cache`. wasmtime removes old
/// files above 512 MiB, and other files that it finds there.
fn compiled_runtimes() -> Option<PathBuf> {
	let folder = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
	let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
	Some(cache.join("virt-node/runtimes"))
}
