fn main() {
	#[cfg(feature = "std")]
	{
		// The test runtimes share the build of their dependencies.
		let out =
			std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it; qed"));
		std::env::set_var("CARGO_BUILD_BUILD_DIR", out.join("../../../wbuild/shared"));
		substrate_wasm_builder::WasmBuilder::init_with_defaults()
			.disable_runtime_version_section_check()
			.build();
	}
}
