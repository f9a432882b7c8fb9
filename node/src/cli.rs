//! The command line: what `sc-cli` offers, when a development chain gets blocks, and the choice of
//! the VM's backend.

use crate::dev::Sealing;
use clap::{Parser, Subcommand, ValueEnum};
use virt_manager::BackendChoice;

#[derive(Debug, Parser)]
pub struct Cli {
	#[command(subcommand)]
	pub subcommand: Option<Command>,

	#[command(flatten)]
	pub run: sc_cli::RunCmd,

	/// When a development chain (`--dev`) gets a block. [default: instant]
	///
	/// - instant: as soon as there is a transaction. Blocks are final at once.
	///
	/// - manual: when `engine_createBlock` is called. It says whether the block is final, too;
	///   `engine_finalizeBlock` makes it so later.
	///
	/// - interval=<MS>: after so many milliseconds, also without transactions. Final at once.
	///
	/// In all of them block 1, an empty one, is there from the start: clients wait for it.
	#[arg(long, value_name = "WHEN", verbatim_doc_comment)]
	pub sealing: Option<Sealing>,

	/// What runs programs. Results, gas and fees do not depend on it, speed does.
	#[arg(long, value_enum, value_name = "BACKEND", global = true, default_value_t)]
	pub vm_backend: VmBackend,

	/// Do not measure at the start whether a validator's machine is fast enough.
	#[arg(long)]
	pub no_hardware_benchmarks: bool,
}

/// [`BackendChoice`], as the command line knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VmBackend {
	/// `tiered` where this machine can do it, else `interpreter`.
	#[default]
	Auto,
	/// The interpreter first, and native code for programs that compute for long.
	Tiered,
	/// Native code in sandboxed worker processes; refuses to start where that cannot be had.
	Recompiler,
	/// Slow, and runs everywhere.
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

	/// Write a chain specification. The older name: see `export-chain-spec`.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write a chain specification.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Execute a block of the database again.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Write blocks to a file.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Write the state at a block into a chain specification.
	ExportState(sc_cli::ExportStateCmd),

	/// Execute and store the blocks of a file.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain from the database.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Go back by some blocks: as far as they are not final or, on a development chain, any.
	Revert(sc_cli::RevertCmd),

	/// Print what the database holds.
	ChainInfo(sc_cli::ChainInfoCmd),

	/// Look into a program, or run it on a chain in memory: no node, no database, no keys.
	#[command(subcommand)]
	Program(crate::program::ProgramCmd),
}
