//! The chains that the node knows by name.

use sp_runtime::BuildStorage;
use virt_node::chain_spec::{self, ChainSpec};

fn named(name: &str) -> ChainSpec {
	chain_spec::named(name).expect("a chain of this name").expect("a runtime")
}

#[test]
fn all_chains_have_a_genesis() {
	for name in ["dev", "local", "dev-embedded", "local-embedded"] {
		let storage = named(name).build_storage().expect("a genesis");
		let time = virt_runtime::timestamp_key();
		assert!(!storage.top.contains_key(&time), "no time has passed yet");
		assert!(storage.top.len() > 20);
	}
}

#[test]
fn spec_survives_its_raw_json() {
	let raw = named("local").as_json(true).expect("JSON");
	let spec = ChainSpec::from_json_bytes(raw.into_bytes()).expect("what was just written");
	let storage = spec.build_storage().expect("a genesis");
	let original = named("local").build_storage().expect("a genesis");
	assert!(storage.top == original.top);
}
