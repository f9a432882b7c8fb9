//! The node that is alone: it seals a block as soon as there is a transaction, final at once.
//!
//! Blocks carry Aura's slot digest, since the runtime wants one, but no seal: nobody else has to
//! believe them.

use crate::service::{self, Block, Client, Consensus, Hash, Parts, Pool};
use futures::{
	channel::{mpsc, oneshot},
	future::{self, Either},
	FutureExt, SinkExt, StreamExt,
};
use futures_timer::Delay;
use sc_basic_authorship::ProposerFactory;
use sc_client_api::StorageProvider;
use sc_consensus::DefaultImportQueue;
use sc_consensus_manual_seal::{
	consensus::aura::AuraConsensusDataProvider, run_manual_seal, CreatedBlock, EngineCommand,
	Error as SealError, ManualSealParams,
};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{Configuration, Error as ServiceError, TaskManager};
use sc_transaction_pool_api::{ImportNotificationStream, TransactionPool};
use sp_blockchain::HeaderBackend;
use sp_core::storage::StorageKey;
use sp_timestamp::Timestamp;
use std::{sync::Arc, time::Duration};

/// How long the pool may take to follow a new block, before what it knows is taken as all there is.
const POOL_PATIENCE: Duration = Duration::from_secs(1);

/// The pauses between tries to seal what will not be sealed: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Checks nothing but the execution: blocks of this chain have no seal.
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
) -> Result<TaskManager, ServiceError> {
	let registry = config.prometheus_registry().cloned();
	let (commands, commands_stream) = mpsc::channel(16);
	let consensus = Consensus {
		import_queue: import_queue(&config, &parts),
		network: FullNetworkConfiguration::<_, _, N>::new(&config.network, registry.clone()),
		metrics: N::register_notification_metrics(registry.as_ref()),
		warp_sync: None,
		seal: Some(commands.clone()),
	};
	service::spawn(config, &mut parts, consensus)?;

	let Parts { client, pool, select_chain, task_manager, .. } = parts;
	let env = ProposerFactory::new(
		task_manager.spawn_handle(),
		client.clone(),
		pool.clone(),
		registry.as_ref(),
		None,
	);
	let time_source = client.clone();
	let sealing = run_manual_seal(ManualSealParams {
		block_import: client.clone(),
		env,
		client: client.clone(),
		pool: pool.clone(),
		commands_stream,
		select_chain,
		consensus_data_provider: Some(Box::new(AuraConsensusDataProvider::new(client.clone()))),
		// Nothing but the time may be in here: the engine takes a block with more transactions than
		// there are providers for one that is not empty.
		create_inherent_data_providers: move |parent, ()| {
			let time = next_time(&time_source, parent);
			async move { Ok(sp_timestamp::InherentDataProvider::new(time?)) }
		},
	});

	let spawner = task_manager.spawn_essential_handle();
	spawner.spawn_blocking("instant-seal", Some("block-authoring"), sealing);
	spawner.spawn(
		"seal-on-demand",
		Some("block-authoring"),
		seal_on_demand(client, pool, commands),
	);
	Ok(task_manager)
}

/// The wall clock's time, unless the chain is ahead of it already: blocks in the same millisecond,
/// or a clock that was set back.
fn next_time(
	client: &Client,
	parent: Hash,
) -> Result<Timestamp, Box<dyn std::error::Error + Send + Sync>> {
	let key = StorageKey(virt_runtime::timestamp_key());
	let last = match client.storage(parent, &key)? {
		Some(stored) => u64::from_le_bytes(
			stored.0.try_into().map_err(|_| "the parent block's time is not a 64-bit number")?,
		),
		// There is none before the first block.
		None => 0,
	};
	Ok(later_than(last, Timestamp::current()))
}

/// The clock's time, or one millisecond after the last block's, whichever is later.
pub fn later_than(last: u64, clock: Timestamp) -> Timestamp {
	Timestamp::new(clock.as_millis().max(last.saturating_add(1)))
}

/// Commands a block whenever the pool has something for one, and the first block in any case:
/// clients wait for one before they do anything.
///
/// Transactions that arrive together share a block. A block that fails is tried again, at longer
/// and longer intervals: the transaction may become valid, or the pool may drop it.
async fn seal_on_demand(
	client: Arc<Client>,
	pool: Arc<Pool>,
	mut commands: mpsc::Sender<EngineCommand<Hash>>,
) {
	let mut arrivals = pool.import_notification_stream();
	if client.info().best_number == 0 {
		if let Err(error) = seal(&mut commands, true).await {
			log::error!(target: "virt", "The first block cannot be sealed: {error}");
		}
	}

	let mut pause = FIRST_PAUSE;
	loop {
		let best = client.info().best_hash;
		let waiting = pool.ready_at_with_timeout(best, POOL_PATIENCE).await.next().is_some();
		if !waiting {
			pause = FIRST_PAUSE;
			if arrivals.next().await.is_none() {
				// The pool is gone: the node stops.
				return;
			}
		}
		forget_queued(&mut arrivals);
		match seal(&mut commands, false).await {
			Ok(_) => pause = FIRST_PAUSE,
			Err(SealError::Canceled(_) | SealError::SendError(_)) => return,
			Err(error) => {
				log::debug!(target: "virt", "No block yet: {error}");
				match future::select(arrivals.next(), Delay::new(pause)).await {
					Either::Left((None, _)) => return,
					Either::Left(_) => {},
					Either::Right(_) => pause = (pause * 2).min(LONGEST_PAUSE),
				}
			},
		}
	}
}

/// What was announced up to now will be in the next block, or in the pool after it.
fn forget_queued(arrivals: &mut ImportNotificationStream<Hash>) {
	while let Some(Some(_)) = arrivals.next().now_or_never() {}
}

async fn seal(
	commands: &mut mpsc::Sender<EngineCommand<Hash>>,
	create_empty: bool,
) -> Result<CreatedBlock<Hash>, SealError> {
	let (sender, result) = oneshot::channel();
	commands
		.send(EngineCommand::SealNewBlock {
			create_empty,
			finalize: true,
			parent_hash: None,
			sender: Some(sender),
		})
		.await?;
	result.await?
}
