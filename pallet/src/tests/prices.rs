//! What gas is charged, against what `make weights` measured.

use super::mock::*;
use crate::{
	benchmarking::{
		program::ENTRY,
		storms::{self, Storm, Surroundings},
	},
	gas,
	syscalls::TABLE,
	weights::{Measured, SYSCALLS, TERMINATE_PER_ITEM},
};
use codec::Encode;
use frame_support::weights::constants::ParityDbWeight;

fn surroundings() -> Surroundings {
	let remark = frame_system::Call::<Test>::remark_with_event { remark: vec![1; 32] };
	let callee_hash = crate::program::code_hash(&storms::callee());
	let callee = deploy(&storms::callee(), 0);
	Surroundings::natively(callee_hash.0, callee.into(), RuntimeCall::System(remark).encode())
}

/// The gas of a round.
fn gas_per_round(storm: &Storm, around: &Surroundings) -> u64 {
	let gas = |rounds| {
		let address = deploy(&storm.program(around, rounds), FUNDS / 1_000);
		let entry = ENTRY.as_bytes().to_vec();
		Virt::call(signed(ALICE), address, entry, vec![9; 64], 0, PLENTY, None).expect("it ends");
		gas_used()
	};
	(gas(40) - gas(20)) / 20
}

/// Picoseconds, the database included.
fn time(measured: &Measured) -> u64 {
	let database = ParityDbWeight::get().reads_writes(measured.reads, measured.writes);
	measured.ref_time + database.ref_time()
}

#[test]
fn every_syscall_is_paid_for() {
	on_chain(|| {
		let around = surroundings();
		let storms = storms::all(&around);
		for measured in SYSCALLS {
			let storm = storms.iter().find(|storm| storm.name() == measured.name);
			let storm = storm.unwrap_or_else(|| panic!("`{}` is gone", measured.name));
			let paid = gas::to_weight(gas_per_round(storm, &around)).ref_time();
			assert!(
				paid >= time(measured),
				"{}: {paid} ps are paid for, it takes {} ps",
				measured.name,
				time(measured),
			);
		}
	});
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

#[test]
fn item_of_an_account_that_terminates_is_paid_for() {
	let paid = gas::to_weight(gas::terminate(1)).ref_time();
	assert!(paid >= time(&TERMINATE_PER_ITEM), "{paid}, {}", time(&TERMINATE_PER_ITEM));
}
