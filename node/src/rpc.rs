//! The RPC methods beyond those that `sc-service` brings along.

use crate::service::{Client, Hash, Pool};
use futures::channel::mpsc;
use jsonrpsee::{core::RegisterMethodError, types::ErrorObjectOwned, RpcModule};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_manual_seal::{
	rpc::{ManualSeal, ManualSealApiServer},
	EngineCommand,
};
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};
use virt_manager::Engine;

/// `system_*`, `payment_*`, `virt_health` and, where blocks are sealed on demand, `engine_*`.
pub fn create(
	client: Arc<Client>,
	pool: Arc<Pool>,
	engine: Arc<Engine>,
	seal: Option<mpsc::Sender<EngineCommand<Hash>>>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	module.merge(System::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::new(client).into_rpc())?;
	module.register_method("virt_health", move |_, _, _| {
		Ok::<_, ErrorObjectOwned>(engine.health())
	})?;
	if let Some(commands) = seal {
		module.merge(ManualSeal::new(commands).into_rpc())?;
	}
	Ok(module)
}
