//! The storage keys that a call has accessed. The first access to a key is charged as a database
//! access; later ones are not, because the node has the value in memory. The list follows the
//! frames: accesses of a frame that was rolled back are cold again.

use crate::{
	gas::{proof, Meter},
	items::Key,
	journal::{Checkpoint, Journal},
	weights::PROOF_PER_READ,
	Config, Error,
};
use frame_support::{traits::Get, weights::Weight};
use sp_core::H256;

/// The maximal length of an account's balance, in bytes.
pub(crate) const MAX_BALANCE: u32 = 128;

/// A key of the pallet's storage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place<AccountId> {
	/// The record of an account program.
	Account(AccountId),
	/// The record of a program.
	Program(H256),
	/// The blob of a program.
	Code(H256),
	/// An item of an account program, by its key.
	Item(AccountId, Key),
	/// An account's balance.
	Balance(AccountId),
	/// The holds on an account's balance.
	Holds(AccountId),
}

/// The kind of an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
	Read,
	/// Written, which includes reading.
	Written,
}

/// The list of accesses: see the module.
pub struct AccessList<T: Config>(Journal<Place<T::AccountId>, Done>);

impl<T: Config> Default for AccessList<T> {
	fn default() -> Self {
		Self(Journal::default())
	}
}

impl<T: Config> AccessList<T> {
	/// Charges for reading up to `max` bytes at a key, if the key is cold. Returns whether it was
	/// charged, so that the part that was not read can be refunded: see [`give_back`].
	pub fn read(
		&mut self,
		meter: &mut Meter,
		place: Place<T::AccountId>,
		max: u32,
	) -> Result<bool, Error<T>> {
		if self.0.get(&place).is_some() {
			return Ok(false);
		}
		meter.charge(cold_read::<T>(max))?;
		self.0.insert(place, Done::Read);
		Ok(true)
	}

	/// Charges for reading up to `max` bytes at a key and for writing it, unless that was done
	/// before. Returns whether reading was charged.
	pub fn write(
		&mut self,
		meter: &mut Meter,
		place: Place<T::AccountId>,
		max: u32,
	) -> Result<bool, Error<T>> {
		let (read, weight) = match self.0.get(&place) {
			Some(Done::Written) => return Ok(false),
			Some(Done::Read) => (false, Weight::zero()),
			None => (true, cold_read::<T>(max)),
		};
		meter.charge(weight.saturating_add(T::DbWeight::get().writes(1)))?;
		self.0.insert(place, Done::Written);
		Ok(read)
	}

	/// Records an access that the call's base weight pays for.
	pub fn paid(&mut self, place: Place<T::AccountId>) {
		if self.0.get(&place).is_none() {
			self.0.insert(place, Done::Read);
		}
	}

	/// A checkpoint for [`Self::roll_back`].
	pub fn checkpoint(&self) -> Checkpoint {
		self.0.checkpoint()
	}

	/// Removes the accesses since the checkpoint.
	pub fn roll_back(&mut self, checkpoint: Checkpoint) {
		self.0.roll_back(checkpoint);
	}
}

/// The weight of reading up to `max` bytes from the database.
fn cold_read<T: Config>(max: u32) -> Weight {
	T::DbWeight::get()
		.reads(1)
		.saturating_add(Weight::from_parts(0, PROOF_PER_READ))
		.saturating_add(proof(max))
}

/// The weight of `count` database reads of up to `max` bytes each.
pub fn cold_reads<T: Config>(count: u64, max: u32) -> Weight {
	cold_read::<T>(max).saturating_mul(count)
}

/// Refunds the proof size that was charged for bytes that were not read.
pub fn give_back(meter: &mut Meter, charged: u32, read: usize) {
	// Values are bounded, far below `u32::MAX`.
	meter.refund(proof(charged.saturating_sub(read as u32)));
}
