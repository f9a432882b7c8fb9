//! `virt-node program`: tools for authors of programs, without a node.
//!
//! - [`inspect`], [`disassemble`]: show the contents of a blob. [`execute`]: runs it. [`explain`]:
//!   shows a trace of a node.
//! - [`blob`]: program files. [`known`]: names, ABIs and debug information of programs.
//! - [`abi`]: encodes arguments and decodes results. [`bindings`]: generates typed clients.
//! - [`chain`]: a chain in memory with the node's runtime. [`remote`]: a running node.
//! - [`syscalls`]: the syscall tables.
//! - [`project`]: creates, builds and tests projects. [`test_chain`]: the chain of a test.
//!
//! Except for `--url`, these commands open no database, key or port. Each prints a report as text,
//! or as JSON.

pub mod abi;
mod bindings;
mod blob;
pub mod chain;
mod disassemble;
mod execute;
mod explain;
mod inspect;
mod job;
pub mod known;
mod project;
mod remote;
pub mod syscalls;
mod test_chain;
mod text;

use clap::{Args, Subcommand};
use serde::Serialize;
use std::{
	fmt::{self, Display},
	path::PathBuf,
	process::ExitCode,
};
use virt_manager::BackendChoice;

#[derive(Debug, Subcommand)]
pub enum ProgramCmd {
	/// Create a project: a crate with a program, and its tests.
	New(project::NewCmd),

	/// Build the programs of a crate or workspace.
	Build(project::BuildCmd),

	/// Generate a typed client of a program, for TypeScript or for other programs.
	Bindings(bindings::BindingsCmd),

	/// Run the tests of a project, and show the gas of each entry.
	Test(project::TestCmd),

	/// Show the contents of a program, and whether the chain accepts it.
	Inspect(inspect::InspectCmd),

	/// Show the instructions of a program, with the gas of each basic block.
	Disassemble(disassemble::DisassembleCmd),

	/// Run a program on a chain in memory, or on a node.
	Run(Box<execute::RunCmd>),

	/// Show a trace of a running node, with source lines.
	Explain(explain::ExplainCmd),

	/// Print the code hash of a program.
	Hash(HashCmd),

	/// Serve a chain in memory to a test, over standard input and output. For `virt-testing`.
	#[command(hide = true)]
	TestChain(test_chain::TestChainCmd),
}

impl ProgramCmd {
	/// Runs the command and prints its report.
	pub fn run(self, backend: BackendChoice) -> Result<(), Failure> {
		match self {
			Self::New(cmd) => cmd.run(),
			Self::Build(cmd) => cmd.run(),
			Self::Bindings(cmd) => cmd.run(),
			Self::Test(cmd) => cmd.run(),
			Self::TestChain(cmd) => cmd.run(backend),
			Self::Inspect(cmd) => cmd.run(),
			Self::Disassemble(cmd) => cmd.run(),
			Self::Run(cmd) => cmd.run(backend),
			Self::Explain(cmd) => cmd.run(),
			Self::Hash(cmd) => cmd.run(),
		}
	}
}

/// The arguments of every command.
#[derive(Debug, Args)]
pub struct Subject {
	/// The program: a `.polkavm` file, as written by `virt-node program build`.
	pub file: PathBuf,

	/// Print one JSON object instead of text. Bytes are in hex with `0x`.
	#[arg(long)]
	pub json: bool,
}

impl Subject {
	/// Prints a report. Closed standard output is not an error.
	fn show(&self, report: &(impl Serialize + Display)) -> Result<(), Failure> {
		let text = match self.json {
			true => {
				let json = serde_json::to_string_pretty(report).expect("reports are JSON; qed");
				// serde does not escape DEL and the characters after it.
				let escape = |c: char| match c.is_control() && c > ' ' {
					true => format!("\\u{:04x}", u32::from(c)),
					false => c.into(),
				};
				json.chars().map(escape).chain(["\n".into()]).collect()
			},
			false => text::printable_lines(&report.to_string()),
		};
		text::print(&text)
	}
}

/// Why a command fails.
#[derive(Debug)]
pub enum Failure {
	/// Invalid arguments: exit status 2.
	Usage(String),
	/// The program was rejected or failed: exit status 1.
	Program(String),
}

impl Display for Failure {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (Self::Usage(reason) | Self::Program(reason)) = self;
		f.write_str(&text::printable_lines(reason))
	}
}

impl std::error::Error for Failure {}

/// The exit status of an error: 2 for invalid arguments, otherwise 1.
pub fn exit_code(error: &sc_cli::Error) -> ExitCode {
	match error {
		sc_cli::Error::Application(error)
			if matches!(error.downcast_ref(), Some(Failure::Usage(_))) =>
		{
			ExitCode::from(2)
		},
		_ => ExitCode::FAILURE,
	}
}

const HASH_HELP: &str = "\
The code hash is the BLAKE2b-256 hash of the file, an argument of `virt.instantiate` and `virt.run`.

Example:
  virt-node program hash counter.polkavm

JSON: { code_hash }";

#[derive(Debug, Args)]
#[command(after_help = HASH_HELP)]
pub struct HashCmd {
	#[command(flatten)]
	subject: Subject,
}

#[derive(Serialize)]
struct Hash {
	code_hash: String,
}

impl Display for Hash {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "{}", self.code_hash)
	}
}

impl HashCmd {
	fn run(self) -> Result<(), Failure> {
		let file = blob::File::open(&self.subject.file)?;
		self.subject.show(&Hash { code_hash: text::hex(file.code_hash().as_bytes()) })
	}
}
