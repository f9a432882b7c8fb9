//! Calls, expectations, and results.

use crate::{
	property,
	protocol::{self, Request, Target},
	Account, AccountId, Chain, Error, UpgradeAuthority, Weight, ALICE, WEIGHT,
};
use codec::{Decode, DecodeAll, Encode};
use std::{any::type_name, fmt::Debug};

/// A call to be made: by [`ALICE`], without a value and with the weight limit [`WEIGHT`], unless
/// set otherwise.
#[must_use = "the call is made by `returns`, `succeeds`, `outcome` and the like"]
pub struct Call {
	chain: Chain,
	call: protocol::Call,
}

/// The result of a call.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Outcome {
	/// The error, if it failed.
	pub error: Option<Error>,
	/// The program's output, even if it reverted.
	pub output: Vec<u8>,
	/// The consumed weight, without the base weight of the call.
	pub weight_used: Weight,
	/// The consumed ref time in gas, as programs count it.
	pub gas_used: u64,
	/// The data of the program's events, in order.
	pub events: Vec<Vec<u8>>,
	/// The log lines of programs.
	pub log: Vec<String>,
	/// The tree of program calls, if the call failed.
	pub trace: Option<String>,
}

impl Call {
	pub(crate) fn new(chain: &Chain, target: Target, arguments: impl Encode) -> Self {
		let call = protocol::Call {
			target,
			input: arguments.encode(),
			caller: ALICE,
			value: 0,
			weight: WEIGHT,
			deposit_limit: None,
			random: false,
		};
		Self { chain: chain.clone(), call }
	}

	/// Sets the caller. Nothing is signed: it may be any account, including a program's.
	pub fn by(mut self, caller: AccountId) -> Self {
		self.call.caller = caller;
		self
	}

	/// Sets the value to transfer.
	pub fn value(mut self, value: u128) -> Self {
		self.call.value = value;
		self
	}

	/// Sets the weight limit.
	pub fn weight(mut self, weight: Weight) -> Self {
		self.call.weight = weight;
		self
	}

	/// Sets the limit of deposits from the caller. The default is no limit.
	pub fn deposit_limit(mut self, limit: u128) -> Self {
		self.call.deposit_limit = Some(limit);
		self
	}

	/// Sets the upgrade authority of an instantiation. The default is nobody.
	///
	/// # Panics
	///
	/// If the call is not an instantiation.
	#[track_caller]
	pub fn upgradable_by(mut self, by: UpgradeAuthority) -> Self {
		match &mut self.call.target {
			Target::Instantiate { authority, .. } => *authority = by,
			other => panic!("an upgrade authority is chosen at an instantiation, not at {other:?}"),
		}
		self
	}

	pub(crate) fn into_parts(self) -> (Chain, protocol::Call) {
		(self.chain, self.call)
	}

	#[track_caller]
	fn make(self) -> (Outcome, Option<AccountId>) {
		let random = property::is_running();
		self.chain.ask(Request::Call(protocol::Call { random, ..self.call }))
	}

	/// Makes the call and returns its outcome.
	#[track_caller]
	pub fn outcome(self) -> Outcome {
		self.make().0
	}

	/// Expects success with an output of type `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(self) -> T {
		self.succeeds().decode()
	}

	/// Expects success.
	#[track_caller]
	pub fn succeeds(self) -> Outcome {
		self.outcome().successful()
	}

	/// Expects success, and this event among others.
	#[track_caller]
	pub fn emits<E: DecodeAll + Debug + PartialEq>(self, event: E) -> Outcome {
		let outcome = self.succeeds();
		let events = outcome.events_of::<E>();
		assert!(
			events.contains(&event),
			"the call did not emit {event:?}, but {events:?}{}",
			outcome.details()
		);
		outcome
	}

	/// Expects a revert with an error of type `E`.
	#[track_caller]
	pub fn reverts<E: DecodeAll>(self) -> E {
		let outcome = self.outcome();
		match &outcome.error {
			Some(Error::Reverted) => outcome.decode(),
			Some(error) => {
				panic!("the call did not revert, but {error}{}", outcome.details())
			},
			None => panic!("the call did not revert, but succeeded{}", outcome.details()),
		}
	}

	/// Expects a revert with this error.
	#[track_caller]
	pub fn reverts_with<E: DecodeAll + Debug + PartialEq>(self, error: E) {
		assert_eq!(self.reverts::<E>(), error, "the call reverted with another error");
	}

	/// Expects a failure: `assert_eq!(call.fails(), Error::Trapped)`.
	#[track_caller]
	pub fn fails(self) -> Error {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) => error,
			None => panic!("the call succeeded{}", outcome.details()),
		}
	}

	/// Expects the instantiation to succeed.
	///
	/// # Panics
	///
	/// If it fails, or if the call is not an instantiation.
	#[track_caller]
	pub fn account(self) -> Account {
		let chain = self.chain.clone();
		let (outcome, address) = self.make();
		outcome.successful();
		let address = address.expect("only an instantiation makes an account");
		Account { chain, address }
	}
}

impl Outcome {
	#[track_caller]
	fn successful(self) -> Self {
		match &self.error {
			None => self,
			Some(error) => panic!("the call failed: {error}{}", self.details()),
		}
	}

	/// Decodes the output as a `T`.
	///
	/// # Panics
	///
	/// If it does not decode.
	#[track_caller]
	pub fn decode<T: DecodeAll>(&self) -> T {
		match T::decode_all(&mut &self.output[..]) {
			Ok(value) => value,
			Err(_) => {
				let wanted = type_name::<T>();
				panic!("the output {:?} is not a {wanted}{}", self.output, self.details())
			},
		}
	}

	/// The events that decode as an `E`, in order.
	pub fn events_of<E: DecodeAll>(&self) -> Vec<E> {
		self.events.iter().filter_map(|data| E::decode_all(&mut &data[..]).ok()).collect()
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
