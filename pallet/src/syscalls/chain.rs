//! Syscalls about the chain: accounts, balances, blocks, time.

use super::{code, Answer};
use crate::{
	access::{self, Place, MAX_BALANCE},
	frame::{Context, Memory},
	gas::Price,
	AccountInfoOf, Accounts, BalanceOf, Config,
};
use codec::{Encode, MaxEncodedLen};
use frame_support::traits::{
	fungible::{Inspect, Mutate},
	tokens::{Fortitude, Preservation},
	Time,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{UniqueSaturatedInto, Zero};
use virt_guest::Code;

impl<T: Config> Context<'_, T> {
	pub(super) fn balance(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		account: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 32 + 16)?;
		let account = memory.read_account::<T>(account)?;
		self.stack.accesses.read(&mut self.meter, Place::Balance(account.clone()), MAX_BALANCE)?;
		let balance =
			T::Currency::reducible_balance(&account, Preservation::Preserve, Fortitude::Polite);
		let balance: u128 = balance.unique_saturated_into();
		memory.write(out, &balance.to_le_bytes())?;
		Ok(0)
	}

	pub(super) fn transfer(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		to: u64,
		amount: u64,
	) -> Answer<T> {
		self.charge(price, 32 + 16)?;
		let to = memory.read_account::<T>(to)?;
		let amount = u128::from_le_bytes(memory.read_array(amount)?);
		let from = self.own_account()?;
		self.charge_for_transfer(&from, &to)?;
		// An amount above the maximum of a balance exceeds what the account has.
		let transferred = BalanceOf::<T>::try_from(amount).is_ok_and(|amount| {
			frame_support::storage::with_storage_layer(|| {
				T::Currency::transfer(&from, &to, amount, Preservation::Preserve)
			})
			.is_ok()
		});
		Ok(if transferred { 0 } else { code(Code::TRANSFER_FAILED) })
	}

	pub(super) fn existential_deposit(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 16)?;
		let deposit: u128 = T::Currency::minimum_balance().unique_saturated_into();
		memory.write(out, &deposit.to_le_bytes())?;
		Ok(0)
	}

	pub(super) fn block_number(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		let number: BlockNumberFor<T> = frame_system::Pallet::<T>::block_number();
		Ok(number.unique_saturated_into())
	}

	pub(super) fn block_hash(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		number: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 32)?;
		self.meter.charge(access::cold_reads::<T>(1, 32))?;
		let hash = BlockNumberFor::<T>::try_from(number)
			.ok()
			.and_then(|number| frame_system::BlockHash::<T>::try_get(number).ok());
		let Some(hash) = hash else { return Ok(code(Code::NOT_FOUND)) };
		memory.write(out, &hash.encode())?;
		Ok(0)
	}

	pub(super) fn chain_id(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		self.meter.charge(access::cold_reads::<T>(1, 32))?;
		let genesis = frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero());
		memory.write(out, &genesis.encode())?;
		Ok(0)
	}

	pub(super) fn code_hash_of(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		account: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 32 + 32)?;
		let account = memory.read_account::<T>(account)?;
		let max = AccountInfoOf::<T>::max_encoded_len() as u32;
		self.stack.accesses.read(&mut self.meter, Place::Account(account.clone()), max)?;
		let Some(info) = Accounts::<T>::get(account) else { return Ok(code(Code::NOT_FOUND)) };
		memory.write(out, info.code_hash.as_bytes())?;
		Ok(0)
	}

	pub(super) fn now(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(T::Time::now())
	}
}
