//! The page makes a chain that runs programs of one that does not.

use codec::{Decode, Encode};
use frame_support::traits::fungible::{InspectHold, Mutate};
use sc_client_api::execution_extensions::ExtensionsFactory;
use sp_core::H256;
use sp_runtime::BuildStorage;
use sp_wasm_interface::HostFunctions as _;
use std::{fs, path::Path};
use virt_fixtures::COUNTER;
use virt_manager::{
	node::{start, VirtExtensions},
	BackendChoice,
};
use virt_template::{
	applied::{
		node::{command, service},
		runtime::*,
	},
	plain,
};

const LIMIT: pallet_virt::Weight = pallet_virt::limits::MAX_DRY_RUN_WEIGHT;

/// State of the chain, in which the runtime is called as its node would.
fn chain() -> sp_io::TestExternalities {
	let storage = RuntimeGenesisConfig::default().build_storage().expect("it has defaults");
	let mut ext = sp_io::TestExternalities::new(storage);
	let engine = start(BackendChoice::Auto, None).expect("it works anywhere");
	let factory: &dyn ExtensionsFactory<Block> = &VirtExtensions(engine);
	ext.extensions = factory.extensions_for(H256::zero(), 0);
	ext
}

fn last_output<R: Decode>() -> R {
	match System::events().pop().expect("a call deposits an event").event {
		RuntimeEvent::Virt(pallet_virt::Event::<Runtime>::Called { output, .. }) => {
			R::decode(&mut &output[..]).expect("it is what the entry gives")
		},
		other => panic!("expected `Called`, got {other:?}"),
	}
}

#[test]
fn the_page_makes_a_chain_that_runs_programs() {
	chain().execute_with(|| {
		System::set_block_number(1);
		let alice = AccountId::new([1; 32]);
		let signed = || RuntimeOrigin::signed(alice.clone());
		Balances::mint_into(&alice, 1_000_000_000_000_000).expect("it is enough to live");

		Virt::upload(signed(), COUNTER.to_vec(), None).expect("it is admitted");
		assert!(Balances::total_balance_on_hold(&alice) > 0, "a deposit is held");
		let hash = pallet_virt::program::code_hash(COUNTER);
		Virt::instantiate(signed(), hash, vec![], vec![], 0, LIMIT, None).expect("it starts");
		let counter = Virt::address_of(&alice, hash, &[]);
		for count in 1..=3u32 {
			let entry = b"increment".to_vec();
			Virt::call(signed(), counter.clone(), entry, vec![], 0, LIMIT, None)
				.expect("it counts");
			assert_eq!(last_output::<u32>(), count);
		}
	});
}

#[test]
fn the_plain_chain_knows_of_no_programs() {
	let names = |metadata: Vec<u8>| String::from_utf8_lossy(&metadata).contains("pallet_virt");
	use virt_template::{applied::runtime as after, plain::runtime as before};
	assert!(!names(before::Runtime::metadata().1.encode()));
	assert!(names(after::Runtime::metadata().1.encode()));

	let imports = |functions: Vec<&'static dyn sp_wasm_interface::Function>| {
		functions.iter().filter(|function| function.name().contains("virt")).count()
	};
	assert_eq!(imports(sp_io::SubstrateHostFunctions::host_functions()), 0);
	let added = imports(service::HostFunctions::host_functions());
	assert_ne!(added, 0);

	let before = plain::node::command::benchmark_pallet(&plain::node::command::PalletCmd, "plain");
	assert!(before.is_empty());
	let after = command::benchmark_pallet(&command::PalletCmd, "plain");
	assert_eq!(after.len(), added);
}

/// Names before the first `=`, of those lines of a manifest that are dependencies.
fn dependencies(lines: &str) -> Vec<&str> {
	let names = lines.lines().filter_map(|line| line.split_once(" = ").map(|(name, _)| name));
	names.filter(|name| !name.starts_with('#')).collect()
}

#[test]
fn the_page_names_the_dependencies_that_it_takes() {
	let here = Path::new(env!("CARGO_MANIFEST_DIR"));
	let page =
		fs::read_to_string(here.join("../../docs/add-to-your-chain.md")).expect("it is there");
	let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
	let mut named: Vec<_> = blocks.flat_map(dependencies).collect();
	named.sort_unstable();

	let manifest = fs::read_to_string(here.join("Cargo.toml")).expect("it is there");
	let (_, added) = manifest.split_once("# What the page adds.\n").expect("they stand apart");
	let (added, _) = added.split_once("\n\n").expect("other sections follow");
	assert_eq!(named, dependencies(added));

	for (_, path) in page.lines().filter_map(|line| line.split_once("/polkadot-virt/")) {
		let path = path.split('"').next().expect("a quote ends it");
		assert!(here.join("../..").join(path).join("Cargo.toml").exists(), "{path} is no crate");
	}
}
