//! Storage deposits: what is held for what is stored, from whom, and how it comes back.
//!
//! A deposit is held at once, and what it is held for records it: rolling the storage back is all
//! that undoing takes. The limit of a call counts what its origin is held for, less what comes back
//! to the origin.

use crate::{BalanceOf, Config, Error, HoldReason};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::{fungible::hold::Mutate, tokens::Precision, Get};
use scale_info::TypeInfo;
use sp_runtime::traits::{Bounded, Saturating, Zero};

/// What is held for something that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Deposit<AccountId, Balance> {
	/// From whom; nobody pays for what root or the genesis stored.
	pub payer: Option<AccountId>,
	/// How much.
	pub amount: Balance,
}

impl<AccountId, Balance: Zero> Deposit<AccountId, Balance> {
	/// Nothing, from nobody.
	pub fn none() -> Self {
		Self { payer: None, amount: Zero::zero() }
	}
}

/// A deposit on the chain.
pub type DepositOf<T> = Deposit<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

/// The deposit for a program of `size` bytes.
pub fn for_program<T: Config>(size: u32) -> BalanceOf<T> {
	for_bytes::<T>(size)
}

/// The deposit for an account program.
pub fn for_account<T: Config>() -> BalanceOf<T> {
	T::DepositPerItem::get()
}

/// The deposit for a storage item.
pub fn for_item<T: Config>(key: usize, value: usize) -> BalanceOf<T> {
	// Both are bounded, far below `u32::MAX`.
	for_bytes::<T>(key.saturating_add(value) as u32)
}

fn for_bytes<T: Config>(bytes: u32) -> BalanceOf<T> {
	let bytes = T::DepositPerByte::get().saturating_mul(bytes.into());
	T::DepositPerItem::get().saturating_add(bytes)
}

/// Whom a call's deposits are held from, and how much more they may be.
pub struct DepositMeter<T: Config> {
	payer: Option<T::AccountId>,
	left: BalanceOf<T>,
}

impl<T: Config> DepositMeter<T> {
	/// Without a limit. Where there is no payer, nothing is held.
	pub fn new(payer: Option<T::AccountId>) -> Self {
		Self { payer, left: Bounded::max_value() }
	}

	/// How much more may be held.
	pub fn left(&self) -> BalanceOf<T> {
		self.left
	}

	/// Lowers what may be held to `limit`. Gives what it was, for [`Self::widen`] or [`Self::reset`].
	pub fn narrow(&mut self, limit: Option<BalanceOf<T>>) -> BalanceOf<T> {
		let outer = self.left;
		self.left = limit.map_or(outer, |limit| limit.min(outer));
		outer
	}

	/// Back to the limit before it was narrowed to `inner`, less what was held since.
	pub fn widen(&mut self, outer: BalanceOf<T>, inner: BalanceOf<T>) {
		self.left = outer.saturating_sub(inner).saturating_add(self.left);
	}

	/// Back to the limit before it was narrowed: what was held since is rolled back.
	pub fn reset(&mut self, outer: BalanceOf<T>) {
		self.left = outer;
	}

	/// Holds `amount` from the payer.
	pub fn take(
		&mut self,
		reason: HoldReason,
		amount: BalanceOf<T>,
	) -> Result<DepositOf<T>, Error<T>> {
		let Some(payer) = self.payer.clone() else { return Ok(Deposit::none()) };
		self.hold(reason, &payer, amount)?;
		Ok(Deposit { payer: Some(payer), amount })
	}

	/// Makes `amount` of the deposit `old`.
	///
	/// The payer of this call pays for growth, and then for all of it; without growth, whoever paid
	/// goes on to.
	pub fn change(
		&mut self,
		reason: HoldReason,
		old: DepositOf<T>,
		amount: BalanceOf<T>,
	) -> Result<DepositOf<T>, Error<T>> {
		if amount <= old.amount {
			let excess = old.amount.saturating_sub(amount);
			self.give_back(reason, Deposit { payer: old.payer.clone(), amount: excess })?;
			return Ok(Deposit { payer: old.payer, amount });
		}
		match &self.payer {
			Some(payer) if old.payer.as_ref() == Some(payer) => {
				let payer = payer.clone();
				self.hold(reason, &payer, amount.saturating_sub(old.amount))?;
				Ok(Deposit { payer: Some(payer), amount })
			},
			_ => {
				self.give_back(reason, old)?;
				self.take(reason, amount)
			},
		}
	}

	/// Releases the deposit to whoever paid it.
	pub fn give_back(&mut self, reason: HoldReason, deposit: DepositOf<T>) -> Result<(), Error<T>> {
		let Deposit { payer: Some(payer), amount } = deposit else { return Ok(()) };
		if amount.is_zero() {
			return Ok(());
		}
		// The best effort: what another pallet took of the hold does not keep the storage.
		let released = T::Currency::release(&reason.into(), &payer, amount, Precision::BestEffort)
			.map_err(|_| Error::DepositUnpayable)?;
		if self.payer == Some(payer) {
			self.left = self.left.saturating_add(released);
		}
		Ok(())
	}

	fn hold(
		&mut self,
		reason: HoldReason,
		payer: &T::AccountId,
		amount: BalanceOf<T>,
	) -> Result<(), Error<T>> {
		if amount.is_zero() {
			return Ok(());
		}
		if amount > self.left {
			return Err(Error::DepositLimitExceeded);
		}
		T::Currency::hold(&reason.into(), payer, amount).map_err(|_| Error::DepositUnpayable)?;
		self.left = self.left.saturating_sub(amount);
		Ok(())
	}
}
