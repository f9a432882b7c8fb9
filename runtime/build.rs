//! Builds the runtime for wasm in both forms: `WASM_BINARY` with host functions, and
//! `embedded::WASM_BINARY`.
//!
//! The build is reproducible, so that everybody can verify what a chain runs: `scripts/rustc-wasm`
//! makes it so, and `scripts/reproduce.sh` checks it.

fn main() {
	// The builder exists only with `std`: the wasm build must not build itself again.
	#[cfg(feature = "std")]
	{
		let runtime = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it; qed");
		let sources = std::path::Path::new(&runtime).parent().expect("it is in the workspace; qed");
		let wrapper = sources.join("scripts/rustc-wasm");
		println!("cargo:rerun-if-changed={}", wrapper.display());
		std::env::set_var("WASM_SOURCES", sources);
		std::env::set_var("RUSTC_WRAPPER", wrapper);
		let builder = || {
			let builder = substrate_wasm_builder::WasmBuilder::init_with_defaults();
			// The currency's symbol and decimals are part of the hash: see `node/src/chain_spec.rs`.
			#[cfg(feature = "metadata-hash")]
			let builder = builder.enable_metadata_hash("UNIT", 12);
			// Cargo tracks flags, but not the wrapper, to decide what to recompile.
			builder.append_to_rust_flags("--cfg=wrapped_lto")
		};
		builder().enable_feature("embedded").set_file_name("virt_runtime_embedded").build();
		// `scripts/next-runtime.sh` finds the last one.
		builder().build();
	}
}
