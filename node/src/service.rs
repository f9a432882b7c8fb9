//! Starts a node of the kind that the chain needs: [`crate::dev`] or [`crate::network`].

use crate::{
	client::{self, Block, Hash, Parts},
	dev, hardware, network,
};
use sc_consensus::DefaultImportQueue;
use sc_network::NetworkBackend;
use sc_service::{Configuration, Error as ServiceError, TaskManager};
use virt_manager::BackendChoice;

/// The import queue of this chain, for commands that import blocks.
pub fn import_queue(
	config: &Configuration,
	parts: &Parts,
) -> Result<DefaultImportQueue<Block>, ServiceError> {
	if client::is_dev(config.chain_spec.as_ref()) {
		Ok(dev::import_queue(config, parts))
	} else {
		Ok(network::consensus(config, parts)?.import_queue)
	}
}

/// Starts a node: with `dev`, a development node. It runs until the task manager is dropped. With
/// `measured`, a validator's machine is measured before.
pub fn start<N: NetworkBackend<Block, Hash>>(
	config: Configuration,
	backend: BackendChoice,
	dev: Option<dev::Options>,
	measured: bool,
) -> Result<TaskManager, ServiceError> {
	let parts = client::parts(&config, backend)?;
	let warm_up = virt_manager::node::warm_up(&parts.engine);
	if dev.is_none() && config.role.is_authority() {
		hardware::warn_of_slow_validator(parts.engine.backend(), measured);
	}
	let mut task_manager = match dev {
		Some(options) => dev::start::<N>(config, parts, options)?,
		None => network::start::<N>(config, parts)?,
	};
	task_manager.keep_alive(warm_up);
	Ok(task_manager)
}
