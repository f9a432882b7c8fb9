//! What a call has read and written so far: the first access to a key is charged as one to the
//! database, later ones are not, since the node has it at hand. It follows the frames: an access that
//! was rolled back is cold again.

use crate::{
	gas::{proof, Meter},
	items::Key,
	journal::{Checkpoint, Journal},
	weights::PROOF_PER_READ,
	Config, Error,
};
use frame_support::{traits::Get, weights::Weight};
use sp_core::H256;

/// Bytes of an account's balance, at most.
pub(crate) const MAX_BALANCE: u32 = 128;

/// A key of the pallet's storage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place<AccountId> {
	/// An account program's record.
	Account(AccountId),
	/// A program's record.
	Program(H256),
	/// A program's blob.
	Code(H256),
	/// What an account program stored under a key.
	Item(AccountId, Key),
	/// An account's balance.
	Balance(AccountId),
	/// What is held from an account.
	Holds(AccountId),
}

/// What was done with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
	Read,
	/// Written, which reads it, too.
	Written,
}

/// See the module.
pub struct AccessList<T: Config>(Journal<Place<T::AccountId>, Done>);

impl<T: Config> Default for AccessList<T> {
	fn default() -> Self {
		Self(Journal::default())
	}
}

impl<T: Config> AccessList<T> {
	/// Charges for reading up to `max` bytes under a key; nothing where it was read before. Gives
	/// whether it was charged, so that what is not read can be given back: see [`give_back`].
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

	/// Charges for reading up to `max` bytes under a key, and for writing it; for what of it was not
	/// done before. Gives whether reading was charged.
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

	/// Records an access that a call's own weight has paid for.
	pub fn paid(&mut self, place: Place<T::AccountId>) {
		if self.0.get(&place).is_none() {
			self.0.insert(place, Done::Read);
		}
	}

	/// A place to go back to with [`Self::roll_back`].
	pub fn checkpoint(&self) -> Checkpoint {
		self.0.checkpoint()
	}

	/// Forgets what was accessed since.
	pub fn roll_back(&mut self, checkpoint: Checkpoint) {
		self.0.roll_back(checkpoint);
	}
}

/// The weight of a read of up to `max` bytes from the database.
fn cold_read<T: Config>(max: u32) -> Weight {
	T::DbWeight::get()
		.reads(1)
		.saturating_add(Weight::from_parts(0, PROOF_PER_READ))
		.saturating_add(proof(max))
}

/// The weight of so many reads of up to `max` bytes each, wherever they are.
pub fn cold_reads<T: Config>(count: u64, max: u32) -> Weight {
	cold_read::<T>(max).saturating_mul(count)
}

/// Gives back the proof size of the bytes that were charged and not read.
pub fn give_back(meter: &mut Meter, charged: u32, read: usize) {
	// Values are bounded, far below `u32::MAX`.
	meter.refund(proof(charged.saturating_sub(read as u32)));
}
