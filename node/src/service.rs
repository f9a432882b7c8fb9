//! What both kinds of node share: the client with its VM, and the tasks around it.
//!
//! Who seals blocks is not known here: see [`crate::dev`] and [`crate::network`].

use crate::{dev, extensions::VirtExtensions, hardware, network, rpc, trace};
use futures::{channel::mpsc, FutureExt};
use sc_client_api::{Backend as _, ExecutorProvider};
use sc_consensus::{DefaultImportQueue, LongestChain};
use sc_executor::WasmExecutor;
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NetworkService, NetworkBackend,
	NotificationMetrics,
};
use sc_network_sync::SyncingService;
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_service::{
	BuildNetworkParams, ChainSpec, ChainType, Configuration, Error as ServiceError,
	KeystoreContainer, RpcHandlers, SpawnTasksParams, TFullBackend, TFullClient, TaskManager,
	WarpSyncConfig,
};
use sc_transaction_pool::TransactionPoolHandle;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::sync::Arc;
use virt_manager::{BackendChoice, Engine};
use virt_runtime::RuntimeApi;

pub use virt_runtime::{Block, Hash};

/// What the runtime may import: the usual, and the VM.
#[cfg(not(feature = "sp-virtualization"))]
pub type HostFunctions = (sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions);
/// What the runtime may import: the usual, and the VM, by either of its interfaces.
#[cfg(feature = "sp-virtualization")]
pub type HostFunctions =
	(sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions, virt_peer::HostFunctions);
pub type Executor = WasmExecutor<HostFunctions>;
pub type Client = TFullClient<Block, RuntimeApi, Executor>;
pub type Backend = TFullBackend<Block>;
pub type Pool = TransactionPoolHandle<Block, Client>;
pub type SelectChain = LongestChain<Backend, Block>;

/// Whether one node alone makes this chain's blocks. Else it takes an authority's slot, and GRANDPA
/// finalises.
///
/// A property of the chain and not of a flag: a database must be opened again the same way.
pub fn is_dev(spec: &dyn ChainSpec) -> bool {
	spec.chain_type() == ChainType::Development
}

/// A client that can execute blocks, and what is needed to make a node or a command of it.
pub struct Parts {
	pub backend: Arc<Backend>,
	pub client: Arc<Client>,
	pub engine: Arc<Engine>,
	pub executor: Executor,
	pub keystore: KeystoreContainer,
	pub select_chain: SelectChain,
	pub task_manager: TaskManager,
}

/// The one way to make a client: no path that executes blocks can miss the VM.
pub fn parts(config: &Configuration, backend: BackendChoice) -> Result<Parts, ServiceError> {
	let registry = config.prometheus_registry();
	let engine = virt_manager::node::start(backend, registry)
		.map_err(|error| ServiceError::Application(error.into()))?;

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
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

/// How blocks of this chain are checked, for the commands that import some.
pub fn import_queue(
	config: &Configuration,
	parts: &Parts,
) -> Result<DefaultImportQueue<Block>, ServiceError> {
	if is_dev(config.chain_spec.as_ref()) {
		Ok(dev::import_queue(config, parts))
	} else {
		Ok(network::consensus(config, parts)?.import_queue)
	}
}

/// Starts the node that this chain wants: with `dev`, a development node. It runs until the task
/// manager is dropped. With `measured`, a validator's machine is measured before.
pub fn start<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	backend: BackendChoice,
	dev: Option<dev::Options>,
	measured: bool,
) -> Result<TaskManager, ServiceError> {
	let parts = parts(&config, backend)?;
	let warm_up = virt_manager::node::warm_up(&parts.engine);
	if dev.is_none() && config.role.is_authority() {
		hardware::warn_of_slow_validator(parts.engine.backend(), measured);
	}
	let mut task_manager = match dev {
		Some(options) => dev::start::<N>(config, parts, options)?,
		None => network::start::<N>(config, parts)?,
	};
	task_manager.keep_alive(warm_up);
	Ok(task_manager)
}

/// The half of a node that differs between the kinds.
pub struct Consensus<N: NetworkBackend<Block, Hash>> {
	pub import_queue: DefaultImportQueue<Block>,
	pub network: FullNetworkConfiguration<Block, Hash, N>,
	pub metrics: NotificationMetrics,
	pub warp_sync: Option<WarpSyncConfig<Block>>,
	/// Where `dev_*` and `engine_*` send their commands; without it there are no such methods.
	pub sealer: Option<mpsc::Sender<dev::Command>>,
}

/// A node's connections, once they run.
pub struct Running {
	pub pool: Arc<Pool>,
	pub network: Arc<dyn NetworkService>,
	pub rpc: RpcHandlers,
	pub sync: Arc<SyncingService<Block>>,
}

/// Starts everything but the sealing: network, off-chain workers, RPC, pool maintenance.
pub fn spawn<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	parts: &mut Parts,
	consensus: Consensus<N>,
) -> Result<Running, ServiceError> {
	let Consensus { import_queue, network: net_config, metrics, warp_sync, sealer } = consensus;
	let Parts { backend, client, engine, executor, keystore, task_manager, .. } = parts;
	// Its tasks are essential ones: a command that ends has none.
	let pool = sc_transaction_pool::Builder::new(
		task_manager.spawn_essential_handle(),
		client.clone(),
		config.role.is_authority().into(),
	)
	.with_options(config.transaction_pool.clone())
	.with_prometheus(config.prometheus_registry())
	.build();
	let pool = Arc::new(pool);

	let (network, system_rpc_tx, tx_handler_controller, sync, _) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: warp_sync,
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	if config.offchain_worker.enabled {
		let workers = OffchainWorkers::new(OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(keystore.keystore()),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(pool.clone())),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: false,
			custom_extensions: |_| Vec::new(),
		})?;
		task_manager.spawn_handle().spawn(
			"offchain-workers-runner",
			"offchain-worker",
			workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	let rpc_builder = {
		let client = client.clone();
		let pool = pool.clone();
		let engine = engine.clone();
		let (backend, executor) = (backend.clone(), executor.clone());
		Box::new(move |_| {
			trace::create(client.clone(), backend.clone(), executor.clone(), engine.clone())
				.and_then(|trace| {
					rpc::create(client.clone(), pool.clone(), engine.clone(), trace, sealer.clone())
				})
				.map_err(|error| ServiceError::Application(error.into()))
		})
	};

	let rpc = sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: client.clone(),
		backend: backend.clone(),
		task_manager,
		keystore: keystore.keystore(),
		transaction_pool: pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync.clone(),
		telemetry: None,
		tracing_execute_block: None,
	})?;

	Ok(Running { pool, network, rpc, sync })
}
