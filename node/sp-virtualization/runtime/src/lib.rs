//! A runtime that uses `sp-virtualization`, without any of our crates.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;
// Includes the allocator and the panic handler.
#[cfg(not(feature = "std"))]
extern crate sp_io;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

#[cfg(not(feature = "std"))]
sp_core::wasm_export_functions! {
	// The published suite of `sp-virtualization`.
	fn suite(program: alloc::vec::Vec<u8>) {
		sp_virtualization::run_tests(&program);
	}

	// Traps while an instance exists.
	fn trap_with_instance(program: alloc::vec::Vec<u8>) {
		let (module, _) = sp_virtualization::Module::from_bytes(&program, None)
			.expect("the program is valid");
		let _instance = module.instantiate().expect("there is room");
		panic!("a runtime's own bug");
	}
}
