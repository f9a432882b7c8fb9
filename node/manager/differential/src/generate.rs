//! Generates a valid program that uses all of PolkaVM's ReviveV1 instruction set, and calls of it.
//!
//! The code consists of blocks whose last instruction jumps or ends. Most addresses are in memory and most jumps
//! lead to a block: otherwise programs would end after a few instructions.

use crate::source::Source;
use polkavm_common::{
	abi::{MemoryMap, MemoryMapBuilder, VM_ADDR_RETURN_TO_HOST, VM_CODE_ADDRESS_ALIGNMENT},
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use virt_primitives::{
	syscall::SPEC_LEN, Buffer, Direction, Gas, Length, SyscallSpec, SyscallTable, MAX_ARGUMENTS,
};

/// The syscalls that the generated programs' runtime declares.
pub const SYSCALLS: &[SyscallSpec] = &[
	SyscallSpec { symbol: "plain", buffers: &[] },
	SyscallSpec {
		symbol: "input",
		buffers: &[buffer(Direction::In, 0, Length::Argument(1), 5000)],
	},
	SyscallSpec {
		symbol: "output",
		buffers: &[buffer(Direction::Out, 0, Length::Argument(1), 5000)],
	},
	SyscallSpec {
		symbol: "exchange",
		buffers: &[
			buffer(Direction::In, 0, Length::Argument(1), 64),
			buffer(Direction::Out, 0, Length::Argument(1), 64),
			buffer(Direction::In, 2, Length::Fixed(32), 32),
			buffer(Direction::Out, 3, Length::Fixed(16), 16),
		],
	},
];

/// [`SYSCALLS`], encoded.
pub const TABLE: SyscallTable<'static> = SyscallTable(&ENCODED);

const ENCODED: [u8; SYSCALLS.len() * SPEC_LEN] = SyscallTable::encode(SYSCALLS);

const fn buffer(direction: Direction, pointer: u8, len: Length, max: u32) -> Buffer {
	Buffer { direction, pointer, len, max }
}

/// The imports of the programs: all of [`SYSCALLS`], and one that is not declared.
const IMPORTS: [&str; 5] = ["plain", "input", "output", "exchange", "undeclared"];

/// A program, and what to do with it.
#[derive(Clone, Debug)]
pub struct Case {
	/// The program's bytes.
	pub program: Vec<u8>,
	/// Calls of one instance, in order.
	pub calls: Vec<Call>,
	/// Gas for each call.
	pub gas: Gas,
	/// The number of syscalls that the host answers before it ends all calls.
	pub syscalls: u64,
	/// The size of the first piece, if the gas is given in pieces.
	pub slice: Gas,
}

/// A call of an entry point.
#[derive(Clone, Debug)]
pub struct Call {
	/// The entry point's name.
	pub entry: Vec<u8>,
	/// Its arguments.
	pub args: Vec<u64>,
}

impl Case {
	/// Generates the case that `source` chooses.
	pub fn generate(source: &mut Source<'_>) -> Self {
		let gas = source.pick(&[20_000, 3_000, 200, 100_000, 0]);
		let slice = source.pick(&[97, 1, 13, 1_000, 5_000]);
		let syscalls = source.pick(&[8, 8, 8, 8, 8, 8, 8, 64]);
		let entries = 1 + source.below(3);
		let calls = (0..=source.below(3))
			.map(|_| Call { entry: entry(source.below(entries)), args: arguments(source) })
			.collect();
		let mut program = program(source, entries);
		if source.chance(24) {
			damage(source, &mut program);
		}
		Self { program, calls, gas, syscalls, slice }
	}
}

fn entry(number: usize) -> Vec<u8> {
	format!("entry_{number}").into_bytes()
}

fn arguments(source: &mut Source<'_>) -> Vec<u64> {
	(0..source.below(MAX_ARGUMENTS + 1)).map(|_| number(source)).collect()
}

/// Changes some bytes of a program, which may make it invalid.
fn damage(source: &mut Source<'_>, program: &mut [u8]) {
	for _ in 0..=source.below(4) {
		let at = u32::from_le_bytes(source.array()) as usize % program.len();
		program[at] ^= 1 << source.below(8);
	}
}

fn program(source: &mut Source<'_>, entries: usize) -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	let ro_data = source.pick(&[64, 0, 1, 4_096, 5_000]);
	let rw_data = source.pick(&[4_096, 128, 9_000, 0, 70_000, 8_192, 200]);
	let stack = source.pick(&[4_096, 0, 8_192, 65_536]);
	builder.set_ro_data_size(ro_data);
	builder.set_rw_data_size(rw_data);
	builder.set_stack_size(stack);
	builder.set_ro_data(source.bytes(ro_data.min(8) as usize).to_vec());
	builder.set_rw_data(source.bytes(rw_data.min(8) as usize).to_vec());
	let imports = source.below(IMPORTS.len() + 1);
	for _ in 0..imports {
		builder.add_import(source.pick(&IMPORTS).as_bytes());
	}
	let memory = MemoryMapBuilder::new(virt_primitives::snapshot::PAGE_SIZE)
		.ro_data_size(ro_data)
		.rw_data_size(rw_data)
		.stack_size(stack)
		.build()
		.expect("the sizes are small; qed");

	let blocks = 2 + source.below(14);
	for number in 0..entries {
		let block = if number == 0 { 0 } else { source.below(blocks) };
		builder.add_export_by_basic_block(block as u32, &entry(number));
	}
	let jump_table: Vec<u32> = (0..=source.below(8)).map(|_| source.below(blocks) as u32).collect();
	let mut writer = Writer {
		source,
		memory,
		imports,
		blocks: blocks as u32,
		jumps: jump_table.len() as u32,
		code: Vec::new(),
	};
	for block in 0..blocks as u32 {
		writer.block(block);
	}
	builder.set_code(&writer.code, &jump_table);
	builder.to_vec().expect("the code is small and of this instruction set; qed")
}

/// Boundary values of arithmetic.
const NUMBERS: [u64; 20] = [
	0,
	1,
	u64::MAX,
	2,
	7,
	8,
	31,
	32,
	63,
	64,
	0x80,
	0xff,
	0x8000,
	0xffff,
	i32::MAX as u64,
	i32::MIN as u64,
	u32::MAX as u64,
	1 << 32,
	i64::MAX as u64,
	i64::MIN as u64,
];

fn number(source: &mut Source<'_>) -> u64 {
	match source.below(4) {
		0 | 1 => source.pick(&NUMBERS),
		2 => source.byte().into(),
		_ => u64::from_le_bytes(source.array()),
	}
}

type RegRegReg = fn(Reg, Reg, Reg) -> Instruction;
type RegRegImm = fn(Reg, Reg, i32) -> Instruction;
type RegReg = fn(Reg, Reg) -> Instruction;
type RegImm = fn(Reg, i32) -> Instruction;
type RegImmImm = fn(Reg, i32, i32) -> Instruction;
type ImmImm = fn(i32, i32) -> Instruction;
type Branch = fn(Reg, Reg, u32) -> Instruction;
type BranchImm = fn(Reg, i32, u32) -> Instruction;

const OF_THREE_REGISTERS: [RegRegReg; 41] = [
	asm::add_32,
	asm::add_64,
	asm::sub_32,
	asm::sub_64,
	asm::and,
	asm::xor,
	asm::or,
	asm::mul_32,
	asm::mul_64,
	asm::mul_upper_signed_signed,
	asm::mul_upper_unsigned_unsigned,
	asm::mul_upper_signed_unsigned,
	asm::set_less_than_unsigned,
	asm::set_less_than_signed,
	asm::shift_logical_left_32,
	asm::shift_logical_left_64,
	asm::shift_logical_right_32,
	asm::shift_logical_right_64,
	asm::shift_arithmetic_right_32,
	asm::shift_arithmetic_right_64,
	asm::div_unsigned_32,
	asm::div_unsigned_64,
	asm::div_signed_32,
	asm::div_signed_64,
	asm::rem_unsigned_32,
	asm::rem_unsigned_64,
	asm::rem_signed_32,
	asm::rem_signed_64,
	asm::cmov_if_zero,
	asm::cmov_if_not_zero,
	asm::and_inverted,
	asm::or_inverted,
	asm::xnor,
	asm::maximum,
	asm::maximum_unsigned,
	asm::minimum,
	asm::minimum_unsigned,
	asm::rotate_left_32,
	asm::rotate_left_64,
	asm::rotate_right_32,
	asm::rotate_right_64,
];

const WITH_AN_IMMEDIATE: [RegRegImm; 31] = [
	asm::add_imm_32,
	asm::add_imm_64,
	asm::and_imm,
	asm::xor_imm,
	asm::or_imm,
	asm::mul_imm_32,
	asm::mul_imm_64,
	asm::set_less_than_unsigned_imm,
	asm::set_less_than_signed_imm,
	asm::shift_logical_left_imm_32,
	asm::shift_logical_left_imm_64,
	asm::shift_logical_right_imm_32,
	asm::shift_logical_right_imm_64,
	asm::shift_arithmetic_right_imm_32,
	asm::shift_arithmetic_right_imm_64,
	asm::negate_and_add_imm_32,
	asm::negate_and_add_imm_64,
	asm::set_greater_than_unsigned_imm,
	asm::set_greater_than_signed_imm,
	asm::shift_logical_right_imm_alt_32,
	asm::shift_logical_right_imm_alt_64,
	asm::shift_arithmetic_right_imm_alt_32,
	asm::shift_arithmetic_right_imm_alt_64,
	asm::shift_logical_left_imm_alt_32,
	asm::shift_logical_left_imm_alt_64,
	asm::cmov_if_zero_imm,
	asm::cmov_if_not_zero_imm,
	asm::rotate_right_imm_32,
	asm::rotate_right_imm_alt_32,
	asm::rotate_right_imm_64,
	asm::rotate_right_imm_alt_64,
];

const OF_TWO_REGISTERS: [RegReg; 11] = [
	asm::move_reg,
	asm::count_leading_zero_bits_32,
	asm::count_leading_zero_bits_64,
	asm::count_trailing_zero_bits_32,
	asm::count_trailing_zero_bits_64,
	asm::count_set_bits_32,
	asm::count_set_bits_64,
	asm::sign_extend_8,
	asm::sign_extend_16,
	asm::zero_extend_16,
	asm::reverse_byte,
];

const LOADS: [RegImm; 7] = [
	asm::load_u8,
	asm::load_i8,
	asm::load_u16,
	asm::load_i16,
	asm::load_i32,
	asm::load_u32,
	asm::load_u64,
];

const STORES: [RegImm; 4] = [asm::store_u8, asm::store_u16, asm::store_u32, asm::store_u64];

const LOADS_INDIRECT: [RegRegImm; 7] = [
	asm::load_indirect_u8,
	asm::load_indirect_i8,
	asm::load_indirect_u16,
	asm::load_indirect_i16,
	asm::load_indirect_i32,
	asm::load_indirect_u32,
	asm::load_indirect_u64,
];

const STORES_INDIRECT: [RegRegImm; 4] = [
	asm::store_indirect_u8,
	asm::store_indirect_u16,
	asm::store_indirect_u32,
	asm::store_indirect_u64,
];

const STORE_IMMEDIATE: [ImmImm; 4] =
	[asm::store_imm_u8, asm::store_imm_u16, asm::store_imm_u32, asm::store_imm_u64];

const STORE_IMMEDIATE_INDIRECT: [RegImmImm; 4] = [
	asm::store_imm_indirect_u8,
	asm::store_imm_indirect_u16,
	asm::store_imm_indirect_u32,
	asm::store_imm_indirect_u64,
];

const BRANCHES: [Branch; 6] = [
	asm::branch_eq,
	asm::branch_not_eq,
	asm::branch_less_unsigned,
	asm::branch_less_signed,
	asm::branch_greater_or_equal_unsigned,
	asm::branch_greater_or_equal_signed,
];

const BRANCHES_IMMEDIATE: [BranchImm; 10] = [
	asm::branch_eq_imm,
	asm::branch_not_eq_imm,
	asm::branch_less_unsigned_imm,
	asm::branch_less_signed_imm,
	asm::branch_greater_or_equal_unsigned_imm,
	asm::branch_greater_or_equal_signed_imm,
	asm::branch_less_or_equal_signed_imm,
	asm::branch_less_or_equal_unsigned_imm,
	asm::branch_greater_signed_imm,
	asm::branch_greater_unsigned_imm,
];

struct Writer<'a, 'b> {
	source: &'a mut Source<'b>,
	memory: MemoryMap,
	imports: usize,
	blocks: u32,
	jumps: u32,
	code: Vec<Instruction>,
}

impl Writer<'_, '_> {
	fn block(&mut self, block: u32) {
		for _ in 0..self.source.below(10) {
			self.instructions();
		}
		if block + 1 == self.blocks {
			self.last_end();
		} else {
			self.end(block);
		}
	}

	fn register(&mut self) -> Reg {
		self.source.pick(&Reg::ALL)
	}

	fn immediate(&mut self) -> i32 {
		number(self.source) as i32
	}

	/// Returns an address: mostly in writable or readable memory, sometimes any.
	fn address(&mut self, written: bool) -> u32 {
		let source = &mut *self.source;
		let [data, stack] = [self.memory.rw_data_range(), self.memory.stack_range()];
		let range = match source.below(8) {
			0..=1 if !written => self.memory.ro_data_range(),
			2..=3 => stack,
			_ => data,
		};
		if source.chance(8) || range.is_empty() {
			let edges = [range.start, range.end, 0x1_0000, VM_ADDR_RETURN_TO_HOST, 0];
			let near = source.pick(&edges).wrapping_add(source.byte().into()).wrapping_sub(12);
			return if source.chance(64) { u32::from_le_bytes(source.array()) } else { near };
		}
		let last = range.end - 8;
		match source.below(4) {
			0 => last - u32::from(source.byte()),
			1 => last.min(range.start + 0xff8 + source.below(8) as u32),
			_ => range.start + u32::from(source.byte()),
		}
	}

	fn instructions(&mut self) {
		let (a, b) = (self.register(), self.register());
		let instruction = match self.source.below(16) {
			0 => return self.syscall(),
			1..=3 => self.source.pick(&OF_THREE_REGISTERS)(a, b, self.register()),
			4..=6 => self.source.pick(&WITH_AN_IMMEDIATE)(a, b, self.immediate()),
			7 => self.source.pick(&OF_TWO_REGISTERS)(a, b),
			8 => asm::load_imm(a, self.immediate()),
			9 => asm::load_imm64(a, number(self.source)),
			10 => {
				let address = self.address(true) as i32;
				if self.source.chance(128) {
					self.source.pick(&STORE_IMMEDIATE)(address, self.immediate())
				} else {
					self.source.pick(&STORES)(a, address)
				}
			},
			11 => self.source.pick(&LOADS)(a, self.address(false) as i32),
			12 => {
				let offset = self.base(a, true);
				self.source.pick(&STORE_IMMEDIATE_INDIRECT)(a, offset, self.immediate())
			},
			13 => {
				let offset = self.base(b, true);
				self.source.pick(&STORES_INDIRECT)(a, b, offset)
			},
			_ => {
				// Sometimes uses whatever the base register holds.
				let wild = self.source.chance(8);
				let offset = if wild { self.immediate() } else { self.base(b, false) };
				self.source.pick(&LOADS_INDIRECT)(a, b, offset)
			},
		};
		self.code.push(instruction);
	}

	/// Sets the register `base` to a value near an address. Returns the offset of the address from it.
	fn base(&mut self, base: Reg, written: bool) -> i32 {
		let address = self.address(written);
		let offset = self.source.pick(&[0, 8, -8, 4_096, i32::MIN]);
		self.code.push(asm::load_imm(base, (address as i32).wrapping_sub(offset)));
		offset
	}

	/// Makes a syscall, mostly with an address and a length in its first arguments.
	fn syscall(&mut self) {
		let imported = self.imports > 0 && !self.source.chance(4);
		if !imported && !self.source.chance(16) {
			return self.code.push(asm::move_reg(Reg::A0, Reg::A1));
		}
		if !self.source.chance(32) {
			let address = self.address(true) as i32;
			let len = self.source.pick(&[16, 0, 1, 64, 4_096, 5_001]);
			self.code.extend([asm::load_imm(Reg::A0, address), asm::load_imm(Reg::A1, len)]);
		}
		let index = if imported {
			self.source.below(self.imports) as i32
		} else {
			self.source.pick(&[self.imports as i32, -1, i32::MAX])
		};
		self.code.push(asm::ecalli(index));
	}

	/// Chooses a target block, mostly a later one, so that most programs end.
	fn target(&mut self, block: u32) -> u32 {
		let later = self.blocks - block - 1;
		if self.source.chance(48) || later == 0 {
			self.source.below(self.blocks as usize) as u32
		} else {
			block + 1 + self.source.below(later as usize) as u32
		}
	}

	/// Chooses a code address for an indirect jump, mostly of a block in the jump table.
	fn code_address(&mut self) -> i32 {
		let index = self.source.below(self.jumps as usize) as i32;
		match self.source.below(32) {
			0 => self.source.pick(&[0, 1, 3, -1, VM_ADDR_RETURN_TO_HOST as i32]),
			1 => self.jumps as i32 * 2 + 2,
			_ => (index + 1) * VM_CODE_ADDRESS_ALIGNMENT as i32,
		}
	}

	fn end(&mut self, block: u32) {
		let (a, b) = (self.register(), self.register());
		let target = self.target(block);
		let instruction = match self.source.below(16) {
			0..=1 => Instruction::fallthrough,
			2..=4 => self.source.pick(&BRANCHES)(a, b, target),
			5..=7 => self.source.pick(&BRANCHES_IMMEDIATE)(a, self.immediate(), target),
			8..=10 => asm::load_imm_and_jump(a, self.code_address(), target),
			11 => {
				let offset = self.source.pick(&[0, 2, -2]);
				let address = self.code_address().wrapping_sub(offset);
				self.code.push(asm::load_imm(a, address));
				asm::jump_indirect(a, offset)
			},
			12 => {
				let address = self.code_address();
				self.code.push(asm::load_imm(b, address));
				asm::load_imm_and_jump_indirect(a, b, self.code_address(), 0)
			},
			13 => {
				// A loop with a limited number of rounds.
				let rounds = self.source.byte().into();
				self.code.extend([asm::load_imm(a, rounds), Instruction::fallthrough]);
				let ends = self.code.iter().filter(|it| it.starts_new_basic_block());
				let this_block = ends.count() as u32;
				self.code.push(asm::add_imm_64(a, a, -1));
				asm::branch_not_eq_imm(a, 0, this_block)
			},
			14 if self.source.chance(64) => asm::jump_indirect(a, 0),
			15 if self.source.chance(64) => Instruction::trap,
			_ => asm::jump(target),
		};
		self.code.push(instruction);
	}

	/// Writes all registers to memory, if there is any, and returns. Sometimes continues past the end instead.
	fn last_end(&mut self) {
		let memory = self.memory.rw_data_range();
		if !memory.is_empty() && !self.source.chance(64) {
			let stores = Reg::ALL.into_iter().zip((memory.start..).step_by(8));
			self.code.extend(stores.map(|(reg, address)| asm::store_u64(reg, address as i32)));
		}
		match self.source.below(16) {
			13 => self.code.push(Instruction::fallthrough),
			14 => self.syscall(),
			15 => self.code.push(asm::ret()),
			_ => {
				self.code.push(asm::load_imm(Reg::RA, VM_ADDR_RETURN_TO_HOST as i32));
				self.code.push(asm::ret());
			},
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::source::random;
	use polkavm_common::program::{InstructionSet, Opcode, ProgramBlob};
	use std::collections::BTreeSet;

	fn instructions(case: &Case) -> Vec<Instruction> {
		let blob = ProgramBlob::parse(case.program[..].into());
		blob.map(|blob| blob.instructions().map(|it| it.kind).collect()).unwrap_or_default()
	}

	#[test]
	fn every_instruction_of_the_set_is_generated() {
		let isa = InstructionSetKind::ReviveV1;
		let all = (0..=255).filter_map(|raw| isa.opcode_from_raw(raw)).map(Opcode::name);
		let generated: BTreeSet<_> = (0..500)
			.map(|seed| Case::generate(&mut Source::new(&random(seed, 1_000))))
			.flat_map(|case| instructions(&case))
			.map(|instruction| instruction.opcode().name())
			.collect();
		let missing: Vec<_> = all.filter(|name| !generated.contains(name)).collect();
		assert!(missing.is_empty(), "{missing:?}");
	}

	#[test]
	fn any_bytes_make_a_program() {
		for len in 0..300 {
			let case = Case::generate(&mut Source::new(&vec![0xff; len]));
			assert!(!case.program.is_empty() && !case.calls.is_empty());
			Case::generate(&mut Source::new(&random(7, len)));
		}
	}
}
