//! `explain`: shows a trace of a running node.

use super::{
	blob,
	known::Known,
	text::{self, printable_lines},
	Failure,
};
use clap::Args;
use serde::Deserialize;
use std::{
	fmt::Write,
	io::{self, Read},
	path::{Path, PathBuf},
};
use virt_trace::{coverage::Coverage, profile::Profile, tree::Tree, Program};

const HELP: &str = "\
The input is the JSON-RPC response of `virt_traceCall` or `virt_traceTransaction`, or its `result`. Names, types and \
source lines come from the files <name>.polkavm, <name>.abi.json and <name>.debug.polkavm in a folder.

Examples:
  virt-node program explain answer.json --programs target/programs
  virt trace 12-1 --json | virt-node program explain - --programs . --profile call.svg";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ExplainCmd {
	/// The file with the trace; `-` for standard input.
	answer: PathBuf,

	/// The folder of the programs.
	#[arg(long, value_name = "FOLDER", default_value = ".")]
	programs: PathBuf,

	/// Show the gas by function and by line, and write a profile: a flame graph to a .svg file,
	/// speedscope's format to a .json file, otherwise folded stacks.
	#[arg(long, value_name = "FILE")]
	profile: Option<PathBuf>,

	/// Write line coverage to this file, in lcov's format.
	#[arg(long, value_name = "FILE")]
	coverage: Option<PathBuf>,
}

/// A JSON-RPC response, or its result.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
	Whole { result: Traced },
	Inner(Traced),
}

#[derive(Deserialize)]
struct Traced {
	programs: Vec<Program>,
}

impl ExplainCmd {
	pub fn run(self) -> Result<(), Failure> {
		let json = match self.answer == Path::new("-") {
			true => {
				let mut json = Vec::new();
				let read = io::stdin().lock().read_to_end(&mut json);
				read.map_err(|error| Failure::Usage(format!("standard input: {error}")))?;
				json
			},
			false => blob::read(&self.answer)?,
		};
		let answer = serde_json::from_slice(&json).map_err(|error| {
			Failure::Usage(format!("{} is not a trace: {error}", self.answer.display()))
		})?;
		let (Answer::Whole { result: Traced { programs } } | Answer::Inner(Traced { programs })) =
			answer;
		let known = Known::folder(&self.programs);
		let mut told = String::new();
		for program in &programs {
			let _ = writeln!(told, "{}", Tree::new(program, &known));
		}
		if programs.is_empty() {
			told.push_str("no program was called\n");
		}
		if let Some(path) = &self.profile {
			let profile = Profile::new(&programs, &known);
			blob::write_profile(path, &profile, "gas")?;
			let _ = writeln!(told, "{profile}");
		}
		if let Some(path) = &self.coverage {
			let mut coverage = Coverage::default();
			for program in &programs {
				coverage.add(program, &known);
			}
			blob::write(path, &coverage.to_string())?;
		}
		text::print(&printable_lines(&told))
	}
}
