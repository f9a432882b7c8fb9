//! Builds the runtime for wasm.

fn main() {
	// The builder exists only with `std`: the wasm build must not build itself again.
	#[cfg(feature = "std")]
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}
