//! The genesis presets by name, with the well-known development keys.
//!
//! The private keys are public: do not use a preset for a chain of any value.

use crate::{
	AccountId, AuraConfig, Balance, BalancesConfig, GrandpaConfig, RuntimeGenesisConfig,
	SudoConfig, UNIT,
};
use alloc::{string::ToString, vec::Vec};
use frame_support::build_struct_json_patch;
use serde_json::Value;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// The initial balance of each well-known account.
pub const ENDOWMENT: Balance = 1_000_000 * UNIT;

/// A single node: Alice is the only authority.
pub fn development() -> Value {
	genesis(&[alice()])
}

/// Alice and Bob, in turn.
pub fn local_testnet() -> Value {
	genesis(&[alice(), bob()])
}

/// The preset with this name as JSON, to be merged over the default genesis.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_ref() {
		DEV_RUNTIME_PRESET => development(),
		LOCAL_TESTNET_RUNTIME_PRESET => local_testnet(),
		_ => return None,
	};
	Some(patch.to_string().into_bytes())
}

pub fn preset_names() -> Vec<PresetId> {
	[DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET].map(PresetId::from).to_vec()
}

type Authority = (AuraId, GrandpaId);

fn alice() -> Authority {
	(Sr25519Keyring::Alice.public().into(), Ed25519Keyring::Alice.public().into())
}

fn bob() -> Authority {
	(Sr25519Keyring::Bob.public().into(), Ed25519Keyring::Bob.public().into())
}

fn genesis(authorities: &[Authority]) -> Value {
	let rich: Vec<AccountId> =
		Sr25519Keyring::well_known().map(|key| key.to_account_id()).collect();
	build_struct_json_patch!(RuntimeGenesisConfig {
		aura: AuraConfig {
			authorities: authorities.iter().map(|(aura, _)| aura.clone()).collect()
		},
		grandpa: GrandpaConfig {
			authorities: authorities.iter().map(|(_, grandpa)| (grandpa.clone(), 1)).collect(),
		},
		balances: BalancesConfig {
			balances: rich.into_iter().map(|account| (account, ENDOWMENT)).collect(),
		},
		sudo: SudoConfig { key: Some(Sr25519Keyring::Alice.to_account_id()) },
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Balances, Grandpa, Runtime, System};
	use frame_support::genesis_builder_helper::{build_state, get_preset as default_or_preset};

	/// JSON merge patch, for objects.
	fn merge(base: &mut Value, patch: Value) {
		match (base, patch) {
			(Value::Object(base), Value::Object(patch)) => {
				for (key, value) in patch {
					merge(base.entry(key).or_insert(Value::Null), value);
				}
			},
			(base, patch) => *base = patch,
		}
	}

	#[track_caller]
	fn with_genesis(id: &str, check: impl FnOnce()) {
		let default = default_or_preset::<RuntimeGenesisConfig>(&None, |_| None)
			.expect("the default has no name");
		let mut config: Value = serde_json::from_slice(&default).expect("valid JSON");
		let patch = get_preset(&id.into()).expect("a preset");
		merge(&mut config, serde_json::from_slice(&patch).expect("valid JSON"));

		sp_io::TestExternalities::default().execute_with(|| {
			build_state::<RuntimeGenesisConfig>(config.to_string().into_bytes())
				.expect("a complete genesis");
			check();
		});
	}

	#[test]
	fn every_preset_builds_a_state_with_funds() {
		for name in preset_names() {
			with_genesis(&name, || {
				let alice = Sr25519Keyring::Alice.to_account_id();
				assert_eq!(Balances::free_balance(&alice), ENDOWMENT);
				assert_eq!(pallet_sudo::Key::<Runtime>::get(), Some(alice));
				assert_eq!(System::block_number(), 0);
			});
		}
	}

	#[test]
	fn authorities_are_as_named() {
		for (name, authorities) in [(DEV_RUNTIME_PRESET, 1), (LOCAL_TESTNET_RUNTIME_PRESET, 2)] {
			with_genesis(name, || {
				assert_eq!(pallet_aura::Authorities::<Runtime>::get().len(), authorities);
				assert_eq!(Grandpa::grandpa_authorities().len(), authorities);
			});
		}
	}

	#[test]
	fn unknown_preset_is_none() {
		assert_eq!(get_preset(&"mainnet".into()), None);
	}
}
