//! Taking blocks back, also final ones: on a development chain final means only that nobody else
//! has a say.

use crate::client::{Backend, Block, Client, Hash, Pool};
use sc_client_api::Backend as _;
use sc_transaction_pool_api::{
	ChainEvent, InPoolTransaction, MaintainedTransactionPool, TransactionPool,
};
use sp_blockchain::{Backend as _, Error as ClientError, HeaderBackend};
use sp_runtime::traits::Header as _;
use std::sync::Arc;
use virt_runtime::BlockNumber;

/// Why the chain did not go back.
#[derive(Debug)]
pub enum RevertError {
	/// The best chain, which ends at `best`, has no such block, or none before it.
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

/// Takes back the last `count` blocks. Gives how many it were: fewer where there are no more.
///
/// Needs the states of all blocks, which a development chain keeps.
pub fn revert_chain(
	backend: &Backend,
	client: &Client,
	count: BlockNumber,
) -> Result<BlockNumber, ClientError> {
	let _import = backend.get_import_lock().write();
	let best = client.info().best_hash;
	// The database counts from the highest block that it has, and that may be on another fork.
	while let Some(rival) = backend.blockchain().leaves()?.into_iter().find(|leaf| *leaf != best) {
		backend.remove_leaf_block(rival)?;
	}
	Ok(backend.revert(count, true)?.0)
}

/// Makes `to` the best block. Gives how many blocks are gone.
///
/// The pool forgets all that waits in it: it was checked against a state that is no more.
pub async fn revert_to(
	backend: Arc<Backend>,
	client: Arc<Client>,
	pool: Arc<Pool>,
	to: Hash,
) -> Result<BlockNumber, RevertError> {
	let best = client.info().best_number;
	let number = match client.number(to)? {
		// The pool can be led to no block without a parent.
		Some(number) if number > 0 && client.hash(number)? == Some(to) => number,
		_ => return Err(RevertError::UnknownSnapshot { id: to, best }),
	};
	let count = revert_chain(&backend, &client, best - number)?;
	let now = client.info();
	if now.best_hash != to {
		let trouble =
			format!("went back by {count} blocks to #{}, instead of to #{number}", now.best_number);
		return Err(ClientError::Backend(trouble).into());
	}

	let waiting = pool.ready().map(|transaction| *transaction.hash());
	let waiting: Vec<_> =
		waiting.chain(pool.futures().iter().map(|transaction| *transaction.hash())).collect();
	pool.report_invalid(None, waiting.into_iter().map(|hash| (hash, None)).collect()).await;
	lead_pool(client, pool, to).await?;
	Ok(count)
}

/// Tells the pool that `block` is the best and a final one, whatever it takes for that.
///
/// The pool goes from block to block, and takes in what a block says only where it comes from the
/// block's parent. Of a way that it cannot find it believes the end.
pub async fn lead_pool(
	client: Arc<Client>,
	pool: Arc<Pool>,
	block: Hash,
) -> Result<(), ClientError> {
	let Some(header) = client.header(block)? else { return Ok(()) };
	// It remembers what the last two blocks provided, for transactions that build on it.
	for _ in 0..2 {
		for hash in [Hash::zero(), *header.parent_hash(), block] {
			pool.maintain(ChainEvent::<Block>::NewBestBlock { hash, tree_route: None }).await;
		}
	}
	let last = client.info().finalized_hash;
	pool.maintain(ChainEvent::Finalized { hash: last, tree_route: [].into() }).await;
	Ok(())
}
