//! Programs that take as much memory as they may.

use alloc::vec::Vec;
use virt_primitives::{ExecResult, Gas, Module, SyscallTable};

/// What a run may spend: enough to have all of a program translated.
const GAS: Gas = 1_000_000_000;

/// Makes as many instances as there can be of each program in turn, and runs `main` of all, so that all of
/// their code is translated. Gives how many there were.
///
/// Together with what was there before, the programs must have filled the heap with blocks of all sizes
/// afterwards: a block that was freed serves requests of its size only.
pub fn fill(programs: &[Vec<u8>]) -> Vec<u32> {
	programs.iter().map(|program| fill_with(program)).collect()
}

fn fill_with(program: &[u8]) -> u32 {
	let module = Module::from_bytes(program, &SyscallTable::EMPTY).expect("the program is valid");
	let mut instances = Vec::new();
	while let Ok(instance) = module.instantiate() {
		let execution = instance.prepare(b"main", &[]).expect("it exports `main`");
		match execution.run(GAS).expect("it can be run") {
			ExecResult::Finished { instance, .. } => instances.push(instance),
			other => panic!("the program ends, and not with {other:?}"),
		}
	}
	instances.len() as u32
}
