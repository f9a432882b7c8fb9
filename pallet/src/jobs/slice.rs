//! Runs one slice of a job.

use super::{
	lifecycle::{charge, deposit_for, finish, End},
	mailbox,
	memory::{self, Frame},
	queue, weight, JobId, JobOf, Status, Woken,
};
use crate::{
	deposit::Deposit,
	frame::{Context, Stopped, Suspension, Wait},
	gas,
	limits::PAGE_SIZE,
	program, run,
	stack::{Caller, Notes, Slice, Stack, Trap},
	Config, Error, Event, HoldReason, JobFrames, JobInputs, Jobs, Lock, Locked, Pallet, WeightInfo,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{
	ensure, storage::with_storage_layer, traits::Get, weights::Weight, BoundedVec,
};
use sp_runtime::DispatchError;

/// Picoseconds to read a byte of the input and the buffers, and to write it again: twice the time
/// of `start_job` per byte.
const PICOSECONDS_PER_BYTE: u64 = 1_000;

/// Who pays for a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
	/// The budget of the job.
	Budget,
	/// The signer of the extrinsic that runs the slice.
	Signer,
}

/// The maximal weight of the next slice of a job.
pub fn limit<T: Config>(job: &JobOf<T>) -> Weight {
	T::JobSlice::get().min(job.budget)
}

/// Runs a slice of a ready job with at most `limit`. Returns the consumed weight. A failure of the
/// program is not an error here: it ends the job.
///
/// Errs, and changes nothing, if the job does not exist or is not ready, or if the signer pays and
/// `limit` is too small.
pub fn run<T: Config>(id: JobId, limit: Weight, payer: Payer) -> Result<Weight, DispatchError> {
	run_noting::<T>(id, limit, payer, &mut None)
}

/// Like [`run()`], and records notes for a dry-run.
pub fn run_noting<T: Config>(
	id: JobId,
	limit: Weight,
	payer: Payer,
	notes: &mut Option<Notes>,
) -> Result<Weight, DispatchError> {
	let job = Jobs::<T>::get(id).ok_or(Error::<T>::JobNotFound)?;
	let Status::Ready { place } = job.status else { return Err(Error::<T>::JobNotReady.into()) };
	Pallet::<T>::ensure_active()?;
	let full = T::JobSlice::get();
	let limit = match payer {
		Payer::Budget => limit.min(full).min(job.budget),
		Payer::Signer => limit.min(full),
	};
	let frame = JobFrames::<T>::get(id);
	let stored = frame.as_ref().map_or(0, |frame| frame.pages.len() as u32);
	let buffers = frame.as_ref().map_or(0, Frame::encoded_size);
	let bytes = JobInputs::<T>::decode_len(id).unwrap_or_default().saturating_add(buffers) as u32;
	let resume = weight::slice::<T>()
		.saturating_add(T::WeightInfo::job_resume(stored))
		.saturating_add(gas::measured(PICOSECONDS_PER_BYTE.saturating_mul(bytes.into())))
		.saturating_add(gas::proof(bytes))
		.saturating_add(gas::proof(stored.saturating_mul(PAGE_SIZE)));
	let program = program::runnable::<T>(job.code_hash);
	let memory = program.as_ref().map_or(0, |program| program.memory.div_ceil(PAGE_SIZE));
	// At the end, pages are stored or removed: at most as many as the program has.
	let suspend = suspend::<T>(memory.max(stored), memory.max(stored));
	// Messages that the program sends to its own address in this slice are paid for when they are
	// sent.
	let returns = weight::return_messages::<T>(&job);
	let overhead = resume.saturating_add(suspend).saturating_add(returns);
	if !overhead.all_lt(limit) {
		ensure!(payer == Payer::Budget, Error::<T>::SliceTooSmall);
		queue::remove::<T>(place);
		return starve::<T>(id, job, weight::slice::<T>());
	}
	queue::remove::<T>(place);
	let end = Ending { id, payer, returns };
	// The program's ABI version may no longer be supported.
	if let Err(error) = program {
		return end.failed::<T>(job, resume, error.into(), None);
	}

	let mut stack = Stack::<T>::new(Caller::Account(job.owner.clone()));
	stack.notes = notes.take();
	stack.slice = Some(Slice { job: id, is_full: limit == full, ..Slice::default() });
	let mut slice =
		Run { id, job: job.clone(), frame, limit: limit.saturating_sub(overhead), used: resume };
	let result = with_storage_layer(|| {
		Locked::<T>::put(Lock::Running);
		let result = slice.execute(&mut stack);
		Locked::<T>::kill();
		result
	});
	*notes = stack.notes.take();
	let Run { job: after, used, .. } = slice;
	let state = stack.slice.unwrap_or_default();
	match result {
		Ok(Ran::Finished(output)) => end.ended::<T>(after, used, End::Finished { output }),
		Ok(Ran::Suspended(cause)) => suspend_as::<T>(id, after, cause, state, payer, used),
		// The program could not be suspended, and had less than a full slice: this slice is
		// repeated.
		Err(error) if is_out_of_weight::<T>(error) && !state.is_full => {
			let mut job = job;
			take_fee::<T>(&mut job, used, payer);
			if payer == Payer::Budget {
				return starve::<T>(id, job, used);
			}
			job.status = Status::Ready { place: queue::push::<T>(id) };
			Jobs::<T>::insert(id, job);
			Ok(used)
		},
		Err(error) => end.failed::<T>(job, used, error, stack.trap),
	}
}

/// The weight of suspending an execution with so many pages, of which so many are written.
fn suspend<T: Config>(pages: u32, written: u32) -> Weight {
	T::WeightInfo::job_snapshot(pages).saturating_add(T::WeightInfo::job_store(written))
}

fn is_out_of_weight<T: Config>(error: DispatchError) -> bool {
	[Error::<T>::OutOfGas, Error::<T>::OutOfProofSize].into_iter().any(|it| error == it.into())
}

fn take_fee<T: Config>(job: &mut JobOf<T>, weight: Weight, payer: Payer) {
	if payer == Payer::Budget {
		charge::<T>(job, weight);
	}
}

/// Ends the job after a slice. The job is in no queue.
struct Ending {
	id: JobId,
	payer: Payer,
	/// The weight for returning messages.
	returns: Weight,
}

impl Ending {
	fn ended<T: Config>(
		self,
		mut job: JobOf<T>,
		used: Weight,
		end: End,
	) -> Result<Weight, DispatchError> {
		let returns = weight::return_messages::<T>(&job).min(self.returns);
		let used = used.saturating_add(weight::remove_pages::<T>(self.id)).saturating_add(returns);
		take_fee::<T>(&mut job, used, self.payer);
		finish::<T>(self.id, job, used, end)?;
		Ok(used)
	}

	/// The slice failed. The message that woke the job is delivered to another, or returned.
	fn failed<T: Config>(
		self,
		mut job: JobOf<T>,
		used: Weight,
		error: DispatchError,
		trap: Option<Trap>,
	) -> Result<Weight, DispatchError> {
		if let Some(Woken::Message(number)) = job.woken.take() {
			mailbox::put_back::<T>(&job.address, number)?;
		}
		self.ended::<T>(job, used, End::Failed { error, trap })
	}
}

/// Starves the job: it stays out of the queue until it is topped up.
fn starve<T: Config>(id: JobId, mut job: JobOf<T>, used: Weight) -> Result<Weight, DispatchError> {
	job.status = Status::Starved;
	Jobs::<T>::insert(id, job);
	Pallet::<T>::deposit_event(Event::JobStarved { job: id });
	Ok(used)
}

/// How a slice ended without a failure.
enum Ran {
	/// The program finished with this output.
	Finished(Vec<u8>),
	/// The program was suspended, and its state is stored.
	Suspended(Suspension),
}

/// A slice.
struct Run<T: Config> {
	id: JobId,
	job: JobOf<T>,
	frame: Option<Frame>,
	/// The weight limit of the program.
	limit: Weight,
	/// The consumed weight, even if the slice fails.
	used: Weight,
}

impl<T: Config> Run<T> {
	/// Runs the program, and stores its state if it is suspended.
	fn execute(&mut self, stack: &mut Stack<T>) -> Result<Ran, DispatchError> {
		let job = &mut self.job;
		job.slices = job.slices.saturating_add(1);
		let input = JobInputs::<T>::get(self.id).unwrap_or_default();
		let mark = stack.open(job.deposit_limit);
		let caller = stack.origin.clone();
		let mut context = Context::new(stack, caller, &input, job.value, self.limit);
		context.code_hash = job.code_hash;
		context.account = Some(job.address.clone());
		context.stack.accounts.push(job.address.clone());
		let mut pages = Vec::new();
		let stopped = match self.frame.take() {
			None => run::begin(&mut context, &job.entry),
			Some(frame) => {
				context.output = frame.output.to_vec();
				context.returned = frame.returned.to_vec();
				let mut result = 0;
				if let Some(Woken::Message(number)) = job.woken.take() {
					let (sender, data) = mailbox::take::<T>(&job.address, number)?;
					context.returned = [sender.encode(), data.into_inner()].concat();
					result = 1;
				}
				let snapshot = memory::load::<T>(self.id, &frame)?;
				let bytes = snapshot.to_bytes();
				pages = snapshot.pages;
				run::resume(&mut context, &bytes, frame.retry, result)
			},
		};
		self.used = self.used.saturating_add(context.meter.used());
		let stopped = stopped?;
		let (output, returned) = (context.output, context.returned);
		stack.items.write_back();
		// The program may have topped up its own job.
		if let Some(record) = Jobs::<T>::get(self.id) {
			(self.job.budget, self.job.fees) = (record.budget, record.fees);
		}
		let ran = match stopped {
			Stopped::Finished => Ran::Finished(output),
			Stopped::Suspended { snapshot, cause } => {
				self.suspend(stack, &pages, &snapshot, &cause, (input.len(), output, returned))?;
				Ran::Suspended(cause)
			},
		};
		self.job.deposit_limit = self.job.deposit_limit.map(|_| stack.deposit.left());
		stack.close(mark, true);
		stack.deposit.settle()?;
		Ok(ran)
	}

	/// Stores the execution, and counts the deposit for it.
	fn suspend(
		&mut self,
		stack: &mut Stack<T>,
		old: &[virt_primitives::snapshot::Page],
		snapshot: &[u8],
		cause: &Suspension,
		(input, output, returned): (usize, Vec<u8>, Vec<u8>),
	) -> Result<(), DispatchError> {
		let job = &mut self.job;
		let stored = memory::store::<T>(self.id, old, snapshot)?;
		let pages = stored.pages.len() as u32;
		self.used = self.used.saturating_add(suspend::<T>(pages, stored.written));
		let bytes = job.entry.len() + input + output.len() + returned.len();
		let amount = deposit_for::<T>(bytes, stored.lens.into_iter());
		let deposit = core::mem::replace(&mut job.deposit, Deposit::none());
		job.deposit = stack.deposit.change(HoldReason::Job, deposit, amount)?;
		let bounded = |bytes: Vec<u8>| BoundedVec::try_from(bytes);
		let frame = Frame {
			core: stored.core,
			pages: stored.pages,
			output: bounded(output).map_err(|_| Error::<T>::OutputTooLarge)?,
			returned: bounded(returned).map_err(|_| Error::<T>::OutputTooLarge)?,
			retry: match cause {
				Suspension::Retry(number, args) => Some((*number, *args)),
				_ => None,
			},
		};
		JobFrames::<T>::insert(self.id, frame);
		Ok(())
	}
}

/// Puts a suspended job where it waits.
fn suspend_as<T: Config>(
	id: JobId,
	mut job: JobOf<T>,
	cause: Suspension,
	slice: Slice,
	payer: Payer,
	weight_used: Weight,
) -> Result<Weight, DispatchError> {
	take_fee::<T>(&mut job, weight_used, payer);
	// The rest of the budget was too small to make progress.
	let is_stuck = !slice.has_progressed && payer == Payer::Budget;
	let ready = |woken| (Status::Ready { place: queue::push::<T>(id) }, woken);
	(job.status, job.woken) = match cause {
		_ if is_stuck => (Status::Starved, None),
		Suspension::Cut | Suspension::Retry(..) => ready(None),
		Suspension::Wait(Wait { deadline: None, topic: None }) => ready(Some(Woken::Deadline)),
		Suspension::Wait(Wait { deadline, topic }) => {
			let message = match &topic {
				Some(topic) => mailbox::ask::<T>(&job.address, id, topic.clone())?,
				None => None,
			};
			match message {
				Some(number) => ready(Some(Woken::Message(number))),
				None => {
					if let Some(deadline) = deadline {
						queue::set_timer::<T>(deadline, id);
					}
					(Status::Waiting { deadline, topic }, None)
				},
			}
		},
	};
	let status = job.status.clone();
	Jobs::<T>::insert(id, job);
	Pallet::<T>::deposit_event(Event::JobSuspended { job: id, weight_used, status });
	if is_stuck {
		Pallet::<T>::deposit_event(Event::JobStarved { job: id });
	}
	Ok(weight_used)
}
