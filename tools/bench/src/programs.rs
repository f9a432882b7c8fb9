//! Programs of given sizes: arithmetic in many small blocks behind an entry that returns at once.

use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};

/// Stack and writable data of each, in bytes.
const STACK: u32 = 64 * 1024;
const DATA: u32 = 16 * 1024;

/// A program of about `size` bytes with the entry `empty`. Different seeds give different programs.
pub fn sized(size: usize, seed: u32) -> Vec<u8> {
	// A block takes more than a byte, so there are fewer blocks than bytes.
	let (mut fits, mut exceeds) = (1, size as u32);
	while exceeds - fits > 1 {
		let blocks = fits + (exceeds - fits) / 2;
		if of_blocks(blocks, seed).len() <= size {
			fits = blocks;
		} else {
			exceeds = blocks;
		}
	}
	of_blocks(fits, seed)
}

fn of_blocks(blocks: u32, seed: u32) -> Vec<u8> {
	let mut code = vec![asm::ret(), asm::load_imm(Reg::A1, seed as i32), asm::fallthrough()];
	code.extend((2..blocks + 2).flat_map(block));
	code.push(asm::ret());
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.set_stack_size(STACK);
	builder.set_rw_data_size(DATA);
	builder.add_export_by_basic_block(0, b"empty");
	builder.set_code(&code, &[]);
	builder.to_vec().expect("the instructions make a program")
}

/// Some arithmetic, and a branch to the next block or to the one before.
fn block(number: u32) -> [Instruction; 6] {
	let constant = (number as i32).wrapping_mul(0x9e37);
	[
		asm::add_imm_64(Reg::A0, Reg::A0, constant),
		asm::mul_64(Reg::A1, Reg::A1, Reg::A0),
		asm::xor(Reg::A2, Reg::A1, Reg::A0),
		asm::shift_logical_right_imm_64(Reg::A3, Reg::A2, 7),
		asm::add_64(Reg::A0, Reg::A0, Reg::A3),
		asm::branch_not_eq_imm(Reg::A2, constant, number - 1),
	]
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn sizes_are_met_and_seeds_differ() {
		for size in [1 << 10, 64 << 10, 512 << 10] {
			let program = sized(size, 1);
			let off = program.len().abs_diff(size);
			assert!(off * 20 <= size, "{} bytes instead of {size}", program.len());
			assert_ne!(program, sized(size, 2));
		}
	}
}
