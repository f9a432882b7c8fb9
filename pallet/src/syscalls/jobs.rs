//! Syscalls of jobs: calls that outlive their block.

// A handler gets all registers of a syscall, and the context.
#![allow(clippy::too_many_arguments)]

use super::{
	code,
	programs::{word, Options},
	Answer, Stop,
};
use crate::{
	frame::{Context, Memory, Wait},
	gas::Price,
	jobs::{lifecycle, mailbox, weight, Deadline, Start},
	limits::*,
	Config, Error,
};
use core::mem;
use frame_support::{storage::with_storage_layer, traits::Get, weights::Weight};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchError};
use virt_guest::Code;

/// The flags of `wait`: which of its arguments are used.
const UNTIL_BLOCK: u64 = 1;
const UNTIL_TIME: u64 = 2;
const FOR_MESSAGE: u64 = 4;

/// The error code for a failed operation on a job.
fn failure<T: Config>(error: DispatchError) -> u64 {
	let is = |errors: [Error<T>; 4]| errors.into_iter().any(|it| DispatchError::from(it) == error);
	use Error::*;
	code(if is([AccountNotFound, EntryNotFound, JobNotFound, NotOwner]) {
		Code::NOT_FOUND
	} else if is([DepositLimitExceeded, DepositUnpayable, BudgetUnpayable, JobNotReady]) {
		Code::DEPOSIT_FAILED
	} else if is([TooManyJobs, MailboxFull, TooManyReferences, TooManyPages]) {
		Code::FULL
	} else {
		Code::TRANSFER_FAILED
	})
}

/// The budget at offset `at`. Unlike in a limit, 0 means zero.
fn budget_at(bytes: &[u8], at: usize) -> Weight {
	Weight::from_parts(word(bytes, at), word(bytes, at + 8))
}

impl<T: Config> Context<'_, T> {
	pub(super) fn wait(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		flags: u64,
		deadline: u64,
		topic: u64,
		topic_len: u64,
	) -> Answer<T> {
		self.charge(price, topic_len)?;
		let topic = memory.read(topic, topic_len, MAX_TOPIC, Error::TopicTooLong)?;
		let topic = topic.try_into().map_err(|_| Error::TopicTooLong)?;
		let now: u64 = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		let deadline = match flags & (UNTIL_BLOCK | UNTIL_TIME) {
			0 => None,
			UNTIL_BLOCK => Some(Deadline::Block(now.saturating_add(deadline.max(1)))),
			UNTIL_TIME => Some(Deadline::Time(deadline)),
			_ => return Err(Error::InvalidArgument.into()),
		};
		if flags & !(UNTIL_BLOCK | UNTIL_TIME | FOR_MESSAGE) != 0 {
			return Err(Error::InvalidArgument.into());
		}
		if !self.may_wait() {
			return Ok(code(Code::CANNOT_WAIT));
		}
		// The wait pays for being woken.
		self.meter.charge(weight::wake::<T>())?;
		let topic = (flags & FOR_MESSAGE != 0).then_some(topic);
		Err(Stop::Wait(Wait { deadline, topic }))
	}

	pub(super) fn start_job(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		address: u64,
		entry: u64,
		entry_len: u64,
		input: u64,
		input_len: u64,
		options: u64,
	) -> Answer<T> {
		self.charge(price, entry_len.saturating_add(input_len))?;
		let entry = memory.read(entry, entry_len, MAX_ENTRY, Error::EntryNotFound)?;
		let options: [u8; 48] = memory.read_array(options)?;
		let address = memory.read_account::<T>(address)?;
		let input = memory.read(input, input_len, MAX_INPUT, Error::InputTooLarge)?;
		let owner = self.own_account()?;
		let budget = budget_at(&options, 16);
		let Options { value, deposit_limit, .. } = Options::<T>::new(&options, budget, 32);
		let Some(value) = value else { return Ok(code(Code::TRANSFER_FAILED)) };
		self.meter.charge(weight::start::<T>(input.len() as u32, value))?;
		let start = Start { owner, address, entry, input, value, budget, deposit_limit };
		self.stack.deposit.balance_changed();
		let started = with_storage_layer(|| lifecycle::start::<T>(start));
		Ok(started.unwrap_or_else(failure::<T>))
	}

	pub(super) fn cancel_job(&mut self, _: Memory<'_>, price: Price, job: u64) -> Answer<T> {
		self.charge(price, 0)?;
		if self.is_in_job(job) {
			return Ok(code(Code::REENTRANCY_DENIED));
		}
		let most = weight::cancel_at_most::<T>();
		self.meter.charge(most)?;
		let owner = self.own_account()?;
		let cancelled = with_storage_layer(|| lifecycle::cancel::<T>(&owner, job));
		self.stack.deposit.balance_changed();
		let (taken, result) = match cancelled {
			Ok(weight) => (weight, 0),
			Err(error) => (weight::cancel_none::<T>(), failure::<T>(error)),
		};
		self.meter.refund(most.saturating_sub(taken));
		Ok(result)
	}

	pub(super) fn top_up_job(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		job: u64,
		budget: u64,
	) -> Answer<T> {
		self.charge(price, 16)?;
		let budget = budget_at(&memory.read_array::<_, 16>(budget)?, 0);
		let owner = self.own_account()?;
		self.meter.charge(weight::top_up::<T>())?;
		self.stack.deposit.balance_changed();
		let done = with_storage_layer(|| lifecycle::top_up::<T>(&owner, job, budget));
		Ok(done.map_or_else(failure::<T>, |()| 0))
	}

	pub(super) fn wake(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		address: u64,
		topic: u64,
		topic_len: u64,
		data: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, topic_len.saturating_add(len))?;
		let address = memory.read_account::<T>(address)?;
		let topic = memory.read(topic, topic_len, MAX_TOPIC, Error::TopicTooLong)?;
		let topic = topic.try_into().map_err(|_| Error::TopicTooLong)?;
		let data = memory.read(data, len, MAX_MESSAGE, Error::MessageTooLong)?;
		let data = data.try_into().map_err(|_| Error::MessageTooLong)?;
		let sender = self.own_account()?;
		self.meter.charge(weight::send::<T>())?;
		self.access_deposit(None)?;
		let meter = &mut self.stack.deposit;
		let (before, checkpoint) = (meter.left(), meter.checkpoint());
		let sent = with_storage_layer(|| mailbox::send(meter, sender, &address, topic, data));
		if sent.is_err() {
			self.stack.deposit.reset(before, checkpoint);
		}
		Ok(sent.map_or_else(failure::<T>, |()| 0))
	}

	pub(super) fn job_id(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		let slice = self.stack.slice.as_ref();
		Ok(slice.map_or(code(Code::NOT_FOUND), |slice| slice.job))
	}

	pub(super) fn atomic(&mut self, _: Memory<'_>, price: Price, on: u64) -> Answer<T> {
		self.charge(price, 0)?;
		let is_short = self.meter.left().any_lt(T::JobSlice::get() / 2);
		// A new slice has more weight, unless this slice is new.
		if on != 0 && is_short && self.may_suspend() && self.has_progressed() {
			return Err(Error::OutOfGas.into());
		}
		let slice = self.stack.slice.as_mut().filter(|_| self.stack.depth == 1);
		Ok(slice.map_or(0, |slice| mem::replace(&mut slice.is_atomic, on != 0).into()))
	}

	/// Whether this call is part of that job.
	fn is_in_job(&self, job: u64) -> bool {
		self.stack.slice.as_ref().is_some_and(|slice| slice.job == job)
	}

	fn has_progressed(&self) -> bool {
		self.stack.slice.as_ref().is_some_and(|slice| slice.has_progressed)
	}
}
