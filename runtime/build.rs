//! Builds the runtime for wasm, in both forms: as `WASM_BINARY`, which has the node run programs, and as
//! `embedded::WASM_BINARY`, which runs them itself.
//!
//! The same sources and the same compiler give the same bytes wherever they are built, so that
//! everybody can check what a chain runs: `scripts/rustc-wasm` sees to it, `scripts/reproduce.sh`
//! tries it.

fn main() {
	// The builder is there only with `std`: inside the wasm build it would build itself once more.
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
			// Cargo looks at flags, and not at the wrapper, to see what it has to compile again.
			builder.append_to_rust_flags("--cfg=wrapped_lto")
		};
		builder().enable_feature("embedded").set_file_name("virt_runtime_embedded").build();
		// The last one is what `scripts/next-runtime.sh` finds.
		builder().build();
	}
}
