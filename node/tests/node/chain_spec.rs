//! The chains that the node knows by name.

use sp_runtime::BuildStorage;
use virt_node::chain_spec::{development, local_testnet, ChainSpec};

#[test]
fn both_chains_have_a_genesis() {
	for spec in [development(), local_testnet()] {
		let storage = spec.expect("a runtime").build_storage().expect("a genesis");
		let time = virt_runtime::timestamp_key();
		assert!(!storage.top.contains_key(&time), "no time has passed yet");
		assert!(storage.top.len() > 20);
	}
}

#[test]
fn spec_survives_its_raw_json() {
	let raw = local_testnet().expect("a runtime").as_json(true).expect("JSON");
	let spec = ChainSpec::from_json_bytes(raw.into_bytes()).expect("what was just written");
	let storage = spec.build_storage().expect("a genesis");
	let original = local_testnet().expect("a runtime").build_storage().expect("a genesis");
	assert!(storage.top == original.top);
}
