//! Runs jobs in the weight that a block has left.

use super::{
	lifecycle,
	queue::{self, Front},
	slice::{self, Payer},
	weight, Deadline, Status,
};
use crate::{Config, Jobs, Pallet, WeightInfo};
use frame_support::{
	storage::with_storage_layer,
	traits::{Get, Time},
	weights::{Weight, WeightMeter},
};
use sp_runtime::traits::UniqueSaturatedInto;
use virt_primitives::LOG_TARGET;

/// Wakes the jobs whose deadline has passed, and runs a slice of each ready job in turn, while
/// there is weight for a whole slice: of `remaining`, and of [`Config::JobShare`] of a block. The
/// rest waits for the next block. Returns the consumed weight.
pub fn on_idle<T: Config>(
	number: frame_system::pallet_prelude::BlockNumberFor<T>,
	remaining: Weight,
) -> Weight {
	let share = T::JobShare::get();
	let most = T::BlockWeights::get().max_block;
	let most = Weight::from_parts(share * most.ref_time(), share * most.proof_size());
	let mut meter = WeightMeter::with_limit(remaining.min(most));
	if meter.try_consume(T::WeightInfo::job_idle()).is_err() {
		return meter.consumed();
	}
	if Pallet::<T>::ensure_active().is_err() {
		return meter.consumed();
	}
	for now in [Deadline::Block(number.unique_saturated_into()), Deadline::Time(T::Time::now())] {
		let mut expired = queue::Expired::<T>::new(now);
		while meter.can_consume(weight::wake::<T>()) {
			let Some((deadline, job)) = expired.next() else { break };
			meter.consume(weight::wake::<T>());
			if let Err(error) = lifecycle::wake::<T>(deadline, job) {
				log::error!(target: LOG_TARGET, "job {job} cannot be woken: {error:?}");
			}
		}
	}
	while meter.can_consume(weight::wake::<T>()) {
		let job = match queue::front::<T>() {
			Front::Empty => break,
			Front::Hole => {
				meter.consume(weight::wake::<T>());
				continue;
			},
			Front::Job(job) => job,
		};
		let Some(record) = Jobs::<T>::get(job) else { break };
		let limit = slice::limit::<T>(&record);
		if !meter.can_consume(limit) {
			break;
		}
		match with_storage_layer(|| slice::run::<T>(job, limit, Payer::Budget)) {
			Ok(weight) => meter.consume(weight),
			// It must not block the other jobs.
			Err(error) => {
				log::error!(target: LOG_TARGET, "job {job} cannot run: {error:?}");
				if let Status::Ready { place } = record.status {
					queue::remove::<T>(place);
				}
				Jobs::<T>::mutate_extant(job, |job| job.status = Status::Starved);
			},
		}
	}
	meter.consumed()
}
