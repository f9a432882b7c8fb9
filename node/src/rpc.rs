//! The RPC methods beyond those that `sc-service` brings along.

use crate::{
	dev,
	service::{Client, Pool},
};
use futures::channel::mpsc;
use jsonrpsee::{core::RegisterMethodError, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};
use virt_manager::Engine;

/// `system_*`, `payment_*`, `virt_*` and, on a development chain, `dev_*` and `engine_*`.
pub fn create(
	client: Arc<Client>,
	pool: Arc<Pool>,
	engine: Arc<Engine>,
	trace: RpcModule<()>,
	sealer: Option<mpsc::Sender<dev::Command>>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client.clone()).into_rpc())?;
	module.merge(trace)?;
	module.merge(virt_manager::node::rpc(engine))?;
	if let Some(sealer) = sealer {
		module.merge(dev::rpc(client, sealer)?)?;
	}
	Ok(module)
}
