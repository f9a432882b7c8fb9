//! `virt-bench-revive`: measures calls of pallet-virt and the same calls of pallet-revive in one
//! runtime, and prints their times and charged weights.
//!
//! - [`cases`]: the measured calls. [`chain`]: the runtime and its state. [`report`]: the table.

mod cases;
mod chain;
mod report;

use chain::{Chain, Form};
use clap::Parser;
use report::{Figures, Line};
use std::{path::PathBuf, process::ExitCode};
use virt_bench::report::write_between;
use virt_bench_revive_runtime::RuntimeCall;

/// Compares pallet-virt with pallet-revive. `make bench-revive` runs it with the right settings.
#[derive(Parser)]
struct Cli {
	/// Also writes the table to this file, between its two markers
	#[arg(long, value_name = "FILE")]
	write: Option<PathBuf>,
}

/// The lines around the table in a file.
const MARKERS: [&str; 2] = ["<!-- beside pallet-revive, from here -->", "<!-- to there -->"];

/// The number of blocks in which each case is measured; pallets and forms alternate. The median is
/// reported.
const BLOCKS: usize = 25;

/// The maximal number of calls in a block after its first one: fewer if they take long.
const AGAIN: usize = 20;

/// The maximal time of a block's calls, in nanoseconds.
const BLOCK: u64 = 200_000_000;

fn main() -> ExitCode {
	match run(&Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run(cli: &Cli) -> Result<(), String> {
	let mut chain = Chain::new(Form::Tiered)?;
	let mut others = [Chain::new(Form::Interpreter)?, Chain::new(Form::Embedded)?];
	chain.block(&cases::setup())?;
	for other in &mut others {
		other.block(&cases::setup())?;
	}
	let mut lines = Vec::new();
	for case in cases::all() {
		eprintln!("{}", case.name);
		chain.block(&case.setup)?;
		let mut outputs = vec![chain.output(&case.virt)?, chain.output(&case.revive)?];
		for other in &mut others {
			other.block(&case.setup)?;
			outputs.push(other.output(&case.virt)?);
		}
		if outputs.iter().any(|output| *output != outputs[0]) {
			return Err(format!("{}: the outputs differ: {outputs:?}", case.name));
		}
		let mut line = Line::new(case.name);
		let times = [&case.virt, &case.revive].map(|call| again(&mut chain, call));
		let others_times = others.each_mut().map(|other| again(other, &case.virt));
		for _ in 0..BLOCKS {
			for (times, call, figures) in [
				(&times[0], &case.virt, &mut line.virt),
				(&times[1], &case.revive, &mut line.revive),
			] {
				measure(&mut chain, call, *times.as_ref().map_err(Clone::clone)?, figures)?;
			}
			for ((other, times), figures) in others
				.iter_mut()
				.zip(&others_times)
				.zip([&mut line.interpreter, &mut line.embedded])
			{
				measure(other, &case.virt, *times.as_ref().map_err(Clone::clone)?, figures)?;
			}
			chain.forget();
			let new = &chain.block(std::slice::from_ref(&case.virt))?[0];
			line.new.push(new.nanoseconds);
		}
		lines.push(line);
	}
	let text = report::markdown(&lines);
	print!("{text}");
	match &cli.write {
		Some(path) => write_between(MARKERS, path, &text),
		None => Ok(()),
	}
}

/// The number of repetitions of a call in a block.
fn again(chain: &mut Chain, call: &RuntimeCall) -> Result<usize, String> {
	let one = &chain.block(&[call.clone(), call.clone()])?[1];
	Ok((BLOCK / one.nanoseconds.max(1)).clamp(1, AGAIN as u64) as usize)
}

/// Measures a call in a block of its own.
fn measure(
	chain: &mut Chain,
	call: &RuntimeCall,
	again: usize,
	figures: &mut Figures,
) -> Result<(), String> {
	let dispatched = chain.block(&vec![call.clone(); again + 1])?;
	figures.first.push(dispatched[0].nanoseconds);
	figures.again.extend(dispatched[1..].iter().map(|one| one.nanoseconds));
	figures.charged = dispatched[1].charged;
	Ok(())
}
