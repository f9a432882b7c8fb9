//! The parts of `virt-node program`: descriptions of programs, and the rows of the syscall tables.

use serde_json::{json, Value};
use virt_node::program::{abi::Abi, syscalls};
use virt_runtime::Runtime;

fn abi(ty: &str) -> Abi {
	let json = json!({
		"version": 1,
		"name": "test",
		"entries": [
			{
				"name": "take", "docs": "", "reentrant": false, "result": ty, "error": null,
				"arguments": [{ "name": "it", "type": ty, "optional": false }],
			},
		],
		"types": {},
		"docs": {},
	});
	// Written as text, because an object of `serde_json` does not keep the order of its fields.
	let types = r#""types":{
		"Error": { "_enum": { "Zero": "Null", "One": "u8", "Two": { "z": "u16", "a": "bool" } } },
		"Unit": "u64",
		"Rule": { "owners": "Vec<AccountId>", "least": "Unit" },
		"Endless": { "inner": "Endless" }
	}"#;
	let json = json.to_string().replace(r#""types":{}"#, types);
	Abi::parse(json.as_bytes()).expect("it is a description")
}

/// Asserts that the argument is encoded as `bytes`, and that `bytes` are decoded as `value`.
#[track_caller]
fn stands_for(ty: &str, argument: &str, bytes: &[u8], value: Value) {
	let abi = abi(ty);
	assert_eq!(abi.encode("take", &[argument.into()]), Ok(bytes.into()), "{ty}");
	assert_eq!(abi.result("take", bytes), Ok(value), "{ty}");
}

#[track_caller]
fn refuses(ty: &str, argument: &str) {
	let encoded = abi(ty).encode("take", &[argument.into()]);
	assert!(encoded.is_err(), "{argument} is taken for a {ty}: {encoded:?}");
}

#[test]
fn integers_of_every_width() {
	stands_for("u8", "255", &[255], json!(255));
	stands_for("u32", "0xff", &[255, 0, 0, 0], json!(255));
	stands_for("i8", "-128", &[0x80], json!(-128));
	stands_for("i32", "-2", &[254, 255, 255, 255], json!(-2));
	stands_for("u64", "1_000", &1000u64.to_le_bytes(), json!("1000"));
	stands_for("u128", &u128::MAX.to_string(), &[255; 16], json!(u128::MAX.to_string()));
	stands_for("i128", "-1", &[255; 16], json!("-1"));
	stands_for(
		"i128",
		&i128::MIN.to_string(),
		&i128::MIN.to_le_bytes(),
		json!(i128::MIN.to_string()),
	);
	stands_for("Compact<u32>", "64", &[1, 1], json!("64"));
	for (ty, argument) in
		[("u8", "256"), ("u8", "-1"), ("i8", "128"), ("i8", "-129"), ("u32", "1.5"), ("u8", "")]
	{
		refuses(ty, argument);
	}
}

#[test]
fn text_bytes_and_accounts() {
	let alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
	let bytes = sp_keyring::Sr25519Keyring::Alice.to_raw_public();
	stands_for("bool", "true", &[1], json!(true));
	stands_for("Text", "17", b"\x0817", json!("17"));
	stands_for("Bytes", "0x00ff", &[8, 0, 255], json!("0x00ff"));
	stands_for("[u8; 2]", "0x00ff", &[0, 255], json!("0x00ff"));
	stands_for("Raw", "0x00ff", &[0, 255], json!("0x00ff"));
	stands_for("AccountId", "alice", &bytes, json!(alice));
	stands_for("AccountId", alice, &bytes, json!(alice));
	for (ty, argument) in [("bool", "1"), ("Bytes", "0xf"), ("[u8; 2]", "0x00"), ("AccountId", "x")]
	{
		refuses(ty, argument);
	}
}

#[test]
fn lists_options_results_and_maps() {
	stands_for("Vec<u16>", "[1, 2]", &[8, 1, 0, 2, 0], json!([1, 2]));
	stands_for("[u16; 2]", "[1, 2]", &[1, 0, 2, 0], json!([1, 2]));
	stands_for("(u8, bool)", "[1, true]", &[1, 1], json!([1, true]));
	stands_for("Option<u8>", "7", &[1, 7], json!(7));
	stands_for("Option<u8>", "null", &[0], Value::Null);
	stands_for("Result<Null, u8>", r#"{ "Err": 3 }"#, &[1, 3], json!({ "Err": 3 }));
	stands_for("BTreeMap<u8, bool>", "[[1, true]]", &[4, 1, 1], json!([[1, true]]));
	for (ty, argument) in [("[u16; 2]", "[1]"), ("(u8, u8)", "[1, 2, 3]"), ("Vec<u8>", "[256]")] {
		refuses(ty, argument);
	}
}

#[test]
fn declared_types_keep_their_order() {
	stands_for("Error", "Zero", &[0], json!("Zero"));
	stands_for("Error", r#"{ "One": 9 }"#, &[1, 9], json!({ "One": 9 }));
	let two = json!({ "Two": { "z": 1, "a": true } });
	stands_for("Error", &two.to_string(), &[2, 1, 0, 1], two);
	stands_for("Unit", "5", &5u64.to_le_bytes(), json!("5"));
	for argument in ["Three", r#"{ "One": 256 }"#, r#"{ "Two": { "z": 1 } }"#] {
		refuses("Error", argument);
	}
	refuses("Unknown", "1");
	refuses("Vec<", "1");
}

#[test]
fn what_does_not_decode_is_refused() {
	for (ty, bytes) in [
		("u32", &[1, 2, 3][..]),
		("u8", &[1, 2]),
		("Error", &[3]),
		("Option<u8>", &[2]),
		("bool", &[2]),
		("Vec<Null>", &[0xfe, 0xff, 0xff, 0xff]),
		("Endless", &[0]),
	] {
		assert!(abi(ty).result("take", bytes).is_err(), "{bytes:?} is taken for a {ty}");
	}
}

#[test]
fn rows_are_those_that_the_runtime_answers() {
	let names = syscalls::rows().map(|row| row.name);
	assert!(names.eq(pallet_virt::syscalls::names::<Runtime>()));
}

#[test]
fn every_description_of_a_fixture_is_understood() {
	for (name, json) in virt_fixtures::abi::ALL {
		let abi = Abi::parse(json.as_bytes());
		assert!(abi.is_ok(), "{name}: {abi:?}");
	}
}

#[test]
fn virt_testing_has_the_errors_and_the_figures_of_this_chain() {
	use frame_support::traits::Get;
	use scale_info::{TypeDef, TypeInfo};
	let TypeDef::Variant(errors) =
		pallet_virt::Error::<virt_runtime::Runtime>::type_info().type_def
	else {
		panic!("errors are an enum")
	};
	let names: Vec<_> = errors.variants.iter().map(|variant| variant.name).collect();
	assert_eq!(virt_testing::Error::NAMES, names);
	assert_eq!(virt_testing::UNIT, virt_runtime::UNIT);
	assert_eq!(virt_testing::FUNDS, virt_runtime::presets::ENDOWMENT);
	assert_eq!(virt_testing::EXISTENTIAL_DEPOSIT, virt_runtime::EXISTENTIAL_DEPOSIT);
	type PerItem = <virt_runtime::Runtime as pallet_virt::Config>::DepositPerItem;
	type PerByte = <virt_runtime::Runtime as pallet_virt::Config>::DepositPerByte;
	assert_eq!(virt_testing::DEPOSIT_PER_ITEM, <PerItem as Get<u128>>::get());
	assert_eq!(virt_testing::DEPOSIT_PER_BYTE, <PerByte as Get<u128>>::get());
}
