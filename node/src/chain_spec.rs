//! The chains that the node knows by name. Their genesis is one of the runtime's presets.

use crate::client::HostFunctions;
use sc_service::{ChainType, GenericChainSpec, NoExtension, Properties};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use virt_runtime::{embedded, WASM_BINARY};

/// With the host functions, because building the genesis runs the runtime.
pub type ChainSpec = GenericChainSpec<NoExtension, HostFunctions>;

/// The chain with this name; `None` if there is none.
///
/// - `dev`: one node with instant sealing.
/// - `local` or empty: Alice and Bob with Aura and GRANDPA, on one machine.
/// - `dev-embedded`, `local-embedded`: the same with the embedded runtime.
pub fn named(name: &str) -> Option<Result<ChainSpec, String>> {
	let (dev, local) = (
		("Development", ChainType::Development, DEV_RUNTIME_PRESET),
		("Local Testnet", ChainType::Local, LOCAL_TESTNET_RUNTIME_PRESET),
	);
	Some(match name {
		"dev" => build("Virt", "virt_dev", dev, WASM_BINARY),
		"" | "local" => build("Virt", "virt_local", local, WASM_BINARY),
		"dev-embedded" => build("Virt Embedded", "virt_dev_embedded", dev, embedded::WASM_BINARY),
		"local-embedded" => {
			build("Virt Embedded", "virt_local_embedded", local, embedded::WASM_BINARY)
		},
		_ => return None,
	})
}

fn build(
	name: &str,
	id: &str,
	(kind, chain_type, preset): (&str, ChainType, &str),
	code: Option<&'static [u8]>,
) -> Result<ChainSpec, String> {
	let code = code
		.ok_or("this node was built without a runtime: build it again without SKIP_WASM_BUILD")?;

	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "UNIT".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());

	Ok(ChainSpec::builder(code, None)
		.with_name(&format!("{name} {kind}"))
		.with_id(id)
		.with_protocol_id(id)
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(preset)
		.with_properties(properties)
		.build())
}
