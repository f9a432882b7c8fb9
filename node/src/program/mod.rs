//! `virt-node program`: what the author of a program wants to know of it, without a node.
//!
//! - [`inspect`], [`disassemble`]: what is in a blob. [`execute`]: runs it. [`explain`]: what a node
//!   traced.
//! - [`blob`]: a blob in a file, and what lies beside it. [`known`]: what is known of programs by that.
//! - [`abi`]: arguments and results, by a program's own description. [`bindings`]: typed clients by it.
//! - [`chain`]: a chain in memory, of the node's own runtime. [`remote`]: a running node.
//! - [`syscalls`]: the rows of the syscall tables.
//! - [`project`]: makes, builds and tests a project of one's own. [`test_chain`]: the chain of a test.
//!
//! Nothing here opens a database, a key or a port. What a command says is a report: it is shown as
//! text, or as JSON with the names of its fields.

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
	/// Make a project: a crate with a program, and its tests.
	New(project::NewCmd),

	/// Compile the programs of a crate or workspace.
	Build(project::BuildCmd),

	/// Print a typed client of a program, for TypeScript or for other programs.
	Bindings(bindings::BindingsCmd),

	/// Run the tests of a project, and show the gas of each entry.
	Test(project::TestCmd),

	/// Show what is in a program, and whether the chain would admit it.
	Inspect(inspect::InspectCmd),

	/// Show a program's instructions, with what each basic block costs.
	Disassemble(disassemble::DisassembleCmd),

	/// Run a program on a chain in memory.
	Run(Box<execute::RunCmd>),

	/// Show what a running node traced, with lines of source code.
	Explain(explain::ExplainCmd),

	/// Print a program's code hash: its name on the chain.
	Hash(HashCmd),

	/// Serve a chain in memory to a test, over standard input and output. For `virt-testing`.
	#[command(hide = true)]
	TestChain(test_chain::TestChainCmd),
}

impl ProgramCmd {
	/// Does it, and shows what there is to say.
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

/// What every command takes.
#[derive(Debug, Args)]
pub struct Subject {
	/// The program: a `.polkavm` file, as `make program` leaves it.
	pub file: PathBuf,

	/// Print one JSON object instead of text. Bytes are `0x` and hex.
	#[arg(long)]
	pub json: bool,
}

impl Subject {
	/// Shows a report on standard output. That nobody reads on is no fault.
	fn show(&self, report: &(impl Serialize + Display)) -> Result<(), Failure> {
		let text = match self.json {
			true => {
				let json = serde_json::to_string_pretty(report).expect("reports are JSON; qed");
				// serde leaves DEL and those after it as they are, in its strings.
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
	/// The command line asks for what there is not: exit status 2.
	Usage(String),
	/// The program is refused, or did not come to its end: exit status 1.
	Program(String),
}

impl Display for Failure {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (Self::Usage(reason) | Self::Program(reason)) = self;
		f.write_str(&text::printable_lines(reason))
	}
}

impl std::error::Error for Failure {}

/// The exit status that tells of an error: 2 where the command line was at fault, else 1.
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
The hash is BLAKE2b-256 of the file: `virt.instantiate` and `virt.run` take it.

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
