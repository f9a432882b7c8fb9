//! A call, what is expected of it, and what came of it.

use crate::{name, runtime::*, Account, AccountId, Chain, Error, Weight, ALICE, WEIGHT};
use codec::{DecodeAll, Encode};
use pallet_virt::{
	dry_run::{self, DryRunOf},
	gas::of_weight,
};
use sp_core::H256;
use sp_runtime::DispatchError;
use virt_trace::{record::TRACED_UNASKED, tree::Tree};

/// A call to come: by [`ALICE`], with no value and plenty of weight unless it is said otherwise.
#[must_use = "nothing is called until it is said what is expected"]
pub struct Call {
	chain: Chain,
	what: What,
	input: Vec<u8>,
	caller: AccountId,
	value: u128,
	weight: Weight,
	deposit: Option<u128>,
}

#[derive(Clone)]
pub(crate) enum What {
	Run { code_hash: H256, entry: Vec<u8> },
	Instantiate { code_hash: H256, salt: Vec<u8> },
	Call { address: AccountId, entry: Vec<u8> },
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// Why it failed, if it did.
	pub error: Option<DispatchError>,
	/// What the program gave, also where it reverted.
	pub output: Vec<u8>,
	/// Weight that it took, without the base of the call.
	pub weight_used: Weight,
	/// Data of the program's events, in order.
	pub events: Vec<Vec<u8>>,
	/// What programs logged, a line each.
	pub log: Vec<String>,
	/// What programs did, as a tree, where the call failed.
	pub trace: Option<String>,
}

impl Call {
	pub(crate) fn new(chain: &Chain, what: What, arguments: impl Encode) -> Self {
		let input = arguments.encode();
		let (chain, caller) = (chain.clone(), ALICE);
		Self { chain, what, input, caller, value: 0, weight: WEIGHT, deposit: None }
	}

	/// By another caller.
	pub fn by(mut self, caller: AccountId) -> Self {
		self.caller = caller;
		self
	}

	/// With this amount transferred.
	pub fn value(mut self, value: u128) -> Self {
		self.value = value;
		self
	}

	/// With this weight limit.
	pub fn weight(mut self, weight: Weight) -> Self {
		self.weight = weight;
		self
	}

	/// With the caller held for this much at most. Without it, for anything.
	pub fn deposit_limit(mut self, limit: u128) -> Self {
		self.deposit = Some(limit);
		self
	}

	/// Calls, whatever comes of it.
	pub fn outcome(self) -> Outcome {
		let trial = self.chain.execute(|| self.trial());
		let is_traced = trial.result.is_err() && of_weight(trial.weight_consumed) <= TRACED_UNASKED;
		let trace = is_traced.then(|| self.trace());
		let before = self.chain.execute(System::event_count) as usize;
		let call = self.extrinsic();
		let error = self.chain.dispatch(self.caller, call).err();
		let events = self.chain.execute(|| {
			pallet_virt::try_state::check::<Runtime>().expect("the pallet's storage is sound");
			let new = System::events().into_iter().skip(before);
			new.filter_map(|record| match record.event {
				RuntimeEvent::Virt(pallet_virt::Event::ProgramEvent { data, .. }) => Some(data),
				_ => None,
			})
			.collect()
		});
		let (output, weight_used) = (trial.output, trial.weight_consumed);
		let log = trial.logs.iter().map(|line| String::from_utf8_lossy(line).into()).collect();
		Outcome { error, output, weight_used, events, log, trace: trace.flatten() }
	}

	/// What programs do in the call, which is not made.
	fn trace(&self) -> Option<String> {
		let programs = self.chain.traced(|| drop(self.trial()));
		// A dry-run may try several limits. The first is that of the call.
		let program =
			virt_trace::Program { input: Some(self.input.clone()), ..programs.into_iter().next()? };
		Some(Tree::new(&program, &*self.chain.0.known.borrow()).to_string())
	}

	/// The call has to succeed, and its output to be a `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(self) -> T {
		self.succeeds().decode()
	}

	/// The call has to succeed.
	#[track_caller]
	pub fn succeeds(self) -> Outcome {
		let outcome = self.outcome();
		match &outcome.error {
			None => outcome,
			Some(error) => panic!("the call failed: {}{}", name(error), outcome.details()),
		}
	}

	/// The call has to revert, with an `E`.
	#[track_caller]
	pub fn reverts<E: DecodeAll>(self) -> E {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) if error == Error::Reverted.into() => outcome.decode(),
			Some(error) => {
				panic!("the call did not revert, but {}{}", name(&error), outcome.details())
			},
			None => panic!("the call did not revert, but succeeded{}", outcome.details()),
		}
	}

	/// The call has to fail: `assert_eq!(call.fails(), Error::Trapped.into())`.
	#[track_caller]
	pub fn fails(self) -> DispatchError {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) => error,
			None => panic!("the call succeeded{}", outcome.details()),
		}
	}

	/// The instantiation has to succeed.
	#[track_caller]
	pub fn account(self) -> Account {
		let What::Instantiate { code_hash, salt } = self.what.clone() else {
			panic!("only an instantiation makes an account")
		};
		let chain = self.chain.clone();
		let address =
			pallet_virt::Pallet::<Runtime>::address_of(&self.caller.into(), code_hash, &salt);
		self.succeeds();
		Account { chain, address: address.into() }
	}

	fn extrinsic(&self) -> pallet_virt::Call<Runtime> {
		let Self { input, value, weight: weight_limit, deposit: storage_deposit_limit, .. } = self;
		let (input, value, weight_limit) = (input.clone(), *value, *weight_limit);
		let storage_deposit_limit = *storage_deposit_limit;
		match self.what.clone() {
			What::Run { code_hash, entry } => {
				pallet_virt::Call::run { code_hash, entry, input, weight_limit }
			},
			What::Instantiate { code_hash, salt } => pallet_virt::Call::instantiate {
				code_hash,
				salt,
				input,
				value,
				weight_limit,
				storage_deposit_limit,
			},
			What::Call { address, entry } => {
				let address = address.into();
				pallet_virt::Call::call {
					address,
					entry,
					input,
					value,
					weight_limit,
					storage_deposit_limit,
				}
			},
		}
	}

	/// What the call gives and takes, changing nothing: an extrinsic that fails says neither.
	fn trial(&self) -> DryRunOf<Runtime> {
		let (caller, input) = (self.caller.into(), self.input.clone());
		let (value, weight, deposit) = (self.value, Some(self.weight), self.deposit);
		match self.what.clone() {
			What::Run { code_hash, entry } => {
				dry_run::run::<Runtime>(caller, code_hash, entry, input, weight)
			},
			What::Instantiate { code_hash, salt } => dry_run::instantiate::<Runtime>(
				caller, code_hash, salt, input, value, weight, deposit,
			),
			What::Call { address, entry } => dry_run::call::<Runtime>(
				caller,
				address.into(),
				entry,
				input,
				value,
				weight,
				deposit,
			),
		}
	}
}

impl Outcome {
	/// The output as a `T`.
	#[track_caller]
	pub fn decode<T: DecodeAll>(&self) -> T {
		match T::decode_all(&mut &self.output[..]) {
			Ok(value) => value,
			Err(_) => panic!(
				"the output {:?} is no {}{}",
				self.output,
				std::any::type_name::<T>(),
				self.details(),
			),
		}
	}

	fn details(&self) -> String {
		let log = self.log.iter().map(|line| format!("\n  log: {line}"));
		let trace = self.trace.as_ref().map(|trace| format!("\n{trace}"));
		format!(
			"\n  weight: {}\n  output: {:?}{}{}",
			self.weight_used,
			self.output,
			log.collect::<String>(),
			trace.unwrap_or_default(),
		)
	}
}
