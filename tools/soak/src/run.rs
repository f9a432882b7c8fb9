//! Runs a sequence on a chain in memory, and records all observations.

use crate::{known::SIGNERS, sequence::Step};
use codec::Encode;
use frame_support::{
	dispatch::{GetDispatchInfo, PostDispatchInfo},
	migrations::MultiStepMigrator,
	storage::{with_storage_layer, with_transaction_unchecked},
	traits::{fungible::Inspect, Hooks},
};
use pallet_virt::{try_state, Weight};
use sp_core::H256;
use sp_io::{hashing::blake2_256, TestExternalities};
use sp_runtime::{
	traits::Dispatchable, DispatchErrorWithPostInfo, StateVersion, TransactionOutcome,
};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};
use virt_manager::Engine;
use virt_runtime::{
	native::{begin_block, genesis},
	AccountId, Balances, Migrations, Runtime, RuntimeCall, RuntimeOrigin, System, Virt,
};

/// The weight that jobs get in a block.
const IDLE: Weight = Weight::from_parts(400_000_000_000, 4 << 20);

/// The balance of the poor signer.
const LITTLE: u128 = 3_000_000_000_000;

/// The observations of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
	/// The result of a call, with the used weight.
	pub result: Result<PostDispatchInfo, DispatchErrorWithPostInfo<PostDispatchInfo>>,
	/// A hash of the events since the block began.
	pub events: H256,
	/// The state root, if a block ended.
	pub root: Option<H256>,
}

/// The outcome of a sequence.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
	/// The observations of each step.
	pub steps: Vec<Observed>,
	/// The number of calls that succeeded.
	pub succeeded: u64,
	/// The call with the highest ratio of time to charge.
	pub slowest: Slowest,
}

/// A call's time in relation to its charge.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slowest {
	/// Time divided by the ref time that was charged.
	pub ratio: f64,
	/// The time.
	pub taken: Duration,
	/// The step's number.
	pub step: usize,
}

/// The shortest time that is compared with a charge: shorter times are noise.
const MEASURED_FROM: Duration = Duration::from_micros(500);

/// Runs the steps on a new chain with this engine.
///
/// Errs if an invariant is violated, or if a call consumed more weight than announced.
pub fn run(engine: &Arc<Engine>, steps: &[Step]) -> Result<Outcome, String> {
	let mut signers = SIGNERS.map(AccountId::new).to_vec();
	let poor = signers.pop().expect("there are three; qed");
	let mut ext = TestExternalities::new(genesis(signers.clone()));
	ext.register_extension(engine.extension());
	ext.execute_with(|| {
		begin_block();
		frame_support::assert_ok!(
			<Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(&poor, LITTLE)
		);
		let issuance = Balances::total_issuance();
		let mut outcome = Outcome::default();
		for (number, step) in steps.iter().enumerate() {
			let observed = take(step, number, &mut outcome.slowest)
				.and_then(|observed| check(issuance).map(|()| observed))
				.map_err(|error| format!("step {number}: {error}"))?;
			let is_call = matches!(step, Step::Call { .. });
			outcome.succeeded += u64::from(is_call && observed.result.is_ok());
			outcome.steps.push(observed);
		}
		Ok(outcome)
	})
}

fn take(step: &Step, number: usize, slowest: &mut Slowest) -> Result<Observed, String> {
	let mut result = Ok(().into());
	let mut root = None;
	match step {
		Step::Call { signer, call, rolled_back } => {
			let call = RuntimeCall::Virt(call.clone());
			let announced = call.get_dispatch_info().call_weight;
			let origin = RuntimeOrigin::signed(SIGNERS[*signer].into());
			let start = Instant::now();
			result = with_transaction_unchecked(|| {
				let result = with_storage_layer(|| call.dispatch(origin));
				match rolled_back {
					true => TransactionOutcome::Rollback(result),
					false => TransactionOutcome::Commit(result),
				}
			});
			let taken = start.elapsed();
			let info = match &result {
				Ok(info) => info,
				Err(failed) => &failed.post_info,
			};
			let charged = info.actual_weight.unwrap_or(announced);
			if !announced.all_gte(charged) {
				return Err(format!("it takes {charged}, and {announced} was announced"));
			}
			let ratio = taken.as_nanos() as f64 * 1_000.0 / charged.ref_time().max(1) as f64;
			if taken >= MEASURED_FROM && ratio > slowest.ratio {
				*slowest = Slowest { ratio, taken, step: number };
			}
		},
		Step::Pause(paused) => {
			let paused = Virt::set_paused(RuntimeOrigin::root(), *paused);
			result = paused.map(Into::into).map_err(Into::into);
		},
		Step::Block => root = Some(next_block()),
		Step::RuntimeUpgrade => {
			// The next block runs the hooks of an upgrade, and starts the migrations.
			frame_system::LastRuntimeUpgrade::<Runtime>::kill();
			root = Some(next_block());
			while Migrations::ongoing() {
				Migrations::step();
				begin_block();
			}
		},
	}
	let events = System::read_events_no_consensus().collect::<Vec<_>>().encode();
	Ok(Observed { result, events: blake2_256(&events).into(), root })
}

/// Ends the block, and begins the next. Returns the state's root between the two.
fn next_block() -> H256 {
	<Virt as Hooks<_>>::on_idle(System::block_number(), IDLE);
	let root = sp_io::storage::root(StateVersion::V1);
	begin_block();
	H256::from_slice(&root)
}

/// Errs if the pallet's storage is inconsistent, if the balances do not add up to the total issuance, or if the
/// total issuance has grown.
fn check(at_start: u128) -> Result<(), String> {
	try_state::check::<Runtime>().map_err(|error| format!("the state: {error:?}"))?;
	let accounts = frame_system::Account::<Runtime>::iter_keys();
	let all: u128 = accounts.map(|account| Balances::total_balance(&account)).sum();
	let issued = Balances::total_issuance();
	if all != issued || issued > at_start {
		return Err(format!("accounts have {all}, {issued} is issued, it was {at_start}"));
	}
	Ok(())
}
