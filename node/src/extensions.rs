//! Where the VM is joined to the client: every call into the runtime gets a manager of its own.

use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_externalities::Extensions;
use sp_runtime::traits::{Block as BlockT, NumberFor};
use std::sync::Arc;
use virt_manager::Engine;

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
		extensions
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::H256;
	use std::any::TypeId;
	use virt_manager::BackendChoice;
	use virt_primitives::VirtExt;
	use virt_runtime::Block;

	#[test]
	fn every_call_gets_a_manager_of_its_own() {
		let engine = Engine::new(BackendChoice::Interpreter, None).expect("interprets everywhere");
		let factory = VirtExtensions::new(engine);
		let mut calls: Vec<Extensions> = (0..3)
			.map(|number| {
				ExtensionsFactory::<Block>::extensions_for(&factory, H256::zero(), number)
			})
			.collect();

		let managers: Vec<*const ()> = calls
			.iter_mut()
			.map(|extensions| {
				let manager = extensions.get_mut(TypeId::of::<VirtExt>()).expect("registered");
				std::ptr::from_mut(manager).cast_const().cast()
			})
			.collect();
		assert_ne!(managers[0], managers[1]);
		assert_ne!(managers[1], managers[2]);
	}
}
