//! Storage deposits: what is held for what is stored, from whom, and how it comes back.
//!
//! Within a call, deposits are counted: by payer and reason, what is to be held and what is to be given
//! back. They are held and released once, at the end of the call, in net; what each is for records it.
//! A frame that adds more than its limit, or than the payer could have held, fails there and then, and
//! what a rolled-back frame counted is forgotten. The limit of a call counts what its origin is held
//! for, less what comes back to the origin.

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

/// What is to be held from a payer, and to be given back to it, when the call ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Net<Balance> {
	hold: Balance,
	release: Balance,
}

/// Whom a call's deposits are held from, how much more they may be, and what they come to.
pub struct DepositMeter<T: Config> {
	payer: Option<T::AccountId>,
	left: BalanceOf<T>,
	/// By payer and reason.
	nets: Journal<(T::AccountId, u8), Net<BalanceOf<T>>>,
	/// What the payer was last seen to be able to have held in addition.
	holdable: BalanceOf<T>,
}

/// The reasons, by their number.
const REASONS: [HoldReason; 4] =
	[HoldReason::Program, HoldReason::Account, HoldReason::Storage, HoldReason::Job];

impl<T: Config> DepositMeter<T> {
	/// Without a limit. Where there is no payer, nothing is held.
	pub fn new(payer: Option<T::AccountId>) -> Self {
		Self { payer, left: Bounded::max_value(), nets: Journal::default(), holdable: Zero::zero() }
	}

	/// To be called when the payer's balance may have become less: what it can have held is asked again.
	pub fn balance_changed(&mut self) {
		self.holdable = Zero::zero();
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

	/// Back to the limit before it was narrowed, and to what was counted at the checkpoint.
	pub fn reset(&mut self, outer: BalanceOf<T>, checkpoint: Checkpoint) {
		self.left = outer;
		self.nets.roll_back(checkpoint);
	}

	/// A place to go back to with [`Self::reset`].
	pub fn checkpoint(&self) -> Checkpoint {
		self.nets.checkpoint()
	}

	/// Counts `amount`, to be held from the payer.
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

	/// Counts the deposit as given back to whoever paid it.
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
		// What is counted so far, in net, and this on top.
		let (hold, release) = self.total(payer);
		let needed = hold.saturating_add(amount).saturating_sub(release);
		if needed > self.holdable {
			// Asking for twice as much spares a storm of deposits from asking for each.
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

	/// What is to be held from the account and to be given back to it, for all reasons.
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

	/// Whether something was counted for the account.
	pub fn is_counted(&self, account: &T::AccountId) -> bool {
		REASONS.iter().any(|reason| self.nets.get(&(account.clone(), *reason as u8)).is_some())
	}

	/// Who pays.
	pub fn payer(&self) -> Option<&T::AccountId> {
		self.payer.as_ref()
	}

	/// Holds and releases what was counted, at the end of the call. Releases come first: they may be
	/// what the holds are made of.
	pub fn settle(&mut self) -> Result<(), Error<T>> {
		let nets = core::mem::take(&mut self.nets);
		for ((account, reason), Net { hold, release }) in nets.iter() {
			let amount = release.saturating_sub(*hold);
			if let Some(reason) = REASONS.get(usize::from(*reason)).filter(|_| !amount.is_zero()) {
				// The best effort: what another pallet took of the hold does not keep the storage.
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

/// Releases a deposit to whoever paid it.
pub fn release<T: Config>(reason: HoldReason, deposit: DepositOf<T>) -> Result<(), Error<T>> {
	let mut meter = DepositMeter::<T>::new(None);
	meter.give_back(reason, deposit);
	meter.settle()
}
