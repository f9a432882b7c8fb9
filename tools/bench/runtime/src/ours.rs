//! Runs a program by `virt-primitives`.

use crate::measure::{change, Virtualization, GAS, LONGEST};
use alloc::vec::Vec;
use virt_primitives::{
	syscall::SPEC_LEN, Buffer, Direction, ExecResult, Instance, Length, Module, Syscall,
	SyscallSpec, SyscallTable,
};

const NOTHING: u32 = 0;
const EXCHANGE: u32 = 1;
const REPORT: u32 = 2;

/// In the order of their numbers.
const SYSCALLS: &[SyscallSpec] = &[
	SyscallSpec { symbol: "nothing", buffers: &[] },
	SyscallSpec {
		symbol: "exchange",
		buffers: &[
			Buffer {
				direction: Direction::In,
				pointer: 0,
				len: Length::Argument(1),
				max: LONGEST as u32,
			},
			Buffer {
				direction: Direction::Out,
				pointer: 2,
				len: Length::Argument(1),
				max: LONGEST as u32,
			},
		],
	},
	SyscallSpec { symbol: "report", buffers: &[] },
];
const TABLE: [u8; SYSCALLS.len() * SPEC_LEN] = SyscallTable::encode(SYSCALLS);

/// `virt-primitives`.
pub struct Ours;

impl Virtualization for Ours {
	type Module = Module;
	type Instance = Instance;

	fn load(key: &[u8]) -> Module {
		Module::from_storage(key, 0, &SyscallTable(&TABLE)).expect("the program is valid")
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
		let execution = instance.prepare(entry, &[argument]).expect("the entry is exported");
		let mut result = execution.run(GAS);
		loop {
			result = match result.expect("it is prepared, or waits for a result") {
				ExecResult::Finished { instance, .. } => return (instance, reported),
				ExecResult::Syscall { mut execution, gas_left, syscall, args } => {
					let answer = match syscall {
						Syscall::Listed(NOTHING) => {
							inside();
							1
						},
						Syscall::Listed(EXCHANGE) => {
							bytes.resize(args[1] as usize, 0);
							execution.read_memory(args[0] as u32, &mut bytes).expect("it is there");
							change(&mut bytes);
							execution.write_memory(args[2] as u32, &bytes).expect("it is there");
							0
						},
						Syscall::Listed(REPORT) => {
							reported = args[0];
							0
						},
						other => panic!("no program of the benchmark calls {other:?}"),
					};
					execution.resume(gas_left, answer)
				},
				other => panic!("a program of the benchmark ended with {other:?}"),
			}
		}
	}
}
