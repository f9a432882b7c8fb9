//! What is measured.

use crate::{
	chain::ALICE,
	program::{self, blocks, computing, memory, storm},
};
use codec::Encode;
use pallet_virt::limits::*;
use polkavm_common::program::{asm, Instruction, Reg};
use sp_core::Pair;
use virt_runtime::{RuntimeCall, Virt};

/// A program to call.
pub struct Load {
	/// What it does.
	pub name: String,
	/// The program.
	pub code: Vec<u8>,
	/// What it is given.
	pub input: Vec<u8>,
	/// Whether the node has not seen it before.
	pub cold: bool,
}

impl Load {
	fn new(name: impl Into<String>, code: Vec<u8>) -> Self {
		Self { name: name.into(), code, input: Vec::new(), cold: false }
	}
}

/// A key under which there is the longest value that there can be.
pub const STORED_KEY: &[u8] = b"a stored";

/// A program that returns at once, for the others to call.
pub fn callee() -> Vec<u8> {
	computing(&[], &[], 4_096, 1)
}

/// Everything that is measured.
pub fn all() -> Vec<Load> {
	let mut loads = computations();
	loads.extend(loading());
	loads.extend(storms());
	loads
}

/// Instructions in an unrolled block.
const UNROLLED: usize = 64;

fn unrolled(round: &[Instruction]) -> Vec<Instruction> {
	round.iter().copied().cycle().take(round.len() * UNROLLED).collect()
}

fn computations() -> Vec<Load> {
	use Reg::{A0, A1, A2, A3, S1};
	let base = memory() as i32;
	let seed = [asm::load_imm(A0, 12_345), asm::load_imm(A1, 7), asm::load_imm(S1, base)];
	let of = |name: &str, round: &[Instruction], data: u32, rounds: u32| {
		Load::new(name, computing(&seed, &unrolled(round), data, rounds))
	};
	let size = 2 << 20;
	// Each address depends on what was loaded before, and is somewhere else.
	let chase = [
		asm::mul_imm_64(A0, A0, 0x5851_f42d),
		asm::add_imm_64(A0, A0, 0x1405),
		asm::add_64(A0, A0, A2),
		asm::shift_logical_right_imm_64(A1, A0, 11),
		asm::and_imm(A1, A1, size - 64),
		asm::add_64(A1, A1, S1),
		asm::load_indirect_u64(A2, A1, 0),
	];
	let scatter = [
		asm::mul_imm_64(A0, A0, 0x5851_f42d),
		asm::add_imm_64(A0, A0, 0x1405),
		asm::shift_logical_right_imm_64(A1, A0, 11),
		asm::and_imm(A1, A1, size - 64),
		asm::add_64(A1, A1, S1),
		asm::store_indirect_u64(A0, A1, 0),
	];
	vec![
		of("pointer chase over 2 MiB", &chase, size as u32, 20_000),
		of("stores all over 2 MiB", &scatter, size as u32, 20_000),
		of(
			"divisions",
			&[asm::div_unsigned_64(A2, A0, A1), asm::add_64(A0, A0, A2)],
			4_096,
			40_000,
		),
		of("remainders", &[asm::rem_signed_64(A2, A0, A1), asm::xor(A0, A0, A2)], 4_096, 40_000),
		of(
			"multiplications",
			&[asm::mul_64(A0, A0, A1), asm::mul_upper_unsigned_unsigned(A3, A0, A1)],
			4_096,
			60_000,
		),
		of("additions that depend on each other", &[asm::add_64(A0, A0, A1)], 4_096, 150_000),
		of("moves", &[asm::move_reg(A2, A0), asm::move_reg(A3, A1)], 4_096, 100_000),
		of(
			"loads of one address",
			&[asm::load_indirect_u64(A2, S1, 0), asm::load_indirect_u8(A3, S1, 9)],
			4_096,
			80_000,
		),
		of("unaligned stores", &[asm::store_indirect_u64(A0, S1, 61)], 4_096, 100_000),
		of(
			"bit counting and rotation",
			&[asm::count_set_bits_64(A2, A0), asm::rotate_left_64(A0, A0, A1)],
			4_096,
			80_000,
		),
		Load::new("blocks of one instruction", blocks(&[], 512, 12_000)),
		Load::new("blocks of two instructions", blocks(&[asm::add_imm_64(A0, A0, 1)], 512, 8_000)),
	]
}

fn loading() -> Vec<Load> {
	use Reg::{A0, A1};
	let many = |instruction: Instruction, count: u32| blocks(&[instruction; 32], count, 1);
	let base = memory() as i32;
	let mut loads = vec![
		Load::new("nothing", computing(&[], &[], 4_096, 2)),
		Load::new("moves, as many as fit, run once", many(asm::move_reg(A0, A1), 5_000)),
		Load::new("stores, as many as fit, run once", many(asm::store_imm_u64(base, 77), 1_500)),
		Load::new("empty blocks, as many as fit, run once", blocks(&[], 400_000, 1)),
	];
	for load in &mut loads {
		load.name = format!("{}, new to the node", load.name);
		load.cold = true;
	}
	loads
}

fn storms() -> Vec<Load> {
	let at = |offset: u64| memory() + offset;
	let mut data = vec![0; 64 * 1024];
	let mut put =
		|offset: usize, bytes: &[u8]| data[offset..offset + bytes.len()].copy_from_slice(bytes);
	// A key that is another in each round is at 0; one that stays is at 64.
	let (key, same, account, amount, options) = (at(0), at(64), at(128), at(192), at(256));
	put(128, &[2; 32]);
	put(192, &1_000_000_000u128.to_le_bytes());
	put(256, &[&[0; 24][..], &[0xff; 16]].concat());
	let message = [5; 32];
	put(512, &message);
	let sr = sp_core::sr25519::Pair::from_seed(&[3; 32]);
	let ed = sp_core::ed25519::Pair::from_seed(&[3; 32]);
	let ecdsa = sp_core::ecdsa::Pair::from_seed(&[3; 32]);
	put(1024, &sr.sign(&message).0);
	put(1088, &sr.public().0);
	put(1152, &ed.sign(&message).0);
	put(1216, &ed.public().0);
	put(1280, &ecdsa.sign_prehashed(&message).0);
	let remark = frame_system::Call::remark_with_event { remark: vec![1; 32] };
	let remark = RuntimeCall::System(remark).encode();
	put(2048, &remark);
	put(2304, program::ENTRY.as_bytes());
	put(72, STORED_KEY);
	let hash = pallet_virt::program::code_hash(&callee());
	put(320, hash.as_bytes());
	put(352, Virt::address_of(&ALICE, hash, &[]).as_ref());
	let (stored, known_hash, known) = (at(72), at(320), at(352));
	let value = at(8 * 1024);
	let out = at(128 * 1024);
	let (large, longest) = (u64::from(MAX_HASHED), u64::from(MAX_VALUE));

	let rows: Vec<(&str, &str, Vec<u64>, u32)> = vec![
		("", "input_len", vec![], 20_000),
		("", "block_number", vec![], 20_000),
		("", "now", vec![], 10_000),
		("", "gas_left", vec![], 20_000),
		("", "caller", vec![out], 20_000),
		("", "value", vec![out], 20_000),
		("32 bytes", "input", vec![out, 0, 32], 20_000),
		("64 KiB", "input", vec![out, 0, MAX_INPUT.into()], 500),
		("16 KiB", "output", vec![value, MAX_OUTPUT.into()], 100),
		("", "balance", vec![account, out], 5_000),
		("", "transfer", vec![account, amount], 1_000),
		("nothing there", "storage_get", vec![key, 8, out, longest], 2_000),
		("4 KiB", "storage_get", vec![stored, 8, out, longest], 2_000),
		("32 bytes, each another", "storage_set", vec![key, 8, value, 32], 500),
		("4 KiB, each another", "storage_set", vec![key, 8, value, longest], 300),
		("4 KiB, one item", "storage_set", vec![same, 8, value, longest], 500),
		("nothing there", "storage_remove", vec![key, 8], 1_000),
		("nothing there", "storage_contains", vec![key, 8], 2_000),
		("4 KiB", "event", vec![value, MAX_EVENT.into()], MAX_EVENTS),
		("no bytes", "event", vec![value, 0], MAX_EVENTS),
		("4 topics", "event_indexed", vec![value, 128, value, 0], MAX_EVENTS),
		("1 KiB", "log", vec![value, MAX_LOG.into()], MAX_LOGS),
		("no bytes", "blake2_256", vec![value, 0, out], 10_000),
		("64 KiB", "blake2_256", vec![memory(), large, out], 200),
		("64 KiB", "blake2_128", vec![memory(), large, out], 200),
		("no bytes", "keccak_256", vec![value, 0, out], 5_000),
		("64 KiB", "keccak_256", vec![memory(), large, out], 100),
		("no bytes", "sha2_256", vec![value, 0, out], 5_000),
		("64 KiB", "sha2_256", vec![memory(), large, out], 100),
		("", "sr25519_verify", vec![at(1024), at(512), 32, at(1088)], 300),
		("", "ed25519_verify", vec![at(1152), at(512), 32, at(1216)], 300),
		("", "secp256k1_recover", vec![at(1280), at(512), out], 300),
		("nothing there", "transient_get", vec![key, 8, out, longest], 5_000),
		("32 bytes, one item", "transient_set", vec![same, 8, value, 32], 2_000),
		("32 bytes, each another", "transient_set", vec![key, 8, value, 32], 300),
		("", "code_hash", vec![out], 10_000),
		("", "code_hash_of", vec![account, out], 2_000),
		("", "block_hash", vec![0, out], 2_000),
		("", "chain_id", vec![out], 2_000),
		("", "existential_deposit", vec![out], 10_000),
		("", "weight_left", vec![out], 10_000),
		("", "deposit_left", vec![out], 10_000),
		("a remark", "dispatch", vec![at(2048), remark.len() as u64], 200),
		("no such account", "call_program", vec![account, at(2304), 4, value, 0, options], 500),
		("nothing", "call_program", vec![known, at(2304), 4, value, 0, options], 200),
		("nothing", "instantiate_program", vec![known_hash, key, 8, value, 0, options], 100),
		("nothing", "run_code", vec![known_hash, at(2304), 4, value, 0, 0], 200),
		("no such program", "instantiate_program", vec![account, key, 8, value, 0, options], 500),
		("no such program", "run_code", vec![account, at(2304), 4, value, 0, 0], 500),
	];
	rows.into_iter()
		.map(|(what, symbol, args, rounds)| {
			let name = if what.is_empty() { symbol.into() } else { format!("{symbol}: {what}") };
			let mut load = Load::new(name, storm(symbol, &args, &data, rounds));
			load.input = vec![9; MAX_INPUT as usize];
			load
		})
		.collect()
}
