//! Syscalls about the call: input, output, events, log lines, remaining weight.

use super::{Answer, Stop};
use crate::{
	access,
	frame::{part, Context, Memory},
	gas::Price,
	limits::*,
	stack::Caller,
	Config, Error, Event, Pallet,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::traits::Get;
use sp_runtime::traits::UniqueSaturatedInto;
use virt_primitives::LOG_TARGET;

/// Gas per topic of an event, without the database: the topic's index is read and written.
const GAS_PER_TOPIC: u64 = 8_400;

impl<T: Config> Context<'_, T> {
	pub(super) fn input_len(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(self.input.len() as u64)
	}

	pub(super) fn input(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
		offset: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		let part = part(self.input, offset, len);
		memory.write(out, part)?;
		Ok(part.len() as u64)
	}

	pub(super) fn output(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		self.output = memory.read(data, len, MAX_OUTPUT, Error::OutputTooLarge)?;
		Ok(0)
	}

	pub(super) fn exit(&mut self, _: Memory<'_>, price: Price, flags: u64) -> Answer<T> {
		self.charge(price, 0)?;
		match flags {
			0 | 1 => Err(Stop::Exit { revert: flags == 1 }),
			_ => Err(Error::InvalidArgument.into()),
		}
	}

	pub(super) fn caller(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, &Self::caller_bytes(&self.caller))?;
		Ok(0)
	}

	pub(super) fn origin(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, &Self::caller_bytes(&self.stack.origin))?;
		Ok(0)
	}

	pub(super) fn caller_is_origin(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok((self.caller == self.stack.origin).into())
	}

	pub(super) fn caller_is_root(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok((self.caller == Caller::Root).into())
	}

	pub(super) fn address(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, &self.own_account()?.encode())?;
		Ok(0)
	}

	pub(super) fn code_hash(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, self.code_hash.as_bytes())?;
		Ok(0)
	}

	pub(super) fn value(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 16)?;
		let value: u128 = self.value.unique_saturated_into();
		memory.write(out, &value.to_le_bytes())?;
		Ok(0)
	}

	pub(super) fn gas_left(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		self.stack.asked_left = true;
		Ok(self.meter.gas_left().unsigned_abs())
	}

	pub(super) fn weight_left(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 16)?;
		self.stack.asked_left = true;
		let weight = self.meter.left();
		let words = [weight.ref_time().to_le_bytes(), weight.proof_size().to_le_bytes()];
		memory.write(out, &words.concat())?;
		Ok(0)
	}

	pub(super) fn deposit_left(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 16)?;
		let left: u128 = self.stack.deposit.left().unique_saturated_into();
		memory.write(out, &left.to_le_bytes())?;
		Ok(0)
	}

	pub(super) fn event(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		self.deposit_program_event(&memory, &[], data, len)
	}

	pub(super) fn event_indexed(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		topics: u64,
		topics_len: u64,
		data: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, topics_len.saturating_add(len))?;
		let topics: Vec<u8> =
			memory.read(topics, topics_len, MAX_TOPICS * 32, Error::TooManyTopics)?;
		if !topics.len().is_multiple_of(32) {
			return Err(Error::InvalidArgument.into());
		}
		for _ in 0..topics.len() / 32 {
			// For the chain's index of the topic.
			self.meter.charge_gas(GAS_PER_TOPIC)?;
			self.meter.charge(access::cold_reads::<T>(1, 4))?;
			self.meter.charge(T::DbWeight::get().writes(1))?;
		}
		let topics: Vec<T::Hash> = topics
			.chunks(32)
			.map(|mut topic| T::Hash::decode(&mut topic).map_err(|_| Error::InvalidArgument))
			.collect::<Result<_, Error<T>>>()?;
		self.deposit_program_event(&memory, &topics, data, len)
	}

	fn deposit_program_event(
		&mut self,
		memory: &Memory<'_>,
		topics: &[T::Hash],
		data: u64,
		len: u64,
	) -> Answer<T> {
		if self.stack.events >= MAX_EVENTS {
			return Err(Error::TooManyEvents.into());
		}
		let data = memory.read(data, len, MAX_EVENT, Error::EventTooLarge)?;
		self.stack.events += 1;
		let (address, code_hash) = (self.account.clone(), self.code_hash);
		Pallet::<T>::deposit_indexed(topics, Event::ProgramEvent { address, code_hash, data });
		Ok(0)
	}

	pub(super) fn log(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		text: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		if self.stack.logs >= MAX_LOGS {
			return Err(Error::TooManyLogs.into());
		}
		let text = memory.read(text, len, MAX_LOG, Error::LogTooLong)?;
		self.stack.logs += 1;
		match &mut self.stack.notes {
			// A dry-run returns the lines in its result, and does not log them.
			Some(notes) => notes.logs.push(text),
			None => log::info!(
				target: LOG_TARGET,
				"{}: {}",
				self.label(),
				// A program can neither start a new line nor use colours.
				alloc::string::String::from_utf8_lossy(&text).escape_debug(),
			),
		}
		Ok(0)
	}
}
