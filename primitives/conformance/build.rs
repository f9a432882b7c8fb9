fn main() {
	#[cfg(feature = "wasm")]
	{
		// The builder passes enabled features on to the wasm build. That build must not have this one, because it
		// enables `std`.
		std::env::remove_var("CARGO_FEATURE_WASM");
		// The test runtimes share the build of their dependencies.
		let out =
			std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it; qed"));
		std::env::set_var("CARGO_BUILD_BUILD_DIR", out.join("../../../wbuild/shared"));
		let builder = || {
			substrate_wasm_builder::WasmBuilder::init_with_defaults()
				.disable_runtime_version_section_check()
		};
		builder().build();
		builder().enable_feature("embedded").set_file_name("virt_conformance_embedded").build();
	}
}
