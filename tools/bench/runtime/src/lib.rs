//! The runtime of the benchmark: repeats an operation with our host functions or the peer's, and
//! returns the time.
//!
//! - [`task`]: the operations and their results.
//! - [`measure`]: runs them, in the same way for both.
//! - [`ours`], [`peer`]: how each runs a program.
//! - [`gauge`]: the host's clock and the size of its memory; `processes` (native only): its
//!   implementation.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;
// Brings the allocator and the panic handler.
#[cfg(not(feature = "std"))]
extern crate sp_io;

pub mod gauge;
pub mod measure;
pub mod ours;
pub mod peer;
#[cfg(feature = "std")]
pub mod processes;
pub mod task;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

#[cfg(not(feature = "std"))]
sp_core::wasm_export_functions! {
	fn measure(api: task::Api, task: task::Task) -> task::Measured {
		match api {
			task::Api::Ours => measure::measure::<ours::Ours>(task),
			task::Api::Peer => measure::measure::<peer::Peer>(task),
		}
	}
}
