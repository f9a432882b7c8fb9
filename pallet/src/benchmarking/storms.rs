//! Storms: programs that repeat a syscall, with small and large arguments, and with existing and absent objects.

use super::program::{self, memory, Made, ENTRY};
use crate::limits::*;
use alloc::{string::String, vec, vec::Vec};

/// The accounts, programs and signatures that storms use.
pub struct Surroundings {
	/// An account without a program.
	pub account: [u8; 32],
	/// The code hash of a program that returns immediately.
	pub callee_hash: [u8; 32],
	/// An account program of it.
	pub callee: [u8; 32],
	/// sr25519: signature of [`MESSAGE`], and public key.
	pub sr25519: ([u8; 64], [u8; 32]),
	/// ed25519: signature of [`MESSAGE`], and public key.
	pub ed25519: ([u8; 64], [u8; 32]),
	/// secp256k1: signature of [`MESSAGE`] as a hash.
	pub secp256k1: [u8; 65],
	/// A call of the runtime, SCALE-encoded.
	pub call: Vec<u8>,
}

#[cfg(feature = "std")]
impl Surroundings {
	/// Uses these programs and this call, and signatures of new keys.
	pub fn natively(callee_hash: [u8; 32], callee: [u8; 32], call: Vec<u8>) -> Self {
		use sp_core::{ecdsa, ed25519, sr25519, Pair};
		let seed = [3; 32];
		let (sr25519, ed25519) = (sr25519::Pair::from_seed(&seed), ed25519::Pair::from_seed(&seed));
		Self {
			account: [2; 32],
			callee_hash,
			callee,
			sr25519: (sr25519.sign(&MESSAGE).0, sr25519.public().0),
			ed25519: (ed25519.sign(&MESSAGE).0, ed25519.public().0),
			secp256k1: ecdsa::Pair::from_seed(&seed).sign_prehashed(&MESSAGE).0,
			call,
		}
	}
}

/// The message that is signed.
pub const MESSAGE: [u8; 32] = [5; 32];

/// The key of a value of maximal length in the storage of the program's account.
pub const STORED_KEY: &[u8] = b"a stored";

/// The parts of a storm. Storms with few rounds have one round per part.
pub const PARTS: u32 = 50;

/// A program that returns immediately.
pub fn callee() -> Vec<u8> {
	program::computing(&[], &[], 4_096, 1)
}

/// A syscall that is repeated.
pub struct Storm {
	/// Its arguments, for display.
	what: &'static str,
	/// The syscall.
	pub symbol: &'static str,
	/// The calls of a round: the syscall, and others that it needs before.
	round: Vec<Made>,
	/// The calls at the end.
	after: Vec<Made>,
	/// The maximal number of rounds.
	pub rounds: u32,
}

impl Storm {
	/// The syscall and its arguments, for display.
	pub fn name(&self) -> String {
		match self.what {
			"" => self.symbol.into(),
			what => alloc::format!("{}: {what}", self.symbol),
		}
	}

	/// A number of rounds in [`PARTS`] equal parts.
	pub fn part(&self, parts: u32) -> u32 {
		(self.rounds / PARTS).max(1) * parts
	}

	/// The program with this number of rounds.
	pub fn program(&self, around: &Surroundings, rounds: u32) -> Vec<u8> {
		program::storm(&self.round, &self.after, &data(around), rounds)
	}
}

// Offsets in the program's memory. The number that changes in each round is at 0.
const EACH_ANOTHER: u64 = 0;
const SAME: u64 = 64;
const STORED: u64 = 72;
const ACCOUNT: u64 = 128;
const AMOUNT: u64 = 192;
const OPTIONS: u64 = 256;
const CALLEE_HASH: u64 = 320;
const CALLEE: u64 = 352;
const HASH: u64 = 512;
const SR25519: u64 = 1_024;
const SR25519_KEY: u64 = 1_088;
const ED25519: u64 = 1_152;
const ED25519_KEY: u64 = 1_216;
const SECP256K1: u64 = 1_280;
const CALL: u64 = 2_048;
const NAME: u64 = 2_304;
const VALUE: u64 = 8 * 1_024;
const OUT: u64 = 128 * 1_024;

/// The initial memory of a program.
fn data(around: &Surroundings) -> Vec<u8> {
	let mut data = vec![0; MAX_HASHED as usize];
	let mut put = |offset: u64, bytes: &[u8]| {
		let offset = offset as usize;
		data[offset..offset + bytes.len()].copy_from_slice(bytes);
	};
	put(STORED, STORED_KEY);
	put(ACCOUNT, &around.account);
	put(AMOUNT, &1_000_000_000u128.to_le_bytes());
	// No value, all weight, no deposit limit.
	put(OPTIONS, &[&[0; 32][..], &[0xff; 16]].concat());
	put(CALLEE_HASH, &around.callee_hash);
	put(CALLEE, &around.callee);
	put(HASH, &MESSAGE);
	put(SR25519, &around.sr25519.0);
	put(SR25519_KEY, &around.sr25519.1);
	put(ED25519, &around.ed25519.0);
	put(ED25519_KEY, &around.ed25519.1);
	put(SECP256K1, &around.secp256k1);
	put(CALL, &around.call);
	put(NAME, ENTRY.as_bytes());
	data
}

/// All storms. The first of a syscall has the smallest arguments, and the last the largest.
pub fn all(around: &Surroundings) -> Vec<Storm> {
	let at = |offset: u64| memory() + offset;
	let (key, same, stored) = (at(EACH_ANOTHER), at(SAME), at(STORED));
	let (account, callee, callee_hash) = (at(ACCOUNT), at(CALLEE), at(CALLEE_HASH));
	let (name, options, value, out) = (at(NAME), at(OPTIONS), at(VALUE), at(OUT));
	let (hashed, longest) = (u64::from(MAX_HASHED), u64::from(MAX_VALUE));
	let (topics, event) = (u64::from(MAX_TOPICS) * 32, u64::from(MAX_EVENT));
	let output = u64::from(MAX_OUTPUT);

	let rows: Vec<(&str, &'static str, Vec<u64>, u32)> = vec![
		("", "input_len", vec![], 20_000),
		("32 bytes", "input", vec![out, 0, 32], 20_000),
		("64 KiB", "input", vec![out, 0, MAX_INPUT.into()], 500),
		("no bytes", "output", vec![value, 0], 5_000),
		("16 KiB", "output", vec![value, output], 100),
		("", "caller", vec![out], 20_000),
		("", "address", vec![out], 20_000),
		("", "value", vec![out], 20_000),
		("", "balance", vec![account, out], 5_000),
		("", "transfer", vec![account, at(AMOUNT)], 1_000),
		("", "block_number", vec![], 20_000),
		("", "now", vec![], 10_000),
		("nothing there", "storage_get", vec![key, 8, out, longest], 2_000),
		("4 KiB", "storage_get", vec![stored, 8, out, longest], 2_000),
		("32 bytes, each another", "storage_set", vec![key, 8, value, 32], 500),
		("4 KiB, one item", "storage_set", vec![same, 8, value, longest], 500),
		("4 KiB, each another", "storage_set", vec![key, 8, value, longest], 300),
		("nothing there", "storage_remove", vec![key, 8], 1_000),
		("nothing there", "storage_contains", vec![key, 8], 2_000),
		("4 KiB", "storage_contains", vec![stored, 8], 2_000),
		("no bytes", "event", vec![value, 0], MAX_EVENTS),
		("4 KiB", "event", vec![value, event], MAX_EVENTS),
		("no bytes", "log", vec![value, 0], MAX_LOGS),
		("1 KiB", "log", vec![value, MAX_LOG.into()], MAX_LOGS),
		("", "gas_left", vec![], 20_000),
		("no bytes", "blake2_256", vec![value, 0, out], 10_000),
		("64 KiB", "blake2_256", vec![at(0), hashed, out], 200),
		("", "origin", vec![out], 10_000),
		("", "caller_is_origin", vec![], 10_000),
		("", "caller_is_root", vec![], 10_000),
		("", "code_hash", vec![out], 10_000),
		("", "code_hash_of", vec![callee, out], 2_000),
		("", "block_hash", vec![0, out], 2_000),
		("", "chain_id", vec![out], 2_000),
		("", "existential_deposit", vec![out], 10_000),
		("", "weight_left", vec![out], 10_000),
		("", "deposit_left", vec![out], 10_000),
		("no bytes", "blake2_128", vec![value, 0, out], 10_000),
		("64 KiB", "blake2_128", vec![at(0), hashed, out], 200),
		("no bytes", "keccak_256", vec![value, 0, out], 5_000),
		("64 KiB", "keccak_256", vec![at(0), hashed, out], 100),
		("no bytes", "sha2_256", vec![value, 0, out], 5_000),
		("64 KiB", "sha2_256", vec![at(0), hashed, out], 100),
		("", "sr25519_verify", vec![at(SR25519), at(HASH), 32, at(SR25519_KEY)], 300),
		("", "ed25519_verify", vec![at(ED25519), at(HASH), 32, at(ED25519_KEY)], 300),
		("", "secp256k1_recover", vec![at(SECP256K1), at(HASH), out], 300),
		("nothing there", "transient_get", vec![key, 8, out, longest], 5_000),
		("32 bytes, one item", "transient_set", vec![same, 8, value, 32], 2_000),
		("32 bytes, each another", "transient_set", vec![key, 8, value, 32], 300),
		("nothing there", "transient_remove", vec![key, 8], 2_000),
		("4 topics", "event_indexed", vec![value, topics, value, 0], MAX_EVENTS),
		("4 topics, 4 KiB", "event_indexed", vec![value, topics, value, event], MAX_EVENTS),
		("no such account", "call_program", vec![account, name, 4, value, 0, options], 500),
		("nothing", "call_program", vec![callee, name, 4, value, 0, options], 200),
		("no such program", "instantiate_program", vec![account, key, 8, value, 0, options], 500),
		("nothing", "instantiate_program", vec![callee_hash, key, 8, value, 0, options], 100),
		("no such program", "run_code", vec![account, name, 4, value, 0, 0], 500),
		("nothing", "run_code", vec![callee_hash, name, 4, value, 0, 0], 200),
		("", "returned_len", vec![], 10_000),
		("nothing there", "returned", vec![out, 0, output], 2_000),
		("a remark", "dispatch", vec![at(CALL), around.call.len() as u64], 200),
		("not in a job", "wait", vec![1, 1, value, 32], 5_000),
		("no such account", "start_job", vec![account, name, 4, value, 0, options], 500),
		("no such job", "cancel_job", vec![u64::MAX], 500),
		("no such job", "top_up_job", vec![u64::MAX, at(AMOUNT)], 500),
		("no such job", "wake", vec![account, value, 32, value, 0], 500),
		("no such job, 1 KiB", "wake", vec![account, value, 32, value, MAX_MESSAGE.into()], 500),
		("", "job_id", vec![], 10_000),
		("not in a job", "atomic", vec![0], 10_000),
		("nothing", "instantiate_upgradable", vec![callee_hash, key, 8, value, 0, options], 100),
		("no such account", "set_code", vec![account, callee_hash, value, 0, options], 200),
		("no such account", "restrict_upgrades", vec![account, 0], 500),
	];
	let mut storms: Vec<_> = rows
		.into_iter()
		.map(|(what, symbol, args, rounds)| Storm {
			what,
			symbol,
			round: vec![(symbol, args)],
			after: Vec::new(),
			rounds,
		})
		.collect();
	// Each call of a program writes the item to the state. This storm is neither the first nor the last of its
	// syscall.
	let written = Storm {
		what: "4 KiB, and a call of a program",
		symbol: "storage_set",
		round: vec![
			("storage_set", vec![same, 8, value, longest]),
			("run_code", vec![callee_hash, name, 4, value, 0, 0]),
		],
		after: Vec::new(),
		rounds: 200,
	};
	let set = storms.iter().position(|storm| storm.symbol == "storage_set");
	storms.insert(set.map_or(0, |first| first + 1), written);
	let set = ("storage_set", vec![key, 8, value, longest]);
	storms.push(Storm {
		what: "4 KiB that were just set",
		symbol: "storage_remove",
		round: vec![set.clone(), ("storage_remove", vec![key, 8])],
		after: Vec::new(),
		rounds: 300,
	});
	let set_transient = ("transient_set", vec![same, 8, value, longest]);
	storms.push(Storm {
		what: "4 KiB that were just set",
		symbol: "transient_remove",
		round: vec![set_transient, ("transient_remove", vec![same, 8])],
		after: Vec::new(),
		rounds: 1_000,
	});
	storms.push(Storm {
		what: "items of 4 KiB that were just set",
		symbol: "terminate",
		round: vec![set],
		after: vec![("terminate", vec![account])],
		rounds: 300,
	});
	storms
}
