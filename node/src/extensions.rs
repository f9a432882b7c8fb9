//! Where the VM is joined to the client: every call into the runtime gets a manager of its own.

use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_externalities::Extensions;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::sync::Arc;
use virt_manager::Engine;
#[cfg(feature = "sp-virtualization")]
use virt_manager::Manager;

/// Registers a fresh manager per instance of the runtime API, whoever asked for it: block import,
/// authoring, the pool, RPC, off-chain workers.
///
/// All managers share the process's engine, and thereby its module cache and its metrics, and
/// nothing that a runtime can tell.
pub struct VirtExtensions {
	engine: Arc<Engine>,
}

impl VirtExtensions {
	pub fn new(engine: Arc<Engine>) -> Self {
		Self { engine }
	}
}

impl<Block: BlockT> ExtensionsFactory<Block> for VirtExtensions {
	fn extensions_for(&self, _: Block::Hash, _: NumberFor<Block>) -> Extensions {
		let mut extensions = Extensions::new();
		extensions.register(self.engine.extension());
		#[cfg(feature = "sp-virtualization")]
		extensions.register(virt_peer::PeerExt::new(Manager::new(self.engine.clone())));
		extensions
	}
}
