//! `run`: runs a program on a chain in memory or on a node, and shows the result.

mod options;
mod prepare;
mod report;

use super::{
	abi::Abi,
	blob::{self, File},
	chain::{Chain, Endpoint, Fault, Trial},
	job,
	known::{self, Known},
	remote::Node,
	text::{grouped, hex},
	Failure,
};
pub use options::RunCmd;
use options::SALT;
use pallet_virt::{
	dry_run::DepositChange, frame::INIT, gas::of_weight, limits::MAX_DRY_RUN_WEIGHT, Call, Weight,
};
use prepare::encode;
use report::{chain_events, events, log, value, FailedAt, ProfileReport, Report};
use sp_core::{crypto::Ss58Codec, H256};
use virt_manager::{BackendChoice, Engine};
use virt_runtime::{AccountId, Runtime, Virt};
use virt_trace::{
	coverage::Coverage,
	profile::Profile,
	record::TRACED_UNASKED,
	tree::{Known as _, Tree},
	End, Program, Sources,
};

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
		let own = hex(file.code_hash().as_bytes());
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
		let offset = trap.offset.filter(|_| hex(trap.code_hash.as_bytes()) == own)?;
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
