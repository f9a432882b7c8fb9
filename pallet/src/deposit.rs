//! Storage deposits.
//!
//! Within a call, deposits are counted by payer and reason. The net amounts are held and released
//! at the end of the call; each stored object records its deposit. A frame that exceeds its limit,
//! or what the payer's balance allows, fails immediately, and the deposits of a frame that is
//! rolled back are dropped. The limit of a call applies to the amount held from its origin, minus
//! what is released to the origin.

use crate::{
	journal::{Checkpoint, Journal},
	BalanceOf, Config, Error, HoldReason,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::traits::{
	fungible::{hold::Mutate, InspectHold},
	tokens::Precision,
	Get,
};
use scale_info::TypeInfo;
use sp_runtime::traits::{Bounded, Saturating, Zero};

/// The deposit of a stored object.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Deposit<AccountId, Balance> {
	/// The account that it is held from; `None` for objects that root or the genesis stored.
	pub payer: Option<AccountId>,
	/// The amount.
	pub amount: Balance,
}

impl<AccountId, Balance: Zero> Deposit<AccountId, Balance> {
	/// A deposit of zero without a payer.
	pub fn none() -> Self {
		Self { payer: None, amount: Zero::zero() }
	}
}

/// A deposit of the runtime.
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

/// The amounts to hold from a payer, and to release to it, at the end of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Net<Balance> {
	hold: Balance,
	release: Balance,
}

/// The deposits of a call: their payer, the remaining limit, and the net amounts.
pub struct DepositMeter<T: Config> {
	payer: Option<T::AccountId>,
	left: BalanceOf<T>,
	/// By payer and reason.
	nets: Journal<(T::AccountId, u8), Net<BalanceOf<T>>>,
	/// The amount that the payer was last known to be able to have held in addition.
	holdable: BalanceOf<T>,
}

/// The reasons, by number.
const REASONS: [HoldReason; 4] =
	[HoldReason::Program, HoldReason::Account, HoldReason::Storage, HoldReason::Job];

impl<T: Config> DepositMeter<T> {
	/// A meter without a limit. Without a payer, nothing is held.
	pub fn new(payer: Option<T::AccountId>) -> Self {
		Self { payer, left: Bounded::max_value(), nets: Journal::default(), holdable: Zero::zero() }
	}

	/// Must be called when the payer's balance may have decreased: the holdable amount is then
	/// queried again.
	pub fn balance_changed(&mut self) {
		self.holdable = Zero::zero();
	}

	/// The remaining limit.
	pub fn left(&self) -> BalanceOf<T> {
		self.left
	}

	/// Lowers the limit to `limit`. Returns the previous limit, for [`Self::widen`] or
	/// [`Self::reset`].
	pub fn narrow(&mut self, limit: Option<BalanceOf<T>>) -> BalanceOf<T> {
		let outer = self.left;
		self.left = limit.map_or(outer, |limit| limit.min(outer));
		outer
	}

	/// Restores the limit `outer` from before it was narrowed to `inner`, minus what was held
	/// since.
	pub fn widen(&mut self, outer: BalanceOf<T>, inner: BalanceOf<T>) {
		self.left = outer.saturating_sub(inner).saturating_add(self.left);
	}

	/// Restores the limit from before it was narrowed, and the amounts at the checkpoint.
	pub fn reset(&mut self, outer: BalanceOf<T>, checkpoint: Checkpoint) {
		self.left = outer;
		self.nets.roll_back(checkpoint);
	}

	/// A checkpoint for [`Self::reset`].
	pub fn checkpoint(&self) -> Checkpoint {
		self.nets.checkpoint()
	}

	/// Counts `amount` as held from the payer.
	pub fn take(
		&mut self,
		reason: HoldReason,
		amount: BalanceOf<T>,
	) -> Result<DepositOf<T>, Error<T>> {
		let Some(payer) = self.payer.clone() else { return Ok(Deposit::none()) };
		self.hold(reason, &payer, amount)?;
		Ok(Deposit { payer: Some(payer), amount })
	}

	/// Changes the deposit `old` to `amount`.
	///
	/// If the deposit grows, the payer of this call pays for all of it; otherwise the previous
	/// payer keeps paying.
	pub fn change(
		&mut self,
		reason: HoldReason,
		old: DepositOf<T>,
		amount: BalanceOf<T>,
	) -> Result<DepositOf<T>, Error<T>> {
		if amount <= old.amount {
			let excess = old.amount.saturating_sub(amount);
			self.give_back(reason, Deposit { payer: old.payer.clone(), amount: excess });
			return Ok(Deposit { payer: old.payer, amount });
		}
		match &self.payer {
			Some(payer) if old.payer.as_ref() == Some(payer) => {
				let payer = payer.clone();
				self.hold(reason, &payer, amount.saturating_sub(old.amount))?;
				Ok(Deposit { payer: Some(payer), amount })
			},
			_ => {
				self.give_back(reason, old);
				self.take(reason, amount)
			},
		}
	}

	/// Counts the deposit as released to its payer.
	pub fn give_back(&mut self, reason: HoldReason, deposit: DepositOf<T>) {
		let Deposit { payer: Some(payer), amount } = deposit else { return };
		if amount.is_zero() {
			return;
		}
		if self.payer.as_ref() == Some(&payer) {
			self.left = self.left.saturating_add(amount);
		}
		self.count(reason, payer, |net| net.release = net.release.saturating_add(amount));
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
		// The net amount so far, plus this one.
		let (hold, release) = self.total(payer);
		let needed = hold.saturating_add(amount).saturating_sub(release);
		if needed > self.holdable {
			// Querying twice the amount saves a query for each of many deposits.
			let twice = needed.saturating_add(needed);
			let can_hold = |amount| T::Currency::can_hold(&reason.into(), payer, amount);
			self.holdable = if can_hold(twice) {
				twice
			} else if can_hold(needed) {
				needed
			} else {
				return Err(Error::DepositUnpayable);
			};
		}
		self.left = self.left.saturating_sub(amount);
		self.count(reason, payer.clone(), |net| net.hold = net.hold.saturating_add(amount));
		Ok(())
	}

	/// The amounts to hold from the account and to release to it, for all reasons.
	fn total(&self, account: &T::AccountId) -> (BalanceOf<T>, BalanceOf<T>) {
		let mut total = (Zero::zero(), Zero::zero());
		for reason in REASONS {
			if let Some(Net { hold, release }) = self.nets.get(&(account.clone(), reason as u8)) {
				total = (*hold + total.0, *release + total.1);
			}
		}
		total
	}

	fn count(
		&mut self,
		reason: HoldReason,
		account: T::AccountId,
		change: impl FnOnce(&mut Net<BalanceOf<T>>),
	) {
		let key = (account, reason as u8);
		let mut net = self.nets.get(&key).cloned().unwrap_or_default();
		change(&mut net);
		self.nets.insert(key, net);
	}

	/// Whether the account has an amount.
	pub fn is_counted(&self, account: &T::AccountId) -> bool {
		REASONS.iter().any(|reason| self.nets.get(&(account.clone(), *reason as u8)).is_some())
	}

	/// The payer.
	pub fn payer(&self) -> Option<&T::AccountId> {
		self.payer.as_ref()
	}

	/// Holds and releases the net amounts, at the end of the call. Releases come first, because
	/// holds may need the released balance.
	pub fn settle(&mut self) -> Result<(), Error<T>> {
		let nets = core::mem::take(&mut self.nets);
		for ((account, reason), Net { hold, release }) in nets.iter() {
			let amount = release.saturating_sub(*hold);
			if let Some(reason) = REASONS.get(usize::from(*reason)).filter(|_| !amount.is_zero()) {
				// Best effort: storage is removed even if another pallet took a part of the hold.
				T::Currency::release(&(*reason).into(), account, amount, Precision::BestEffort)
					.map_err(|_| Error::DepositUnpayable)?;
			}
		}
		for ((account, reason), Net { hold, release }) in nets.iter() {
			let amount = hold.saturating_sub(*release);
			if let Some(reason) = REASONS.get(usize::from(*reason)).filter(|_| !amount.is_zero()) {
				T::Currency::hold(&(*reason).into(), account, amount)
					.map_err(|_| Error::DepositUnpayable)?;
			}
		}
		Ok(())
	}
}

/// Releases a deposit to its payer.
pub fn release<T: Config>(reason: HoldReason, deposit: DepositOf<T>) -> Result<(), Error<T>> {
	let mut meter = DepositMeter::<T>::new(None);
	meter.give_back(reason, deposit);
	meter.settle()
}
