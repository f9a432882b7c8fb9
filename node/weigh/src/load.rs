//! What is measured.

use crate::chain::ALICE;
use codec::Encode;
use pallet_virt::{
	benchmarking::{
		program::{blocks, computing, memory, storm},
		storms::{self, Surroundings},
	},
	limits::MAX_INPUT,
};
use polkavm_common::program::{asm, Instruction, Reg};
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
	/// Whether it is uploaded, instead of called.
	pub uploaded: bool,
}

impl Load {
	fn new(name: impl Into<String>, code: Vec<u8>) -> Self {
		Self { name: name.into(), code, input: Vec::new(), cold: false, uploaded: false }
	}
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
	let programs = [
		("nothing", computing(&[], &[], 4_096, 2)),
		("moves, as many as fit, run once", many(asm::move_reg(A0, A1), 5_000)),
		("stores, as many as fit, run once", many(asm::store_imm_u64(base, 77), 1_500)),
		("empty blocks, as many as fit, run once", blocks(&[], 400_000, 1)),
	];
	let mut loads = Vec::new();
	for (name, code) in programs {
		let cold = Load { cold: true, ..Load::new(format!("{name}, new to the node"), code) };
		// What cannot be stored twice is tried before.
		let name = format!("upload: {}", name.trim_end_matches(", run once"));
		let upload = Load { cold: true, uploaded: true, ..Load::new(name, cold.code.clone()) };
		loads.extend([upload, cold]);
	}
	loads
}

fn storms() -> Vec<Load> {
	let around = surroundings();
	// The syscalls that this chain has beside the pallet's.
	let own = [("slot", vec![]), ("issuance", vec![memory()])].map(|made| {
		let name = format!("{}, of the chain", made.0);
		Load::new(name, storm(&[made], &[], &[], 2_000))
	});
	let pallets = storms::all(&around).into_iter().map(|storm| {
		let mut load = Load::new(storm.name(), storm.program(&around, storm.rounds));
		load.input = vec![9; MAX_INPUT as usize];
		load
	});
	own.into_iter().chain(pallets).collect()
}

fn surroundings() -> Surroundings {
	let remark = frame_system::Call::remark_with_event { remark: vec![1; 32] };
	let callee_hash = pallet_virt::program::code_hash(&storms::callee());
	let callee = Virt::address_of(&ALICE, callee_hash, &[]);
	Surroundings::natively(callee_hash.0, callee.into(), RuntimeCall::System(remark).encode())
}
