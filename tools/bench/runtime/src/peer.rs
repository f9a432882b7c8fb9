//! Runs a program by `sp-virtualization`.

use crate::measure::{change, Virtualization, GAS};
use alloc::vec::Vec;
use sp_virtualization::{ExecResult, Instance, Module};

/// `sp-virtualization`.
pub struct Peer;

impl Virtualization for Peer {
	type Module = Module;
	type Instance = Instance;

	fn load(key: &[u8]) -> Module {
		Module::from_storage_key(key, &[]).expect("the program is valid").0
	}

	fn instantiate(module: &Module) -> Option<Instance> {
		module.instantiate().ok()
	}

	fn call(
		instance: Instance,
		entry: &[u8],
		argument: u64,
		mut inside: impl FnMut(),
	) -> (Instance, u64) {
		let mut reported = 0;
		let mut bytes = Vec::new();
		let execution = instance.prepare(entry).expect("the entry is exported");
		let mut result = execution.run(GAS, argument);
		loop {
			result = match result {
				ExecResult::Finished { instance, .. } => return (instance, reported),
				ExecResult::Syscall {
					mut execution, gas_left, syscall_symbol, a0, a1, a2, ..
				} => {
					let answer = match syscall_symbol.as_ref() {
						b"nothing" => {
							inside();
							1
						},
						b"exchange" => {
							bytes.resize(a1 as usize, 0);
							execution.read_memory(a0 as u32, &mut bytes).expect("it is there");
							change(&mut bytes);
							execution.write_memory(a2 as u32, &bytes).expect("it is there");
							0
						},
						b"report" => {
							reported = a0;
							0
						},
						other => panic!("no program of the benchmark calls {other:?}"),
					};
					execution.run(gas_left, answer)
				},
				ExecResult::Error { error, .. } => {
					panic!("a program of the benchmark ended with {error:?}")
				},
			}
		}
	}
}
