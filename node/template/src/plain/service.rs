// Makes the client of a plain chain's node.

use super::runtime::{Block, RuntimeApi};
use sc_executor::WasmExecutor;
use sc_service::{Configuration, Error, KeystoreContainer, TFullBackend, TFullClient, TaskManager};
use std::sync::Arc;

pub type HostFunctions = sp_io::SubstrateHostFunctions;
pub type Executor = WasmExecutor<HostFunctions>;
pub type Client = TFullClient<Block, RuntimeApi, Executor>;

pub struct Parts {
	pub client: Arc<Client>,
	pub backend: Arc<TFullBackend<Block>>,
	pub keystore: KeystoreContainer,
	pub task_manager: TaskManager,
}

pub fn parts(config: &Configuration) -> Result<Parts, Error> {
	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore, task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(config, None, executor, Vec::new())?;
	Ok(Parts { client: Arc::new(client), backend, keystore, task_manager })
}
