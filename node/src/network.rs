//! The network node: Aura assigns slots, and GRANDPA finalizes.

use crate::{
	client::{Backend, Block, Client, Hash, Parts, SelectChain},
	tasks::{self, Consensus, Running},
};
use jsonrpsee::RpcModule;
use sc_basic_authorship::ProposerFactory;
use sc_consensus::DefaultImportQueue;
use sc_consensus_aura::{ImportQueueParams, SlotProportion, StartAuraParams};
use sc_consensus_grandpa::{
	warp_proof::NetworkProvider, GrandpaBlockImport, GrandpaParams, LinkHalf, SharedVoterState,
	VotingRulesBuilder,
};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_service::{Configuration, Error as ServiceError, TaskManager, WarpSyncConfig};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_aura::{
	inherents::InherentDataProvider as SlotProvider, sr25519::AuthorityPair as AuraPair,
	SlotDuration,
};
use sp_timestamp::InherentDataProvider as TimeProvider;
use std::{sync::Arc, time::Duration};

/// The maximal distance between stored finality proofs, in blocks.
const JUSTIFICATION_PERIOD: u32 = 512;

/// The time that a vote may need to reach all nodes.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// The part of a slot in which a block may be filled; the rest is for its distribution.
const PROPOSAL_PORTION: f32 = 2.0 / 3.0;

type BlockImport = GrandpaBlockImport<Backend, Block, Client, SelectChain>;

/// How this node imports blocks, and the parts that authoring and voting need.
pub struct SlotConsensus {
	pub import_queue: DefaultImportQueue<Block>,
	block_import: BlockImport,
	grandpa: LinkHalf<Block, Client, SelectChain>,
	slot_duration: SlotDuration,
}

/// Checks a block's slot, its author, and GRANDPA's justifications.
pub fn consensus(config: &Configuration, parts: &Parts) -> Result<SlotConsensus, ServiceError> {
	let Parts { client, select_chain, task_manager, .. } = parts;
	let (block_import, grandpa) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		client,
		select_chain.clone(),
		None,
	)?;
	let slot_duration = sc_consensus_aura::slot_duration(&**client)?;

	let import_queue =
		sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
			block_import: block_import.clone(),
			justification_import: Some(Box::new(block_import.clone())),
			client: client.clone(),
			create_inherent_data_providers: move |_, ()| async move { Ok(slot_and_time(slot_duration)) },
			spawner: &task_manager.spawn_essential_handle(),
			registry: config.prometheus_registry(),
			check_for_equivocation: Default::default(),
			telemetry: None,
			compatibility_mode: Default::default(),
		})?;

	Ok(SlotConsensus { import_queue, block_import, grandpa, slot_duration })
}

pub fn start<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	mut parts: Parts,
) -> Result<TaskManager, ServiceError> {
	let SlotConsensus { import_queue, block_import, grandpa, slot_duration } =
		consensus(&config, &parts)?;

	let registry = config.prometheus_registry().cloned();
	let role = config.role;
	let force_authoring = config.force_authoring;
	let vote = !config.disable_grandpa;
	let name = config.network.node_name.clone();

	let mut network = FullNetworkConfiguration::<_, _, N>::new(&config.network, registry.clone());
	let metrics = N::register_notification_metrics(registry.as_ref());
	let genesis = sp_blockchain::HeaderBackend::info(&*parts.client).genesis_hash;
	let protocol_name = sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
	let (protocol, notification_service) = sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
		protocol_name.clone(),
		metrics.clone(),
		network.peer_store_handle(),
	);
	network.add_notification_protocol(protocol);
	let warp_sync = WarpSyncConfig::WithProvider(Arc::new(NetworkProvider::new(
		parts.backend.clone(),
		grandpa.shared_authority_set().clone(),
		Vec::new(),
	)));

	let consensus = Consensus {
		import_queue,
		network,
		metrics,
		warp_sync: Some(warp_sync),
		rpc: RpcModule::new(()),
	};
	let Running { network, pool, sync, .. } = tasks::spawn(config, &mut parts, consensus)?;

	let Parts { client, keystore, select_chain, task_manager, .. } = parts;

	if role.is_authority() {
		let authoring = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(
			StartAuraParams {
				slot_duration,
				client: client.clone(),
				select_chain,
				block_import,
				proposer_factory: ProposerFactory::new(
					task_manager.spawn_handle(),
					client,
					pool.clone(),
					registry.as_ref(),
					None,
				),
				create_inherent_data_providers: move |_, ()| async move {
					Ok(slot_and_time(slot_duration))
				},
				force_authoring,
				backoff_authoring_blocks: None::<()>,
				keystore: keystore.keystore(),
				sync_oracle: sync.clone(),
				justification_sync_link: sync.clone(),
				block_proposal_slot_portion: SlotProportion::new(PROPOSAL_PORTION),
				max_block_proposal_slot_portion: None,
				telemetry: None,
				compatibility_mode: Default::default(),
			},
		)?;
		task_manager.spawn_essential_handle().spawn_blocking(
			"aura",
			Some("block-authoring"),
			authoring,
		);
	}

	if vote {
		let config = sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			name: Some(name),
			observer_enabled: false,
			keystore: role.is_authority().then(|| keystore.keystore()),
			local_role: role,
			telemetry: None,
			protocol_name,
		};
		// Also without a vote of its own, to follow the votes of others.
		let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
			config,
			link: grandpa,
			network,
			sync,
			notification_service,
			voting_rule: VotingRulesBuilder::default().build(),
			prometheus_registry: registry,
			shared_voter_state: SharedVoterState::empty(),
			telemetry: None,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(pool),
		})?;
		task_manager.spawn_essential_handle().spawn_blocking("grandpa-voter", None, voter);
	}

	Ok(task_manager)
}

fn slot_and_time(slot_duration: SlotDuration) -> (SlotProvider, TimeProvider) {
	let time = TimeProvider::from_system_time();
	(SlotProvider::from_timestamp_and_slot_duration(*time, slot_duration), time)
}
