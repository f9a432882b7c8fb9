//! The client: its types, and how it gets the host functions and the manager.

use crate::extensions::VirtExtensions;
use sc_client_api::ExecutorProvider;
use sc_consensus::LongestChain;
use sc_executor::WasmExecutor;
use sc_service::{
	ChainSpec, ChainType, Configuration, Error as ServiceError, KeystoreContainer, TFullBackend,
	TFullClient, TaskManager,
};
use sc_transaction_pool::TransactionPoolHandle;
use std::sync::Arc;
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

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let executor = VirtExecutor::new(executor);
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
