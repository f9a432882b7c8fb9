//! `disassemble`: instructions by basic block, with gas and source lines.

use super::{
	blob::File,
	known,
	text::{grouped, printable},
	Failure, Subject,
};
use clap::Args;
use polkavm_common::program::{Instruction, InstructionFormat, ParsedInstruction};
use serde::Serialize;
use std::{
	cell::Cell,
	collections::{BTreeMap, BTreeSet},
	fmt,
	path::PathBuf,
};
use virt_manager::Costs;
use virt_primitives::snapshot::Tier;

const HELP: &str = "\
The gas of a block is charged when it is entered. Translation on tier one and syscalls cost more gas. Source lines \
are shown if the blob, or <name>.debug.polkavm beside it, has debug information.

Examples:
  virt-node program disassemble counter.polkavm
  virt-node program disassemble counter.polkavm --entry get

JSON: { blocks: [{ offset, exports, gas, gas_tier_two, instructions: [{ offset, text, syscall, source }] }] }";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct DisassembleCmd {
	#[command(flatten)]
	subject: Subject,

	/// Only show blocks that are reachable from this export by direct jumps. Functions that are
	/// only called through a pointer are omitted.
	#[arg(long, value_name = "NAME")]
	entry: Option<String>,

	/// The program with debug information.
	#[arg(long, value_name = "FILE")]
	debug: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
	blocks: Vec<Block>,
}

#[derive(Serialize)]
struct Block {
	offset: u32,
	exports: Vec<String>,
	gas: Option<i64>,
	/// Gas on tier two.
	gas_tier_two: Option<i64>,
	instructions: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
	offset: u32,
	text: String,
	syscall: Option<String>,
	source: Option<String>,
}

impl DisassembleCmd {
	pub fn run(self) -> Result<(), Failure> {
		let file = File::open(&self.subject.file)?;
		let sources = known::sources(&file, self.debug.as_deref())?;
		let mut blocks = file.blocks();
		if let Some(entry) = &self.entry {
			let reached = reachable(&blocks, file.entry(entry)?);
			blocks.retain(|block| reached.contains(&block[0].offset.0));
		}
		let costs = Costs::of(&file.blob);
		if let Err(error) = &costs {
			eprintln!("Note: the gas of the blocks is unknown: {error}");
		}
		let imports = file.imports();
		let mut exports = BTreeMap::<_, Vec<_>>::new();
		for (offset, name) in file.exports() {
			exports.entry(offset).or_default().push(name);
		}
		let line = |instruction: &ParsedInstruction| {
			let offset = instruction.offset.0;
			let place = sources.as_ref().and_then(|sources| sources.own_place(offset));
			Line {
				offset,
				text: display(instruction.kind).0,
				syscall: match instruction.kind {
					Instruction::ecalli(number) => imports.get(number as usize).cloned(),
					_ => None,
				},
				source: place.map(|place| place.to_string()),
			}
		};
		let block = |instructions: Vec<ParsedInstruction>| {
			let offset = instructions[0].offset.0;
			Block {
				offset,
				exports: exports.get(&offset).cloned().unwrap_or_default(),
				gas: costs.as_ref().ok().and_then(|costs| costs.block(Tier::One, offset)),
				gas_tier_two: costs.as_ref().ok().and_then(|costs| costs.block(Tier::Two, offset)),
				instructions: instructions.iter().map(line).collect(),
			}
		};
		self.subject.show(&Report { blocks: blocks.into_iter().map(block).collect() })
	}
}

/// An instruction as text, and its jump target, if it is constant.
fn display(instruction: Instruction) -> (String, Option<u32>) {
	let target = Cell::new(None);
	let jump = |to: u32, f: &mut fmt::Formatter<'_>| {
		target.set(Some(to));
		write!(f, "@{to}")
	};
	let mut format = InstructionFormat::default();
	format.jump_target_formatter = Some(&jump);
	let text = instruction.display(&format).to_string();
	(text, target.get())
}

/// The starts of the blocks that are reachable from `start`.
fn reachable(blocks: &[Vec<ParsedInstruction>], start: u32) -> BTreeSet<u32> {
	let ends: BTreeMap<_, _> =
		blocks.iter().filter_map(|block| Some((block[0].offset.0, block.last()?))).collect();
	let mut reached = BTreeSet::new();
	let mut ahead = vec![start];
	while let Some(block) = ahead.pop() {
		let Some(end) = ends.get(&block).filter(|_| reached.insert(block)) else { continue };
		ahead.extend(display(end.kind).1);
		// A call returns to the next instruction.
		let goes_on = !matches!(
			end.kind,
			Instruction::trap | Instruction::jump(..) | Instruction::jump_indirect(..)
		);
		if goes_on {
			ahead.push(end.next_offset.0);
		}
	}
	reached
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for Block { offset, exports, gas, gas_tier_two, instructions } in &self.blocks {
			for name in exports {
				writeln!(f, "\n<{}>:", printable(name))?;
			}
			let gas = gas.zip(*gas_tier_two).map_or(String::new(), |(one, two)| {
				format!("gas {}, on tier two {}", grouped(one), grouped(two))
			});
			writeln!(f, "@{offset}:  {gas}")?;
			let mut last = None;
			for Line { offset, text, syscall, source } in instructions {
				let mut comment = Vec::new();
				comment.extend(syscall.as_deref().map(printable));
				comment.extend(
					source.as_ref().filter(|source| Some(*source) != last).map(|it| printable(it)),
				);
				last = source.as_ref();
				match comment.is_empty() {
					true => writeln!(f, "  {offset:>7}  {text}")?,
					false => writeln!(f, "  {offset:>7}  {text:<40} ; {}", comment.join(", "))?,
				}
			}
		}
		Ok(())
	}
}
