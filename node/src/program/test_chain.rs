//! `test-chain`: the chain of a `virt-testing` test.

use super::{
	chain::{self, Chain, Endpoint, Trial},
	known::Known,
	project::report::{Called, Report, REPORT},
	Failure,
};
use clap::Args;
use codec::Encode;
use frame_support::traits::fungible::{Inspect, InspectHold, Mutate};
use pallet_virt::{gas::of_weight, jobs::Status, upgrade::UpgradeAuthority, Call};
use sp_core::H256;
use std::{
	collections::HashMap,
	env, io,
	path::{Path, PathBuf},
};
use virt_manager::{BackendChoice, Engine};
use virt_runtime::{AccountId, Balances, Runtime, RuntimeEvent, System, Virt};
use virt_testing::{
	protocol::{self, JobState, Request, Target, VERSION},
	Error, Outcome, ALICE, BOB, CHARLIE,
};
use virt_trace::{record::TRACED_UNASKED, tree::Tree, Program};

/// The variable with the folder of the programs.
pub const PROGRAMS: &str = "VIRT_PROGRAMS";
/// The variable that enables line coverage in the report.
pub const COVERAGE: &str = "VIRT_COVERAGE";

#[derive(Debug, Args)]
pub struct TestChainCmd {}

impl TestChainCmd {
	/// Answers requests until the test ends, then writes the report if requested.
	pub fn run(self, backend: BackendChoice) -> Result<(), Failure> {
		let engine =
			Engine::new(backend, None).map_err(|error| Failure::Usage(error.to_string()))?;
		let mut server =
			Server::new(Chain::new([ALICE, BOB, CHARLIE].map(Into::into).into(), engine));
		let (mut requests, mut answers) = (io::stdin().lock(), io::stdout().lock());
		let broken = |error: io::Error| Failure::Usage(format!("the test: {error}"));
		while let Some(request) = protocol::read(&mut requests).map_err(broken)? {
			let answer = server.answer(request)?;
			protocol::write(&mut answers, &answer).map_err(broken)?;
		}
		match env::var_os(REPORT) {
			Some(folder) => server.report.write(&PathBuf::from(folder)),
			None => Ok(()),
		}
	}
}

/// Bytes that are already encoded.
struct Encoded(Vec<u8>);

impl Encode for Encoded {
	fn encode(&self) -> Vec<u8> {
		self.0.clone()
	}
}

struct Server {
	chain: Chain,
	/// The results of the jobs that ended.
	ended: HashMap<u64, Result<Vec<u8>, Error>>,
	/// Copies of the state, by id.
	copies: HashMap<u32, chain::State>,
	next_copy: u32,
	known: Known,
	report: Report,
	/// Whether the report has line coverage.
	covers: bool,
}

impl Server {
	fn new(chain: Chain) -> Self {
		let known = env::var_os(PROGRAMS).map(|folder| Known::folder(Path::new(&folder)));
		Self {
			chain,
			ended: HashMap::new(),
			copies: HashMap::new(),
			next_copy: 0,
			known: known.unwrap_or_default(),
			report: Report::default(),
			covers: env::var_os(COVERAGE).is_some(),
		}
	}

	fn answer(&mut self, request: Request) -> Result<Encoded, Failure> {
		let of_account = |account: [u8; 32]| AccountId::from(account);
		let answer = match request {
			Request::Start { version: _, test } => {
				self.report.test = test;
				VERSION.encode()
			},
			Request::Upload { owner, code } => self.upload(owner, code)?.encode(),
			Request::Call(call) => self.call(call)?.encode(),
			Request::Balance(account) => {
				self.chain.read(|| Balances::total_balance(&of_account(account))).encode()
			},
			Request::Held(account) => {
				self.chain.read(|| Balances::total_balance_on_hold(&of_account(account))).encode()
			},
			Request::Give(account, amount) => {
				let given = self.chain.read(|| Balances::mint_into(&of_account(account), amount));
				given.map(drop).map_err(|reason| error(reason.into())).encode()
			},
			Request::SetBalance(account, amount) => {
				self.chain.read(|| Balances::set_balance(&of_account(account), amount));
				().encode()
			},
			Request::Block => u64::from(self.chain.read(System::block_number)).encode(),
			Request::Skip(blocks) => {
				for _ in 0..blocks {
					let ended = self.chain.next_block();
					self.ended
						.extend(ended.into_iter().map(|(job, end)| (job, end.map_err(error))));
					self.check()?;
				}
				().encode()
			},
			Request::Snapshot => {
				let copy = self.next_copy;
				self.next_copy += 1;
				self.copies.insert(copy, self.chain.state());
				copy.encode()
			},
			Request::RollBack(copy) => {
				let state = self.copies.get(&copy).cloned().ok_or_else(|| {
					Failure::Usage(format!("the test restores copy {copy}, which does not exist"))
				})?;
				self.chain.restore(state);
				().encode()
			},
			Request::Forget(copy) => {
				self.copies.remove(&copy);
				().encode()
			},
			Request::StartJob(call) => self.start_job(call)?.encode(),
			Request::Job(id) => self.job(id).encode(),
			Request::Send { sender, address, topic, data } => {
				let wake = Call::wake { address: address.into(), topic, data };
				let sent = self.chain.make(&sender.into(), wake)?;
				sent.map(drop).map_err(error).encode()
			},
		};
		Ok(Encoded(answer))
	}

	fn upload(
		&mut self,
		owner: [u8; 32],
		code: Vec<u8>,
	) -> Result<Result<[u8; 32], Error>, Failure> {
		let code_hash = pallet_virt::program::code_hash(&code);
		let upload = Call::upload { code, storage_deposit_limit: None };
		let made = self.chain.make(&owner.into(), upload)?;
		Ok(made.map(|_| code_hash.into()).map_err(error))
	}

	/// Checks the invariants of the pallet's storage after each change.
	fn check(&mut self) -> Result<(), Failure> {
		self.chain.read(pallet_virt::try_state::check::<Runtime>).map_err(|error| {
			Failure::Program(format!("an invariant of the pallet's storage is violated: {error:?}"))
		})
	}

	fn start_job(&mut self, call: protocol::Call) -> Result<Result<u64, Error>, Failure> {
		let protocol::Call { target, input, caller, value, weight, deposit_limit, .. } = call;
		let Target::Account { address, entry } = target else {
			return Ok(Err(Error::Other("a job must call an account program".into())));
		};
		let start = Call::start_job {
			address: address.into(),
			entry: entry.into_bytes(),
			input,
			value,
			budget: pallet_virt::Weight::from_parts(weight.ref_time(), weight.proof_size()),
			storage_deposit_limit: deposit_limit,
		};
		let id = self.chain.read(pallet_virt::NextJob::<Runtime>::get);
		let started = self.chain.make(&caller.into(), start)?;
		self.check()?;
		Ok(started.map(|_| id).map_err(error))
	}

	fn job(&mut self, id: u64) -> JobState {
		match self.ended.get(&id) {
			Some(Ok(output)) => return JobState::Finished { output: output.clone() },
			Some(Err(error)) => return JobState::Failed { error: error.clone() },
			None => {},
		}
		match self.chain.read(|| pallet_virt::Jobs::<Runtime>::get(id)).map(|job| job.status) {
			Some(Status::Ready { .. }) => JobState::Ready,
			Some(Status::Waiting { .. }) => JobState::Waiting,
			Some(Status::Starved) => JobState::Starved,
			None => JobState::Gone,
		}
	}

	/// Makes a call after a dry-run, because a failed call has no output and no log. Returns the
	/// account of an instantiation.
	fn call(&mut self, call: protocol::Call) -> Result<(Outcome, Option<[u8; 32]>), Failure> {
		self.report.random |= call.random;
		let caller = AccountId::from(call.caller);
		let (code_hash, entry) = self.program(&call.target);
		let address = match &call.target {
			Target::Instantiate { code_hash, salt, .. } => {
				Some(Virt::address_of(&caller, H256(*code_hash), salt).into())
			},
			_ => None,
		};
		let input = call.input.clone();
		let call = extrinsic(call);
		let trial = self.chain.attempt(&caller, &call)?;
		let gas_used = of_weight(trial.weight_consumed);
		let shows = trial.result.is_err() && gas_used <= TRACED_UNASKED;
		let trace = match shows || self.covers {
			true => self.chain.trace(&caller, &call)?,
			false => None,
		};
		let trace = trace.map(|trace| Program { input: Some(input), ..trace });
		if let Some(trace) = trace.as_ref().filter(|_| self.covers) {
			self.report.coverage.add(trace, &self.known);
		}
		let made = self.chain.make(&caller, call)?;
		self.check()?;
		self.report.calls.push(Called {
			program: code_hash.map(|hash| self.known.name_of(hash)).unwrap_or_default(),
			entry,
			gas: gas_used,
			failed: made.is_err(),
		});
		let tree = trace.filter(|_| shows).map(|trace| Tree::new(&trace, &self.known).to_string());
		let outcome = Outcome {
			error: made.err().map(error),
			gas_used,
			weight_used: virt_testing::Weight::from_parts(
				trial.weight_consumed.ref_time(),
				trial.weight_consumed.proof_size(),
			),
			events: events(&trial),
			log: trial.logs.iter().map(|line| String::from_utf8_lossy(line).into()).collect(),
			output: trial.output,
			trace: tree,
		};
		Ok((outcome, address))
	}

	/// The code hash and the entry of the callee.
	fn program(&mut self, target: &Target) -> (Option<H256>, String) {
		match target {
			Target::Run { code_hash, entry } => (Some(H256(*code_hash)), entry.clone()),
			Target::Instantiate { code_hash, .. } => (Some(H256(*code_hash)), "init".into()),
			Target::Upgrade { code_hash, .. } => (Some(H256(*code_hash)), "migrate".into()),
			Target::Account { address, entry } => {
				let address = AccountId::from(*address);
				let info = self.chain.read(|| pallet_virt::Accounts::<Runtime>::get(address));
				(info.map(|info| info.code_hash), entry.clone())
			},
		}
	}
}

fn extrinsic(call: protocol::Call) -> Call<Runtime> {
	let protocol::Call { target, input, value, weight, deposit_limit, .. } = call;
	let weight_limit = pallet_virt::Weight::from_parts(weight.ref_time(), weight.proof_size());
	let storage_deposit_limit = deposit_limit;
	match target {
		Target::Run { code_hash, entry } => {
			let (code_hash, entry) = (H256(code_hash), entry.into_bytes());
			Call::run { code_hash, entry, input, weight_limit }
		},
		Target::Instantiate { code_hash, salt, authority } => Call::instantiate_upgradable {
			code_hash: H256(code_hash),
			salt,
			input,
			value,
			weight_limit,
			storage_deposit_limit,
			upgrade_authority: match authority {
				virt_testing::UpgradeAuthority::Nobody => UpgradeAuthority::Nobody,
				virt_testing::UpgradeAuthority::Program => UpgradeAuthority::Program,
				virt_testing::UpgradeAuthority::Deployer => UpgradeAuthority::Deployer,
			},
		},
		Target::Upgrade { address, code_hash } => {
			let (address, code_hash) = (address.into(), H256(code_hash));
			Call::set_code { address, code_hash, input, weight_limit, storage_deposit_limit }
		},
		Target::Account { address, entry } => {
			let (address, entry) = (address.into(), entry.into_bytes());
			Call::call { address, entry, input, value, weight_limit, storage_deposit_limit }
		},
	}
}

fn events(trial: &Trial) -> Vec<Vec<u8>> {
	let events = trial.events.iter().filter_map(|event| match event {
		RuntimeEvent::Virt(pallet_virt::Event::ProgramEvent { data, .. }) => Some(data.to_vec()),
		_ => None,
	});
	if trial.result.is_err() {
		return Vec::new();
	}
	events.collect()
}

fn error(chain::Fault { error, is_of_programs, .. }: chain::Fault) -> Error {
	if is_of_programs {
		Error::named(&error)
	} else {
		Error::Other(error)
	}
}
