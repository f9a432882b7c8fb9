//! Programs that use the maximal memory.

use alloc::vec::Vec;
use virt_primitives::{ExecResult, Gas, Module, SyscallTable};

/// The gas of a run: enough to translate all of a program.
const GAS: Gas = 1_000_000_000;

/// Creates the maximal number of instances of each program in turn, and runs `main` of each, so that all of their
/// code is translated. Returns the numbers of instances.
///
/// A freed block of the heap is reused for the same size only. So the programs must fill the heap with blocks of
/// all sizes, together with its earlier content.
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
