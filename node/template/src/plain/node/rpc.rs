//! The RPC methods of the node.

use super::super::runtime::opaque::Block;
use jsonrpsee::RpcModule;
use sp_blockchain::HeaderBackend;
use std::sync::Arc;

/// What the methods need.
pub struct FullDeps<C, P> {
	pub client: Arc<C>,
	pub pool: Arc<P>,
}

/// All methods of the node.
pub fn create_full<C, P>(
	deps: FullDeps<C, P>,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>>
where
	C: HeaderBackend<Block> + Send + Sync + 'static,
	P: Send + Sync + 'static,
{
	let mut module = RpcModule::new(());
	let FullDeps { client, pool } = deps;
	let mut methods = RpcModule::new((client, pool));
	methods.register_method("plain_bestNumber", |_, (client, _), _| client.info().best_number)?;
	module.merge(methods)?;
	Ok(module)
}
