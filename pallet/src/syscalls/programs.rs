//! Syscalls that reach other programs and the rest of the runtime. The programs are run by
//! [`crate::run`], which a handler only asks to.

// As many as a syscall has registers, and what every handler gets.
#![allow(clippy::too_many_arguments)]

use super::{code, context::part, Answer, Context, Memory, Stop};
use crate::{
	account,
	gas::{self, Price},
	limits::*,
	run::{Callee, Nested},
	BalanceOf, Config, Error, Event, Pallet,
};
use alloc::boxed::Box;
use codec::DecodeLimit;
use frame_support::{
	dispatch::{extract_actual_weight, GetDispatchInfo},
	storage::with_storage_layer,
	traits::Contains,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::traits::Dispatchable;
use virt_guest::Code;

/// The options of a call, as they lie in memory: 40 bytes.
struct Options<T: Config> {
	/// `None` for more than a balance can hold.
	value: Option<BalanceOf<T>>,
	gas_limit: u64,
	deposit_limit: Option<BalanceOf<T>>,
}

impl<T: Config> Options<T> {
	fn read(memory: &Memory<'_>, pointer: u64) -> Result<Self, Error<T>> {
		let bytes: [u8; 40] = memory.read_array(pointer)?;
		let word = |at: usize| {
			let mut word = [0; 8];
			word.copy_from_slice(&bytes[at..at + 8]);
			u64::from_le_bytes(word)
		};
		let amount = |at: usize| u128::from(word(at)) | u128::from(word(at + 8)) << 64;
		Ok(Self {
			value: amount(0).try_into().ok(),
			gas_limit: word(16),
			// No limit is also what is above all that there can be.
			deposit_limit: Some(amount(24))
				.filter(|limit| *limit != u128::MAX)
				.and_then(|limit| limit.try_into().ok()),
		})
	}
}

impl<T: Config> Context<'_, T> {
	pub(super) fn call_program(
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
		let entry = memory.read(entry, entry_len, MAX_ENTRY)?;
		let options = Options::read(&memory, options)?;
		let address = memory.read_account::<T>(address)?;
		let input = memory.read(input, input_len, MAX_INPUT)?;
		Self::ask(Callee::Account { address, entry }, input, options)
	}

	pub(super) fn instantiate_program(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		code_hash: u64,
		salt: u64,
		salt_len: u64,
		input: u64,
		input_len: u64,
		options: u64,
	) -> Answer<T> {
		self.charge(price, salt_len.saturating_add(input_len))?;
		let salt = memory.read(salt, salt_len, MAX_SALT)?;
		let options = Options::read(&memory, options)?;
		let code_hash = H256(memory.read_array(code_hash)?);
		let input = memory.read(input, input_len, MAX_INPUT)?;
		Self::ask(Callee::New { code_hash, salt }, input, options)
	}

	fn ask(
		callee: Callee<T::AccountId>,
		input: alloc::vec::Vec<u8>,
		options: Options<T>,
	) -> Answer<T> {
		let Options { value, gas_limit, deposit_limit } = options;
		let Some(value) = value else { return Ok(code(Code::TRANSFER_FAILED)) };
		Err(Stop::Call(Box::new(Nested { callee, input, value, gas_limit, deposit_limit })))
	}

	pub(super) fn run_code(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		code_hash: u64,
		entry: u64,
		entry_len: u64,
		input: u64,
		input_len: u64,
		gas_limit: u64,
	) -> Answer<T> {
		self.charge(price, entry_len.saturating_add(input_len))?;
		let entry = memory.read(entry, entry_len, MAX_ENTRY)?;
		let code_hash = H256(memory.read_array(code_hash)?);
		let input = memory.read(input, input_len, MAX_INPUT)?;
		let callee = Callee::Code { code_hash, entry };
		let value = self.value;
		Err(Stop::Call(Box::new(Nested { callee, input, value, gas_limit, deposit_limit: None })))
	}

	pub(super) fn returned_len(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(self.returned.len() as u64)
	}

	pub(super) fn returned(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
		offset: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		let part = part(&self.returned, offset, len);
		memory.write(out, part)?;
		Ok(part.len() as u64)
	}

	pub(super) fn dispatch(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		call: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		let call = memory.read(call, len, MAX_CALL)?;
		let account = self.own_account()?;
		let call = T::RuntimeCall::decode_all_with_depth_limit(MAX_CALL_DEPTH, &mut &call[..]);
		let Ok(call) = call else { return Ok(code(Code::INVALID_CALL)) };
		if !T::CallFilter::contains(&call) {
			return Ok(code(Code::CALL_FILTERED));
		}
		let info = call.get_dispatch_info();
		let charged = gas::of_weight(info.call_weight);
		self.meter.charge::<T>(charged)?;
		let origin = RawOrigin::Signed(account).into();
		let mut taken = info.call_weight;
		let result = with_storage_layer(|| {
			let result = call.dispatch(origin);
			taken = extract_actual_weight(&result, &info);
			result.map(drop).map_err(|failure| failure.error)
		});
		self.meter.refund(charged.saturating_sub(gas::of_weight(taken)));
		Ok(if result.is_ok() { 0 } else { code(Code::DISPATCH_FAILED) })
	}

	pub(super) fn terminate(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		beneficiary: u64,
	) -> Answer<T> {
		self.charge(price, 32)?;
		let beneficiary = memory.read_account::<T>(beneficiary)?;
		let account = self.own_account()?;
		if beneficiary == account {
			return Err(Error::InvalidArgument.into());
		}
		// Whoever waits for this frame would go on without an account.
		if self.stack.count(&account) > 1 {
			return Ok(code(Code::REENTRANCY_DENIED));
		}
		self.meter.charge::<T>(gas::terminate(account::items::<T>(&account)))?;
		let before = self.stack.deposit.left();
		let deposit = &mut self.stack.deposit;
		if with_storage_layer(|| account::terminate(deposit, &account, &beneficiary)).is_err() {
			self.stack.deposit.reset(before);
			return Ok(code(Code::TRANSFER_FAILED));
		}
		self.stack.transient.clear(&account);
		let code_hash = self.code_hash;
		Pallet::<T>::deposit_event(Event::Terminated { address: account, code_hash, beneficiary });
		Err(Stop::Exit { revert: false })
	}
}
