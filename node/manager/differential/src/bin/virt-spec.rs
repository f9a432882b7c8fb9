//! `virt-spec`: runs PolkaVM's own test cases of its instruction set on our backends. See `make spec`.
//!
//! A case is a text file in `tools/spectool/spec/src` of PolkaVM's repository: the assembly of a program, register
//! values before the run (`pre: a0 = 1`) and after it (`post: a2 = 3`), and a label at the instruction that traps.
//! Stores of all registers are inserted before that trap, so that their values can be read. Cases of the gas model
//! (`gas_*`) are skipped: PolkaVM's cases have one model for all code, and we have two tiers.

use polkavm_common::{
	assembler::assemble,
	program::{InstructionSetKind, ProgramBlob},
	utils,
};
use std::{collections::BTreeMap, fs, path::PathBuf, process::ExitCode};
use virt_differential::{
	generate::TABLE,
	machine::{Engines, Machine, Managed},
};
use virt_primitives::step::Step;

/// Enough gas for every case.
const GAS: i64 = 1_000_000;

/// The size of a program's writable data, and the offset in it of the stored registers.
const DATA: u32 = 0x5000;
const STORED: u32 = 0x4000;

/// The address of writable data in a program without read-only data, and the offset that read-only data adds.
const DATA_AT: u32 = 0x2_0000;
const READ_ONLY: u32 = 0x1_0000;

/// The assembler's names of the registers, in the order of the stores.
const REGISTERS: [&str; 13] =
	["ra", "sp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5"];

/// The registers that can be set as arguments.
const ARGUMENTS: [&str; 6] = ["a0", "a1", "a2", "a3", "a4", "a5"];

struct Case {
	assembly: String,
	before: BTreeMap<String, u64>,
	after: BTreeMap<String, u64>,
	/// The address of the stored registers, if the label is at a `trap` instruction. `None` if another instruction
	/// traps.
	stored: Option<u32>,
	/// The same program with an export at the trap.
	marked: String,
}

fn main() -> ExitCode {
	let Some(folder) = std::env::args().nth(1) else {
		eprintln!(
			"usage: virt-spec FOLDER, the folder tools/spectool/spec/src of PolkaVM's repository"
		);
		return ExitCode::FAILURE;
	};
	let mut files: Vec<PathBuf> = match fs::read_dir(&folder) {
		Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
		Err(error) => {
			eprintln!("error: {folder}: {error}");
			return ExitCode::FAILURE;
		},
	};
	files.sort();
	let engines = Engines::start();
	let (mut good, mut left_out, mut wrong) = (0, Vec::new(), 0);
	for path in files {
		let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
		let text = fs::read_to_string(&path).unwrap_or_default();
		let case = match parse(&name, &text) {
			Ok(case) => case,
			Err(reason) => {
				left_out.push(format!("{name}: {reason}"));
				continue;
			},
		};
		match run(&engines, &case) {
			Ok(Some(_)) => good += 1,
			Ok(None) => left_out.push(format!("{name}: not of the instruction set that we accept")),
			Err(error) => {
				wrong += 1;
				eprintln!("{name}: {error}");
			},
		}
	}
	let ways: usize = engines.families.iter().map(|family| family.managed.len()).sum();
	println!("{good} cases give what they name, each in {ways} ways; {wrong} do not");
	println!("left out, {}:", left_out.len());
	for reason in left_out {
		println!("  {reason}");
	}
	if wrong > 0 || good == 0 {
		return ExitCode::FAILURE;
	}
	ExitCode::SUCCESS
}

fn parse(name: &str, text: &str) -> Result<Case, &'static str> {
	if name.starts_with("gas_") {
		return Err("about the gas model");
	}
	if text.lines().any(|line| line.starts_with("step:")) {
		return Err("it maps memory while it runs");
	}
	let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
	let read_only = if text.contains("%ro_data_size") { READ_ONLY } else { 0 };
	let ends = text
		.split("@expected_exit")
		.nth(1)
		.is_some_and(|rest| rest.lines().nth(1).is_some_and(|line| line.trim() == "trap"));
	let stored = ends.then_some(DATA_AT + read_only + STORED);
	let mut assembly = match stored {
		Some(_) => format!("%rw_data_size = {DATA}\n"),
		None => String::new(),
	};
	let mut at_end = false;
	for line in text.lines() {
		let trimmed = line.trim();
		if let Some((what, rest)) =
			line.split_once(':').filter(|(what, _)| *what == "pre" || *what == "post")
		{
			let (left, right) = rest.split_once('=').ok_or("a line without `=`")?;
			let (left, right) = (left.trim(), right.trim());
			match (left, what) {
				("gas", _) => {},
				("pc", "post") => {},
				("pc", _) => return Err("it starts in the middle"),
				(register, "pre") if !ARGUMENTS.contains(&register) => {
					return Err("it needs another register than an argument's")
				},
				(register, _) => {
					let value = utils::parse_immediate(right).ok_or("a value that is no number")?;
					let values = if what == "pre" { &mut before } else { &mut after };
					values.insert(register.to_owned(), value.into());
				},
			}
			continue;
		}
		if trimmed.starts_with("%rw_data_size") && ends {
			continue;
		}
		if let (true, Some(stored)) = (at_end, stored) {
			for (number, register) in REGISTERS.iter().enumerate() {
				let address = stored + number as u32 * 8;
				assembly += &format!("u64 [0x{address:x}] = {register}\n");
			}
		}
		at_end = trimmed.starts_with("pub @expected_exit");
		assembly += line;
		assembly.push('\n');
	}
	if !text.contains("@expected_exit") {
		return Err("it names no end");
	}
	if !ends && text.lines().any(|line| line.trim() == "ret") {
		return Err("it ends by returning");
	}
	// An export in the middle of a block is rejected, so the program that runs has no export at the label.
	let marked = assembly.clone();
	let assembly = assembly.replace("pub @expected_exit", "@expected_exit");
	Ok(Case { assembly, marked, before, after, stored })
}

/// Returns `None` if the program uses an instruction that is not in our instruction set.
fn run(engines: &Engines, case: &Case) -> Result<Option<()>, String> {
	let Ok(program) = assemble(Some(InstructionSetKind::ReviveV1), &case.assembly) else {
		return Ok(None);
	};
	let marked = assemble(Some(InstructionSetKind::ReviveV1), &case.marked)?;
	let marked = ProgramBlob::parse(marked.into()).map_err(|error| error.to_string())?;
	let end = marked.exports().find(|export| export.symbol().as_bytes() == b"expected_exit");
	let end = end.ok_or("the end is not exported")?.program_counter().0;
	let last = ARGUMENTS.iter().rposition(|name| case.before.contains_key(*name));
	let arguments: Vec<u64> = ARGUMENTS[..last.map_or(0, |last| last + 1)]
		.iter()
		.map(|name| case.before.get(*name).copied().unwrap_or(0))
		.collect();
	for (name, start) in engines.families.iter().flat_map(|family| &family.managed) {
		let mut machine = match Managed::new(start, &program, TABLE) {
			Ok(machine) => machine,
			Err(refused) => return Err(format!("{name}: refused, {refused:?}\n{}", case.assembly)),
		};
		if !machine.prepare(b"main", &arguments) {
			return Err(format!("{name}: there is no `main`"));
		}
		let step = machine.run(GAS, None);
		let Step::Trapped { pc, .. } = step else {
			return Err(format!("{name}: {step:?} in place of a trap"));
		};
		let Some(stored_at) = case.stored else {
			// The recompiler does not always report the position of a trap.
			if pc.is_some_and(|pc| pc != end) || pc.is_none() && name.starts_with("interpreter") {
				return Err(format!("{name}: a trap at {pc:?}, expected one at {end}"));
			}
			continue;
		};
		let mut stored = [0; 13 * 8];
		if !machine.read(stored_at, &mut stored) {
			return Err(format!("{name}: the registers cannot be read"));
		}
		let registers: BTreeMap<&str, u64> = REGISTERS
			.into_iter()
			.zip(stored.chunks_exact(8))
			.map(|(name, bytes)| {
				(name, u64::from_le_bytes(bytes.try_into().expect("8 bytes; qed")))
			})
			.collect();
		for (register, expected) in &case.after {
			let seen = registers.get(register.as_str());
			if seen != Some(expected) {
				return Err(format!("{name}: {register} is {seen:x?}, expected {expected:#x}"));
			}
		}
	}
	Ok(Some(()))
}
