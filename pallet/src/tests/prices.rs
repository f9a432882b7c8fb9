//! Compares charges with the measurements of `make weights`.

use super::mock::*;
use crate::{
	benchmarking::{
		program::ENTRY,
		storms::{self, Storm, Surroundings, STORED_KEY},
	},
	deposit::DepositMeter,
	gas::GAS_OF_TRANSFER,
	items::ItemCache,
	limits::MAX_VALUE,
	syscalls::{
		storage::{GAS_OF_NEW_ITEM, GAS_OF_READ, GAS_OF_REMOVAL, GAS_OF_WRITE},
		TABLE,
	},
	weights::SYSCALLS,
	Weight,
};
use codec::Encode;

pub(super) fn surroundings() -> Surroundings {
	let remark = frame_system::Call::<Test>::remark_with_event { remark: vec![1; 32] };
	let callee_hash = crate::program::code_hash(&storms::callee());
	let callee = deploy(&storms::callee(), 0);
	Surroundings::natively(callee_hash.0, callee.into(), RuntimeCall::System(remark).encode())
}

/// The weight of one round of a storm.
fn weight_per_round(storm: &Storm, around: &Surroundings) -> Weight {
	let weight = |rounds| {
		let address = deploy(&storm.program(around, rounds), FUNDS / 1_000);
		let (key, data) = (STORED_KEY.to_vec(), vec![5; MAX_VALUE as usize]);
		let (key, data) = (key.try_into().expect("short"), data.try_into().expect("at the limit"));
		let mut items = ItemCache::<Test>::default();
		let slot = items.load(&address, &key);
		items
			.set(&mut DepositMeter::new(None), &address, key, slot, data)
			.expect("there is room for it");
		items.write_back();
		let entry = ENTRY.as_bytes().to_vec();
		Virt::call(signed(ALICE), address, entry, vec![9; 64], 0, PLENTY, None).expect("it ends");
		weight_used()
	};
	(weight(40) - weight(20)) / 20
}

#[test]
fn every_syscall_is_paid_for() {
	on_chain(|| {
		let around = surroundings();
		let storms = storms::all(&around);
		let mut unpaid = Vec::new();
		for measured in SYSCALLS {
			let storm = storms.iter().find(|storm| storm.name() == measured.name);
			let storm = storm.unwrap_or_else(|| panic!("`{}` is gone", measured.name));
			let paid = weight_per_round(storm, &around);
			// The measured weight includes the proof size of reads, and the ref time of the database.
			let takes = measured.weight::<Test>();
			if !paid.all_gte(takes) {
				unpaid.push(format!("{}: {paid} is paid, {takes} is taken", measured.name));
			}
		}
		assert!(unpaid.is_empty(), "{}", unpaid.join("\n"));
	});
}

#[test]
fn guest_manual_tells_what_is_charged_beside_the_rows() {
	let manual = include_str!("../../../docs/guest-manual.md");
	let charged = [
		("transfer", GAS_OF_TRANSFER),
		("storage_get", GAS_OF_READ),
		("storage_contains", GAS_OF_READ),
		("storage_remove", GAS_OF_READ),
		("storage_set", GAS_OF_READ),
		("storage_set", GAS_OF_WRITE),
		("storage_set", GAS_OF_NEW_ITEM),
		("storage_remove", GAS_OF_REMOVAL),
	];
	for (symbol, gas) in charged {
		let said = format!("{},{:03} gas more", gas / 1_000, gas % 1_000);
		let text = manual.split("### ").find(|text| text.starts_with(&format!("{symbol}\n")));
		let words: Vec<_> = text.unwrap_or_default().split_whitespace().collect();
		assert!(words.join(" ").contains(&said), "{symbol}: {said}");
	}
}

#[test]
fn every_syscall_was_measured() {
	let measured: Vec<_> =
		SYSCALLS.iter().filter_map(|measured| measured.name.split(": ").next()).collect();
	for (symbol, _) in TABLE.decode().expect("it was encoded here") {
		let symbol = String::from_utf8_lossy(symbol.as_bytes()).into_owned();
		let ends_the_call = ["exit", "terminate"].contains(&&*symbol);
		assert!(ends_the_call || measured.contains(&&*symbol), "{symbol}");
	}
}
