//! Syscalls that call other programs and the runtime. [`crate::run`] runs the programs.

// A handler gets all registers of a syscall, and the context.
#![allow(clippy::too_many_arguments)]

use super::{code, Answer, Stop};
use crate::{
	access::{self, Place},
	account,
	frame::{part, Callee, Context, Memory, Nested, New},
	gas::{self, Price},
	items,
	jobs::mailbox::{self, Mailbox},
	limits::*,
	upgrade::UpgradeAuthority,
	BalanceOf, Config, Error, Event, Pallet, WeightInfo,
};
use alloc::boxed::Box;
use codec::{DecodeLimit, MaxEncodedLen};
use frame_support::{
	dispatch::{extract_actual_weight, GetDispatchInfo},
	storage::with_storage_layer,
	traits::Contains,
	weights::Weight,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::traits::Dispatchable;
use virt_guest::Code;

/// The options of a call, 48 bytes in memory. Up to ABI version 1 they were 40 bytes, with a gas
/// limit instead of a weight limit.
pub(super) struct Options<T: Config> {
	/// `None` if it exceeds the maximum of a balance.
	pub value: Option<BalanceOf<T>>,
	pub weight_limit: Weight,
	pub deposit_limit: Option<BalanceOf<T>>,
}

/// The first ABI version with weight limits instead of gas limits.
const ABI_OF_WEIGHT_LIMITS: u16 = 2;

/// A limit as programs encode it: 0 means no limit.
fn limit(part: u64) -> u64 {
	if part == 0 {
		u64::MAX
	} else {
		part
	}
}

/// A gas limit as programs up to ABI version 1 encode it.
fn gas_limit(gas: u64) -> Weight {
	Weight::from_parts(limit(gas.saturating_mul(gas::REF_TIME_PER_GAS)), u64::MAX)
}

/// The eight bytes at `at`, which exist.
pub(super) fn word(bytes: &[u8], at: usize) -> u64 {
	let mut word = [0; 8];
	word.copy_from_slice(&bytes[at..at + 8]);
	u64::from_le_bytes(word)
}

impl<T: Config> Options<T> {
	fn read(memory: &Memory<'_>, pointer: u64, abi: u16) -> Result<Self, Error<T>> {
		if abi >= ABI_OF_WEIGHT_LIMITS {
			Ok(Self::from_bytes(&memory.read_array::<_, 48>(pointer)?))
		} else {
			let bytes: [u8; 40] = memory.read_array(pointer)?;
			Ok(Self::new(&bytes, gas_limit(word(&bytes, 16)), 24))
		}
	}

	/// From the 48 bytes of the current ABI version.
	fn from_bytes(bytes: &[u8]) -> Self {
		let weight_limit = Weight::from_parts(limit(word(bytes, 16)), limit(word(bytes, 24)));
		Self::new(bytes, weight_limit, 32)
	}

	/// With the value at the beginning of `bytes`, and the deposit limit at that offset.
	pub fn new(bytes: &[u8], weight_limit: Weight, deposit_limit: usize) -> Self {
		let amount =
			|at: usize| u128::from(word(bytes, at)) | u128::from(word(bytes, at + 8)) << 64;
		Self {
			value: amount(0).try_into().ok(),
			weight_limit,
			// An amount above the maximum of a balance means no limit.
			deposit_limit: Some(amount(deposit_limit))
				.filter(|limit| *limit != u128::MAX)
				.and_then(|limit| limit.try_into().ok()),
		}
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
		let entry = memory.read(entry, entry_len, MAX_ENTRY, Error::EntryNotFound)?;
		let options = Options::read(&memory, options, self.abi)?;
		let address = memory.read_account::<T>(address)?;
		let input = memory.read(input, input_len, MAX_INPUT, Error::InputTooLarge)?;
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
		let options = |memory: &Memory<'_>, abi| {
			Ok((Options::read(memory, options, abi)?, UpgradeAuthority::Nobody))
		};
		self.ask_for_new(memory, code_hash, (salt, salt_len), (input, input_len), options)
	}

	pub(super) fn instantiate_upgradable(
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
		let options = |memory: &Memory<'_>, _| {
			let bytes: [u8; 56] = memory.read_array(options)?;
			let authority = UpgradeAuthority::from_number(word(&bytes, 48));
			Ok((Options::from_bytes(&bytes), authority.ok_or(Error::InvalidArgument)?))
		};
		self.ask_for_new(memory, code_hash, (salt, salt_len), (input, input_len), options)
	}

	fn ask_for_new(
		&self,
		memory: Memory<'_>,
		code_hash: u64,
		(salt, salt_len): (u64, u64),
		(input, input_len): (u64, u64),
		options: impl FnOnce(&Memory<'_>, u16) -> Result<(Options<T>, UpgradeAuthority), Error<T>>,
	) -> Answer<T> {
		let salt = memory.read(salt, salt_len, MAX_SALT, Error::SaltTooLong)?;
		let (options, upgrade_authority) = options(&memory, self.abi)?;
		let code_hash = H256(memory.read_array(code_hash)?);
		let input = memory.read(input, input_len, MAX_INPUT, Error::InputTooLarge)?;
		Self::ask(Callee::New(New { code_hash, salt, upgrade_authority }), input, options)
	}

	pub(super) fn set_code(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		address: u64,
		code_hash: u64,
		input: u64,
		input_len: u64,
		options: u64,
	) -> Answer<T> {
		self.charge(price, input_len)?;
		let options = Options::read(&memory, options, self.abi)?;
		let address = memory.read_account::<T>(address)?;
		let code_hash = H256(memory.read_array(code_hash)?);
		let input = memory.read(input, input_len, MAX_INPUT, Error::InputTooLarge)?;
		Self::ask(Callee::Upgrade { address, code_hash }, input, options)
	}

	pub(super) fn restrict_upgrades(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		address: u64,
		authority: u64,
	) -> Answer<T> {
		self.charge(price, 32)?;
		let authority = UpgradeAuthority::from_number(authority).ok_or(Error::InvalidArgument)?;
		let address = memory.read_account::<T>(address)?;
		let account = self.own_account()?;
		self.meter.charge(T::WeightInfo::restrict_upgrades())?;
		Ok(match account::restrict_upgrades::<T>(&account, &address, authority) {
			Ok(()) => 0,
			Err(Error::AccountNotFound) => code(Code::NOT_FOUND),
			Err(_) => code(Code::UPGRADE_DENIED),
		})
	}

	fn ask(
		callee: Callee<T::AccountId>,
		input: alloc::vec::Vec<u8>,
		options: Options<T>,
	) -> Answer<T> {
		let Options { value, weight_limit, deposit_limit } = options;
		let Some(value) = value else { return Ok(code(Code::TRANSFER_FAILED)) };
		Err(Stop::Call(Box::new(Nested { callee, input, value, weight_limit, deposit_limit })))
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
		weight: u64,
	) -> Answer<T> {
		self.charge(price, entry_len.saturating_add(input_len))?;
		let entry = memory.read(entry, entry_len, MAX_ENTRY, Error::EntryNotFound)?;
		let code_hash = H256(memory.read_array(code_hash)?);
		let input = memory.read(input, input_len, MAX_INPUT, Error::InputTooLarge)?;
		let weight_limit = if self.abi < ABI_OF_WEIGHT_LIMITS {
			gas_limit(weight)
		} else if weight == 0 {
			Weight::MAX
		} else {
			let bytes: [u8; 16] = memory.read_array(weight)?;
			Weight::from_parts(limit(word(&bytes, 0)), limit(word(&bytes, 8)))
		};
		let callee = Callee::Code { code_hash, entry };
		let value = self.value;
		let deposit_limit = None;
		Err(Stop::Call(Box::new(Nested { callee, input, value, weight_limit, deposit_limit })))
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
		let call = memory.read(call, len, MAX_CALL, Error::CallTooLarge)?;
		let account = self.own_account()?;
		let call = T::RuntimeCall::decode_all_with_depth_limit(MAX_CALL_DEPTH, &mut &call[..]);
		let Ok(call) = call else { return Ok(code(Code::INVALID_CALL)) };
		if !T::CallFilter::contains(&call) {
			return Ok(code(Code::CALL_FILTERED));
		}
		let info = call.get_dispatch_info();
		self.meter.charge::<T>(info.call_weight)?;
		self.stack.items.flush();
		let origin = RawOrigin::Signed(account).into();
		let mut taken = info.call_weight;
		let result = with_storage_layer(|| {
			let result = call.dispatch(origin);
			taken = extract_actual_weight(&result, &info);
			result.map(drop).map_err(|failure| failure.error)
		});
		self.meter.refund(info.call_weight.saturating_sub(taken));
		self.stack.deposit.balance_changed();
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
		// A waiting frame would continue without an account.
		if self.stack.count(&account) > 1 {
			return Ok(code(Code::REENTRANCY_DENIED));
		}
		let mailbox = Mailbox::max_encoded_len() as u32;
		self.meter.charge(access::cold_reads::<T>(1, mailbox))?;
		let is_own_job = self.stack.depth == 1 && self.stack.slice.is_some();
		if mailbox::jobs_at::<T>(&account) > u32::from(is_own_job) {
			return Ok(code(Code::JOBS_LIVE));
		}
		let place = Place::Account(account.clone());
		self.stack.accesses.write(&mut self.meter, place, 0)?;
		self.meter.charge::<T>(items::removal_weight::<T>(account::items::<T>(&account)))?;
		self.access_deposit(None)?;
		self.stack.items.flush();
		let (before, checkpoint) = (self.stack.deposit.left(), self.stack.deposit.checkpoint());
		let deposit = &mut self.stack.deposit;
		let ended = with_storage_layer(|| account::terminate(deposit, &account, &beneficiary));
		let Ok(code_hash) = ended else {
			self.stack.deposit.reset(before, checkpoint);
			return Ok(code(Code::TRANSFER_FAILED));
		};
		self.stack.transient.clear(&account);
		Pallet::<T>::deposit_event(Event::Terminated { address: account, code_hash, beneficiary });
		Err(Stop::Exit { revert: false })
	}
}
