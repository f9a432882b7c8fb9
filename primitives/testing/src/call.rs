//! A call, what is expected of it, and what came of it.

use crate::{
	property,
	protocol::{self, Request, Target},
	Account, AccountId, Chain, Error, UpgradeAuthority, Weight, ALICE, WEIGHT,
};
use codec::{Decode, DecodeAll, Encode};
use std::{any::type_name, fmt::Debug};

/// A call that is not made yet: by [`ALICE`], with no value and the weight limit [`WEIGHT`], unless set
/// otherwise.
#[must_use = "the call is made by `returns`, `succeeds`, `outcome` and the like"]
pub struct Call {
	chain: Chain,
	call: protocol::Call,
}

/// The result of a call.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Outcome {
	/// Why it failed, if it did.
	pub error: Option<Error>,
	/// The program's output, also where it reverted.
	pub output: Vec<u8>,
	/// Weight that it took, without the base of the call.
	pub weight_used: Weight,
	/// The same ref time in gas, as programs count it.
	pub gas_used: u64,
	/// Data of the program's events, in order.
	pub events: Vec<Vec<u8>>,
	/// What programs logged, a line each.
	pub log: Vec<String>,
	/// What programs did, as a tree, where the call failed.
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

	/// By another caller. Nothing is signed: it may be any account, a program's too.
	pub fn by(mut self, caller: AccountId) -> Self {
		self.call.caller = caller;
		self
	}

	/// With this amount transferred.
	pub fn value(mut self, value: u128) -> Self {
		self.call.value = value;
		self
	}

	/// With this weight limit.
	pub fn weight(mut self, weight: Weight) -> Self {
		self.call.weight = weight;
		self
	}

	/// With the caller held for this much at most. Without it, for anything.
	pub fn deposit_limit(mut self, limit: u128) -> Self {
		self.call.deposit_limit = Some(limit);
		self
	}

	/// Of an instantiation: who may replace the account's program. Without it, nobody.
	///
	/// # Panics
	///
	/// When it is no instantiation.
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

	/// Calls, whatever comes of it.
	#[track_caller]
	pub fn outcome(self) -> Outcome {
		self.make().0
	}

	/// The call has to succeed, and its output to be a `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(self) -> T {
		self.succeeds().decode()
	}

	/// The call has to succeed.
	#[track_caller]
	pub fn succeeds(self) -> Outcome {
		self.outcome().successful()
	}

	/// The call has to succeed, and to deposit this event, among others.
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

	/// The call has to revert, with an `E`.
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

	/// The call has to revert, with this error.
	#[track_caller]
	pub fn reverts_with<E: DecodeAll + Debug + PartialEq>(self, error: E) {
		assert_eq!(self.reverts::<E>(), error, "the call reverted with another error");
	}

	/// The call has to fail: `assert_eq!(call.fails(), Error::Trapped)`.
	#[track_caller]
	pub fn fails(self) -> Error {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) => error,
			None => panic!("the call succeeded{}", outcome.details()),
		}
	}

	/// The instantiation has to succeed.
	///
	/// # Panics
	///
	/// When it fails, or is no instantiation.
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

	/// The output as a `T`.
	///
	/// # Panics
	///
	/// When it is none.
	#[track_caller]
	pub fn decode<T: DecodeAll>(&self) -> T {
		match T::decode_all(&mut &self.output[..]) {
			Ok(value) => value,
			Err(_) => {
				let wanted = type_name::<T>();
				panic!("the output {:?} is no {wanted}{}", self.output, self.details())
			},
		}
	}

	/// The events that are an `E`, in order.
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
