//! The proof size that a call is charged covers what the call adds to the proof. `StorageWeightReclaim`, which
//! parachains have, refunds the rest.

use super::{mock::*, prices::surroundings};
use crate::{
	benchmarking::{program::ENTRY, storms},
	Call,
};
use codec::Encode;
use frame_support::dispatch::GetDispatchInfo;
use sp_core::{storage::StateVersion, Blake2Hasher};
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, AccountId32, DispatchError};
use sp_state_machine::{Ext, OverlayedChanges, TrieBackendBuilder};
use sp_trie::recorder::Recorder;

/// The number of additional accounts on the chain, because proofs grow with the state.
const ACCOUNTS: u32 = 10_000;

/// The proof sizes of a call, in bytes.
#[derive(Debug)]
struct ProofSize {
	/// The charged proof size.
	charged: u64,
	/// The growth of the recorded proof.
	recorded: u64,
}

/// A chain that records a proof of each block.
struct Chain(TestExternalities);

impl Chain {
	fn new() -> Self {
		let mut ext = on_interpreter();
		ext.execute_with(|| {
			for number in 0..ACCOUNTS {
				let account = AccountId32::new(sp_io::hashing::blake2_256(&number.encode()));
				frame_system::Account::<Test>::insert(
					account,
					frame_system::AccountInfo::default(),
				);
			}
		});
		ext.commit_all().expect("no transaction is open");
		Self(ext)
	}

	/// Runs `setup` in its own block.
	fn set_up<R>(&mut self, setup: impl FnOnce() -> R) -> R {
		let result = self.0.execute_with(setup);
		self.0.commit_all().expect("no transaction is open");
		result
	}

	/// Dispatches `call` as Alice's transaction, the only one of a block.
	fn transact(&mut self, call: impl Into<RuntimeCall>) -> (Result<(), DispatchError>, ProofSize) {
		let recorder = Recorder::<Blake2Hasher>::default();
		let state =
			TrieBackendBuilder::wrap(&self.0.backend).with_recorder(recorder.clone()).build();
		let mut overlay = OverlayedChanges::default();
		let mut ext = Ext::new(&mut overlay, &state, Some(&mut self.0.extensions));
		let done = sp_externalities::set_and_run_with_externalities(&mut ext, || {
			let number = System::block_number() + 1;
			System::reset_events();
			System::initialize(&number, &Default::default(), &Default::default());
			transact(call.into(), &recorder)
		});
		let changes = overlay.drain_storage_changes(&state, StateVersion::V1).expect("it is there");
		drop(state);
		self.0.backend.apply_transaction(changes.transaction_storage_root, changes.transaction);
		done
	}
}

fn transact(
	call: RuntimeCall,
	recorder: &Recorder<Blake2Hasher>,
) -> (Result<(), DispatchError>, ProofSize) {
	let info = call.get_dispatch_info();
	let before = recorder.estimate_encoded_size() as u64;
	let result = call.dispatch(signed(ALICE));
	let recorded = recorder.estimate_encoded_size() as u64 - before;
	let post_info = result.unwrap_or_else(|failure| failure.post_info);
	let charged = post_info.calc_actual_weight(&info).proof_size();
	(result.map(drop).map_err(|failure| failure.error), ProofSize { charged, recorded })
}

#[track_caller]
fn assert_covered(what: &str, proof: &ProofSize) {
	assert!(proof.recorded <= proof.charged, "{what}: {proof:?}");
}

fn call(address: &AccountId32, entry: &str, input: Vec<u8>) -> Call<Test> {
	Call::call {
		address: address.clone(),
		entry: entry.into(),
		input,
		value: 0,
		weight_limit: PLENTY,
		storage_deposit_limit: None,
	}
}

#[test]
fn every_call_is_charged_what_it_adds_to_the_proof() {
	let mut chain = Chain::new();
	let code = virt_fixtures::TOKEN;
	let code_hash = crate::program::code_hash(code);
	let token = Virt::address_of(&ALICE, code_hash, &[]);
	let instantiate = Call::instantiate {
		code_hash,
		salt: vec![],
		input: 1_000_u128.encode(),
		value: 0,
		weight_limit: PLENTY,
		storage_deposit_limit: None,
	};
	let entry = b"supply".to_vec();
	let run = Call::run { code_hash, entry, input: vec![], weight_limit: PLENTY };
	let transfer = |amount: u128| call(&token, "transfer", (BOB, amount).encode());
	let out_of_gas = Call::call {
		address: token.clone(),
		entry: b"transfer".to_vec(),
		input: (BOB, 1_u128).encode(),
		value: 0,
		weight_limit: gas(200_000),
		storage_deposit_limit: None,
	};
	let calls = [
		("upload", true, Call::upload { code: code.to_vec(), storage_deposit_limit: None }),
		("instantiate", true, instantiate),
		("read", true, call(&token, "supply", vec![])),
		("transfer that stores an item", true, transfer(1)),
		("transfer", true, transfer(1)),
		("run, which faults", false, run),
		("transfer of too much", false, transfer(1_000)),
		("transfer out of gas", false, out_of_gas),
		("remove, which is refused", false, Call::remove { code_hash }),
	];
	for (what, succeeds, call) in calls {
		let (result, proof) = chain.transact(call);
		assert_eq!(result.is_ok(), succeeds, "{what}: {result:?}");
		assert_covered(what, &proof);
	}
}

#[test]
fn every_syscall_is_charged_what_it_adds_to_the_proof() {
	let mut chain = Chain::new();
	let around = chain.set_up(surroundings);
	let mut uncovered = Vec::new();
	for storm in storms::all(&around) {
		let code = storm.program(&around, 20);
		let address = chain.set_up(|| deploy(&code, FUNDS / 1_000));
		let (result, proof) = chain.transact(call(&address, ENTRY, vec![9; 64]));
		assert_eq!(result, Ok(()), "{}", storm.name());
		if proof.recorded > proof.charged {
			uncovered.push(format!("{}: {proof:?}", storm.name()));
		}
	}
	assert!(uncovered.is_empty(), "{}", uncovered.join("\n"));
}

#[test]
fn jobs_and_upgrades_are_charged_what_they_add_to_the_proof() {
	let mut chain = Chain::new();
	let (old, new) = (virt_fixtures::SLEEPER, virt_fixtures::COUNTER);
	let (old_hash, new_hash) = (crate::program::code_hash(old), crate::program::code_hash(new));
	let address = Virt::address_of(&ALICE, old_hash, &[]);
	chain.set_up(|| Virt::upload(signed(BOB), old.to_vec(), None).expect("it is admitted"));
	chain.set_up(|| upload(new));
	let start = |entry: &str, input: Vec<u8>| Call::start_job {
		address: address.clone(),
		entry: entry.into(),
		input,
		value: 7,
		budget: super::jobs::BUDGET,
		storage_deposit_limit: None,
	};
	let advance = |job| Call::advance_job { job, weight_limit: PLENTY };
	let wake = |data: Vec<u8>| Call::wake { address: address.clone(), topic: vec![1; 32], data };
	let long = (vec![1u8; 32], 2u32).encode();
	let calls: Vec<(&str, Call<Test>)> = vec![
		("upload by another", Call::upload { code: old.to_vec(), storage_deposit_limit: None }),
		(
			"instantiate_upgradable",
			Call::instantiate_upgradable {
				code_hash: old_hash,
				salt: vec![],
				input: vec![],
				value: 1_000_000,
				weight_limit: PLENTY,
				storage_deposit_limit: None,
				upgrade_authority: crate::UpgradeAuthority::Deployer,
			},
		),
		("start_job that waits for messages", start("messages", long)),
		("its first slice", advance(0)),
		("a message that wakes it", wake(vec![2; 1_024])),
		("its second slice", advance(0)),
		("another message", wake(vec![3; 1_024])),
		("its last slice", advance(0)),
		("start_job with pages", start("pages", 100u32.encode())),
		("its first slice, with pages", advance(1)),
		("a message that nobody takes", wake(vec![4; 1_024])),
		("top_up_job", Call::top_up_job { job: 1, budget: PLENTY }),
		("cancel_job", Call::cancel_job { job: 1 }),
		(
			"set_code",
			Call::set_code {
				address: address.clone(),
				code_hash: new_hash,
				input: vec![],
				weight_limit: PLENTY,
				storage_deposit_limit: None,
			},
		),
		(
			"restrict_upgrades",
			Call::restrict_upgrades {
				address: address.clone(),
				authority: crate::UpgradeAuthority::Nobody,
			},
		),
		("remove of one owner", Call::remove { code_hash: old_hash }),
	];
	for (what, call) in calls {
		let (result, proof) = chain.transact(call);
		assert_eq!(result, Ok(()), "{what}");
		assert_covered(what, &proof);
	}
	chain.set_up(assert_sound);
}
