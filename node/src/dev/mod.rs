//! The development node: a single node that makes its own blocks, according to its [`Sealing`], and
//! can revert them.
//!
//! Blocks have Aura's slot digest, which the runtime needs, but no seal.

mod banner;
mod clock;
mod options;
mod revert;
mod rpc;
mod sealer;
mod sealing;

pub use banner::{Banner, Endpoint};
pub use clock::Clock;
pub use options::Options;
pub use revert::revert_chain;
pub use rpc::codes;
pub use sealer::Command;
pub use sealing::Sealing;

use crate::{
	client::{Block, Hash, Parts},
	tasks::{self, Consensus, Running},
};
use futures::channel::mpsc;
use sc_basic_authorship::ProposerFactory;
use sc_consensus::DefaultImportQueue;
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{Configuration, Error as ServiceError, TaskManager};
use sealer::Sealer;

/// Only executes blocks: those of this chain have no seal.
pub fn import_queue(config: &Configuration, parts: &Parts) -> DefaultImportQueue<Block> {
	sc_consensus_manual_seal::import_queue(
		Box::new(parts.client.clone()),
		&parts.task_manager.spawn_essential_handle(),
		config.prometheus_registry(),
	)
}

pub fn start<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	mut parts: Parts,
	options: Options,
) -> Result<TaskManager, ServiceError> {
	let registry = config.prometheus_registry().cloned();
	let mut banner = Banner::new(&config, &parts, options);
	let (commands, commands_stream) = mpsc::channel(16);
	let consensus = Consensus {
		import_queue: import_queue(&config, &parts),
		network: FullNetworkConfiguration::<_, _, N>::new(&config.network, registry.clone()),
		metrics: N::register_notification_metrics(registry.as_ref()),
		warp_sync: None,
		rpc: rpc::create(parts.client.clone(), commands.clone())
			.map_err(|error| ServiceError::Application(error.into()))?,
	};
	let Running { pool, rpc, .. } = tasks::spawn(config, &mut parts, consensus)?;
	banner.endpoints = rpc.listen_addresses().iter().filter_map(Endpoint::of).collect();

	let Parts { backend, client, select_chain, task_manager, .. } = parts;
	let proposers = ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		pool.clone(),
		registry.as_ref(),
		None,
	);
	let sealer = Sealer::new(backend, client.clone(), pool.clone(), select_chain, proposers)?;

	let spawner = task_manager.spawn_essential_handle();
	let group = Some("block-authoring");
	spawner.spawn_blocking("sealer", group, sealer.run(commands_stream));
	spawner.spawn("sealing", group, async move {
		sealing::first_block(&client, &commands).await;
		banner.print();
		options.sealing.drive(client, pool, commands).await;
	});
	Ok(task_manager)
}
