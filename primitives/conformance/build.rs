fn main() {
	#[cfg(feature = "wasm")]
	{
		let builder = || {
			substrate_wasm_builder::WasmBuilder::init_with_defaults()
				.disable_runtime_version_section_check()
		};
		builder().build();
		builder().enable_feature("embedded").set_file_name("virt_conformance_embedded").build();
	}
}
