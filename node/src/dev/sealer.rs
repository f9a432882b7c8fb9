//! The task that changes the chain: it makes, finalizes and reverts blocks, one command at a time.

use super::{
	clock::Clock,
	revert::{self, RevertError},
};
use crate::client::{Backend, Block, Client, Hash, Pool, SelectChain};
use futures::{
	channel::{mpsc, oneshot},
	future::{self, Either},
	StreamExt,
};
use futures_timer::Delay;
use jsonrpsee::core::async_trait;
use sc_basic_authorship::ProposerFactory;
use sc_client_api::{BlockBackend, Finalizer, StorageProvider};
use sc_consensus::BoxBlockImport;
use sc_consensus_manual_seal::{
	consensus::aura::AuraConsensusDataProvider, seal_block, CreatedBlock, Error as SealError,
	SealBlockParams,
};
use sc_service::Error as ServiceError;
use sc_transaction_pool_api::TransactionPool;
use sp_blockchain::{Error as ClientError, HeaderBackend};
use sp_core::storage::StorageKey;
use sp_inherents::CreateInherentDataProviders;
use sp_timestamp::{InherentDataProvider as TimeProvider, Timestamp};
use std::{sync::Arc, time::Duration};
use virt_runtime::BlockNumber;

/// How long the pool may take to follow a new block before it is notified explicitly.
pub(super) const POOL_PATIENCE: Duration = Duration::from_secs(1);

/// A command to the sealer. It replies through `done`.
pub enum Command {
	Seal {
		block: SealBlock,
		done: oneshot::Sender<Result<CreatedBlock<Hash>, SealError>>,
	},
	Finalize {
		block: Hash,
		done: oneshot::Sender<Result<(), SealError>>,
	},
	/// Make this the best block, and revert later ones. Replies with the number of reverted blocks.
	Revert {
		to: Hash,
		done: oneshot::Sender<Result<BlockNumber, RevertError>>,
	},
	/// Set the timestamp of the next block.
	SetTime {
		time: Timestamp,
		done: oneshot::Sender<Result<(), SetTimeError>>,
	},
}

/// The parameters of a block.
pub struct SealBlock {
	/// Whether to make a block without transactions.
	pub create_empty: bool,
	pub finalize: bool,
	/// The parent. Default: the best block.
	pub parent: Option<Hash>,
}

/// Why a timestamp was not set.
#[derive(Debug)]
pub enum SetTimeError {
	/// It is not in this range.
	OutOfRange {
		earliest: Timestamp,
		latest: Timestamp,
	},
	Client(ClientError),
}

pub struct Sealer {
	backend: Arc<Backend>,
	client: Arc<Client>,
	pool: Arc<Pool>,
	select_chain: SelectChain,
	proposers: ProposerFactory<Pool, Client>,
	import: BoxBlockImport<Block>,
	digests: AuraConsensusDataProvider<Block>,
	clock: Clock,
}

/// Provides the timestamp of a block. A closure would do if the compiler could prove that its
/// future is `Send`.
struct At(Timestamp);

#[async_trait]
impl CreateInherentDataProviders<Block, ()> for At {
	type InherentDataProviders = TimeProvider;

	async fn create_inherent_data_providers(
		&self,
		_: Hash,
		(): (),
	) -> Result<TimeProvider, Box<dyn std::error::Error + Send + Sync>> {
		Ok(TimeProvider::new(self.0))
	}
}

impl Sealer {
	pub fn new(
		backend: Arc<Backend>,
		client: Arc<Client>,
		pool: Arc<Pool>,
		select_chain: SelectChain,
		proposers: ProposerFactory<Pool, Client>,
	) -> Result<Self, ServiceError> {
		let best = time_of(&client, client.info().best_hash)?;
		Ok(Self {
			import: Box::new(client.clone()),
			digests: AuraConsensusDataProvider::new(client.clone()),
			clock: Clock::after(best, Timestamp::current()),
			backend,
			client,
			pool,
			select_chain,
			proposers,
		})
	}

	/// Runs until all senders are dropped. Dropped receivers get no reply.
	pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
		while let Some(command) = commands.next().await {
			match command {
				Command::Seal { block, done } => self.seal(block, done).await,
				Command::Finalize { block, done } => {
					let result = self.client.finalize_block(block, None, true);
					let _ = done.send(result.map_err(SealError::from));
				},
				Command::Revert { to, done } => {
					let _ = done.send(self.revert(to).await);
				},
				Command::SetTime { time, done } => {
					let _ = done.send(self.set_time(time));
				},
			}
		}
	}

	async fn seal(
		&mut self,
		block: SealBlock,
		done: oneshot::Sender<Result<CreatedBlock<Hash>, SealError>>,
	) {
		let parent = block.parent.unwrap_or_else(|| self.client.info().best_hash);
		let time = match self.client.header(parent) {
			// The engine has an error of its own for this.
			Ok(None) => Ok(Timestamp::default()),
			_ => time_of(&self.client, parent)
				.map(|last| self.clock.time(last, Timestamp::current())),
		};
		let time = match time {
			Ok(time) => time,
			Err(error) => {
				let _ = done.send(Err(error.into()));
				return;
			},
		};
		let (sender, sealed) = oneshot::channel();
		seal_block(SealBlockParams {
			create_empty: block.create_empty,
			finalize: block.finalize,
			parent_hash: Some(parent),
			sender: Some(sender),
			pool: self.pool.clone(),
			client: self.client.clone(),
			env: &mut self.proposers,
			select_chain: &self.select_chain,
			consensus_data_provider: Some(&self.digests),
			block_import: &mut self.import,
			// Only the timestamp: the engine compares the number of transactions with the number of
			// providers to detect an empty block.
			create_inherent_data_providers: &At(time),
		})
		.await;
		let result = sealed.await.unwrap_or_else(|gone| Err(gone.into()));
		if let Ok(CreatedBlock { hash, .. }) = &result {
			self.clock.made_block(Timestamp::current());
			self.report(*hash);
			self.wait_for_pool(*hash).await;
		}
		let _ = done.send(result);
	}

	/// The pool follows new blocks by itself, and then knows which transactions are included. If it
	/// lost track, for example after a revert, it is notified explicitly.
	async fn wait_for_pool(&self, block: Hash) {
		let followed = future::select(self.pool.ready_at(block), Delay::new(POOL_PATIENCE)).await;
		if let Either::Right(_) = followed {
			if let Err(error) =
				revert::lead_pool(self.client.clone(), self.pool.clone(), block).await
			{
				log::warn!(target: "virt", "The pool does not follow the chain: {error}");
			}
		}
	}

	/// Logs one line for each block with transactions.
	fn report(&self, hash: Hash) {
		if !log::log_enabled!(target: "virt", log::Level::Info) {
			return;
		}
		let (Ok(Some(number)), Ok(Some(body))) =
			(self.client.number(hash), self.client.block_body(hash))
		else {
			return;
		};
		// All except the timestamp inherent.
		let transactions = body.len().saturating_sub(1);
		let level = if transactions == 0 { log::Level::Debug } else { log::Level::Info };
		let s = if transactions == 1 { "" } else { "s" };
		log::log!(target: "virt", level, "Block #{number}: {transactions} transaction{s}, {hash:?}");
	}

	async fn revert(&mut self, to: Hash) -> Result<BlockNumber, RevertError> {
		let (backend, client) = (self.backend.clone(), self.client.clone());
		let count = revert::revert_to(backend, client, self.pool.clone(), to).await?;
		self.clock = Clock::after(time_of(&self.client, to)?, Timestamp::current());
		Ok(count)
	}

	fn set_time(&mut self, time: Timestamp) -> Result<(), SetTimeError> {
		let last =
			time_of(&self.client, self.client.info().best_hash).map_err(SetTimeError::Client)?;
		self.clock
			.set(time, last)
			.map_err(|[earliest, latest]| SetTimeError::OutOfRange { earliest, latest })
	}
}

/// The timestamp of a block; zero for the genesis block.
fn time_of(client: &Client, block: Hash) -> Result<Timestamp, ClientError> {
	let key = StorageKey(virt_runtime::timestamp_key());
	Ok(match client.storage(block, &key)? {
		Some(stored) => {
			let bytes = stored.0.try_into().map_err(|bytes| {
				ClientError::Backend(format!(
					"the time of {block:?} is not a 64-bit number: {bytes:?}"
				))
			})?;
			Timestamp::new(u64::from_le_bytes(bytes))
		},
		None => Timestamp::default(),
	})
}
