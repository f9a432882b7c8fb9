//! The chains that the node knows by name. Their content is the runtime's presets.

use crate::service::HostFunctions;
use sc_service::{ChainType, GenericChainSpec, NoExtension, Properties};
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use virt_runtime::WASM_BINARY;

/// With the VM's host functions: the genesis builder runs the runtime, which imports them.
pub type ChainSpec = GenericChainSpec<NoExtension, HostFunctions>;

/// One node that seals instantly.
pub fn development() -> Result<ChainSpec, String> {
	build("Virt Development", "virt_dev", ChainType::Development, DEV_RUNTIME_PRESET)
}

/// Alice and Bob with Aura and GRANDPA, on one machine.
pub fn local_testnet() -> Result<ChainSpec, String> {
	build("Virt Local Testnet", "virt_local", ChainType::Local, LOCAL_TESTNET_RUNTIME_PRESET)
}

fn build(name: &str, id: &str, chain_type: ChainType, preset: &str) -> Result<ChainSpec, String> {
	let code = WASM_BINARY
		.ok_or("this node was built without a runtime: build it again without SKIP_WASM_BUILD")?;

	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "UNIT".into());
	properties.insert("tokenDecimals".into(), 12.into());
	properties.insert("ss58Format".into(), 42.into());

	Ok(ChainSpec::builder(code, None)
		.with_name(name)
		.with_id(id)
		.with_protocol_id(id)
		.with_chain_type(chain_type)
		.with_genesis_config_preset_name(preset)
		.with_properties(properties)
		.build())
}
