//! Reverting blocks, including final ones.

use crate::client::{Backend, Block, Client, Hash, Pool};
use sc_client_api::Backend as _;
use sc_transaction_pool_api::{
	ChainEvent, InPoolTransaction, MaintainedTransactionPool, TransactionPool,
};
use sp_blockchain::{Backend as _, Error as ClientError, HeaderBackend};
use sp_runtime::traits::Header as _;
use std::sync::Arc;
use virt_runtime::BlockNumber;

/// Why a revert failed.
#[derive(Debug)]
pub enum RevertError {
	/// The best chain, which ends at `best`, does not contain the block, or the block has no
	/// parent.
	UnknownSnapshot {
		id: Hash,
		best: BlockNumber,
	},
	Client(ClientError),
}

impl From<ClientError> for RevertError {
	fn from(error: ClientError) -> Self {
		Self::Client(error)
	}
}

/// Reverts the last `count` blocks. Returns the number of reverted blocks: fewer if there are no
/// more.
///
/// Needs the states of all blocks, which a development chain keeps.
pub fn revert_chain(
	backend: &Backend,
	client: &Client,
	count: BlockNumber,
) -> Result<BlockNumber, ClientError> {
	let _import = backend.get_import_lock().write();
	let best = client.info().best_hash;
	// The database counts from its highest block, which may be on another fork.
	while let Some(rival) = backend.blockchain().leaves()?.into_iter().find(|leaf| *leaf != best) {
		backend.remove_leaf_block(rival)?;
	}
	Ok(backend.revert(count, true)?.0)
}

/// Makes `to` the best block. Returns the number of reverted blocks.
///
/// The transaction pool is cleared, because its transactions were validated against a reverted
/// state.
pub async fn revert_to(
	backend: Arc<Backend>,
	client: Arc<Client>,
	pool: Arc<Pool>,
	to: Hash,
) -> Result<BlockNumber, RevertError> {
	let best = client.info().best_number;
	let number = match client.number(to)? {
		// The pool cannot follow to a block without a parent.
		Some(number) if number > 0 && client.hash(number)? == Some(to) => number,
		_ => return Err(RevertError::UnknownSnapshot { id: to, best }),
	};
	let count = revert_chain(&backend, &client, best - number)?;
	let now = client.info();
	if now.best_hash != to {
		let trouble =
			format!("reverted {count} blocks to #{}, instead of to #{number}", now.best_number);
		return Err(ClientError::Backend(trouble).into());
	}

	let waiting = pool.ready().map(|transaction| *transaction.hash());
	let waiting: Vec<_> =
		waiting.chain(pool.futures().iter().map(|transaction| *transaction.hash())).collect();
	pool.report_invalid(None, waiting.into_iter().map(|hash| (hash, None)).collect()).await;
	lead_pool(client, pool, to).await?;
	Ok(count)
}

/// Notifies the pool that `block` is the best and final block.
///
/// The pool follows blocks from parent to child. If it cannot find the route, it only processes the
/// last block.
pub async fn lead_pool(
	client: Arc<Client>,
	pool: Arc<Pool>,
	block: Hash,
) -> Result<(), ClientError> {
	let Some(header) = client.header(block)? else { return Ok(()) };
	// It remembers the tags that the last two blocks provided, for dependent transactions.
	for _ in 0..2 {
		for hash in [Hash::zero(), *header.parent_hash(), block] {
			pool.maintain(ChainEvent::<Block>::NewBestBlock { hash, tree_route: None }).await;
		}
	}
	let last = client.info().finalized_hash;
	pool.maintain(ChainEvent::Finalized { hash: last, tree_route: [].into() }).await;
	Ok(())
}
