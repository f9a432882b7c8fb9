//! The checks of a program before it is stored and compiled.
//!
//! Every node can load a program that passes: its memory and basic blocks are bounded, and it only
//! imports known syscalls.

use crate::{limits::*, syscalls, Config, Error};
use alloc::collections::BTreeSet;
use polkavm_common::{
	abi::MemoryMapBuilder,
	program::{Instruction, InstructionSetKind, ProgramBlob},
};

/// Returns the memory that the program declares, in bytes, or the first failed check.
pub fn check<T: Config>(code: &[u8]) -> Result<u32, Error<T>> {
	if code.len() > MAX_CODE as usize {
		return Err(Error::ProgramTooLarge);
	}
	let blob = ProgramBlob::parse(code.into()).map_err(|_| Error::InvalidProgram)?;
	if blob.isa() != InstructionSetKind::ReviveV1 {
		return Err(Error::UnsupportedInstructionSet);
	}
	let memory = check_memory(&blob)?;
	check_imports(&blob)?;
	check_exports(&blob)?;
	check_code(&blob)?;
	Ok(memory)
}

fn check_memory<T: Config>(blob: &ProgramBlob) -> Result<u32, Error<T>> {
	let map = MemoryMapBuilder::new(PAGE_SIZE)
		.ro_data_size(blob.ro_data_size())
		.rw_data_size(blob.rw_data_size())
		.stack_size(blob.stack_size())
		.build()
		.map_err(|_| Error::MemoryTooLarge)?;
	let sizes = [map.ro_data_size(), map.rw_data_size(), map.stack_size()];
	let memory = sizes.into_iter().map(u64::from).sum::<u64>();
	let memory = u32::try_from(memory).map_err(|_| Error::MemoryTooLarge)?;
	if memory > MAX_MEMORY {
		return Err(Error::MemoryTooLarge);
	}
	Ok(memory)
}

fn check_imports<T: Config>(blob: &ProgramBlob) -> Result<(), Error<T>> {
	let imports = blob.imports();
	if imports.len() > MAX_IMPORTS {
		return Err(Error::TooManyImports);
	}
	for import in imports {
		let symbol = import.ok_or(Error::InvalidProgram)?;
		if !syscalls::exists::<T>(symbol.as_bytes()) {
			return Err(Error::UnknownImport);
		}
	}
	Ok(())
}

fn check_exports<T: Config>(blob: &ProgramBlob) -> Result<(), Error<T>> {
	let mut names = BTreeSet::new();
	for export in blob.exports() {
		if names.len() >= MAX_EXPORTS as usize {
			return Err(Error::TooManyExports);
		}
		let name = export.symbol().as_bytes();
		if name.len() > MAX_ENTRY as usize {
			return Err(Error::ExportTooLong);
		}
		if !names.insert(name.to_vec()) {
			return Err(Error::DuplicateExport);
		}
		if !blob.scan_is_jump_target_valid(blob.isa(), export.program_counter()) {
			return Err(Error::InvalidProgram);
		}
	}
	Ok(())
}

/// Checks the length of each block, and that the code has valid instructions only: the backends
/// disagree on invalid ones. Instructions that grow memory (`sbrk`) do not exist in this
/// instruction set.
fn check_code<T: Config>(blob: &ProgramBlob) -> Result<(), Error<T>> {
	if blob.jump_table().len() > MAX_JUMP_TABLE {
		return Err(Error::JumpTableTooLong);
	}
	let mut block = 0;
	for instruction in blob.instructions() {
		let in_code = (instruction.offset.0 as usize) < blob.code().len();
		if instruction.kind == Instruction::invalid && in_code {
			return Err(Error::InvalidProgram);
		}
		block += 1;
		if block > MAX_BASIC_BLOCK {
			return Err(Error::BasicBlockTooLong);
		}
		if instruction.starts_new_basic_block() {
			block = 0;
		}
	}
	Ok(())
}
