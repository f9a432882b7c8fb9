//! What is measured.

use crate::chain::ALICE;
use codec::Encode;
use pallet_virt::{
	benchmarking::{
		program::{blocks, computing, memory, padded, storm, ENTRY},
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
	/// Which entry is called.
	pub entry: &'static str,
	/// What it is given.
	pub input: Vec<u8>,
	/// Whether the node has not seen it before.
	pub cold: bool,
	/// Whether it is uploaded, instead of called.
	pub uploaded: bool,
	/// Whether it is what programs ordinarily do: it must not pay for much more than it takes.
	pub ordinary: bool,
	/// How often a dry-run runs it: twice where it asks how much is left, to find a sufficient limit.
	pub runs: u32,
}

impl Load {
	fn new(name: impl Into<String>, code: Vec<u8>) -> Self {
		Self {
			name: name.into(),
			code,
			entry: ENTRY,
			input: Vec::new(),
			cold: false,
			uploaded: false,
			ordinary: false,
			runs: 1,
		}
	}
}

/// Everything that is measured.
pub fn all() -> Vec<Load> {
	let mut loads = computations();
	loads.extend(loading());
	loads.extend(entries());
	loads.extend(storms());
	loads.extend(fixtures());
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
	let mut loads = vec![
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
	];
	loads.extend(computing_for());
	loads
}

/// Computing of some native time, as programs do it: each step depends on the one before.
fn computing_for() -> Vec<Load> {
	use Reg::{A0, A1};
	let seed = [asm::load_imm64(A0, 0x9e37_79b9_7f4a_7c15)];
	let xorshift = [
		asm::shift_logical_left_imm_64(A1, A0, 13),
		asm::xor(A0, A0, A1),
		asm::shift_logical_right_imm_64(A1, A0, 7),
		asm::xor(A0, A0, A1),
		asm::shift_logical_left_imm_64(A1, A0, 17),
		asm::xor(A0, A0, A1),
	];
	let of = |milliseconds: u32| {
		let code = computing(&seed, &xorshift, 4_096, milliseconds * 450_000);
		let name = format!("computing, {milliseconds} ms of it in native code");
		Load { ordinary: true, ..Load::new(name, code) }
	};
	[1, 10, 100].map(of).into()
}

/// Entries that do next to nothing, of programs of some size.
fn entries() -> Vec<Load> {
	let of = |kib: u32| {
		let name = format!("an entry of a program of {kib} KiB");
		let warm = Load { ordinary: true, ..Load::new(name.clone(), padded(kib * 1_024)) };
		// Another program: one cannot be stored twice.
		let cold = Load::new(format!("{name}, new to the node"), padded(kib * 1_024 - 100));
		[warm, Load { cold: true, ..cold }]
	};
	[4, 16, 64, 256].map(of).into_iter().flatten().collect()
}

/// Entries of the fixture programs that need neither an account of their own nor a set-up.
fn fixtures() -> Vec<Load> {
	let of = |name: &str, code: &[u8], entry: &'static str, input: Vec<u8>| {
		let name = format!("{name}, of the fixtures");
		Load { ordinary: true, input, entry, ..Load::new(name, code.to_vec()) }
	};
	vec![
		of("echo of 32 bytes", virt_fixtures::ECHO, "echo", vec![7; 32]),
		of("SHA-256 of 1 KiB", virt_fixtures::SHA256, "sha256", vec![7; 1_024]),
		of("SHA-256 of 64 KiB", virt_fixtures::SHA256, "sha256", vec![7; 65_536]),
		of("counter, get", virt_fixtures::COUNTER, "get", Vec::new()),
		of("counter, increment", virt_fixtures::COUNTER, "increment", Vec::new()),
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
		("moves, as many as fit, run ten times", blocks(&[asm::move_reg(A0, A1); 32], 5_000, 10)),
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

/// The storms whose charge and time can be compared: those that the database has no part in.
const ORDINARY: [&str; 13] = [
	"storage_get: 4 KiB",
	"storage_set: 4 KiB, one item",
	"storage_contains: 4 KiB",
	"event: no bytes",
	"event: 4 KiB",
	"blake2_256: no bytes",
	"blake2_256: 64 KiB",
	"keccak_256: no bytes",
	"keccak_256: 64 KiB",
	"sha2_256: no bytes",
	"sha2_256: 64 KiB",
	"call_program: nothing",
	"run_code: nothing",
];

fn storms() -> Vec<Load> {
	let around = surroundings();
	// The syscalls that this chain has beside the pallet's.
	let own = [("slot", vec![]), ("issuance", vec![memory()])].map(|made| {
		let name = format!("{}, of the chain", made.0);
		Load::new(name, storm(&[made], &[], &[], 2_000))
	});
	let pallets = storms::all(&around).into_iter().map(|storm| {
		let mut load = Load::new(storm.name(), storm.program(&around, storm.rounds));
		load.ordinary = ORDINARY.contains(&&*load.name);
		load.runs = if ["gas_left", "weight_left"].contains(&&*load.name) { 2 } else { 1 };
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
