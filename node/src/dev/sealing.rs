//! When blocks are made. The [sealer](super::sealer) makes them.

use super::sealer::{Command, SealBlock, POOL_PATIENCE};
use crate::client::{Client, Hash, Pool};
use codec::Decode;
use futures::{
	channel::{mpsc, oneshot},
	future::{self, Either},
	FutureExt, SinkExt, StreamExt,
};
use futures_timer::Delay;
use sc_client_api::StorageProvider;
use sc_consensus_manual_seal::{CreatedBlock, Error as SealError};
use sc_transaction_pool_api::{ImportNotificationStream, TransactionPool};
use sp_blockchain::HeaderBackend;
use sp_core::storage::StorageKey;
use std::{
	fmt,
	str::FromStr,
	sync::Arc,
	time::{Duration, Instant},
};
use virt_runtime::Runtime;

/// The pauses between retries of a block that could not be sealed: the first, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// When a development chain makes blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
	/// When a transaction arrives or a job is ready. Blocks are final at once.
	#[default]
	Instant,
	/// When `engine_createBlock` is called.
	Manual,
	/// At this interval, with or without transactions. Blocks are final at once.
	Interval(Duration),
}

impl FromStr for Sealing {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		match text {
			"instant" => return Ok(Self::Instant),
			"manual" => return Ok(Self::Manual),
			_ => {},
		}
		text.strip_prefix("interval=")
			.and_then(|millis| millis.parse().ok())
			.filter(|millis| *millis > 0)
			.map(|millis| Self::Interval(Duration::from_millis(millis)))
			.ok_or_else(|| {
				"expected `instant`, `manual` or `interval=<milliseconds>`, as in `interval=1000`"
					.into()
			})
	}
}

impl fmt::Display for Sealing {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Instant => f.write_str("instant"),
			Self::Manual => f.write_str("manual"),
			Self::Interval(every) => write!(f, "interval={}", every.as_millis()),
		}
	}
}

type Commands = mpsc::Sender<Command>;

impl Sealing {
	/// Commands blocks until the sealer ends.
	pub(super) async fn drive(self, client: Arc<Client>, pool: Arc<Pool>, commands: Commands) {
		match self {
			Self::Instant => on_demand(client, pool, commands).await,
			Self::Manual => future::pending().await,
			Self::Interval(every) => at_intervals(every, commands).await,
		}
	}
}

/// Clients wait for a first block, even on an idle chain.
pub(super) async fn first_block(client: &Client, commands: &Commands) {
	if client.info().best_number == 0 {
		if let Err(error) = seal(&mut commands.clone(), true).await {
			log::error!(target: "virt", "The first block cannot be sealed: {error}");
		}
	}
}

/// Makes a block when the pool has transactions, or when a job is ready for its next slice.
///
/// Transactions that arrive together share a block. A block that fails is retried with increasing
/// pauses: the transaction may become valid, or the pool may drop it.
async fn on_demand(client: Arc<Client>, pool: Arc<Pool>, mut commands: Commands) {
	let mut arrivals = pool.import_notification_stream();
	let mut pause = FIRST_PAUSE;
	loop {
		let best = client.info().best_hash;
		let waiting = pool.ready_at_with_timeout(best, POOL_PATIENCE).await.next().is_some();
		let for_jobs = !waiting && has_ready_jobs(&client, best);
		if !waiting && !for_jobs {
			pause = FIRST_PAUSE;
			if arrivals.next().await.is_none() {
				// The pool is closed: the node stops.
				return;
			}
		}
		forget_queued(&mut arrivals);
		match seal(&mut commands, for_jobs).await {
			Ok(_) => pause = FIRST_PAUSE,
			Err(SealError::Canceled(_) | SealError::SendError(_)) => return,
			Err(error) => {
				log::debug!(target: "virt", "No block was made: {error}");
				match future::select(arrivals.next(), Delay::new(pause)).await {
					Either::Left((None, _)) => return,
					Either::Left(_) => {},
					Either::Right(_) => pause = (pause * 2).min(LONGEST_PAUSE),
				}
			},
		}
	}
}

/// Whether a job would run a slice in the next block.
fn has_ready_jobs(client: &Client, block: Hash) -> bool {
	let read = |key: [u8; 32]| client.storage(block, &StorageKey(key.to_vec())).ok().flatten();
	let range = read(pallet_virt::ReadyRange::<Runtime>::hashed_key());
	let range = range.and_then(|range| <(u64, u64)>::decode(&mut &range.0[..]).ok());
	let is_paused = read(pallet_virt::Locked::<Runtime>::hashed_key()).is_some();
	range.is_some_and(|(start, end)| start != end) && !is_paused
}

/// Transactions announced so far will be in the next block, or in the pool after it.
fn forget_queued(arrivals: &mut ImportNotificationStream<Hash>) {
	while let Some(Some(_)) = arrivals.next().now_or_never() {}
}

/// Makes a block, then waits until the interval has passed. A block that takes longer delays the
/// next one.
async fn at_intervals(every: Duration, mut commands: Commands) {
	loop {
		let started = Instant::now();
		match seal(&mut commands, true).await {
			Ok(_) => {},
			Err(SealError::Canceled(_) | SealError::SendError(_)) => return,
			Err(error) => log::warn!(target: "virt", "No block was made: {error}"),
		}
		Delay::new(every.saturating_sub(started.elapsed())).await;
	}
}

/// Makes a block that is final at once.
async fn seal(
	commands: &mut Commands,
	create_empty: bool,
) -> Result<CreatedBlock<Hash>, SealError> {
	let (done, result) = oneshot::channel();
	let block = SealBlock { create_empty, finalize: true, parent: None };
	commands.send(Command::Seal { block, done }).await?;
	result.await?
}
