//! The steps before a call: the ABI, the input, upload, instantiation.

use super::{
	super::{
		abi::Abi,
		blob::{self, File},
		chain::{Endpoint, Trial},
		Failure,
	},
	options::{Bytes, RunCmd, SALT},
	report::{log, value, Instantiation},
};
use pallet_virt::Call;
use sp_core::{crypto::Ss58Codec, H256};
use virt_runtime::{AccountId, Runtime};

impl RunCmd {
	/// The ABI file: the given one, or the one beside the program.
	pub(super) fn abi(&self, file: &File) -> Result<Option<Abi>, Failure> {
		let path = match &self.abi {
			Some(path) => path.clone(),
			None => file.beside(".abi.json"),
		};
		if self.abi.is_none() && !path.is_file() {
			return Ok(None);
		}
		let abi = Abi::parse(&blob::read(&path)?);
		abi.map(Some).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
	}

	/// Uploads the program, unless it is stored.
	pub(super) fn upload(&self, chain: &mut dyn Endpoint, file: &File) -> Result<(), Failure> {
		if chain.has_program(file.code_hash())? {
			return Ok(());
		}
		self.check_sends(|| format!("{} is not stored on the chain", file.path.display()))?;
		let upload = Call::upload { code: file.bytes.clone(), storage_deposit_limit: None };
		chain.make(&self.caller, upload)?.map(drop).map_err(|fault| {
			Failure::Program(format!("the chain rejects {}: {fault}", file.path.display()))
		})
	}

	/// Instantiates the program, unless that was done.
	pub(super) fn instantiate(
		&self,
		chain: &mut dyn Endpoint,
		file: &File,
		abi: Option<&Abi>,
		address: &AccountId,
	) -> Result<Option<Instantiation>, Failure> {
		let given = self.init_input.is_some() || !self.init_args.is_empty();
		if chain.has_account(address)? {
			return match given {
				false => Ok(None),
				true => Err(Failure::Usage(format!(
					"the program already has the account {}: `init` does not run again",
					address.to_ss58check(),
				))),
			};
		}
		self.check_sends(|| {
			format!(
				"{} has no account of {} on the chain",
				file.path.display(),
				self.caller.to_ss58check()
			)
		})?;
		let input = match given {
			true => encode(abi, file, "init", &self.init_input, &self.init_args)?,
			false => Vec::new(),
		};
		let call = self.instantiation(file.code_hash(), input, 0);
		let trial = chain.attempt(&self.caller, &call)?;
		let instantiation = Instantiation { weight_used: trial.weight_consumed, log: log(&trial) };
		let made = match trial.result {
			Ok(()) => chain.make(&self.caller, self.limited(call, &trial))?.map(drop),
			Err(error) => Err(error.into()),
		};
		made.map_err(|fault| {
			let value = value(abi, "init", &trial).filter(|value| !value.is_null());
			let value = value.map_or(String::new(), |value| format!(", {value}"));
			Failure::Program(format!(
				"init failed, before {} was called: {fault}{value} (give it what it takes by \
				 --init-args, or look at it alone: run {} init)",
				self.entry,
				file.path.display(),
			))
		})?;
		Ok(Some(instantiation))
	}

	/// With `--dry-run`, no transactions are sent: `what` must already exist.
	pub(super) fn check_sends(&self, what: impl FnOnce() -> String) -> Result<(), Failure> {
		match self.dry_run && self.url.is_some() {
			true => Err(Failure::Program(format!(
				"{}, and --dry-run does not send transactions",
				what()
			))),
			false => Ok(()),
		}
	}

	/// The call with the required weight limit, if it is a transaction and none is given.
	pub(super) fn limited(&self, mut call: Call<Runtime>, trial: &Trial) -> Call<Runtime> {
		if self.url.is_none() || self.weight.is_some() {
			return call;
		}
		match &mut call {
			Call::run { weight_limit, .. }
			| Call::instantiate { weight_limit, .. }
			| Call::call { weight_limit, .. } => *weight_limit = trial.weight_required,
			_ => {},
		}
		call
	}

	pub(super) fn instantiation(
		&self,
		code_hash: H256,
		input: Vec<u8>,
		value: u128,
	) -> Call<Runtime> {
		Call::instantiate {
			code_hash,
			salt: SALT.to_vec(),
			input,
			value,
			weight_limit: self.weight_limit(),
			storage_deposit_limit: None,
		}
	}
}

/// The input of a call.
pub(super) fn encode(
	abi: Option<&Abi>,
	file: &File,
	entry: &str,
	input: &Option<Bytes>,
	arguments: &[String],
) -> Result<Vec<u8>, Failure> {
	match (input, abi) {
		(Some(input), _) => Ok(input.clone()),
		(None, Some(abi)) if abi.entry(entry).is_ok() => {
			abi.encode(entry, arguments).map_err(Failure::Usage)
		},
		(None, _) if arguments.is_empty() => Ok(Vec::new()),
		(None, Some(abi)) => Err(Failure::Usage(abi.entry(entry).map(drop).unwrap_err())),
		(None, None) => Err(Failure::Usage(format!(
			"there is no {} to encode arguments by: name one with --abi, or give the bytes with \
			 --input",
			file.beside(".abi.json").display(),
		))),
	}
}
