//! The one task that changes the chain: it makes blocks, finalises them, and takes them back, one
//! command after the other.

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

/// How long the pool may take to follow a new block, before it is led to it, or what it knows is taken
/// as all there is.
pub(super) const POOL_PATIENCE: Duration = Duration::from_secs(1);

/// What can be asked of the sealer. It answers through `done`.
pub enum Command {
	Seal {
		block: SealBlock,
		done: oneshot::Sender<Result<CreatedBlock<Hash>, SealError>>,
	},
	Finalize {
		block: Hash,
		done: oneshot::Sender<Result<(), SealError>>,
	},
	/// Make this the best block, and forget those after it. Answers how many were forgotten.
	Revert {
		to: Hash,
		done: oneshot::Sender<Result<BlockNumber, RevertError>>,
	},
	/// The time of the next block.
	SetTime {
		time: Timestamp,
		done: oneshot::Sender<Result<(), SetTimeError>>,
	},
}

/// The block that is wanted.
pub struct SealBlock {
	/// Also where there is no transaction for it.
	pub create_empty: bool,
	pub finalize: bool,
	/// Default: the best block.
	pub parent: Option<Hash>,
}

/// Why no time was set.
#[derive(Debug)]
pub enum SetTimeError {
	/// It is not between these two.
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

/// Blocks of this time. A closure would do, if the compiler saw that its future can be sent.
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

	/// Serves until nobody is left to command. Who no longer waits for the answer gets none.
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
			// The engine has an error of its own for that.
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
			// Nothing but the time may be in here: the engine takes a block with more transactions
			// than there are providers for one that is not empty.
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

	/// The pool hears of a new block by itself, and only then knows which transactions are done. One
	/// that lost its way is led: where a block was taken back, say, before it was told of it.
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

	/// One line for each block that has something in it.
	fn report(&self, hash: Hash) {
		if !log::log_enabled!(target: "virt", log::Level::Info) {
			return;
		}
		let (Ok(Some(number)), Ok(Some(body))) =
			(self.client.number(hash), self.client.block_body(hash))
		else {
			return;
		};
		// All but the time.
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

/// The time of a block; of the genesis block, which has none, zero.
fn time_of(client: &Client, block: Hash) -> Result<Timestamp, ClientError> {
	let key = StorageKey(virt_runtime::timestamp_key());
	Ok(match client.storage(block, &key)? {
		Some(stored) => {
			let bytes = stored.0.try_into().map_err(|bytes| {
				ClientError::Backend(format!(
					"the time of {block:?} is no 64-bit number: {bytes:?}"
				))
			})?;
			Timestamp::new(u64::from_le_bytes(bytes))
		},
		None => Timestamp::default(),
	})
}
