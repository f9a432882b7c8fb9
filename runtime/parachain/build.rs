//! Builds the runtime for wasm.

fn main() {
	// The builder is there only with `std`: inside the wasm build it would build itself once more.
	#[cfg(feature = "std")]
	substrate_wasm_builder::WasmBuilder::build_using_defaults();
}
