//! Registers the manager with the client: each call into the runtime gets a manager of its own, and
//! with the feature `sp-virtualization` the extension of that interface.

use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_externalities::Extensions;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::sync::Arc;
use virt_manager::{node, Engine};

pub struct VirtExtensions(node::VirtExtensions);

impl VirtExtensions {
	pub fn new(engine: Arc<Engine>) -> Self {
		Self(node::VirtExtensions(engine))
	}
}

impl<Block: BlockT> ExtensionsFactory<Block> for VirtExtensions {
	#[cfg_attr(not(feature = "sp-virtualization"), allow(unused_mut))]
	fn extensions_for(&self, hash: Block::Hash, number: NumberFor<Block>) -> Extensions {
		let factory: &dyn ExtensionsFactory<Block> = &self.0;
		let mut extensions = factory.extensions_for(hash, number);
		#[cfg(feature = "sp-virtualization")]
		{
			let manager = virt_manager::Manager::new(self.0 .0.clone());
			extensions.register(virt_sp_virtualization::PeerExt::new(manager));
		}
		extensions
	}
}
