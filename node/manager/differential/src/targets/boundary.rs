//! Fuzz target: requests of a runtime to a node, in any order and with any numbers.

use super::engines::engines;
use crate::{
	generate::{Case, TABLE},
	machine::{no_fault, BACKENDS},
	source::{mutate, Source},
};
use polkavm_common::{
	program::{asm, Instruction, InstructionSetKind},
	writer::ProgramBlobBuilder,
};
use sp_externalities::TransactionType;
use std::fmt::Debug;
use virt_primitives::{
	step::{stop, writes},
	Answer, Backend, Gas, HostBuffer, InstanceId, ModuleId, SyscallTable, MAX_ARGUMENTS,
};

/// Bytes as a sequence of operations: all backends must return the same, without host faults.
pub fn boundary(bytes: &[u8]) {
	const MOST: usize = 100;
	let engines = engines();
	let rules = usize::from(bytes.first().copied().unwrap_or_default()) % engines.families.len();
	let family = &engines.families[rules];
	let managers = family.managed.each_ref().map(|(_, start)| start());
	let mut calls =
		Calls { source: Source::new(bytes), managers, snapshot: Vec::new(), always_stops: true };
	calls.start();
	for _ in 0..MOST {
		if calls.source.is_empty() {
			break;
		}
		calls.one();
	}
}

struct Calls<'a> {
	source: Source<'a>,
	managers: [Box<dyn Backend>; BACKENDS],
	/// The snapshot that was taken last.
	snapshot: Vec<u8>,
	/// Whether every program so far stops soon, with any gas.
	always_stops: bool,
}

impl Calls<'_> {
	/// Runs `operation` on all backends, and asserts that they return the same.
	#[track_caller]
	fn same<T: Debug + PartialEq>(&mut self, operation: impl Fn(&mut dyn Backend) -> T) -> T {
		let [first, others @ ..] = &mut self.managers;
		let expected = operation(&mut **first);
		for other in others {
			assert_eq!(operation(&mut **other), expected, "the backends differ");
		}
		expected
	}

	/// Prepares a first instance, so that more operations have an effect.
	fn start(&mut self) {
		let args = [0x3_0000, 64, 0x3_0010, 0x3_0020];
		let prepared = self.same(|it| {
			let module = no_fault(it.compile(&program_of_syscalls(), TABLE, false)).ok()?;
			let instance = no_fault(it.instantiate(module)).ok()?;
			no_fault(it.prepare(instance, b"entry_0", &args)).ok()
		});
		prepared.expect("all of it is valid");
	}

	fn one(&mut self) {
		match self.source.below(16) {
			0 => self.compile(),
			1 => {
				let module = self.module();
				let _ = self.same(|it| no_fault(it.release(module)));
			},
			2 | 3 => {
				let module = self.module();
				let _ = self.same(|it| no_fault(it.instantiate(module)));
			},
			4 | 5 => self.prepare(),
			6..=8 => self.run(),
			9 => {
				let instance = self.instance();
				if let Ok(snapshot) = self.same(|it| no_fault(it.snapshot(instance))) {
					self.snapshot = snapshot;
				}
			},
			10 => self.restore(),
			11 => self.read(),
			12 => self.write(),
			13 => {
				let (instance, address) = (self.instance(), self.address());
				let len = self.source.pick(&[1, 0, 4_096, 70_000, u32::MAX]);
				let _ = self.same(|it| no_fault(it.zero_memory(instance, address, len)));
			},
			14 => {
				let instance = self.instance();
				let _ = self.same(|it| no_fault(it.destroy(instance)));
			},
			_ => self.transaction(),
		}
	}

	fn id(&mut self) -> u32 {
		self.source.pick(&[0, 0, 0, 1, 1, 2, 3, 4, u32::MAX])
	}

	fn module(&mut self) -> ModuleId {
		ModuleId(self.id())
	}

	fn instance(&mut self) -> InstanceId {
		InstanceId(self.id())
	}

	fn address(&mut self) -> u32 {
		let bases = [0x2_0000, 0x3_0000, 0x1_0000, 0xfffe_0000, 0xfffd_f000, 0, u32::MAX];
		let offset = u32::from(self.source.byte()).wrapping_sub(128);
		self.source.pick(&bases).wrapping_add(offset)
	}

	fn number(&mut self) -> u64 {
		match self.source.below(4) {
			0 => u64::from_le_bytes(self.source.array()),
			1 => self.source.pick(&[0, 1, 16, 5_000, 1 << 32, u64::MAX]),
			_ => self.address().into(),
		}
	}

	fn compile(&mut self) {
		let program = match self.source.below(4) {
			0 => {
				self.always_stops = false;
				let len = self.source.below(300);
				Case::generate(&mut Source::new(self.source.bytes(len))).program
			},
			1 => {
				self.always_stops = false;
				mutate(&program_of_syscalls(), self.number())
			},
			_ => program_of_syscalls(),
		};
		let table = match self.source.below(4) {
			0 => mutate(TABLE.0, self.number()),
			1 => Vec::new(),
			_ => TABLE.0.to_vec(),
		};
		let _ = self.same(|it| no_fault(it.compile(&program, SyscallTable(&table), false)));
	}

	fn prepare(&mut self) {
		let instance = self.instance();
		let entries = [&b"entry_0"[..], b"entry_0", b"entry_1", b"", &[0xff; 300]];
		let entry = self.source.pick(&entries);
		let count = self.source.below(MAX_ARGUMENTS + 2);
		let args: Vec<_> = (0..count).map(|_| self.number()).collect();
		let _ = self.same(|it| no_fault(it.prepare(instance, entry, &args)));
	}

	fn run(&mut self) {
		let instance = self.instance();
		let gas = match self.source.below(8) {
			0 => self.source.pick(&[0, 1, -1, Gas::MIN]),
			1 if self.always_stops => Gas::MAX,
			2 | 3 => Gas::from(self.source.byte()),
			_ => 10_000,
		};
		let mut writes = Vec::new();
		let answers = self.source.chance(160);
		let result = self.number();
		match self.source.below(6) {
			0 => writes.extend_from_slice(&self.source.array::<11>()),
			1 | 2 => {
				for _ in 0..=self.source.below(3) {
					let address = self.address();
					let len = self.source.below(20);
					writes::push(&mut writes, address, self.source.bytes(len));
				}
			},
			_ => {},
		}
		let answer = answers.then_some(Answer { result, writes: &writes });
		let capacity = stop::MIN_CAPACITY + self.source.pick(&[1_024, 0, 9, 70_000]);
		let _ = self.same(|it| {
			let mut buffer = HostBuffer::with_capacity(capacity);
			stop::begin(&mut buffer);
			let step = no_fault(it.run(instance, gas, answer, &mut buffer))?;
			stop::encode(&step, &mut buffer);
			Ok::<_, virt_primitives::ExecError>((step, buffer.into_bytes()))
		});
	}

	fn restore(&mut self) {
		let module = self.module();
		let mut snapshot = self.snapshot.clone();
		if self.source.chance(64) {
			snapshot = mutate(&snapshot, self.number());
		}
		let _ = self.same(|it| no_fault(it.restore(module, &snapshot)));
	}

	fn read(&mut self) {
		let (instance, address) = (self.instance(), self.address());
		let len = self.source.pick(&[16, 0, 1, 4_096, 70_000]);
		let _ = self.same(|it| {
			let mut dest = vec![0; len];
			no_fault(it.read_memory(instance, address, &mut dest)).map(|()| dest)
		});
	}

	fn write(&mut self) {
		let (instance, address) = (self.instance(), self.address());
		let len = self.source.pick(&[16, 0, 1, 4_096, 70_000]);
		let src = vec![self.source.byte(); len];
		let _ = self.same(|it| no_fault(it.write_memory(instance, address, &src)));
	}

	fn transaction(&mut self) {
		let ty = self.source.pick(&[TransactionType::Runtime, TransactionType::Host]);
		match self.source.below(3) {
			0 => self.same(|it| it.start_transaction(ty)),
			1 => self.same(|it| it.commit_transaction(ty)),
			_ => self.same(|it| it.rollback_transaction(ty)),
		}
	}
}

/// A program that makes each declared syscall, one that is not declared and one that is not imported, each with the
/// program's arguments, and then returns.
fn program_of_syscalls() -> Vec<u8> {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.set_ro_data_size(64);
	builder.set_rw_data_size(4_096);
	builder.set_stack_size(4_096);
	builder.set_rw_data((0..64).collect());
	for import in ["input", "output", "exchange", "undeclared", "plain"] {
		builder.add_import(import.as_bytes());
	}
	builder.add_export_by_basic_block(0, b"entry_0");
	builder.add_export_by_basic_block(1, b"entry_1");
	let code = [
		asm::ecalli(0),
		asm::ecalli(2),
		Instruction::fallthrough,
		asm::ecalli(1),
		asm::ecalli(3),
		asm::ecalli(4),
		asm::branch_not_eq_imm(polkavm_common::program::Reg::A0, 7, 0),
		asm::ecalli(5),
		asm::ret(),
	];
	builder.set_code(&code, &[]);
	builder.to_vec().expect("the code is of this instruction set; qed")
}
