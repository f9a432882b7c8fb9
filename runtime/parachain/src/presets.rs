//! The genesis: Alice makes blocks, and the well-known development keys have funds.

use crate::{
	AccountId, AuraConfig, BalancesConfig, ParachainInfoConfig, RuntimeGenesisConfig, UNIT,
};
use alloc::{string::ToString, vec::Vec};
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET};
use sp_keyring::Sr25519Keyring;

/// The parachain's number on its relay chain.
pub const PARA_ID: u32 = 2_000;

pub fn development() -> Value {
	let rich: Vec<AccountId> =
		Sr25519Keyring::well_known().map(|key| key.to_account_id()).collect();
	build_struct_json_patch!(RuntimeGenesisConfig {
		aura: AuraConfig { authorities: [Sr25519Keyring::Alice.public().into()].to_vec() },
		balances: BalancesConfig {
			balances: rich.into_iter().map(|account| (account, 1_000_000 * UNIT)).collect(),
		},
		parachain_info: ParachainInfoConfig { parachain_id: PARA_ID.into() },
	})
}

/// The preset with this name as JSON, to be merged over the default genesis.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	(id == DEV_RUNTIME_PRESET).then(|| development().to_string().into_bytes())
}

pub fn preset_names() -> Vec<PresetId> {
	[PresetId::from(DEV_RUNTIME_PRESET)].to_vec()
}
