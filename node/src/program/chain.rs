//! A chain in memory: the node's runtime, run natively, with the manager.
//!
//! It has no fees and no signatures. A call is first dry-run, and then optionally made. Opening a
//! chain starts a new block.

use super::{syscalls, text, Failure};
use codec::Encode;
use frame_support::traits::Hooks;
use pallet_virt::{dry_run, jobs::JobId, Call, Event, Weight};
use scale_info::{TypeDef, TypeInfo, Variant};
use serde::Serialize;
use sp_core::{Blake2Hasher, H256};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Dispatchable, DispatchError, ModuleError, Storage, TokenError};
use sp_state_machine::InMemoryBackend;
use std::{
	collections::BTreeMap,
	fmt,
	fs::{self, File},
	io::Write,
	path::{Path, PathBuf},
	sync::Arc,
	time::Duration,
};
use virt_manager::Engine;
use virt_runtime::{
	native::{begin_block, genesis},
	AccountId, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, System, Virt,
	EXISTENTIAL_DEPOSIT,
};
use virt_trace::{record, Program};

/// The time limit of traced programs.
const TRACED_FOR: Duration = Duration::from_secs(3_600);

/// A copy of a chain's state.
pub type State = InMemoryBackend<Blake2Hasher>;

/// The result of a dry-run.
pub type Trial = dry_run::DryRunOf<Runtime>;

/// Where a program runs: a chain in memory, or a node.
pub trait Endpoint {
	/// Whether the program is stored.
	fn has_program(&mut self, code_hash: H256) -> Result<bool, Failure>;

	/// Whether the account is an account program.
	fn has_account(&mut self, address: &AccountId) -> Result<bool, Failure>;

	/// Dry-runs the call.
	fn attempt(&mut self, caller: &AccountId, call: &Call<Runtime>) -> Result<Trial, Failure>;

	/// Traces the programs of the call; empty if none runs.
	fn trace(
		&mut self,
		caller: &AccountId,
		call: &Call<Runtime>,
	) -> Result<Option<Program>, Failure>;

	/// Makes the call. Returns the position of the transaction, if there is one.
	fn make(
		&mut self,
		caller: &AccountId,
		call: Call<Runtime>,
	) -> Result<Result<Option<Made>, Fault>, Failure>;

	/// Saves the state, if that is requested.
	fn keep(&mut self) -> Result<(), Failure> {
		Ok(())
	}
}

/// A transaction in a block.
#[derive(Debug, Serialize)]
pub struct Made {
	/// The number of the block.
	pub block: u32,
	/// The index of the transaction.
	pub index: u32,
	/// The fee, in the smallest unit.
	#[serde(serialize_with = "text::as_text")]
	pub fee: u128,
}

/// A chain in memory.
pub struct Chain {
	ext: TestExternalities,
	engine: Arc<Engine>,
	/// The file of the state.
	path: Option<PathBuf>,
}

impl Chain {
	/// Opens the chain that [`Endpoint::keep`] saved to the file, or a new one with the development
	/// accounts and `caller`, each with the balance of an account of a dev chain.
	pub fn open(
		state: Option<&Path>,
		caller: &AccountId,
		engine: Arc<Engine>,
	) -> Result<Self, Failure> {
		let storage = match state.filter(|path| path.exists()) {
			Some(path) => load(path)?,
			None => {
				let mut rich: Vec<_> =
					Sr25519Keyring::well_known().map(|key| key.to_account_id()).collect();
				if !rich.contains(caller) {
					rich.push(caller.clone());
				}
				genesis(rich)
			},
		};
		Ok(Self { path: state.map(PathBuf::from), ..Self::start(storage, engine) })
	}

	/// A new chain, on which each of the accounts has the balance of an account of a dev chain.
	pub fn new(rich: Vec<AccountId>, engine: Arc<Engine>) -> Self {
		Self::start(genesis(rich), engine)
	}

	fn start(storage: Storage, engine: Arc<Engine>) -> Self {
		let mut ext = TestExternalities::new(storage);
		ext.register_extension(engine.extension());
		ext.execute_with(begin_block);
		Self { ext, engine, path: None }
	}

	/// Runs the jobs of this block in a block without other calls. Returns the events.
	pub fn finish_block(&mut self) -> Vec<RuntimeEvent> {
		self.ext.execute_with(|| {
			System::reset_events();
			<Virt as Hooks<_>>::on_idle(System::block_number(), Weight::MAX);
			System::read_events_no_consensus().map(|record| record.event).collect()
		})
	}

	/// Starts the next block.
	pub fn begin_block(&mut self) {
		self.ext.execute_with(begin_block);
	}

	/// Runs the jobs of this block, and starts the next. Returns the jobs that ended, and how.
	pub fn next_block(&mut self) -> Vec<(JobId, Result<Vec<u8>, Fault>)> {
		let ended = self.finish_block().into_iter().filter_map(|event| match event {
			RuntimeEvent::Virt(Event::JobFinished { job, output, .. }) => Some((job, Ok(output))),
			RuntimeEvent::Virt(Event::JobFailed { job, error, .. }) => {
				Some((job, Err(error.into())))
			},
			_ => None,
		});
		let ended = ended.collect();
		self.begin_block();
		ended
	}

	/// A copy of the state.
	pub fn state(&mut self) -> State {
		self.ext.commit_all().expect("no transaction is open between two calls; qed");
		self.ext.backend.clone()
	}

	/// Restores a copy of the state.
	pub fn restore(&mut self, state: State) {
		self.ext.commit_all().expect("no transaction is open between two calls; qed");
		self.ext.backend = state;
	}

	/// Writes the state to a file.
	fn save(&mut self, path: &Path) -> Result<(), Failure> {
		let pairs: BTreeMap<_, _> = self.ext.execute_with(|| {
			let mut key = Vec::new();
			let next = std::iter::from_fn(move || {
				key = sp_io::storage::next_key(&key)?;
				let value = sp_io::storage::get(&key)?;
				Some((text::hex(&key), text::hex(&value)))
			});
			next.collect()
		});
		let json = serde_json::to_string_pretty(&pairs).expect("text is JSON; qed");
		// The old file is kept until the new state is complete.
		let mut name = path.file_name().unwrap_or_default().to_os_string();
		name.push(format!(".{}", std::process::id()));
		let new = path.with_file_name(name);
		let written = File::create(&new).and_then(|mut file| {
			file.write_all(json.as_bytes())?;
			file.write_all(b"\n")?;
			file.sync_all()?;
			fs::rename(&new, path)
		});
		written.map_err(|error| {
			let _ = fs::remove_file(&new);
			Failure::Usage(format!("{}: {error}", path.display()))
		})
	}

	/// Reads the state.
	pub fn read<R>(&mut self, look: impl FnOnce() -> R) -> R {
		self.ext.execute_with(look)
	}
}

impl Endpoint for Chain {
	fn has_program(&mut self, code_hash: H256) -> Result<bool, Failure> {
		Ok(self.read(|| pallet_virt::Programs::<Runtime>::contains_key(code_hash)))
	}

	fn has_account(&mut self, address: &AccountId) -> Result<bool, Failure> {
		Ok(self.read(|| pallet_virt::Accounts::<Runtime>::contains_key(address)))
	}

	fn attempt(&mut self, caller: &AccountId, call: &Call<Runtime>) -> Result<Trial, Failure> {
		Ok(self.ext.execute_with(|| attempt(caller.clone(), call.clone())))
	}

	fn trace(
		&mut self,
		caller: &AccountId,
		call: &Call<Runtime>,
	) -> Result<Option<Program>, Failure> {
		let (vm, recorded) = record::start(syscalls::names, TRACED_FOR)
			.map_err(|error| Failure::Usage(error.to_string()))?;
		self.ext.register_extension(vm);
		self.attempt(caller, call)?;
		self.ext.register_extension(self.engine.extension());
		// A dry-run may try several limits. The first is that of the call.
		Ok(recorded.take().into_iter().next())
	}

	fn make(
		&mut self,
		caller: &AccountId,
		call: Call<Runtime>,
	) -> Result<Result<Option<Made>, Fault>, Failure> {
		let origin = RuntimeOrigin::signed(caller.clone());
		let made = self.ext.execute_with(|| RuntimeCall::Virt(call).dispatch(origin));
		Ok(made.map(|_| None).map_err(|failure| failure.error.into()))
	}

	fn keep(&mut self) -> Result<(), Failure> {
		match self.path.clone() {
			Some(path) => self.save(&path),
			None => Ok(()),
		}
	}
}

fn attempt(origin: AccountId, call: Call<Runtime>) -> Trial {
	match call {
		Call::upload { code, storage_deposit_limit } => {
			dry_run::upload::<Runtime>(origin, code, storage_deposit_limit)
		},
		Call::run { code_hash, entry, input, weight_limit } => {
			dry_run::run::<Runtime>(origin, code_hash, entry, input, Some(weight_limit))
		},
		Call::instantiate {
			code_hash,
			salt,
			input,
			value,
			weight_limit,
			storage_deposit_limit,
		}
		| Call::instantiate_upgradable {
			code_hash,
			salt,
			input,
			value,
			weight_limit,
			storage_deposit_limit,
			..
		} => {
			let (weight, deposit) = (Some(weight_limit), storage_deposit_limit);
			dry_run::instantiate::<Runtime>(origin, code_hash, salt, input, value, weight, deposit)
		},
		Call::call { address, entry, input, value, weight_limit, storage_deposit_limit } => {
			let (weight, deposit) = (Some(weight_limit), storage_deposit_limit);
			dry_run::call::<Runtime>(origin, address, entry, input, value, weight, deposit)
		},
		Call::set_code { address, code_hash, input, weight_limit, storage_deposit_limit } => {
			let (weight, deposit) = (Some(weight_limit), storage_deposit_limit);
			dry_run::set_code::<Runtime>(origin, address, code_hash, input, weight, deposit)
		},
		other => unreachable!("{other:?} has no dry-run, and is never passed here; qed"),
	}
}

fn load(path: &Path) -> Result<Storage, Failure> {
	let wrong =
		|error: String| Failure::Usage(format!("{} is not a saved state: {error}", path.display()));
	let json = super::blob::read(path)?;
	let pairs: BTreeMap<String, String> =
		serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))?;
	let pairs = pairs.iter().map(|(key, value)| Ok((text::bytes(key)?, text::bytes(value)?)));
	let top = pairs.collect::<Result<_, String>>().map_err(wrong)?;
	Ok(Storage { top, ..Default::default() })
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
	/// The name of the error: `Trapped`.
	pub error: String,
	/// The docs of the error in the pallet.
	pub explanation: String,
	/// Whether it is an error of `pallet-virt`.
	pub is_of_programs: bool,
}

impl From<DispatchError> for Fault {
	fn from(error: DispatchError) -> Self {
		let name = match &error {
			DispatchError::Module(ModuleError { message: Some(name), .. }) => {
				Some(name.to_string())
			},
			// A node returns the number only.
			DispatchError::Module(module) if module.index == virt_index() => {
				errors().into_iter().find(|it| it.index == module.error[0]).map(|it| it.name.into())
			},
			_ => None,
		};
		let name = name.unwrap_or_else(|| format!("{error:?}"));
		let is_of_programs =
			matches!(&error, DispatchError::Module(module) if module.index == virt_index());
		let explanation = match error {
			_ if is_of_programs => docs(&name),
			DispatchError::Token(TokenError::BelowMinimum) => format!(
				"A transfer to a new account must be at least the existential deposit: {}.",
				text::grouped(EXISTENTIAL_DEPOSIT)
			),
			_ => String::new(),
		};
		Self { error: name, explanation, is_of_programs }
	}
}

impl fmt::Display for Fault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.explanation.as_str() {
			"" => f.write_str(&self.error),
			explanation => write!(f, "{}: {explanation}", self.error),
		}
	}
}

fn virt_index() -> u8 {
	RuntimeCall::Virt(Call::remove { code_hash: H256::zero() }).encode()[0]
}

/// The errors of the pallet.
fn errors() -> Vec<Variant> {
	match pallet_virt::Error::<Runtime>::type_info().type_def {
		TypeDef::Variant(errors) => errors.variants,
		_ => Vec::new(),
	}
}

/// The docs of an error of the pallet.
fn docs(error: &str) -> String {
	let docs = errors().into_iter().find(|variant| variant.name == error);
	docs.map_or_else(String::new, |variant| variant.docs.join(" ").trim().into())
}
