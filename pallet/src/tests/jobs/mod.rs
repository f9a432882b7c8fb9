//! Jobs: calls that outlive their block.

mod limits;
mod messages;
mod money;
mod slices;
mod waits;

use super::mock::*;
use crate::{
	jobs::{JobId, Status},
	Error, Event, Jobs, NextJob,
};
use codec::{Decode, Encode};
use frame_support::{traits::Hooks, weights::Weight};
use sp_runtime::{AccountId32, DispatchError};
use virt_fixtures::SLEEPER;

/// A budget of 1.5 seconds of ref time.
pub const BUDGET: Weight = Weight::from_parts(1_500_000_000_000, 256 << 20);

/// The time from one block to the next, in milliseconds.
pub const SLOT: u64 = 3_000;

pub fn sleeper() -> AccountId32 {
	deploy(SLEEPER, 1_000_000)
}

/// Starts a job as Bob.
#[track_caller]
pub fn start(address: &AccountId32, entry: &str, input: impl Encode) -> JobId {
	start_with(address, entry, input, BUDGET)
}

#[track_caller]
pub fn start_with(address: &AccountId32, entry: &str, input: impl Encode, budget: Weight) -> JobId {
	let (entry, input) = (entry.as_bytes().to_vec(), input.encode());
	Virt::start_job(signed(BOB), address.clone(), entry, input, 0, budget, None)
		.expect("it starts");
	NextJob::<Test>::get() - 1
}

/// Runs the next block with the maximal weight for jobs. Returns the weight that jobs used.
pub fn next_block() -> Weight {
	next_block_with(Weight::MAX)
}

pub fn next_block_with(remaining: Weight) -> Weight {
	let number = System::block_number() + 1;
	System::set_block_number(number);
	Timestamp::set_timestamp(Timestamp::get() + SLOT);
	let taken = Virt::on_idle(number, remaining);
	assert_sound();
	taken
}

/// Runs at most `most` blocks, until the job ends. Returns their number.
#[track_caller]
pub fn run_to_end(job: JobId, most: u32) -> u32 {
	for blocks in 0..most {
		if !Jobs::<Test>::contains_key(job) {
			return blocks;
		}
		next_block();
	}
	panic!("the job did not end: {:?}", Jobs::<Test>::get(job));
}

fn events() -> impl Iterator<Item = Event<Test>> {
	System::events().into_iter().rev().filter_map(|record| match record.event {
		RuntimeEvent::Virt(event) => Some(event),
		_ => None,
	})
}

/// The result of the job: its output, or its error.
#[track_caller]
pub fn outcome(id: JobId) -> Result<Vec<u8>, DispatchError> {
	let end = events().find_map(|event| match event {
		Event::JobFinished { job, output, .. } if job == id => Some(Ok(output)),
		Event::JobFailed { job, error, .. } if job == id => Some(Err(error)),
		_ => None,
	});
	end.unwrap_or_else(|| panic!("it has not ended: {:?}", Jobs::<Test>::get(id)))
}

/// The decoded output of the job.
#[track_caller]
pub fn output<T: Decode>(id: JobId) -> T {
	let output = outcome(id).expect("it finished");
	T::decode(&mut &output[..]).expect("it gives that")
}

#[track_caller]
pub fn status(id: JobId) -> Status {
	Jobs::<Test>::get(id).expect("it lives").status
}

#[track_caller]
pub fn assert_waits(id: JobId) {
	assert!(matches!(status(id), Status::Waiting { .. }), "{:?}", status(id));
}

#[track_caller]
pub fn assert_failed(id: JobId, error: Error<Test>) {
	assert_eq!(outcome(id), Err(error.into()));
}

/// The counter of the account.
#[track_caller]
pub fn count(address: &AccountId32) -> u32 {
	let call =
		Virt::call(signed(ALICE), address.clone(), b"count".to_vec(), vec![], 0, PLENTY, None);
	call.expect("it can be called while jobs sleep");
	u32::decode(&mut &super::mock::output()[..]).expect("it gives a number")
}

/// Calls an entry in one block, with enough weight for everything.
#[track_caller]
pub fn at_once<T: Decode>(address: &AccountId32, entry: &str, input: impl Encode) -> T {
	let (entry, input) = (entry.as_bytes().to_vec(), input.encode());
	let much = Weight::from_parts(u64::MAX / 4, u64::MAX / 4);
	Virt::call(signed(ALICE), address.clone(), entry, input, 0, much, None).expect("it ends");
	T::decode(&mut &super::mock::output()[..]).expect("it gives that")
}
