//! Syscalls that tell a program about its call and the chain.

use super::{
	mock::*,
	script::Script,
	syscalls::{call, faults, memory_after, result_of},
};
use crate::{limits::*, Error, Event};
use codec::{Decode, Encode};
use frame_support::assert_ok;
use sp_core::H256;
use virt_guest::Code;

#[test]
fn origin_works() {
	let mut script = Script::new();
	let out = script.room(32);
	assert_eq!(memory_after(&mut script, "origin", &[out], out, 32), BOB.encode());
}

#[test]
fn caller_is_origin_and_caller_is_root_work() {
	// Other callers and origins: see `callee_sees_its_caller_value_and_origin`.
	assert_eq!(result_of(&mut Script::new(), "caller_is_origin", &[]), 1);
	assert_eq!(result_of(&mut Script::new(), "caller_is_root", &[]), 0);
}

#[test]
fn code_hash_works() {
	let mut script = Script::new();
	let out = script.room(32);
	let code = script.syscall("code_hash", &[out]).syscall("output", &[out, 32]).ends();
	let hash = crate::program::code_hash(&code);
	assert_eq!(on_both(|| call(&code, b"")), Ok(hash.encode()));
}

#[test]
fn code_hash_of_works() {
	let mut script = Script::new();
	let (address, out) = (script.room(32), script.room(32));
	script.syscall("address", &[address]).syscall("code_hash_of", &[address, out]);
	let code = script.syscall("output", &[out, 32]).ends();
	let hash = crate::program::code_hash(&code);
	assert_eq!(on_both(|| call(&code, b"")), Ok(hash.encode()));
	let mut script = Script::new();
	let bob = script.data(&BOB.encode());
	assert_eq!(result_of(&mut script.clone(), "code_hash_of", &[bob, bob]), Code::NOT_FOUND);
	let mut script = Script::new();
	let address = script.room(32);
	script.syscall("address", &[address]);
	faults(&mut script, "code_hash_of", &[address, 0], Error::OutOfBounds);
}

#[test]
fn block_hash_and_chain_id_work() {
	let genesis = on_chain(|| System::block_hash(0));
	assert_ne!(genesis, H256::zero());
	let mut script = Script::new();
	let out = script.room(32);
	assert_eq!(memory_after(&mut script.clone(), "chain_id", &[out], out, 32), genesis.0);
	assert_eq!(memory_after(&mut script.clone(), "block_hash", &[0, out], out, 32), genesis.0);
	for number in [7, 8, u32::MAX.into(), 1 << 32, u64::MAX] {
		assert_eq!(result_of(&mut script.clone(), "block_hash", &[number, out]), Code::NOT_FOUND);
	}
}

#[test]
fn existential_deposit_works() {
	let mut script = Script::new();
	let out = script.room(16);
	assert_eq!(memory_after(&mut script, "existential_deposit", &[out], out, 16), ED.encode());
}

#[test]
fn weight_left_works() {
	let mut script = Script::new();
	let out = script.room(24);
	let code = script
		.syscall("gas_left", &[])
		.keep(out)
		.syscall("weight_left", &[out + 8])
		.syscall("output", &[out, 24])
		.ends();
	let output = on_both(|| call(&code, b"").expect("the call is good"));
	let (left, time, proof) = <(u64, u64, u64)>::decode(&mut &output[..]).unwrap();
	let before = gas(left).ref_time();
	assert!(time < before && time > gas(left - 50_000).ref_time());
	// The reads are the program, its record, the balances of both sides of the transfer, and the trie paths to
	// them.
	let (read, code) = (PLENTY.proof_size() - proof, load_weight(&code).proof_size());
	assert!(read >= code && read < code + 11_000, "{read} {code}");
}

#[test]
fn deposit_left_works() {
	let mut script = Script::new();
	let (key, out) = (script.data(b"key"), script.room(48));
	let code = script
		.syscall("deposit_left", &[out])
		.syscall("storage_set", &[key, 3, key, 3])
		.syscall("deposit_left", &[out + 16])
		.syscall("storage_remove", &[key, 3])
		.syscall("deposit_left", &[out + 32])
		.syscall("output", &[out, 48])
		.ends();
	on_both(|| {
		let address = deploy(&code, 0);
		let call = |limit| {
			let main = b"main".to_vec();
			assert_ok!(Virt::call(signed(BOB), address.clone(), main, vec![], 0, PLENTY, limit));
			<[u128; 3]>::decode(&mut &output()[..]).unwrap()
		};
		let item = PER_ITEM + 6 * PER_BYTE;
		assert_eq!(call(Some(1_000)), [1_000, 1_000 - item, 1_000]);
		assert_eq!(call(None), [u128::MAX, u128::MAX - item, u128::MAX]);
	});
}

#[test]
fn event_indexed_works() {
	let mut script = Script::new();
	let topics = script.data(&[[1; 32], [2; 32]].concat());
	let data = script.data(b"something");
	let code = script.syscall("event_indexed", &[topics, 64, data, 9]).ends();
	on_both(|| {
		assert_ok!(call(&code, b""));
		assert_eq!(program_events(), [b"something"]);
		let code_hash = crate::program::code_hash(&code);
		let address = Some(Virt::address_of(&ALICE, code_hash, &[]));
		let event = Event::ProgramEvent { address, code_hash, data: b"something".to_vec() };
		let record =
			System::events().into_iter().find(|record| record.event == event.clone().into());
		assert_eq!(record.unwrap().topics, [H256([1; 32]), H256([2; 32])]);
		assert_eq!(System::event_topics(H256([1; 32])).len(), 1);
	});
}

#[test]
fn event_indexed_topics_at_limit_ok_and_over_limit_err() {
	let memory = Script::memory();
	let at = |topics: u32| [memory, topics.into(), memory, 1];
	for topics in 0..=MAX_TOPICS {
		assert_eq!(result_of(&mut Script::new(), "event_indexed", &at(topics * 32)), 0);
	}
	let over = at(MAX_TOPICS * 32 + 32);
	faults(&mut Script::new(), "event_indexed", &over, Error::TooManyTopics);
	for len in [1, 31, 33, 127] {
		faults(&mut Script::new(), "event_indexed", &at(len), Error::InvalidArgument);
	}
}
