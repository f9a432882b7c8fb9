//! The state of a frame.

use crate::{
	access::{Place, MAX_BALANCE},
	gas::{self, Meter, Price, GAS_OF_TRANSFER},
	limits::ABI,
	stack::{Caller, CallerOf, Stack},
	weights, BalanceOf, Config, Error,
};
use alloc::vec::Vec;
use codec::Encode;
use core::fmt;
use frame_support::{traits::Get, weights::Weight};
use sp_core::H256;
use virt_primitives::Gas;

/// The maximal length of an account's holds and balance, in bytes.
const MAX_HOLDS: u32 = 512;

/// The state of a frame while its program runs.
pub struct Context<'a, T: Config> {
	/// What it shares with the other frames of the call.
	pub stack: &'a mut Stack<T>,
	/// The caller.
	pub caller: CallerOf<T>,
	/// The program's account; `None` for a one-shot run.
	pub account: Option<T::AccountId>,
	/// The code hash of the program.
	pub code_hash: H256,
	/// The value that was transferred with the call.
	pub value: BalanceOf<T>,
	/// The input of the program.
	pub input: &'a [u8],
	/// The output so far.
	pub output: Vec<u8>,
	/// The output of the last callee.
	pub returned: Vec<u8>,
	/// The remaining weight.
	pub meter: Meter,
	/// The ABI version of the program.
	pub abi: u16,
}

impl<'a, T: Config> Context<'a, T> {
	/// A frame whose program is not set yet.
	pub fn new(
		stack: &'a mut Stack<T>,
		caller: CallerOf<T>,
		input: &'a [u8],
		value: BalanceOf<T>,
		weight_limit: Weight,
	) -> Self {
		Self {
			stack,
			caller,
			account: None,
			code_hash: H256::zero(),
			value,
			input,
			output: Vec::new(),
			returned: Vec::new(),
			meter: Meter::new(weight_limit),
			abi: ABI,
		}
	}

	/// The program and its caller, for log lines. Formatted only if the line is shown.
	pub fn label(&self) -> impl fmt::Display + '_ {
		Label(self)
	}

	/// Records the gas that the VM left.
	pub(crate) fn set_gas_left(&mut self, gas: Gas) {
		if gas < self.meter.gas_left() {
			self.progressed();
		}
		self.meter.set_gas_left(gas);
	}

	/// Records that the slice of a job made progress.
	pub(crate) fn progressed(&mut self) {
		if let Some(slice) = &mut self.stack.slice {
			slice.has_progressed |= self.stack.depth == 1;
		}
	}

	/// Whether this is the outermost frame of a job, outside of atomic scopes.
	pub(crate) fn may_wait(&self) -> bool {
		self.stack.depth == 1 && self.stack.slice.as_ref().is_some_and(|slice| !slice.is_atomic)
	}

	/// Whether the program can be suspended because the slice has no weight left. A full slice
	/// without progress would make none the next time either.
	pub(crate) fn may_suspend(&self) -> bool {
		let slice = self.stack.slice.as_ref();
		self.may_wait() && slice.is_some_and(|slice| slice.has_progressed || !slice.is_full)
	}

	/// Charges for a syscall that moves or hashes `len` bytes.
	pub(crate) fn charge(&mut self, price: Price, len: u64) -> Result<(), Error<T>> {
		self.meter.charge_gas(price.of(len))
	}

	/// Charges for the deposits that a change of an item affects: the holds of the call's payer and
	/// of the previous payer are read and written once, at the end of the call.
	pub(crate) fn access_deposit(&mut self, before: Option<&T::AccountId>) -> Result<(), Error<T>> {
		let payer = self.stack.deposit.payer().cloned();
		for account in payer.into_iter().chain(before.cloned()) {
			let place = Place::Holds(account);
			if self.stack.accesses.write(&mut self.meter, place, MAX_HOLDS)? {
				self.meter.charge(gas::measured(weights::SETTLE))?;
				self.meter.charge(T::DbWeight::get().reads_writes(1, 1))?;
			}
		}
		Ok(())
	}

	/// Charges for a transfer of balance.
	pub(crate) fn charge_for_transfer(
		&mut self,
		from: &T::AccountId,
		to: &T::AccountId,
	) -> Result<(), Error<T>> {
		self.meter.charge_gas(GAS_OF_TRANSFER)?;
		for account in [from, to] {
			let place = Place::Balance(account.clone());
			self.stack.accesses.write(&mut self.meter, place, MAX_BALANCE)?;
		}
		Ok(())
	}

	/// The program's account. Rows marked `account` are not called without one.
	pub(crate) fn own_account(&self) -> Result<T::AccountId, Error<T>> {
		self.account.clone().ok_or(Error::NoAccount)
	}

	/// A caller as 32 bytes: zeros for root.
	pub(crate) fn caller_bytes(caller: &CallerOf<T>) -> Vec<u8> {
		caller.account().map_or_else(|| alloc::vec![0; 32], Encode::encode)
	}
}

struct Label<'a, 'b, T: Config>(&'a Context<'b, T>);

impl<T: Config> fmt::Display for Label<'_, '_, T> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Context { code_hash, account, caller, .. } = self.0;
		write!(f, "program {code_hash}")?;
		if let Some(account) = account {
			write!(f, " at {account:?}")?;
		}
		match caller {
			Caller::Root => f.write_str(", called by root"),
			Caller::Account(caller) => write!(f, ", called by {caller:?}"),
		}
	}
}

/// The part of `data` from `offset` on that fits into `len` bytes.
pub(crate) fn part(data: &[u8], offset: u64, len: u64) -> &[u8] {
	let rest = usize::try_from(offset).ok().and_then(|offset| data.get(offset..));
	let rest = rest.unwrap_or_default();
	&rest[..rest.len().min(usize::try_from(len).unwrap_or(usize::MAX))]
}
