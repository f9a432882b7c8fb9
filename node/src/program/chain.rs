//! A chain in memory: the node's own runtime, run natively, with the real manager below it.
//!
//! It has no fees and no signatures: a call is tried, which tells all that there is to know, and may
//! then be made. Each chain that is opened is one block further.

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

/// How long programs may run where they are traced.
const TRACED_FOR: Duration = Duration::from_secs(3_600);

/// A copy of a chain's state.
pub type State = InMemoryBackend<Blake2Hasher>;

/// What a call would come to.
pub type Trial = dry_run::DryRunOf<Runtime>;

/// Where a program is run: on a chain in memory, or on a node.
pub trait Endpoint {
	/// Whether the program is stored.
	fn has_program(&mut self, code_hash: H256) -> Result<bool, Failure>;

	/// Whether the account is one of a program.
	fn has_account(&mut self, address: &AccountId) -> Result<bool, Failure>;

	/// What the call would come to.
	fn attempt(&mut self, caller: &AccountId, call: &Call<Runtime>) -> Result<Trial, Failure>;

	/// What programs would do in the call; nothing where none is run.
	fn trace(
		&mut self,
		caller: &AccountId,
		call: &Call<Runtime>,
	) -> Result<Option<Program>, Failure>;

	/// Makes the call. Tells the place of the transaction, where there is one.
	fn make(
		&mut self,
		caller: &AccountId,
		call: Call<Runtime>,
	) -> Result<Result<Option<Made>, Fault>, Failure>;

	/// Keeps the state for the next time, where that is asked for.
	fn keep(&mut self) -> Result<(), Failure> {
		Ok(())
	}
}

/// A transaction in a block.
#[derive(Debug, Serialize)]
pub struct Made {
	/// The block's number.
	pub block: u32,
	/// The transaction's index in it.
	pub index: u32,
	/// What was paid for it, in the smallest unit.
	#[serde(serialize_with = "text::as_text")]
	pub fee: u128,
}

/// See the module.
pub struct Chain {
	ext: TestExternalities,
	engine: Arc<Engine>,
	/// The file that the state is kept in.
	path: Option<PathBuf>,
}

impl Chain {
	/// The chain that [`Endpoint::keep`] left in the file, or a new one: with the development accounts,
	/// and `caller`, who all have as much as those of a dev chain.
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

	/// A new chain, where each of the accounts has as much as one of a dev chain.
	pub fn new(rich: Vec<AccountId>, engine: Arc<Engine>) -> Self {
		Self::start(genesis(rich), engine)
	}

	fn start(storage: Storage, engine: Arc<Engine>) -> Self {
		let mut ext = TestExternalities::new(storage);
		ext.register_extension(engine.extension());
		ext.execute_with(begin_block);
		Self { ext, engine, path: None }
	}

	/// Runs the jobs of this block, in a block that is empty but for them. Gives what happened in it.
	pub fn finish_block(&mut self) -> Vec<RuntimeEvent> {
		self.ext.execute_with(|| {
			System::reset_events();
			<Virt as Hooks<_>>::on_idle(System::block_number(), Weight::MAX);
			System::read_events_no_consensus().map(|record| record.event).collect()
		})
	}

	/// Begins the next block.
	pub fn begin_block(&mut self) {
		self.ext.execute_with(begin_block);
	}

	/// Runs the jobs of this block, and begins the next. Tells which jobs ended in it, and how.
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

	/// Goes back to a copy of the state.
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
		// What is there stays there until all of the new state is.
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

	/// Looks at the state.
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
		other => unreachable!("{other:?} cannot be tried, and nobody asks for it; qed"),
	}
}

fn load(path: &Path) -> Result<Storage, Failure> {
	let wrong = |error: String| {
		Failure::Usage(format!("{} is not a state that was kept: {error}", path.display()))
	};
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
	/// What the pallet's docs say of it.
	pub explanation: String,
	/// Whether it is an error of the pallet.
	pub is_of_programs: bool,
}

impl From<DispatchError> for Fault {
	fn from(error: DispatchError) -> Self {
		let name = match &error {
			DispatchError::Module(ModuleError { message: Some(name), .. }) => {
				Some(name.to_string())
			},
			// A node tells only the number.
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
				"A transfer opens an account only with the existential deposit or more: {}.",
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

/// The pallet's errors.
fn errors() -> Vec<Variant> {
	match pallet_virt::Error::<Runtime>::type_info().type_def {
		TypeDef::Variant(errors) => errors.variants,
		_ => Vec::new(),
	}
}

/// What the pallet says of an error.
fn docs(error: &str) -> String {
	let docs = errors().into_iter().find(|variant| variant.name == error);
	docs.map_or_else(String::new, |variant| variant.docs.join(" ").trim().into())
}
