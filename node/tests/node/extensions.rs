//! The extensions that the client gives to runtime calls.

use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_core::H256;
use sp_externalities::Extensions;
use std::any::TypeId;
use virt_manager::{BackendChoice, Engine};
use virt_node::extensions::VirtExtensions;
use virt_primitives::VirtExt;
use virt_runtime::Block;

#[test]
fn every_call_gets_a_manager_of_its_own() {
	let engine = Engine::new(BackendChoice::Interpreter, None).expect("interprets everywhere");
	let factory = VirtExtensions::new(engine);
	let mut calls: Vec<Extensions> = (0..3)
		.map(|number| ExtensionsFactory::<Block>::extensions_for(&factory, H256::zero(), number))
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
