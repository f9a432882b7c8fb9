//! The options of `run`.

use super::super::{text, Subject};
use clap::Args;
use pallet_virt::Weight;
use std::path::PathBuf;
use virt_runtime::AccountId;

const HELP: &str = "\
The chain has the runtime and the development accounts of `virt-node --dev`. The program is uploaded, \
instantiated (which runs its `init`), and called. The weight is that of the call. Without --state, the chain \
is discarded afterwards.

Arguments are encoded with <name>.abi.json beside the program: numbers, accounts by name or address, bytes in \
hex, everything else as JSON ('[1, 2]', '{\"Ok\": null}'). With <name>.debug.polkavm beside the program, failures \
have source lines. The files of other programs in the same folder are used, too.

Examples:
  virt-node program run counter.polkavm increment --args 5
  virt-node program run counter.polkavm increment --input 0x05000000 --trace
  virt-node program run counter.polkavm increment --profile counter.svg
  virt-node program run counter.polkavm get --init-args 41
  virt-node program run token.polkavm transfer --init-args 1000 --args bob 5
  virt-node program run --state chain.json counter.polkavm increment      continues counting
  virt-node program run echo.polkavm echo --no-account --input 0x00ff
  virt-node program run --url http://127.0.0.1:9944 counter.polkavm increment      on a running node

Exit status: 0 if the call succeeded, 1 if the program failed or was rejected, 2 if the arguments are invalid.

JSON: { code_hash, entry, caller, account, input, succeeded, error, explanation, output, value,
        weight_used: { ref_time, proof_size }, weight_required, weight_limit, gas_used, deposit, log: [..],
        events: [{ address, data, value }], chain_events: [..],
        failure: { end, offset, depth, places: [{ function, file, line, column }] },
        trace: { code_hash, account, entry, input, output, gas, end, left_out, backtrace: [[offset, ..], ..],
                 syscalls: [{ name, arguments: [[name, value], ..], result, gas, backtrace,
                              programs: [..] }],
                 functions: [{ caller: [index, offset], entry, count, blocks: [[offset, count, gas], ..] }] },
        profile: { functions: [{ name, own, total }], lines: [{ program, file, line, count, gas }] },
        instantiation: { weight_used, log }, transaction: { block, index, fee } }
`value` is the decoded `output` (also of a program that reverted) or `data`, if the ABI has a type for it. \
`failure` is null if the call succeeded, `trace` without --trace, `profile` without --profile, `instantiation` if \
nothing was instantiated, `transaction` without --url. `programs` are like `trace`: the callees of a syscall.";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct RunCmd {
	#[command(flatten)]
	pub(super) subject: Subject,

	/// The entry to call. `init` shows the instantiation.
	pub(super) entry: String,

	/// The arguments of the entry, encoded with the ABI.
	#[arg(long, num_args = 0.., value_name = "ARGUMENT", allow_negative_numbers = true)]
	pub(super) args: Vec<String>,

	/// The input in hex, without encoding.
	#[arg(long, value_name = "HEX", conflicts_with = "args", value_parser = text::bytes)]
	pub(super) input: Option<Bytes>,

	/// The arguments of `init`, encoded with the ABI.
	#[arg(long, num_args = 0.., value_name = "ARGUMENT", allow_negative_numbers = true)]
	pub(super) init_args: Vec<String>,

	/// The input of `init` in hex, without encoding.
	#[arg(long, value_name = "HEX", conflicts_with = "init_args", value_parser = text::bytes)]
	pub(super) init_input: Option<Bytes>,

	/// Run the program once without an account: it has no storage and no balance.
	#[arg(long, conflicts_with_all = ["init_args", "init_input", "value"])]
	pub(super) no_account: bool,

	/// The weight limit: ref time in picoseconds, and optionally a comma and proof size in bytes.
	/// The maximum and default are what a block has room for.
	#[arg(long, value_name = "REF_TIME[,PROOF_SIZE]", value_parser = text::weight)]
	pub(super) weight: Option<Weight>,

	/// Run the entry as a job for at most this many blocks. The weight is its budget; the default
	/// is ten seconds of ref time.
	#[arg(
		long,
		value_name = "NUMBER",
		conflicts_with_all = ["no_account", "url", "dry_run", "trace", "profile", "coverage"]
	)]
	pub(super) blocks: Option<u32>,

	/// The value to transfer with the call, in the smallest unit.
	#[arg(long, default_value_t = 0)]
	pub(super) value: u128,

	/// The account that calls and instantiates: alice, bob and so on, an SS58 address, or 32 bytes
	/// in hex.
	#[arg(long, default_value = "alice", value_parser = text::account)]
	pub(super) caller: AccountId,

	/// Save the chain to this file, and continue from it if it exists. JSON: the chain's storage,
	/// by key.
	#[arg(long, value_name = "FILE")]
	pub(super) state: Option<PathBuf>,

	/// Run on the node at this http:// address, with transactions signed by `--caller`, a
	/// development account. The output is from a dry-run right before the call.
	#[arg(long, value_name = "URL", conflicts_with = "state")]
	pub(super) url: Option<String>,

	/// Do not make the call, only show its result. With --url, nothing is sent; with --state,
	/// nothing is written.
	#[arg(long)]
	pub(super) dry_run: bool,

	/// The ABI file, if it is not beside the program.
	#[arg(long, value_name = "FILE")]
	pub(super) abi: Option<PathBuf>,

	/// The program with debug information, if it is not beside the program.
	#[arg(long, value_name = "FILE")]
	pub(super) debug: Option<PathBuf>,

	/// Show the tree of program calls: each syscall with its arguments, result and gas, and the
	/// location of failures.
	#[arg(long)]
	pub(super) trace: bool,

	/// Show the gas by function and by line, and write a profile: a flame graph to a .svg file,
	/// speedscope's format to a .json file, otherwise folded stacks.
	#[arg(long, value_name = "FILE")]
	pub(super) profile: Option<PathBuf>,

	/// Write line coverage to this file, in lcov's format.
	#[arg(long, value_name = "FILE")]
	pub(super) coverage: Option<PathBuf>,
}

/// With this name, an option of bytes is a single value.
pub(super) type Bytes = Vec<u8>;

/// One account per caller and program is enough.
pub(super) const SALT: &[u8] = b"";
