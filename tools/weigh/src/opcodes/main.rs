//! `virt-opcodes`: measures the interpreter's price list, and writes it: `virt_manager::opcodes`.
//!
//! Each opcode runs some 100,000 times in code that exceeds a processor's caches, once when all of
//! it was translated before and once when nothing was. Its price is the time of the slower half of
//! the tries, or the time of its translation divided by
//! [`TRANSLATION_RATE`](virt_manager::prices::TRANSLATION_RATE), whichever is higher.

use polkavm::{
	BackendKind, Config, CostModel, CostModelKind, Engine, GasMeteringKind, InterruptKind, Module,
	ModuleConfig, ProgramBlob, RawInstance,
};
use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use std::{fmt::Write, fs, time::Instant};
use virt_bench::machine;
use virt_manager::{prices::TRANSLATION_RATE, start::keep_freed_memory};
use virt_primitives::PICOSECONDS_PER_GAS;

/// Instructions of the opcode in a round.
const COUNT: usize = 100_000;

/// Rounds that are timed together.
const ROUNDS: i32 = 10;

/// Tries of each; the median counts.
const TRIES: usize = 7;

/// Writable memory, in bytes: as much as the pallet lets a program have.
const MEMORY: u32 = 4 << 20;

/// Where writable memory begins.
const BASE: i32 = 0x2_0000;

/// How an opcode is measured.
enum How {
	/// By a round of these instructions, in blocks of [`BLOCK`].
	Plain(Vec<Instruction>),
	/// By a round of these, each of which ends its block.
	Block(Vec<Instruction>),
	/// As the opcode of this name, which does the same and more.
	As(&'static str),
}

/// Instructions of a block, where the opcode does not end one.
const BLOCK: usize = 1_000;

fn main() {
	let path = std::env::args().nth(1).expect("usage: virt-opcodes FILE");
	let description = machine::description();
	let mut config = Config::new();
	config.set_backend(Some(BackendKind::Interpreter)).set_cache_enabled(false);
	let engine = Engine::new(&config).expect("the interpreter works anywhere");
	// As a node has it.
	keep_freed_memory();
	// The first tries fill the allocator.
	measure(&engine, &[asm::load_imm64(Reg::A0, i64::MAX as u64)], true);
	let empty = measure(&engine, &[asm::move_reg(Reg::A0, Reg::A1)], true);
	println!("a move: {:.2} ns, cold {:.2} ns", empty.warm / 1e3, empty.cold / 1e3);
	let mut text = format!(
		"//! Prices of the interpreter's instructions, in gas.\n//!\n\
		//! Made by `make opcodes`, on {description}.\n//!\n\
		//! An opcode that `ReviveV1` does not have, and so no program of the chain, has the highest price.\n\n\
		use polkavm::CostModel;\n\n/// By opcode.\npub const PRICES: CostModel = CostModel {{\n"
	);
	let prices: Vec<(&str, Option<u64>)> =
		NAMES.into_iter().map(|name| (name, price(&engine, name))).collect();
	let find = |name: &str| prices.iter().find(|it| it.0 == name).and_then(|it| it.1);
	let most = prices.iter().filter_map(|it| it.1).max().expect("there are some");
	for (name, price) in &prices {
		// PolkaVM's backends take the end of the code for one or the other.
		let price = match *name {
			"trap" | "invalid" => find("fallthrough").unwrap_or(most),
			_ => price.unwrap_or(most),
		};
		writeln!(text, "\t{name}: {price},").expect("a string takes it");
	}
	text += "};\n";
	fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
}

/// The opcodes: the fields of the cost model.
const NAMES: [&str; 142] = [
	"add_32",
	"add_64",
	"add_imm_32",
	"add_imm_64",
	"and",
	"and_imm",
	"and_inverted",
	"branch_eq",
	"branch_eq_imm",
	"branch_greater_or_equal_signed",
	"branch_greater_or_equal_signed_imm",
	"branch_greater_or_equal_unsigned",
	"branch_greater_or_equal_unsigned_imm",
	"branch_greater_signed_imm",
	"branch_greater_unsigned_imm",
	"branch_less_or_equal_signed_imm",
	"branch_less_or_equal_unsigned_imm",
	"branch_less_signed",
	"branch_less_signed_imm",
	"branch_less_unsigned",
	"branch_less_unsigned_imm",
	"branch_not_eq",
	"branch_not_eq_imm",
	"cmov_if_not_zero",
	"cmov_if_not_zero_imm",
	"cmov_if_zero",
	"cmov_if_zero_imm",
	"count_leading_zero_bits_32",
	"count_leading_zero_bits_64",
	"count_set_bits_32",
	"count_set_bits_64",
	"count_trailing_zero_bits_32",
	"count_trailing_zero_bits_64",
	"div_signed_32",
	"div_signed_64",
	"div_unsigned_32",
	"div_unsigned_64",
	"ecalli",
	"fallthrough",
	"jump",
	"jump_indirect",
	"load_i16",
	"load_i32",
	"load_i8",
	"load_imm",
	"load_imm64",
	"load_imm_and_jump",
	"load_imm_and_jump_indirect",
	"load_indirect_i16",
	"load_indirect_i32",
	"load_indirect_i8",
	"load_indirect_u16",
	"load_indirect_u32",
	"load_indirect_u64",
	"load_indirect_u8",
	"load_u16",
	"load_u32",
	"load_u64",
	"load_u8",
	"maximum",
	"maximum_unsigned",
	"memset",
	"minimum",
	"minimum_unsigned",
	"move_reg",
	"mul_32",
	"mul_64",
	"mul_imm_32",
	"mul_imm_64",
	"mul_upper_signed_signed",
	"mul_upper_signed_unsigned",
	"mul_upper_unsigned_unsigned",
	"negate_and_add_imm_32",
	"negate_and_add_imm_64",
	"or",
	"or_imm",
	"or_inverted",
	"rem_signed_32",
	"rem_signed_64",
	"rem_unsigned_32",
	"rem_unsigned_64",
	"reverse_byte",
	"rotate_left_32",
	"rotate_left_64",
	"rotate_right_32",
	"rotate_right_64",
	"rotate_right_imm_32",
	"rotate_right_imm_64",
	"rotate_right_imm_alt_32",
	"rotate_right_imm_alt_64",
	"sbrk",
	"set_greater_than_signed_imm",
	"set_greater_than_unsigned_imm",
	"set_less_than_signed",
	"set_less_than_signed_imm",
	"set_less_than_unsigned",
	"set_less_than_unsigned_imm",
	"shift_arithmetic_right_32",
	"shift_arithmetic_right_64",
	"shift_arithmetic_right_imm_32",
	"shift_arithmetic_right_imm_64",
	"shift_arithmetic_right_imm_alt_32",
	"shift_arithmetic_right_imm_alt_64",
	"shift_logical_left_32",
	"shift_logical_left_64",
	"shift_logical_left_imm_32",
	"shift_logical_left_imm_64",
	"shift_logical_left_imm_alt_32",
	"shift_logical_left_imm_alt_64",
	"shift_logical_right_32",
	"shift_logical_right_64",
	"shift_logical_right_imm_32",
	"shift_logical_right_imm_64",
	"shift_logical_right_imm_alt_32",
	"shift_logical_right_imm_alt_64",
	"sign_extend_16",
	"sign_extend_8",
	"store_imm_indirect_u16",
	"store_imm_indirect_u32",
	"store_imm_indirect_u64",
	"store_imm_indirect_u8",
	"store_imm_u16",
	"store_imm_u32",
	"store_imm_u64",
	"store_imm_u8",
	"store_indirect_u16",
	"store_indirect_u32",
	"store_indirect_u64",
	"store_indirect_u8",
	"store_u16",
	"store_u32",
	"store_u64",
	"store_u8",
	"sub_32",
	"sub_64",
	"trap",
	"unlikely",
	"xnor",
	"xor",
	"xor_imm",
	"zero_extend_16",
	"invalid",
];

/// Opcodes that `ReviveV1` does not have.
const FOREIGN: [&str; 3] = ["memset", "sbrk", "unlikely"];

/// In gas; `None` of an opcode that no program of the chain has.
fn price(engine: &Engine, name: &'static str) -> Option<u64> {
	if FOREIGN.contains(&name) {
		return None;
	}
	let measured = match how(name)? {
		How::Plain(round) => measure(engine, &round, true),
		How::Block(round) => measure(engine, &round, false),
		How::As(other) => return price(engine, other),
	};
	let cold = measured.cold / TRANSLATION_RATE as f64;
	let picoseconds = measured.warm.max(cold);
	println!("{name:<40} {:>7.2} ns, cold {:>7.2} ns", measured.warm / 1e3, measured.cold / 1e3);
	Some((picoseconds / PICOSECONDS_PER_GAS as f64).ceil() as u64)
}

fn how(name: &str) -> Option<How> {
	use Reg::{A0, A1, A2, S1};
	// An address that depends on the last value that was read, all over the memory.
	let chase = |load: Instruction| {
		How::Plain(vec![
			asm::mul_imm_64(A0, A0, 0x5851_f42d),
			asm::add_64(A0, A0, A2),
			asm::and_imm(A1, A0, MEMORY as i32 - 64),
			asm::add_64(A1, A1, S1),
			load,
		])
	};
	let ends = |instruction: Instruction| How::Block(vec![instruction]);
	Some(match name {
		"trap" | "invalid" => How::As("fallthrough"),
		"fallthrough" => ends(asm::fallthrough()),
		"unlikely" | "ecalli" => How::As("move_reg"),
		"jump" => ends(asm::jump(u32::MAX)),
		"load_imm_and_jump" => ends(asm::load_imm_and_jump(A2, 7, u32::MAX)),
		"jump_indirect" => How::Block(vec![asm::jump_indirect(A0, 0)]),
		"load_imm_and_jump_indirect" => How::As("jump_indirect"),
		_ if name.starts_with("branch") => {
			let taken = if name.ends_with("_imm") {
				asm::branch_eq_imm(A2, 7, u32::MAX)
			} else {
				asm::branch_eq(A0, A0, u32::MAX)
			};
			ends(taken)
		},
		"load_imm" => How::Plain(vec![asm::load_imm(A2, 7)]),
		"load_imm64" => How::Plain(vec![asm::load_imm64(A2, 0x1234_5678_9abc_def0)]),
		"load_indirect_u64" => chase(asm::load_indirect_u64(A2, A1, 0)),
		_ if name.starts_with("load_") => How::As("load_indirect_u64"),
		"store_indirect_u64" => chase(asm::store_indirect_u64(A0, A1, 0)),
		_ if name.starts_with("store_imm_indirect") => How::As("store_indirect_u64"),
		_ if name.starts_with("store_indirect") => How::As("store_indirect_u64"),
		_ if name.starts_with("store_imm") => How::Plain(vec![asm::store_imm_u64(BASE, 7)]),
		_ if name.starts_with("store_") => How::Plain(vec![asm::store_u64(A0, BASE)]),
		_ if name.starts_with("div") => How::Plain(vec![asm::div_signed_64(A2, A0, A1)]),
		_ if name.starts_with("rem") => How::Plain(vec![asm::rem_signed_64(A2, A0, A1)]),
		_ if name.starts_with("mul_upper") => {
			How::Plain(vec![asm::mul_upper_signed_signed(A2, A0, A1)])
		},
		_ if name.starts_with("mul") => How::Plain(vec![asm::mul_64(A0, A0, A1)]),
		_ if name.starts_with("cmov") => How::Plain(vec![asm::cmov_if_zero(A2, A0, A1)]),
		_ if name.starts_with("count") => How::Plain(vec![asm::count_leading_zero_bits_64(A2, A0)]),
		_ if name.starts_with("rotate") => How::Plain(vec![asm::rotate_left_64(A0, A0, A1)]),
		_ if name.starts_with("shift") => {
			How::Plain(vec![asm::shift_arithmetic_right_64(A2, A0, A1)])
		},
		_ if name.starts_with("set_") => How::Plain(vec![asm::set_less_than_signed(A2, A0, A1)]),
		_ if name.starts_with("max") || name.starts_with("min") => {
			How::Plain(vec![asm::maximum(A2, A0, A1)])
		},
		_ if name.contains("extend") => How::Plain(vec![asm::sign_extend_8(A2, A0)]),
		"reverse_byte" => How::Plain(vec![asm::reverse_byte(A2, A0)]),
		"move_reg" => How::Plain(vec![asm::move_reg(A2, A0)]),
		// And, or, xor, add, subtract, negate, and their variants.
		_ => How::Plain(vec![asm::add_64(A0, A0, A1)]),
	})
}

/// Picoseconds of one instruction.
struct Measured {
	warm: f64,
	cold: f64,
}

fn measure(engine: &Engine, round: &[Instruction], in_blocks: bool) -> Measured {
	let many = program(round, in_blocks, ROUNDS);
	let once = program(round, in_blocks, 1);
	let count = (COUNT / round.len() * round.len()) as f64;
	let mut warm = Vec::new();
	let mut cold = Vec::new();
	for _ in 0..TRIES {
		let mut instance = instantiate(engine, &many);
		run(&mut instance);
		warm.push(run(&mut instance) / (count * f64::from(ROUNDS)));
		cold.push(run(&mut instantiate(engine, &once)) / count);
	}
	warm.sort_by(f64::total_cmp);
	cold.sort_by(f64::total_cmp);
	// What is beside the opcode in a round is measured, too: that is more, not less.
	let share = round.len() as f64;
	let beside = (share - 1.0) * 2_000.0;
	let of = |times: &[f64]| times[TRIES / 2] * 1e12;
	let warm = of(&warm) * share - beside;
	Measured { warm, cold: of(&cold) }
}

/// A program that makes rounds of the instructions. A jump is to the next block.
fn program(round: &[Instruction], in_blocks: bool, rounds: i32) -> Vec<u8> {
	let mut code = vec![
		asm::load_imm(Reg::S0, rounds),
		asm::load_imm(Reg::A0, 12_345),
		asm::load_imm(Reg::A1, 7),
		asm::load_imm(Reg::A2, 7),
		asm::load_imm(Reg::S1, BASE),
		// All of the memory is there.
		asm::store_imm_u8(BASE + MEMORY as i32 - 1, 1),
		asm::fallthrough(),
	];
	let mut block = 1;
	let mut jump_table = Vec::new();
	for number in 0..COUNT / round.len() {
		for instruction in round {
			let next = block + 1;
			if let Instruction::jump_indirect(..) = instruction {
				jump_table.push(next);
				code.push(asm::load_imm(Reg::A0, jump_table.len() as i32 * 2));
			}
			code.push(match *instruction {
				Instruction::jump(_) => asm::jump(next),
				Instruction::load_imm_and_jump(reg, value, _) => {
					Instruction::load_imm_and_jump(reg, value, next)
				},
				Instruction::branch_eq_imm(reg, value, _) => {
					Instruction::branch_eq_imm(reg, value, next)
				},
				Instruction::branch_eq(one, other, _) => Instruction::branch_eq(one, other, next),
				other => other,
			});
			if instruction.starts_new_basic_block() {
				block += 1;
			}
		}
		if in_blocks && number % BLOCK == BLOCK - 1 {
			code.push(asm::fallthrough());
			block += 1;
		}
	}
	code.push(asm::add_imm_64(Reg::S0, Reg::S0, -1));
	code.push(asm::branch_not_eq_imm(Reg::S0, 0, 1));
	code.push(asm::ret());
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&code, &jump_table);
	builder.set_rw_data_size(MEMORY);
	builder.to_vec().expect("the instructions make a program")
}

fn instantiate(engine: &Engine, program: &[u8]) -> RawInstance {
	let mut config = ModuleConfig::new();
	config
		.set_gas_metering(Some(GasMeteringKind::Sync))
		.set_cost_model(Some(CostModelKind::Simple(CostModel::naive_ref())));
	let blob = ProgramBlob::parse(program.into()).expect("it was just built");
	let module = Module::from_blob(engine, &config, blob).expect("it is valid");
	module.instantiate().expect("there is memory for it")
}

/// Runs the program; gives the seconds that it took.
fn run(instance: &mut RawInstance) -> f64 {
	let main = instance.module().exports().next().expect("there is one").program_counter();
	instance.set_gas(i64::MAX);
	instance.prepare_call_untyped(main, &[]);
	let start = Instant::now();
	let ended = instance.run().expect("it runs");
	let took = start.elapsed().as_secs_f64();
	assert!(matches!(ended, InterruptKind::Finished), "{ended:?}");
	took
}
