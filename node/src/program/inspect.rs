//! `inspect`: shows the contents of a program, and the pallet's limits.

use super::{
	blob::File,
	chain::{Chain, Endpoint, Fault, Trial},
	syscalls,
	text::{grouped, hex, printable},
	Failure, Subject,
};
use clap::Args;
use pallet_virt::{dry_run::DepositChange, limits::*, Call};
use polkavm_common::abi::MemoryMapBuilder;
use serde::Serialize;
use sp_keyring::Sr25519Keyring;
use std::{fmt, ops::Range};
use virt_manager::{BackendChoice, Engine};

const HELP: &str = "\
The program is uploaded to a chain in memory. If the pallet rejects it, the error of `virt.upload` is shown, and the \
exit status is 1. A file that is not a PolkaVM program is not inspected: `virt.upload` fails with `InvalidProgram`.

Examples:
  virt-node program inspect counter.polkavm
  virt-node program inspect counter.polkavm --json | jq .admission

JSON: { file, code_hash, instruction_set,
        exports: [{ name, offset }],
        imports: [{ name, known, base, per_word, needs_account }],      gas is base + per_word * n
        sizes: { blob, code, read_only_data, read_write_data, bss, stack, debug },
        memory_map: [{ what, start, end }], instructions, basic_blocks,
        limits: [{ what, is, limit }],
        admission: { admitted, error, explanation, deposit } }";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct InspectCmd {
	#[command(flatten)]
	subject: Subject,
}

#[derive(Serialize)]
struct Report {
	file: String,
	code_hash: String,
	instruction_set: String,
	exports: Vec<Export>,
	imports: Vec<Import>,
	sizes: Sizes,
	memory_map: Vec<Region>,
	instructions: usize,
	basic_blocks: usize,
	limits: Vec<Limit>,
	admission: Admission,
}

#[derive(Serialize)]
struct Export {
	name: String,
	offset: u32,
}

#[derive(Serialize)]
struct Import {
	name: String,
	known: bool,
	base: Option<u64>,
	per_word: Option<u64>,
	needs_account: Option<bool>,
}

#[derive(Serialize)]
struct Sizes {
	blob: usize,
	code: usize,
	read_only_data: u32,
	read_write_data: u32,
	/// The part of the read-write data that is initially zero, and so not in the blob.
	bss: u32,
	stack: u32,
	debug: usize,
}

#[derive(Serialize)]
struct Region {
	what: &'static str,
	start: u32,
	end: u32,
}

#[derive(Serialize)]
struct Limit {
	what: &'static str,
	is: u64,
	limit: u64,
}

#[derive(Serialize)]
struct Admission {
	admitted: bool,
	error: Option<String>,
	explanation: Option<String>,
	/// The deposit of its owner, in the smallest unit.
	deposit: Option<String>,
}

impl InspectCmd {
	pub fn run(self) -> Result<(), Failure> {
		let file = File::open(&self.subject.file)?;
		let trial = upload(&file)?;
		self.subject.show(&Report::of(&file, &trial))?;
		match trial.result {
			Ok(()) => Ok(()),
			Err(error) => {
				let fault = Fault::from(error);
				Err(Failure::Program(format!("the chain rejects the program: {fault}")))
			},
		}
	}
}

/// The result of the chain's checks.
fn upload(file: &File) -> Result<Trial, Failure> {
	// The result does not depend on the backend, and this one works everywhere.
	let engine = Engine::new(BackendChoice::Interpreter, None)
		.map_err(|error| Failure::Usage(error.to_string()))?;
	let owner = Sr25519Keyring::Alice.to_account_id();
	let mut chain = Chain::open(None, &owner, engine)?;
	let call = Call::upload { code: file.bytes.clone(), storage_deposit_limit: None };
	chain.attempt(&owner, &call)
}

impl Report {
	fn of(file: &File, trial: &Trial) -> Self {
		let File { bytes, parts, blob, .. } = file;
		let exports = file.exports();
		let imports = file.imports();
		let blocks = file.blocks();
		let map = MemoryMapBuilder::new(PAGE_SIZE)
			.ro_data_size(blob.ro_data_size())
			.rw_data_size(blob.rw_data_size())
			.stack_size(blob.stack_size())
			.build();
		let region = |what, Range { start, end }: Range<u32>| Region { what, start, end };
		// There is no memory map if the memory does not fit.
		let memory_map = map.map_or(Vec::new(), |map| {
			vec![
				region("read-only data", map.ro_data_range()),
				region("read-write data", map.rw_data_range()),
				region("stack", map.stack_range()),
			]
		});
		let paged = |size: u32| u64::from(size).div_ceil(PAGE_SIZE.into()) * u64::from(PAGE_SIZE);
		let memory =
			paged(blob.ro_data_size()) + paged(blob.rw_data_size()) + paged(blob.stack_size());
		let longest_block = blocks.iter().map(Vec::len).max().unwrap_or(0);
		let limit =
			|what, is: usize, limit: u32| Limit { what, is: is as u64, limit: limit.into() };
		Self {
			file: file.path.display().to_string(),
			code_hash: hex(file.code_hash().as_bytes()),
			instruction_set: format!("{:?}", blob.isa()),
			limits: vec![
				limit("bytes of the blob", bytes.len(), MAX_CODE),
				Limit { what: "bytes of memory", is: memory, limit: MAX_MEMORY.into() },
				limit("imports", imports.len(), MAX_IMPORTS),
				limit("exports", exports.len(), MAX_EXPORTS),
				limit("bytes of an export's name", file.longest_export(), MAX_ENTRY),
				limit(
					"entries of the jump table",
					blob.jump_table().len() as usize,
					MAX_JUMP_TABLE,
				),
				limit("instructions in a basic block", longest_block, MAX_BASIC_BLOCK),
			],
			exports: exports.into_iter().map(|(offset, name)| Export { name, offset }).collect(),
			imports: imports.into_iter().map(Import::of).collect(),
			sizes: Sizes {
				blob: bytes.len(),
				code: blob.code().len(),
				read_only_data: blob.ro_data_size(),
				read_write_data: blob.rw_data_size(),
				bss: blob.rw_data_size().saturating_sub(parts.rw_data.len() as u32),
				stack: blob.stack_size(),
				debug: file.debug_size(),
			},
			memory_map,
			instructions: blocks.iter().map(Vec::len).sum(),
			basic_blocks: blocks.len(),
			admission: Admission::of(trial),
		}
	}
}

impl Import {
	fn of(name: String) -> Self {
		let row = syscalls::by_name(&name);
		Self {
			name,
			known: row.is_some(),
			base: row.map(|row| row.base),
			per_word: row.map(|row| row.per_word),
			needs_account: row.map(|row| row.needs_account),
		}
	}
}

impl Admission {
	fn of(trial: &Trial) -> Self {
		let fault = trial.result.err().map(Fault::from);
		let deposit = match &trial.deposit {
			DepositChange::Charge(amount) if fault.is_none() => Some(amount.to_string()),
			_ => None,
		};
		Self {
			admitted: fault.is_none(),
			error: fault.as_ref().map(|fault| fault.error.clone()),
			explanation: fault.map(|fault| fault.explanation),
			deposit,
		}
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Sizes { blob, code, read_only_data, read_write_data, bss, stack, debug } = self.sizes;
		writeln!(f, "code hash        {}", self.code_hash)?;
		writeln!(f, "instruction set  {}", self.instruction_set)?;
		let (blob, code) = (grouped(blob), grouped(code));
		writeln!(f, "size             {blob} bytes, {code} of them code")?;
		writeln!(
			f,
			"code             {} instructions in {} basic blocks",
			grouped(self.instructions),
			grouped(self.basic_blocks),
		)?;
		let data = [read_only_data, read_write_data, bss, stack].map(grouped);
		let [ro, rw, bss, stack] = data;
		writeln!(f, "data             {ro} bytes read-only, {rw} read-write ({bss} of them bss)")?;
		writeln!(f, "stack            {stack} bytes")?;
		match debug {
			0 => writeln!(f, "debug info       none")?,
			size => writeln!(f, "debug info       {} bytes", grouped(size))?,
		}
		writeln!(f, "\nexports, at")?;
		for Export { name, offset } in &self.exports {
			writeln!(f, "  {:<24} {offset:>10}", printable(name))?;
		}
		writeln!(f, "\nimports, for gas")?;
		for import in &self.imports {
			let price = match (import.base, import.per_word) {
				(Some(base), Some(0)) => grouped(base),
				(Some(base), Some(per_word)) => format!("{} + {per_word} n", grouped(base)),
				_ => "unknown syscall".into(),
			};
			let account = if import.needs_account == Some(true) { "  account" } else { "" };
			writeln!(f, "  {:<24} {price:>14}{account}", printable(&import.name))?;
		}
		writeln!(f, "\nmemory")?;
		for Region { what, start, end } in &self.memory_map {
			writeln!(f, "  {what:<24} {start:#010x} .. {end:#010x}")?;
		}
		writeln!(f, "\nlimits")?;
		for Limit { what, is, limit } in &self.limits {
			let over = if is > limit { "  over" } else { "" };
			writeln!(f, "  {what:<30} {:>10} of {:>10}{over}", grouped(is), grouped(limit))?;
		}
		let Admission { error, explanation, deposit, .. } = &self.admission;
		match (error, explanation, deposit) {
			(Some(error), Some(explanation), _) => {
				writeln!(f, "\nrefused          {error}: {explanation}")
			},
			(_, _, Some(deposit)) => {
				writeln!(f, "\nadmitted         for a deposit of {}", grouped(deposit))
			},
			_ => writeln!(f, "\nadmitted"),
		}
	}
}
