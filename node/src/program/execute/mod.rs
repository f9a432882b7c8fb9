//! `run`: runs a program on a chain in memory or on a node, and shows the result.

mod prepare;
mod report;

use super::{
	abi::Abi,
	blob::{self, File},
	chain::{Chain, Endpoint, Fault, Trial},
	job,
	known::{self, Known},
	remote::Node,
	text::{self, grouped, hex},
	Failure, Subject,
};
use clap::Args;
use pallet_virt::{
	dry_run::DepositChange, frame::INIT, gas::of_weight, limits::MAX_DRY_RUN_WEIGHT, Call, Weight,
};
use prepare::encode;
use report::{chain_events, events, log, value, FailedAt, ProfileReport, Report};
use sp_core::{crypto::Ss58Codec, H256};
use std::path::PathBuf;
use virt_manager::{BackendChoice, Engine};
use virt_runtime::{AccountId, Runtime, Virt};
use virt_trace::{
	coverage::Coverage,
	profile::Profile,
	record::TRACED_UNASKED,
	tree::{Known as _, Tree},
	End, Program, Sources,
};

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
	subject: Subject,

	/// The entry to call. `init` shows the instantiation.
	entry: String,

	/// The arguments of the entry, encoded with the ABI.
	#[arg(long, num_args = 0.., value_name = "ARGUMENT", allow_negative_numbers = true)]
	args: Vec<String>,

	/// The input in hex, without encoding.
	#[arg(long, value_name = "HEX", conflicts_with = "args", value_parser = text::bytes)]
	input: Option<Bytes>,

	/// The arguments of `init`, encoded with the ABI.
	#[arg(long, num_args = 0.., value_name = "ARGUMENT", allow_negative_numbers = true)]
	init_args: Vec<String>,

	/// The input of `init` in hex, without encoding.
	#[arg(long, value_name = "HEX", conflicts_with = "init_args", value_parser = text::bytes)]
	init_input: Option<Bytes>,

	/// Run the program once without an account: it has no storage and no balance.
	#[arg(long, conflicts_with_all = ["init_args", "init_input", "value"])]
	no_account: bool,

	/// The weight limit: ref time in picoseconds, and optionally a comma and proof size in bytes.
	/// The maximum and default are what a block has room for.
	#[arg(long, value_name = "REF_TIME[,PROOF_SIZE]", value_parser = text::weight)]
	weight: Option<Weight>,

	/// Run the entry as a job for at most this many blocks. The weight is its budget; the default
	/// is ten seconds of ref time.
	#[arg(
		long,
		value_name = "NUMBER",
		conflicts_with_all = ["no_account", "url", "dry_run", "trace", "profile", "coverage"]
	)]
	blocks: Option<u32>,

	/// The value to transfer with the call, in the smallest unit.
	#[arg(long, default_value_t = 0)]
	value: u128,

	/// The account that calls and instantiates: alice, bob and so on, an SS58 address, or 32 bytes
	/// in hex.
	#[arg(long, default_value = "alice", value_parser = text::account)]
	caller: AccountId,

	/// Save the chain to this file, and continue from it if it exists. JSON: the chain's storage,
	/// by key.
	#[arg(long, value_name = "FILE")]
	state: Option<PathBuf>,

	/// Run on the node at this http:// address, with transactions signed by `--caller`, a
	/// development account. The output is from a dry-run right before the call.
	#[arg(long, value_name = "URL", conflicts_with = "state")]
	url: Option<String>,

	/// Do not make the call, only show its result. With --url, nothing is sent; with --state,
	/// nothing is written.
	#[arg(long)]
	dry_run: bool,

	/// The ABI file, if it is not beside the program.
	#[arg(long, value_name = "FILE")]
	abi: Option<PathBuf>,

	/// The program with debug information, if it is not beside the program.
	#[arg(long, value_name = "FILE")]
	debug: Option<PathBuf>,

	/// Show the tree of program calls: each syscall with its arguments, result and gas, and the
	/// location of failures.
	#[arg(long)]
	trace: bool,

	/// Show the gas by function and by line, and write a profile: a flame graph to a .svg file,
	/// speedscope's format to a .json file, otherwise folded stacks.
	#[arg(long, value_name = "FILE")]
	profile: Option<PathBuf>,

	/// Write line coverage to this file, in lcov's format.
	#[arg(long, value_name = "FILE")]
	coverage: Option<PathBuf>,
}

/// With this name, an option of bytes is a single value.
type Bytes = Vec<u8>;

impl RunCmd {
	pub fn run(self, backend: BackendChoice) -> Result<(), Failure> {
		let file = File::open(&self.subject.file)?;
		if !self.is_init() || self.no_account {
			file.entry(&self.entry)?;
		}
		let abi = self.abi(&file)?;
		let sources = known::sources(&file, self.debug.as_deref())?;
		let input = encode(abi.as_ref(), &file, &self.entry, &self.input, &self.args)?;

		if let Some(url) = &self.url {
			return self.run_on(&mut Node::connect(url)?, file, abi, sources, input);
		}
		let engine =
			Engine::new(backend, None).map_err(|error| Failure::Usage(error.to_string()))?;
		let mut chain = Chain::open(self.state.as_deref(), &self.caller, engine)?;
		if let Some(blocks) = self.blocks {
			return self.run_job(&mut chain, &file, abi.as_ref(), input, blocks);
		}
		self.run_on(&mut chain, file, abi, sources, input)
	}

	fn is_init(&self) -> bool {
		self.entry.as_bytes() == INIT
	}

	/// Uploads and instantiates if necessary, starts a job, and shows its progress.
	fn run_job(
		&self,
		chain: &mut Chain,
		file: &File,
		abi: Option<&Abi>,
		input: Vec<u8>,
		blocks: u32,
	) -> Result<(), Failure> {
		self.upload(chain, file)?;
		let address = Virt::address_of(&self.caller, file.code_hash(), SALT);
		self.instantiate(chain, file, abi, &address)?;
		let start = Call::start_job {
			address,
			entry: self.entry.as_bytes().to_vec(),
			input,
			value: self.value,
			budget: self.weight.unwrap_or(JOB_BUDGET),
			storage_deposit_limit: None,
		};
		let id = chain.read(pallet_virt::NextJob::<Runtime>::get);
		let refused = |fault| Failure::Program(format!("the job does not start: {fault}"));
		chain.make(&self.caller, start)?.map_err(refused)?;
		let report = job::follow(chain, id, blocks, &self.entry, abi);
		chain.keep()?;
		self.subject.show(&report)?;
		match report.fault {
			None => Ok(()),
			Some(fault) => Err(Failure::Program(format!("{}: {fault}", self.entry))),
		}
	}

	/// Uploads, instantiates if necessary, calls, and shows the result.
	fn run_on(
		&self,
		chain: &mut dyn Endpoint,
		file: File,
		abi: Option<Abi>,
		sources: Option<Sources>,
		input: Vec<u8>,
	) -> Result<(), Failure> {
		self.upload(chain, &file)?;
		let code_hash = file.code_hash();
		let address = Virt::address_of(&self.caller, code_hash, SALT);
		let instantiation = if self.no_account || self.is_init() {
			None
		} else {
			self.instantiate(chain, &file, abi.as_ref(), &address)?
		};

		let call = self.call(code_hash, &address, input.clone());
		let trial = chain.attempt(&self.caller, &call)?;
		let trace = match self.is_traced(&trial) {
			true => chain.trace(&self.caller, &call)?,
			false => None,
		};
		let trace = trace.map(|trace| Program {
			input: Some(input.clone()),
			account: (!self.no_account).then(|| hex(address.as_ref())),
			..trace
		});
		let keeps = self.state.is_some() || self.url.is_some();
		let made = match trial.result {
			Ok(()) if keeps && !self.dry_run => {
				chain.make(&self.caller, self.limited(call, &trial))?
			},
			_ => Ok(None),
		};
		// A failed call changes nothing; the steps before it may have.
		if !self.dry_run {
			chain.keep()?;
		}
		let (made, refused) = match made {
			Ok(made) => (made, None),
			Err(fault) => (None, Some(fault)),
		};
		let mut fault = trial.result.err().map(Fault::from).or(refused);
		let mut known = match &trace {
			Some(_) => Known::beside(&file),
			None => Known::default(),
		};
		let value = value(abi.as_ref(), &self.entry, &trial);
		let events = events(abi.as_ref(), &trial);
		known.add(&file, abi, sources);
		let failure = self.failure(&trial, trace.as_ref(), &file, &known);
		if let (Some(fault), Some(FailedAt { end: End::StackOverflow, depth, .. })) =
			(&mut fault, &failure)
		{
			fault.explanation = format!(
				"The stack of {} bytes overflowed, {} calls deep.",
				grouped(file.blob.stack_size()),
				grouped(depth),
			);
		}
		let profile = self.profile(trace.as_ref(), &known)?;
		self.coverage(trace.as_ref(), &known)?;
		let report = Report {
			code_hash: hex(code_hash.as_bytes()),
			entry: self.entry.clone(),
			caller: self.caller.to_ss58check(),
			account: (!self.no_account).then(|| address.to_ss58check()),
			input: hex(&input),
			succeeded: fault.is_none(),
			error: fault.as_ref().map(|fault| fault.error.clone()),
			explanation: fault.as_ref().map(|fault| fault.explanation.clone()),
			value,
			weight_used: trial.weight_consumed,
			weight_required: trial.weight_required,
			weight_limit: self.weight_limit(),
			gas_used: of_weight(trial.weight_consumed),
			deposit: match trial.deposit {
				DepositChange::Charge(amount) => amount.to_string(),
				DepositChange::Refund(amount) => format!("-{amount}"),
			},
			log: log(&trial),
			events,
			chain_events: chain_events(&trial),
			output: hex(&trial.output),
			failure,
			tree: trace.as_ref().map(|trace| Tree::new(trace, &known).to_string()),
			table: profile.as_ref().map(Profile::to_string),
			profile: profile.map(|profile| ProfileReport {
				functions: profile.functions(),
				lines: profile.lines(),
			}),
			trace: trace.filter(|_| self.trace),
			instantiation,
			transaction: made,
		};
		self.subject.show(&report)?;
		match fault {
			None => Ok(()),
			Some(fault) => Err(Failure::Program(format!("{}: {fault}", self.entry))),
		}
	}

	/// Whether to trace functions, which is slower: if requested, or if the call failed soon.
	fn is_traced(&self, trial: &Trial) -> bool {
		let is_asked_for = self.trace || self.profile.is_some() || self.coverage.is_some();
		is_asked_for || trial.result.is_err() && of_weight(trial.weight_consumed) <= TRACED_UNASKED
	}

	/// The location of the failure.
	fn failure(
		&self,
		trial: &Trial,
		trace: Option<&Program>,
		file: &File,
		known: &Known,
	) -> Option<FailedAt> {
		let own = text::hex(file.code_hash().as_bytes());
		if let Some(trace) = trace.filter(|trace| trace.end.is_failure()) {
			let sources = known.sources(&trace.code_hash);
			return Some(FailedAt {
				end: trace.end,
				offset: trace.backtrace.first().and_then(|frame| frame.first().copied()),
				depth: trace.backtrace.len(),
				places: sources.map(|it| it.backtrace(&trace.backtrace)).unwrap_or_default(),
			});
		}
		let trap = trial.trap.as_ref().filter(|_| trial.result.is_err())?;
		// A location in another program is not shown here.
		let offset = trap.offset.filter(|_| text::hex(trap.code_hash.as_bytes()) == own)?;
		let places = known.sources(&own).map(|it| it.places(offset)).unwrap_or_default();
		Some(FailedAt { end: End::Trapped, offset: Some(offset), depth: 1, places })
	}

	/// The profile, which is written to a file if requested.
	fn profile(&self, trace: Option<&Program>, known: &Known) -> Result<Option<Profile>, Failure> {
		let (Some(path), Some(trace)) = (&self.profile, trace) else { return Ok(None) };
		let profile = Profile::new([trace], known);
		let title = format!("{}: {}", self.subject.file.display(), self.entry);
		blob::write_profile(path, &profile, &title)?;
		Ok(Some(profile))
	}

	/// Writes line coverage, if requested.
	fn coverage(&self, trace: Option<&Program>, known: &Known) -> Result<(), Failure> {
		let (Some(path), Some(trace)) = (&self.coverage, trace) else { return Ok(()) };
		let mut coverage = Coverage::default();
		coverage.add(trace, known);
		blob::write(path, &coverage.to_string())
	}

	fn weight_limit(&self) -> Weight {
		self.weight.unwrap_or(MAX_DRY_RUN_WEIGHT)
	}

	fn call(&self, code_hash: H256, address: &AccountId, input: Vec<u8>) -> Call<Runtime> {
		let (entry, weight_limit) = (self.entry.as_bytes().to_vec(), self.weight_limit());
		if self.no_account {
			return Call::run { code_hash, entry, input, weight_limit };
		}
		if entry == INIT {
			return self.instantiation(code_hash, input, self.value);
		}
		let (address, value) = (address.clone(), self.value);
		Call::call { address, entry, input, value, weight_limit, storage_deposit_limit: None }
	}
}

/// The budget of a job: ten seconds of ref time, and a gigabyte of proof size.
const JOB_BUDGET: Weight = Weight::from_parts(10_000_000_000_000, 1 << 30);

/// One account per caller and program is enough.
const SALT: &[u8] = b"";
