//! Dry-runs: executes a call and rolls it back, without a signature or a fee.
//!
//! The call is the same as that of an extrinsic, on the state of a given block. Prices do not
//! depend on the node's caches, so neither does the result. A dry-run is limited in weight by
//! [`MAX_DRY_RUN_WEIGHT`], and in time by [`MAX_DRY_RUN_MILLISECONDS`].

use crate::{
	calls::{self, Limits, Settled},
	frame::{New, Outcome},
	jobs::{
		self,
		slice::{self, Payer},
		Start,
	},
	limits::{MAX_DRY_RUN_MILLISECONDS, MAX_DRY_RUN_WEIGHT},
	stack::{Caller, Notes, Stack, Trap},
	upgrade::UpgradeAuthority,
	BalanceOf, Config, Event, WeightInfo,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::{fungible::InspectHold, Get},
	weights::Weight,
};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{traits::Saturating, DispatchError, DispatchResult};
use virt_primitives::forward::limit_time;

/// The maximal number of executions to find a sufficient weight limit: see
/// [`DryRun::weight_required`].
pub(crate) const MAX_TRIES: u32 = 24;

/// The result of a dry-run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DryRun<Balance, Event> {
	/// Whether the call succeeds, or its error.
	pub result: DispatchResult,
	/// The output of the program, even if it reverted. For an upload, the code hash.
	pub output: Vec<u8>,
	/// The weight that the call consumes, without its base weight.
	pub weight_consumed: Weight,
	/// A weight limit with which the call succeeds, if it does. It is the smallest one, which can
	/// be larger than the consumed weight because of refunds. If a program reads the remaining
	/// weight, it is a limit that was tried.
	pub weight_required: Weight,
	/// The weight of the extrinsic with that limit, which is reserved in a block. The fee depends
	/// on the consumed weight.
	pub weight: Weight,
	/// The change of the deposits that are held from the caller.
	pub deposit: DepositChange<Balance>,
	/// The events, including that of the call.
	pub events: Vec<Event>,
	/// The log lines of programs.
	pub logs: Vec<Vec<u8>>,
	/// The location of the last trap.
	pub trap: Option<Trap>,
}

/// A change of the deposits that are held from an account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DepositChange<Balance> {
	/// This amount is held.
	Charge(Balance),
	/// This amount is released.
	Refund(Balance),
}

/// The result of a dry-run on the runtime.
pub type DryRunOf<T> = DryRun<BalanceOf<T>, <T as frame_system::Config>::RuntimeEvent>;

/// The weight limit of a dry-run: the given one, at most the maximum.
fn bounded(weight_limit: Option<Weight>) -> Weight {
	weight_limit.map_or(MAX_DRY_RUN_WEIGHT, |limit| limit.min(MAX_DRY_RUN_WEIGHT))
}

/// Dry-runs [`Pallet::upload`](crate::Pallet::upload).
pub fn upload<T: Config>(
	origin: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	dry_run::<T>(&origin, Weight::zero(), |_, _| {
		let stored = calls::upload::<T>(origin.clone(), code.clone(), deposit_limit);
		let (result, output, base) = match stored {
			Ok((code_hash, weight)) => (Ok(()), code_hash.encode(), weight),
			Err(error) => (Err(error), Vec::new(), T::WeightInfo::upload(code.len() as u32)),
		};
		let (weight_used, weight_peak) = (Weight::zero(), Weight::zero());
		Settled { outcome: Outcome { result, output, weight_used, weight_peak }, base }
	})
}

/// Dry-runs [`Pallet::run`](crate::Pallet::run).
pub fn run<T: Config>(
	origin: T::AccountId,
	code_hash: H256,
	entry: Vec<u8>,
	input: Vec<u8>,
	weight_limit: Option<Weight>,
) -> DryRunOf<T> {
	dry_run::<T>(&origin, bounded(weight_limit), |stack, limit| {
		calls::run(stack, code_hash, entry.clone(), input.clone(), limit)
	})
}

/// Dry-runs [`Pallet::instantiate`](crate::Pallet::instantiate).
pub fn instantiate<T: Config>(
	origin: T::AccountId,
	code_hash: H256,
	salt: Vec<u8>,
	input: Vec<u8>,
	value: BalanceOf<T>,
	weight_limit: Option<Weight>,
	deposit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	dry_run::<T>(&origin, bounded(weight_limit), |stack, weight| {
		let limits = Limits { value, weight, deposit };
		let upgrade_authority = UpgradeAuthority::Nobody;
		let new = New { code_hash, salt: salt.clone(), upgrade_authority };
		calls::instantiate(stack, origin.clone(), new, input.clone(), limits)
	})
}

/// Dry-runs [`Pallet::call`](crate::Pallet::call).
pub fn call<T: Config>(
	origin: T::AccountId,
	address: T::AccountId,
	entry: Vec<u8>,
	input: Vec<u8>,
	value: BalanceOf<T>,
	weight_limit: Option<Weight>,
	deposit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	dry_run::<T>(&origin, bounded(weight_limit), |stack, weight| {
		let limits = Limits { value, weight, deposit };
		calls::call(stack, address.clone(), entry.clone(), input.clone(), limits)
	})
}

/// Dry-runs [`Pallet::set_code`](crate::Pallet::set_code).
pub fn set_code<T: Config>(
	origin: T::AccountId,
	address: T::AccountId,
	code_hash: H256,
	input: Vec<u8>,
	weight_limit: Option<Weight>,
	deposit: Option<BalanceOf<T>>,
) -> DryRunOf<T> {
	dry_run::<T>(&origin, bounded(weight_limit), |stack, weight| {
		let limits = Limits { value: Default::default(), weight, deposit };
		calls::set_code(stack, address.clone(), code_hash, input.clone(), limits)
	})
}

/// Dry-runs [`Pallet::start_job`](crate::Pallet::start_job) and the job's first slice. The weights
/// are those of the slice. The deposit is the amount held from the owner afterwards, including the
/// fee of the budget.
pub fn start_job<T: Config>(start: Start<T>) -> DryRunOf<T> {
	let origin = start.owner.clone();
	let base = jobs::weight::start::<T>(start.input.len() as u32, start.value);
	limit_time(MAX_DRY_RUN_MILLISECONDS);
	let start = core::cell::Cell::new(Some(start));
	let (tried, _) = attempt::<T>(&origin, Weight::zero(), &|stack: &mut Stack<T>, _| {
		let taken = start.take().ok_or(DispatchError::Unavailable);
		let started = taken.and_then(jobs::lifecycle::start::<T>);
		let ran = started.and_then(|job| {
			let limit = T::JobSlice::get();
			let weight = slice::run_noting::<T>(job, limit, Payer::Budget, &mut stack.notes)?;
			Ok((job, weight))
		});
		let (mut result, mut output, mut weight) = (Ok(()), Vec::new(), Weight::zero());
		match ran {
			Err(error) => result = Err(error),
			Ok((job, used)) => {
				weight = used;
				// The event of the job's end, if it ended.
				for record in frame_system::Pallet::<T>::read_events_no_consensus() {
					let event: Result<Event<T>, _> = record.event.try_into();
					match event {
						Ok(Event::JobFinished { job: of, output: gave, .. }) if of == job => {
							output = gave
						},
						Ok(Event::JobFailed { job: of, error, trap, .. }) if of == job => {
							stack.trap = trap;
							result = Err(error);
						},
						_ => {},
					}
				}
			},
		}
		let outcome = Outcome { result, output, weight_used: weight, weight_peak: weight };
		Settled { outcome, base }
	});
	limit_time(u32::MAX);
	DryRun { weight: base, ..tried }
}

/// Dry-runs the call with the weight limit. If it succeeds and a program read the remaining weight,
/// searches for a lower limit that suffices.
pub(crate) fn dry_run<T: Config>(
	origin: &T::AccountId,
	limit: Weight,
	call: impl Fn(&mut Stack<T>, Weight) -> Settled,
) -> DryRunOf<T> {
	limit_time(MAX_DRY_RUN_MILLISECONDS);
	let (mut found, asked) = attempt(origin, limit, &call);
	if asked && found.result.is_ok() {
		found = search(origin, limit, found, &call);
	}
	// Lifts the time limit for the rest of this runtime call.
	limit_time(u32::MAX);
	found
}

/// Searches for a low limit with which the call succeeds. A call that reads the remaining weight
/// may fail with a limit equal to its consumed weight. Doubles the limit until it suffices, then
/// bisects.
fn search<T: Config>(
	origin: &T::AccountId,
	limit: Weight,
	at_limit: DryRunOf<T>,
	call: &impl Fn(&mut Stack<T>, Weight) -> Settled,
) -> DryRunOf<T> {
	let enough = |at: Weight| {
		let (tried, _) = attempt(origin, at, call);
		let weight = tried.weight.saturating_sub(tried.weight_required).saturating_add(at);
		tried.result.is_ok().then_some(DryRun { weight_required: at, weight, ..tried })
	};
	let (mut low, mut high) = (at_limit.weight_required, limit);
	let weight = at_limit.weight.saturating_sub(low).saturating_add(limit);
	let mut found = DryRun { weight_required: limit, weight, ..at_limit };
	if let Some(tried) = enough(low) {
		return tried;
	}
	let mut tries = 1;
	while tries < MAX_TRIES / 2 && low.all_lt(limit) {
		tries += 1;
		let next = low.saturating_mul(2).min(limit);
		if let Some(tried) = enough(next) {
			(found, high) = (tried, next);
			break;
		}
		low = next;
	}
	// To within an eighth.
	while tries < MAX_TRIES && high.saturating_sub(low).saturating_mul(8).any_gt(low) {
		tries += 1;
		let middle = low.saturating_add(high.saturating_sub(low) / 2);
		match enough(middle) {
			Some(tried) => (found, high) = (tried, middle),
			None => low = middle,
		}
	}
	found
}

/// Executes the call, records its result, and rolls it back. Also returns whether a program read
/// the remaining weight.
fn attempt<T: Config>(
	origin: &T::AccountId,
	limit: Weight,
	call: &impl Fn(&mut Stack<T>, Weight) -> Settled,
) -> (DryRunOf<T>, bool) {
	let mut asked = false;
	let tried = with_transaction(|| {
		// Removes the events of the block that it is executed on.
		frame_system::Pallet::<T>::reset_events();
		let held_before = T::Currency::total_balance_on_hold(origin);
		let mut stack = Stack::new(Caller::Account(origin.clone()));
		stack.notes = Some(Notes::default());
		let settled = in_storage_layer(&mut stack, |stack| call(stack, limit));
		let held = T::Currency::total_balance_on_hold(origin);
		let events = frame_system::Pallet::<T>::read_events_no_consensus();
		let weight = settled.base.saturating_add(settled.outcome.weight_peak);
		let Outcome { result, output, weight_used, weight_peak } = settled.outcome;
		asked = stack.asked_left;
		let (Notes { logs }, trap) = (stack.notes.unwrap_or_default(), stack.trap);
		TransactionOutcome::Rollback(Ok::<_, DispatchError>(DryRun {
			result,
			output,
			weight_consumed: weight_used,
			weight_required: weight_peak,
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
	let tried = tried.unwrap_or_else(|error| DryRun {
		result: Err(error),
		output: Vec::new(),
		weight_consumed: Weight::zero(),
		weight_required: Weight::zero(),
		weight: Weight::zero(),
		deposit: DepositChange::Charge(Default::default()),
		events: Vec::new(),
		logs: Vec::new(),
		trap: None,
	});
	(tried, asked)
}

/// Runs in a storage layer, like an extrinsic: a failure changes nothing.
fn in_storage_layer<T: Config>(
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
