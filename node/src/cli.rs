//! The command line: the options of `sc-cli`, the sealing of a development chain, and the VM's
//! backend.

use crate::dev::Sealing;
use clap::{Parser, Subcommand, ValueEnum};
use virt_manager::BackendChoice;

#[derive(Debug, Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Command>,

	#[command(flatten)]
	pub run: sc_cli::RunCmd,

	/// When a development chain (`--dev`) makes blocks. [default: instant]
	///
	/// - instant: when a transaction arrives. Blocks are final at once.
	///
	/// - manual: when `engine_createBlock` is called. That call or `engine_finalizeBlock` makes the
	///   block final.
	///
	/// - interval=<MS>: every so many milliseconds, with or without transactions. Blocks are final
	///   at once.
	///
	/// In every mode, an empty block 1 exists from the start, because clients wait for it.
	#[arg(long, value_name = "WHEN", verbatim_doc_comment)]
	pub sealing: Option<Sealing>,

	/// The backend that runs programs. Results, gas and fees do not depend on it, speed does.
	#[arg(long, value_enum, value_name = "BACKEND", global = true, default_value_t)]
	pub vm_backend: VmBackend,

	/// Do not measure at start whether the machine is fast enough for a validator.
	#[arg(long)]
	pub no_hardware_benchmarks: bool,
}

/// [`BackendChoice`] as an argument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VmBackend {
	/// `tiered` if this machine supports it, otherwise `interpreter`.
	#[default]
	Auto,
	/// The interpreter first, and native code for long computations.
	Tiered,
	/// Native code in sandboxed worker processes. Fails to start if that is not supported.
	Recompiler,
	/// The interpreter only. Slower, and works on any machine.
	Interpreter,
}

impl From<VmBackend> for BackendChoice {
	fn from(backend: VmBackend) -> Self {
		match backend {
			VmBackend::Auto => Self::Auto,
			VmBackend::Tiered => Self::Tiered,
			VmBackend::Recompiler => Self::Recompiler,
			VmBackend::Interpreter => Self::Interpreter,
		}
	}
}

#[derive(Debug, Subcommand)]
pub enum Command {
	/// Generate, inspect and store keys.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Write a chain specification. The older name of `export-chain-spec`.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write a chain specification.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Execute a block of the database again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Export blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Export the state at a block as a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Import blocks from a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the chain from the database.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Revert blocks: non-final ones, or any on a development chain.
	Revert(sc_cli::RevertCmd),

	/// Print the contents of the database.
	ChainInfo(sc_cli::ChainInfoCmd),

	/// Inspect a program, or run it on a chain in memory. Needs no node, database or keys.
	#[command(subcommand)]
	Program(crate::program::ProgramCmd),
}
