//! Programs that take as much time as possible for their charge.

use crate::limits::{MAX_TOPIC, PAGE_SIZE};
use alloc::{vec, vec::Vec};
use polkavm_common::{
	abi::MemoryMapBuilder,
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};

/// The register that counts rounds. No syscall uses it.
const ROUNDS: Reg = Reg::S0;

/// The entry of each program.
pub const ENTRY: &str = "main";

/// The writable memory of a program that makes syscalls, in bytes.
const MEMORY: u32 = 256 * 1024;

/// The address of writable memory, in a map with the smallest page size of PolkaVM.
pub fn memory() -> u64 {
	let map = MemoryMapBuilder::new(4_096).rw_data_size(MEMORY).build().expect("it fits; qed");
	map.rw_data_address().into()
}

/// A syscall and its arguments.
pub type Made = (&'static str, Vec<u64>);

/// A program that makes the syscalls of `round` `rounds` times, and then those of `after` once. Its memory begins
/// with `data`; the first eight bytes change in each round.
pub fn storm(round: &[Made], after: &[Made], data: &[u8], rounds: u32) -> Vec<u8> {
	let mut imports = Vec::new();
	let mut made = |(symbol, args): &Made| {
		let number = imports.len() as i32;
		imports.push(*symbol);
		let mut code: Vec<_> = Reg::ARG_REGS
			.into_iter()
			.zip(args)
			.map(|(reg, arg)| asm::load_imm64(reg, *arg))
			.collect();
		code.push(asm::ecalli(number));
		code
	};
	let mut code = vec![asm::store_u64(ROUNDS, memory() as i32)];
	code.extend(round.iter().flat_map(&mut made));
	let after: Vec<_> = after.iter().flat_map(made).collect();
	let mut builder = looping(&[], &code, &after, rounds);
	for symbol in imports {
		builder.add_import(symbol.as_bytes());
	}
	builder.set_rw_data(data.to_vec());
	builder.set_rw_data_size(MEMORY);
	finish(builder)
}

/// A program that runs `round` as one block, `rounds` times, after `before`.
pub fn computing(before: &[Instruction], round: &[Instruction], data: u32, rounds: u32) -> Vec<u8> {
	let mut builder = looping(before, round, &[], rounds);
	builder.set_rw_data_size(data);
	finish(builder)
}

/// A program of many blocks, each executed once per round.
pub fn blocks(block: &[Instruction], count: u32, rounds: u32) -> Vec<u8> {
	let mut round = Vec::new();
	for _ in 1..count {
		round.extend_from_slice(block);
		round.push(asm::fallthrough());
	}
	let mut builder = looping(&[], &round, &[], rounds);
	builder.set_rw_data_size(MEMORY);
	finish(builder)
}

/// A program of `len` bytes that takes long to check and to compile: empty blocks. Its memory
/// begins with `data`.
pub fn longest_to_compile(len: u32, data: &[u8]) -> Vec<u8> {
	let made = |blocks: u32| {
		let mut code = vec![asm::fallthrough(); blocks as usize];
		code.push(asm::ret());
		let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
		builder.add_export_by_basic_block(0, ENTRY.as_bytes());
		builder.set_code(&code, &[]);
		builder.set_rw_data(data.to_vec());
		builder.set_rw_data_size(MEMORY);
		finish(builder)
	};
	let nothing = made(0).len() as u32;
	// A block takes a byte, and an eighth of a byte in the bit mask of instructions.
	made(len.saturating_sub(nothing + 8) / 9 * 8)
}

/// A program of `len` bytes whose entry returns immediately; the rest is never executed.
pub fn padded(len: u32) -> Vec<u8> {
	let made = |count: u32| {
		let mut code = vec![asm::ret()];
		for _ in 0..count {
			code.extend([asm::add_imm_64(Reg::A0, Reg::A0, 77); 7]);
			code.push(asm::fallthrough());
		}
		code.push(asm::ret());
		let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
		builder.add_export_by_basic_block(0, ENTRY.as_bytes());
		builder.set_code(&code, &[]);
		builder.set_rw_data_size(4_096);
		finish(builder)
	};
	let (nothing, some) = (made(0).len() as u32, made(1_000).len() as u32);
	made(len.saturating_sub(nothing) * 1_000 / (some - nothing))
}

/// A program whose hook, `init` or `migrate`, returns immediately.
pub fn hook(name: &[u8]) -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, name);
	builder.set_code(&[asm::ret()], &[]);
	finish(builder)
}

/// A program that writes to `pages` pages, at least one, and then waits for a distant block or a message.
pub fn sleeping(pages: u32) -> Vec<u8> {
	let size = pages.max(1) * PAGE_SIZE;
	let map = MemoryMapBuilder::new(PAGE_SIZE).rw_data_size(size).build().expect("it fits; qed");
	let start: u64 = map.rw_data_address().into();
	let code = [
		asm::load_imm64(Reg::A2, start),
		asm::load_imm(ROUNDS, pages.max(1) as i32),
		asm::fallthrough(),
		asm::store_indirect_u64(ROUNDS, Reg::A2, 0),
		asm::add_imm_64(Reg::A2, Reg::A2, PAGE_SIZE as i32),
		asm::add_imm_64(ROUNDS, ROUNDS, -1),
		asm::branch_not_eq_imm(ROUNDS, 0, 1),
		// Waits until a block, or for a message whose topic is the first bytes of the memory.
		asm::load_imm(Reg::A0, 1 | 4),
		asm::load_imm(Reg::A1, 1_000_000),
		asm::load_imm64(Reg::A2, start),
		asm::load_imm(Reg::A3, MAX_TOPIC as i32),
		asm::ecalli(0),
		asm::ret(),
	];
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, ENTRY.as_bytes());
	builder.add_import(b"wait");
	builder.set_code(&code, &[]);
	builder.set_rw_data_size(size);
	finish(builder)
}

fn looping(
	before: &[Instruction],
	round: &[Instruction],
	after: &[Instruction],
	rounds: u32,
) -> ProgramBlobBuilder {
	let mut code = vec![asm::load_imm(ROUNDS, rounds as i32)];
	code.extend_from_slice(before);
	code.push(asm::fallthrough());
	code.extend_from_slice(round);
	code.push(asm::add_imm_64(ROUNDS, ROUNDS, -1));
	// Jumps back to the second block of the program.
	code.push(asm::branch_not_eq_imm(ROUNDS, 0, 1));
	code.extend_from_slice(after);
	code.push(asm::ret());
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, ENTRY.as_bytes());
	builder.set_code(&code, &[]);
	builder
}

fn finish(builder: ProgramBlobBuilder) -> Vec<u8> {
	builder.to_vec().expect("the instructions make a program")
}
