//! Generates programs that make syscalls, with mostly valid arguments.
//!
//! The syscalls and the names of their arguments come from the table of `virt-guest`: new rows are
//! included automatically.

use crate::known::Known;
use codec::Encode;
use polkavm_common::{
	abi::MemoryMapBuilder,
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use virt_differential::source::Source;
use virt_runtime::RuntimeCall;

/// The size of writable memory, in bytes. An argument of 65,536 bytes fits.
const MEMORY: u32 = 96 * 1024;

/// The size of the area to which syscalls write, from the start of the memory.
const SCRATCH: u32 = 16 * 1024;

/// The entries of each program: three to be called, and those that the pallet knows.
pub const ENTRIES: [&str; 6] = ["a", "b", "c", "init", "migrate", "reentrant:a"];

/// An entry makes fewer syscalls than this.
const SYSCALLS: usize = 6;

macro_rules! rows {
	($(
		$(#[$doc:meta])*
		$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($buffers:tt)*];
	)*) => {
		/// Each syscall, and its arguments.
		pub const ROWS: &[(&str, &[&str])] =
			&[$((stringify!($name), &[$(stringify!($argument)),*])),*];
	};
}
virt_guest::syscall_table!(rows);

/// Generates the program that `source` chooses.
pub fn generate(source: &mut Source<'_>, known: &Known) -> Vec<u8> {
	let map = MemoryMapBuilder::new(4_096).rw_data_size(MEMORY).build();
	let start = map.expect("the size is small; qed").rw_data_address();
	let data = Data::new(start, known);
	let mut writer = Writer { source, known, data, imports: vec![], code: vec![] };
	let exports = ENTRIES.map(|_| {
		let start = writer.code.len();
		writer.entry();
		start
	});

	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.set_stack_size(4_096);
	builder.set_rw_data_size(MEMORY);
	builder.set_rw_data(writer.data.bytes);
	for name in &writer.imports {
		builder.add_import(ROWS[*name].0.as_bytes());
	}
	for (at, name) in exports.into_iter().zip(ENTRIES) {
		builder.add_export_by_instruction(at as u32, name.as_bytes());
	}
	builder.set_code(&writer.code, &[]);
	builder.to_vec().expect("the instructions are of this set; qed")
}

/// The initial memory of a program. Objects are listed by address.
struct Data {
	start: u32,
	bytes: Vec<u8>,
	accounts: Vec<u32>,
	hashes: Vec<u32>,
	entries: Vec<u32>,
	options: Vec<u32>,
	weights: Vec<u32>,
	amounts: Vec<u32>,
	/// Encoded calls of the runtime, and their lengths.
	calls: Vec<(u32, u64)>,
	/// Keys, salts, topics and inputs.
	words: Vec<u32>,
}

impl Data {
	fn new(start: u32, known: &Known) -> Self {
		let mut data = Self {
			start,
			bytes: vec![],
			accounts: vec![],
			hashes: vec![],
			entries: vec![],
			options: vec![],
			weights: vec![],
			amounts: vec![],
			calls: vec![],
			words: vec![],
		};
		data.accounts = known.accounts.iter().map(|account| data.put(account.as_ref())).collect();
		data.hashes = known.hashes.iter().map(|hash| data.put(hash.as_bytes())).collect();
		data.entries = ["abc", "bc", "c"].map(|names| data.put(names.as_bytes())).into();
		// Value; ref time, proof size; deposit limit; upgrade authority.
		data.options = [
			(0u128, 0u64, 0u64, u128::MAX, 2u64),
			(0, 2_000_000_000, 100_000, u128::MAX, 1),
			(1_000_000_000, 0, 0, u128::MAX, 2),
			(u128::MAX, 1, 1, 0, 0),
			(0, 0, 0, 1_000_000_000, u64::MAX),
		]
		.map(|options| data.put(&options.encode()))
		.into();
		data.weights = [(5_000_000_000u64, 500_000u64), (0, 0), (u64::MAX, u64::MAX)]
			.map(|weight| data.put(&weight.encode()))
			.into();
		data.amounts =
			[1_000_000_000u128, 0, 1, u128::MAX].map(|amount| data.put(&amount.encode())).into();
		data.calls = known
			.calls
			.iter()
			.map(RuntimeCall::encode)
			.chain([vec![0xff; 9]])
			.map(|call| (data.put(&call), call.len() as u64))
			.collect();
		data.words = (0..6u8).map(|word| data.put(&[word; 32])).collect();
		data
	}

	fn put(&mut self, bytes: &[u8]) -> u32 {
		let address = self.start + self.bytes.len() as u32;
		self.bytes.extend(bytes);
		address
	}
}

struct Writer<'a, 'b> {
	source: &'a mut Source<'b>,
	known: &'a Known,
	data: Data,
	/// Rows of the table, by the import's number.
	imports: Vec<usize>,
	code: Vec<Instruction>,
}

impl Writer<'_, '_> {
	fn entry(&mut self) {
		for _ in 0..self.source.below(SYSCALLS) {
			if self.source.chance(32) {
				// The largest numbers of rounds make the program move to native code.
				let rounds = self.source.pick(&[1, 50, 2_000, 60_000, 300_000]);
				self.compute(rounds);
			}
			self.syscall();
		}
		self.code.push(match self.source.below(24) {
			22 => Instruction::trap,
			_ => asm::ret(),
		});
	}

	fn compute(&mut self, rounds: i32) {
		self.code.extend([asm::load_imm(Reg::T0, rounds), Instruction::fallthrough]);
		let block = self.code.iter().filter(|it| it.starts_new_basic_block()).count();
		self.code.push(asm::add_imm_64(Reg::T0, Reg::T0, -1));
		self.code.push(asm::branch_not_eq_imm(Reg::T0, 0, block as u32));
	}

	fn syscall(&mut self) {
		let row = self.source.below(ROWS.len());
		let (name, arguments) = ROWS[row];
		let call = self.source.below(self.data.calls.len());
		let values: Vec<u64> = arguments.iter().map(|it| self.argument(name, it, call)).collect();
		for (reg, value) in Reg::ARG_REGS.into_iter().zip(values) {
			self.code.push(asm::load_imm64(reg, value));
		}
		let import = self.imports.iter().position(|it| *it == row).unwrap_or_else(|| {
			self.imports.push(row);
			self.imports.len() - 1
		});
		self.code.push(asm::ecalli(import as i32));
		if self.source.chance(64) {
			self.code.push(asm::store_u64(Reg::A0, (self.data.start + SCRATCH) as i32));
		}
	}

	fn argument(&mut self, syscall: &str, name: &str, call: usize) -> u64 {
		let Self { source, known, data, .. } = self;
		if source.chance(12) {
			let end = u64::from(data.start + MEMORY);
			return match source.below(4) {
				0 => u64::from_le_bytes(source.array()),
				1 => source.pick(&[0, 1, u64::MAX, 1 << 32, u32::MAX.into(), 65_536, 65_537]),
				2 => end - u64::from(source.byte()),
				_ => end,
			};
		}
		let pick = |source: &mut Source<'_>, from: &[u32]| u64::from(source.pick(from));
		match (syscall, name) {
			("dispatch", "call") => data.calls[call].0.into(),
			("dispatch", "len") => data.calls[call].1,
			(_, "address" | "account" | "to" | "beneficiary") => {
				data.accounts[known.account(source)].into()
			},
			(_, "code_hash") => pick(source, &data.hashes),
			(_, "entry") => pick(source, &data.entries),
			(_, "entry_len") => 1,
			(_, "options") => pick(source, &data.options),
			(_, "weight" | "budget") => pick(source, &data.weights),
			(_, "amount") => pick(source, &data.amounts),
			(_, "out") => u64::from(data.start + SCRATCH) + u64::from(source.byte()) * 64,
			(_, "flags" | "authority" | "on") => source.below(8) as u64,
			(_, "job" | "number" | "deadline" | "offset") => source.below(6) as u64,
			(_, "key_len" | "salt_len" | "topic_len" | "topics_len") => {
				source.pick(&[32, 32, 4, 1, 0, 64, 33])
			},
			(_, other) if other.ends_with("len") => {
				source.pick(&[0, 8, 32, 32, 100, 1_024, 4_096, 16_384, 60_000])
			},
			_ => pick(source, &data.words),
		}
	}
}
