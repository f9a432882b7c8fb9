//! The RPC methods in addition to those of `sc-service`.

use crate::client::{Client, Pool};
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};
use virt_manager::Engine;

/// `system_*`, `payment_*`, `virt_*`, and the methods of `more`.
pub fn create(
	client: Arc<Client>,
	pool: Arc<Pool>,
	engine: Arc<Engine>,
	more: [RpcModule<()>; 2],
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client).into_rpc())?;
	module.merge(virt_manager::node::rpc(engine))?;
	for methods in more {
		module.merge(methods)?;
	}
	Ok(module)
}
