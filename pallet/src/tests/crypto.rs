//! Hashes and signatures.

use super::{
	mock::*,
	script::Script,
	syscalls::{faults, memory_after, result_of},
};
use crate::{limits::*, Error};
use sp_core::{ecdsa, ed25519, sr25519, Pair};
use sp_io::hashing;
use virt_guest::Code;

#[track_caller]
fn hashes(name: &str, hash: impl Fn(&[u8]) -> Vec<u8>) {
	for data in [&b""[..], b"data", &[7; 1_000]] {
		let mut script = Script::new();
		let (at, out) = (script.data(data), script.room(32));
		let expected = hash(data);
		let args = [at, data.len() as u64, out];
		assert_eq!(memory_after(&mut script, name, &args, out, expected.len() as u64), expected);
	}
	let at = |len: u32| [Script::memory(), len.into(), Script::memory()];
	assert_eq!(result_of(&mut Script::new(), name, &at(MAX_HASHED)), 0);
	faults(&mut Script::new(), name, &at(MAX_HASHED + 1), Error::TooMuchHashed);
}

#[test]
fn blake2_128_works_and_traps() {
	hashes("blake2_128", |data| hashing::blake2_128(data).to_vec());
}

#[test]
fn keccak_256_works_and_traps() {
	hashes("keccak_256", |data| hashing::keccak_256(data).to_vec());
}

#[test]
fn sha2_256_works_and_traps() {
	hashes("sha2_256", |data| hashing::sha2_256(data).to_vec());
}

#[track_caller]
fn verifies(name: &str, signature: [u8; 64], public: [u8; 32]) {
	let message = b"message";
	let check = |signature: &[u8], message: &[u8], public: &[u8]| {
		let mut script = Script::new();
		let args = [
			script.data(signature),
			script.data(message),
			message.len() as u64,
			script.data(public),
		];
		result_of(&mut script, name, &args)
	};
	assert_eq!(check(&signature, message, &public), 0);
	for at in [0, 31, 32, 63] {
		let mut bad = signature;
		bad[at] ^= 1;
		assert_eq!(check(&bad, message, &public), Code::INVALID_SIGNATURE, "{at}");
	}
	assert_eq!(check(&signature, b"another", &public), Code::INVALID_SIGNATURE);
	assert_eq!(check(&signature, b"", &public), Code::INVALID_SIGNATURE);
	assert_eq!(check(&signature, message, &[0xff; 32]), Code::INVALID_SIGNATURE);
	assert_eq!(check(&[0xff; 64], message, &public), Code::INVALID_SIGNATURE);

	let memory = Script::memory();
	let at = |len: u32| [memory, memory, len.into(), memory];
	let mut ones = Script::new();
	ones.data(&[1; 64]);
	let invalid = result_of(&mut ones, name, &at(MAX_HASHED));
	assert_eq!(invalid, Code::INVALID_SIGNATURE);
	faults(&mut Script::new(), name, &at(MAX_HASHED + 1), Error::TooMuchHashed);
}

#[test]
fn sr25519_verify_works_and_traps() {
	let pair = sr25519::Pair::from_seed(&[3; 32]);
	verifies("sr25519_verify", pair.sign(b"message").0, pair.public().0);
}

#[test]
fn ed25519_verify_works_and_traps() {
	let pair = ed25519::Pair::from_seed(&[3; 32]);
	verifies("ed25519_verify", pair.sign(b"message").0, pair.public().0);
}

#[test]
fn secp256k1_recover_works_and_traps() {
	let pair = ecdsa::Pair::from_seed(&[3; 32]);
	let hash = hashing::blake2_256(b"message");
	let signature = pair.sign_prehashed(&hash).0;
	let mut script = Script::new();
	let args = [script.data(&signature), script.data(&hash), script.room(33)];
	let name = "secp256k1_recover";
	assert_eq!(memory_after(&mut script.clone(), name, &args, args[2], 33), pair.public().0);
	for pointer in [0, u32::MAX.into()] {
		faults(&mut script.clone(), name, &[args[0], args[1], pointer], Error::OutOfBounds);
	}
	for (at, value) in [(64, 4), (64, 0xff), (0, 0xff)] {
		let mut bad = if at == 64 { signature } else { [0xff; 65] };
		bad[at] = value;
		let mut script = Script::new();
		let args = [script.data(&bad), script.data(&hash), script.room(33)];
		assert_eq!(result_of(&mut script, name, &args), Code::INVALID_SIGNATURE);
	}
}

#[test]
fn signatures_cost_more_than_the_rest() {
	for name in ["sr25519_verify", "ed25519_verify", "secp256k1_recover"] {
		let memory = Script::memory();
		let code = Script::new().syscall(name, &[memory, memory, 0, memory]).ends();
		let used = on_chain(|| {
			upload(&code);
			run_once(&code, "main", b"", PLENTY).1 - load_weight(&code)
		});
		assert!(used.all_gte(gas(100_000).set_proof_size(0)), "{name}: {used}");
	}
}
