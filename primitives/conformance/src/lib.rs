//! The conformance suite for backends of the virtualization host functions. It runs natively and in a wasm runtime,
//! on each backend.
//!
//! The crate is its own test runtime, in two forms: with host functions, and embedded. Built for
//! wasm, it exports [`suite::run`] as `conformance`, and [`script::record`] as `record`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod heap;
pub mod script;
pub mod suite;

#[cfg(feature = "wasm")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

/// The embedded test runtime.
#[cfg(feature = "wasm")]
pub mod embedded {
	include!(concat!(env!("OUT_DIR"), "/virt_conformance_embedded"));
}

#[cfg(not(feature = "std"))]
sp_core::wasm_export_functions! {
	fn conformance(programs: suite::Programs) -> suite::Report {
		suite::run(&programs)
	}

	fn record(scripts: alloc::vec::Vec<script::Script>) -> alloc::vec::Vec<alloc::vec::Vec<script::Event>> {
		scripts.iter().map(script::record).collect()
	}

	fn fill(programs: alloc::vec::Vec<alloc::vec::Vec<u8>>) -> alloc::vec::Vec<u32> {
		heap::fill(&programs)
	}

	// Runs without the externalities extension.
	fn compile(program: alloc::vec::Vec<u8>) {
		let _ = virt_primitives::Module::from_bytes(&program, &virt_primitives::SyscallTable::EMPTY);
	}

	// Traps while an instance is alive.
	fn trap_with_instance(program: alloc::vec::Vec<u8>) {
		let module = virt_primitives::Module::from_bytes(&program, &virt_primitives::SyscallTable::EMPTY).expect("the program is valid");
		let _instance = module.instantiate().expect("there is room");
		panic!("a runtime's own bug");
	}
}
