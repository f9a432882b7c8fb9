//! Connects an engine to a Substrate client: the extension for runtime calls, and the RPC method.

use crate::{BackendChoice, Engine, EngineError};
use jsonrpsee::{core::RpcResult, RpcModule};
use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_externalities::Extensions;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::sync::Arc;
use substrate_prometheus_endpoint::Registry;

/// The host functions in addition to Substrate's.
pub use virt_primitives::HostFunctions;

/// Starts a node's engine, and logs its backend.
///
/// # Errors
///
/// If the backend does not work on this machine. The error is one line that contains the fix.
pub fn start(
	backend: BackendChoice,
	registry: Option<&Registry>,
) -> Result<Arc<Engine>, EngineError> {
	let engine = Engine::new(backend, registry)?;
	let runs_on = engine.backend();
	match engine.fallback_reason() {
		Some(reason) => log::info!(
			target: "virt",
			"Programs run on the {runs_on}: {reason} (--vm-backend {backend})",
		),
		None => log::info!(
			target: "virt",
			"Programs run on the {runs_on} (--vm-backend {backend})",
		),
	}
	Ok(engine)
}

/// Starts worker processes in the background before the first program needs one. Keep it while the
/// node runs: dropping it stops the start of workers, so that no process is left behind.
#[must_use = "dropping it stops the start"]
pub fn warm_up(engine: &Arc<Engine>) -> WarmUp {
	engine.warm_up();
	WarmUp(engine.clone())
}

/// See [`warm_up`].
pub struct WarmUp(Arc<Engine>);

impl Drop for WarmUp {
	fn drop(&mut self) {
		self.0.stop_warm_up();
	}
}

/// Registers a new manager for each call into the runtime: block import, authoring, the transaction
/// pool, RPC, off-chain workers.
///
/// All managers share the engine with its module cache and metrics. They share nothing that a
/// runtime can observe.
pub struct VirtExtensions(pub Arc<Engine>);

impl<Block: BlockT> ExtensionsFactory<Block> for VirtExtensions {
	fn extensions_for(&self, _: Block::Hash, _: NumberFor<Block>) -> Extensions {
		let mut extensions = Extensions::new();
		extensions.register(self.0.extension());
		extensions
	}
}

/// The RPC method `virt_health`, which returns [`Health`](crate::Health).
pub fn rpc(engine: Arc<Engine>) -> RpcModule<Arc<Engine>> {
	let mut module = RpcModule::new(engine);
	module
		.register_method("virt_health", |_, engine, _| -> RpcResult<_> { Ok(engine.health()) })
		.expect("it is the only method of this module; qed");
	module
}
