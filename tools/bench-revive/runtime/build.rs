//! Builds the runtime for wasm in both forms of pallet-virt, linked with fat LTO like the node's
//! runtime.

fn main() {
	#[cfg(feature = "std")]
	{
		let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it; qed");
		let sources = std::path::Path::new(&here).join("../../..");
		let sources = sources.canonicalize().expect("it is in a checkout; qed");
		std::env::set_var("RUSTC_WRAPPER", sources.join("scripts/rustc-wasm"));
		std::env::set_var("WASM_SOURCES", sources);
		let builder = || {
			substrate_wasm_builder::WasmBuilder::init_with_defaults()
				.disable_runtime_version_section_check()
		};
		builder().build();
		builder().enable_feature("embedded").set_file_name("virt_bench_revive_embedded").build();
	}
}
