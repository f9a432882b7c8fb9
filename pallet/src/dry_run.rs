//! Tries a call and undoes it: what it would come to, without a signature and without a fee.
//!
//! The call is the one that an extrinsic makes, on the state of the block that it is tried on; the
//! price is the cold one always, so the answer does not depend on what the node knows already. It is
//! bounded in gas by [`MAX_DRY_RUN_GAS`], and in time by [`MAX_DRY_RUN_MILLISECONDS`].

use crate::{
	calls::{self, Limits, Settled},
	gas,
	limits::{MAX_DRY_RUN_GAS, MAX_DRY_RUN_MILLISECONDS},
	run::Outcome,
	stack::{Caller, Notes, Stack, Trap},
	BalanceOf, Config, WeightInfo,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::fungible::InspectHold,
	weights::Weight,
};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{traits::Saturating, DispatchError, DispatchResult};
use virt_primitives::forward::limit_time;

/// What a call would come to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DryRun<Balance, Event> {
	/// Whether it would succeed, or the error.
	pub result: DispatchResult,
	/// What the program gave, also where it reverted. Of an upload, the code hash.
	pub output: Vec<u8>,
	/// Gas that it would take.
	pub gas_consumed: u64,
	/// The least gas limit with which it comes to the same. More than it takes where some is given
	/// back. Not exact for a program that asks how much is left.
	pub gas_required: u64,
	/// Weight of the extrinsic with that gas limit: what its fee depends on.
	pub weight: Weight,
	/// What it changes of what the caller is held for.
	pub deposit: DepositChange<Balance>,
	/// The events, that of the call included.
	pub events: Vec<Event>,
	/// The lines that programs logged.
	pub logs: Vec<Vec<u8>>,
	/// Where the last program trapped that did.
	pub trap: Option<Trap>,
}

/// A change of what an account is held for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DepositChange<Balance> {
	/// It is held for this much more.
	Charge(Balance),
	/// This much is given back.
	Refund(Balance),
}

/// What a call would come to, on the chain.
pub type DryRunOf<T> = DryRun<BalanceOf<T>, <T as frame_system::Config>::RuntimeEvent>;

/// A gas limit for a dry-run: the one that is asked for, or the highest that there is.
fn bounded(gas_limit: Option<u64>) -> u64 {
	gas_limit.map_or(MAX_DRY_RUN_GAS, |limit| limit.min(MAX_DRY_RUN_GAS))
}

/// Tries [`Pallet::upload`](crate::Pallet::upload).
pub fn upload<T: Config>(
	origin: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	rehearse::<T>(origin.clone(), |_| {
		let base = T::WeightInfo::upload(code.len() as u32);
		let stored = calls::upload::<T>(origin, code, deposit_limit);
		let (result, output) = match stored {
			Ok(code_hash) => (Ok(()), code_hash.encode()),
			Err(error) => (Err(error), Vec::new()),
		};
		Settled { outcome: Outcome { result, output, gas_used: 0, gas_peak: 0 }, base }
	})
}

/// Tries [`Pallet::run`](crate::Pallet::run).
pub fn run<T: Config>(
	origin: T::AccountId,
	code_hash: H256,
	entry: Vec<u8>,
	input: Vec<u8>,
	gas_limit: Option<u64>,
) -> DryRunOf<T> {
	rehearse::<T>(origin, |stack| calls::run(stack, code_hash, entry, input, bounded(gas_limit)))
}

/// Tries [`Pallet::instantiate`](crate::Pallet::instantiate).
pub fn instantiate<T: Config>(
	origin: T::AccountId,
	code_hash: H256,
	salt: Vec<u8>,
	input: Vec<u8>,
	value: BalanceOf<T>,
	gas_limit: Option<u64>,
	deposit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	let limits = Limits { value, gas: bounded(gas_limit), deposit };
	rehearse::<T>(origin.clone(), |stack| {
		calls::instantiate(stack, origin, code_hash, salt, input, limits)
	})
}

/// Tries [`Pallet::call`](crate::Pallet::call).
pub fn call<T: Config>(
	origin: T::AccountId,
	address: T::AccountId,
	entry: Vec<u8>,
	input: Vec<u8>,
	value: BalanceOf<T>,
	gas_limit: Option<u64>,
	deposit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	let limits = Limits { value, gas: bounded(gas_limit), deposit };
	rehearse::<T>(origin, |stack| calls::call(stack, address, entry, input, limits))
}

/// Does it, looks at what came of it, and undoes it.
fn rehearse<T: Config>(
	origin: T::AccountId,
	work: impl FnOnce(&mut Stack<T>) -> Settled,
) -> DryRunOf<T> {
	limit_time(MAX_DRY_RUN_MILLISECONDS);
	let tried = with_transaction(|| {
		// Those of the block that it is tried on.
		frame_system::Pallet::<T>::reset_events();
		let held_before = T::Currency::total_balance_on_hold(&origin);
		let mut stack = Stack::new(Caller::Account(origin.clone()));
		stack.notes = Some(Notes::default());
		let settled = layered(&mut stack, work);
		let held = T::Currency::total_balance_on_hold(&origin);
		let events = frame_system::Pallet::<T>::read_events_no_consensus();
		let weight = settled.weight(settled.outcome.gas_peak);
		let Outcome { result, output, gas_used, gas_peak } = settled.outcome;
		let Notes { logs, trap } = stack.notes.unwrap_or_default();
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(DryRun {
			result,
			output,
			gas_consumed: gas_used,
			gas_required: gas_peak,
			weight,
			deposit: if held >= held_before {
				DepositChange::Charge(held.saturating_sub(held_before))
			} else {
				DepositChange::Refund(held_before.saturating_sub(held))
			},
			events: events.map(|record| record.event).collect(),
			logs,
			trap,
		}))
	});
	// For what else is done in this runtime call.
	limit_time(u32::MAX);
	tried.unwrap_or_else(|error| DryRun {
		result: Err(error),
		output: Vec::new(),
		gas_consumed: 0,
		gas_required: 0,
		weight: gas::to_weight(0),
		deposit: DepositChange::Charge(Default::default()),
		events: Vec::new(),
		logs: Vec::new(),
		trap: None,
	})
}

/// In a storage layer, as an extrinsic is dispatched: what fails leaves nothing.
fn layered<T: Config>(
	stack: &mut Stack<T>,
	work: impl FnOnce(&mut Stack<T>) -> Settled,
) -> Settled {
	let mut settled = None;
	let _ = frame_support::storage::with_storage_layer(|| {
		let done = work(stack);
		let result = done.outcome.result;
		settled = Some(done);
		result
	});
	settled.expect("a storage layer within one transaction is always opened; qed")
}
