//! The tasks that every node runs: network, off-chain workers, RPC, transaction pool.

use crate::{
	client::{Block, Hash, Parts, Pool},
	rpc, trace,
};
use futures::FutureExt;
use jsonrpsee::RpcModule;
use sc_client_api::Backend as _;
use sc_consensus::DefaultImportQueue;
use sc_network::{
	config::FullNetworkConfiguration, service::traits::NetworkService, NetworkBackend,
	NotificationMetrics,
};
use sc_network_sync::SyncingService;
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_service::{
	BuildNetworkParams, Configuration, Error as ServiceError, RpcHandlers, SpawnTasksParams,
	WarpSyncConfig,
};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::sync::Arc;

/// The parts that differ between development nodes and network nodes.
pub struct Consensus<N: NetworkBackend<Block, Hash>> {
	pub import_queue: DefaultImportQueue<Block>,
	pub network: FullNetworkConfiguration<Block, Hash, N>,
	pub metrics: NotificationMetrics,
	pub warp_sync: Option<WarpSyncConfig<Block>>,
	/// RPC methods that only this kind of node has.
	pub rpc: RpcModule<()>,
}

/// The parts of a running node.
pub struct Running {
	pub pool: Arc<Pool>,
	pub network: Arc<dyn NetworkService>,
	pub rpc: RpcHandlers,
	pub sync: Arc<SyncingService<Block>>,
}

/// Starts everything except sealing: network, off-chain workers, RPC, pool maintenance.
pub fn spawn<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	parts: &mut Parts,
	consensus: Consensus<N>,
) -> Result<Running, ServiceError> {
	let Consensus { import_queue, network: net_config, metrics, warp_sync, rpc: own } = consensus;
	let Parts { backend, client, engine, executor, keystore, task_manager, .. } = parts;
	// Its tasks are essential: a command that ends must not start them.
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
					rpc::create(client.clone(), pool.clone(), engine.clone(), [trace, own.clone()])
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
