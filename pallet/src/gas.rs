//! Gas and weight.
//!
//! The weight limit of a call pays for everything that depends on the program: loading it, running
//! it, its syscalls, and storage accesses. It has two parts, which are metered separately and never
//! converted: *ref time*, which programs see as gas with [`REF_TIME_PER_GAS`] picoseconds per unit,
//! and *proof size*, in bytes.

use crate::{limits::PAGE_SIZE, Error};
use frame_support::weights::Weight;
use virt_primitives::{Gas, EMBEDDED_PICOSECONDS_PER_GAS, IS_EMBEDDED, PICOSECONDS_PER_GAS};

/// The factor by which a validator may be slower than the machine of record. All times below and in
/// [`crate::weights`] are measured on that machine and multiplied by this factor, except those of
/// the database: they are the runtime's `DbWeight`.
pub const MARGIN: u64 = 2;

/// Times on the machine of record, in picoseconds.
struct Times {
	/// Per unit of gas.
	gas: u64,
	/// To load a program that is not cached, independent of its size: to parse it and to create an
	/// instance.
	load_base: u64,
	/// To load a program, per byte of the blob: to read and to store it. Storage already has its
	/// hash.
	load_per_byte: u64,
	/// To load a program, per page of memory that it declares: to zero it.
	load_per_page: u64,
}

/// For programs that run in the node.
const HOST: Times = Times {
	gas: PICOSECONDS_PER_GAS,
	load_base: 8_000_000,
	load_per_byte: 500,
	load_per_page: 50_000,
};

/// For the embedded form, which loads programs in each call.
const EMBEDDED: Times = Times {
	gas: EMBEDDED_PICOSECONDS_PER_GAS,
	load_base: 40_000_000,
	load_per_byte: 6_000,
	load_per_page: 500_000,
};

const TIMES: Times = if IS_EMBEDDED { EMBEDDED } else { HOST };

/// The time that applies to the form in which this runtime runs programs.
pub const fn by_form(host: u64, embedded: u64) -> u64 {
	if IS_EMBEDDED {
		embedded
	} else {
		host
	}
}

/// Picoseconds of ref time per unit of gas.
pub const REF_TIME_PER_GAS: u64 = TIMES.gas * MARGIN;

/// The ref time of a time on the machine of record, in picoseconds.
pub const fn measured(picoseconds: u64) -> Weight {
	Weight::from_parts(picoseconds.saturating_mul(MARGIN), 0)
}

/// The ref time of `gas` units.
pub const fn to_weight(gas: u64) -> Weight {
	Weight::from_parts(gas.saturating_mul(REF_TIME_PER_GAS), 0)
}

/// The gas that `weight` pays for, rounded down.
pub const fn of_weight(weight: Weight) -> u64 {
	weight.ref_time() / REF_TIME_PER_GAS
}

/// The weight of loading a program of `size` bytes that declares `memory` bytes, without the
/// database.
pub fn load(size: u32, memory: u32) -> Weight {
	let pages = u64::from(memory.div_ceil(PAGE_SIZE));
	let time =
		TIMES.load_base + TIMES.load_per_byte * u64::from(size) + TIMES.load_per_page * pages;
	measured(time).saturating_add(proof(size))
}

/// The proof size of a value of `len` bytes, without its path.
pub fn proof(len: u32) -> Weight {
	Weight::from_parts(0, len.into())
}

/// The gas of a transfer of balance, by the syscall or with a call, without the database.
pub(crate) const GAS_OF_TRANSFER: u64 = 170_000;

/// The length of a word in bytes. Syscalls are priced by words.
pub const WORD: u64 = 32;

/// The price of a syscall in gas, from its row in the table.
#[derive(Clone, Copy)]
pub struct Price {
	/// Per syscall.
	pub base: u64,
	/// Per word of [`WORD`] bytes that it moves or hashes, rounded up.
	pub per_word: u64,
}

impl Price {
	/// The price for `len` bytes. It saturates, so that absurd lengths cannot be paid for.
	pub fn of(self, len: u64) -> u64 {
		self.base.saturating_add(self.per_word.saturating_mul(len.div_ceil(WORD)))
	}
}

/// The rest of a weight limit.
#[derive(Debug)]
pub struct Meter {
	limit: Weight,
	left: Weight,
	lowest: Weight,
}

impl Meter {
	/// A full meter. The VM counts at most `i64::MAX` units of gas: a higher limit counts as that.
	pub fn new(limit: Weight) -> Self {
		Self { limit, left: limit, lowest: limit }
	}

	/// Charges `weight`. If it exceeds the rest, nothing is charged, and it errs with the missing
	/// part: [`Error::OutOfGas`] or [`Error::OutOfProofSize`].
	pub fn charge<T>(&mut self, weight: Weight) -> Result<(), Error<T>> {
		if weight.ref_time() > self.left.ref_time() {
			return Err(Error::OutOfGas);
		}
		if weight.proof_size() > self.left.proof_size() {
			return Err(Error::OutOfProofSize);
		}
		self.left = self.left.saturating_sub(weight);
		self.lowest = self.lowest.min(self.left);
		Ok(())
	}

	/// Charges `gas` units. Errs with [`Error::OutOfGas`], and charges nothing, if it exceeds the
	/// rest.
	pub fn charge_gas<T>(&mut self, gas: u64) -> Result<(), Error<T>> {
		self.charge(to_weight(gas))
	}

	/// Refunds weight that was charged for work that was not done.
	pub fn refund(&mut self, weight: Weight) {
		self.left = self.left.saturating_add(weight).min(self.limit);
	}

	/// The remaining gas, at most what the VM can count.
	pub fn gas_left(&self) -> Gas {
		Gas::try_from(of_weight(self.left)).unwrap_or(Gas::MAX)
	}

	/// Charges what the VM used of [`Self::gas_left`]; `gas` is what it left.
	pub fn set_gas_left(&mut self, gas: Gas) {
		let used = self.gas_left().saturating_sub(gas);
		debug_assert!(used >= 0, "a program cannot earn gas");
		let used = to_weight(used.max(0).unsigned_abs());
		self.left = self.left.saturating_sub(used);
		self.lowest = self.lowest.min(self.left);
	}

	/// Records the peak usage of a callee that used a part of this meter.
	pub fn record_peak(&mut self, peak: Weight) {
		self.lowest = self.lowest.min(self.left.saturating_sub(peak));
	}

	/// The remaining weight.
	pub fn left(&self) -> Weight {
		self.left
	}

	/// The consumed weight.
	pub fn used(&self) -> Weight {
		self.limit.saturating_sub(self.left)
	}

	/// The peak of the consumed weight: more than [`Self::used`] if some was refunded.
	pub fn peak(&self) -> Weight {
		self.limit.saturating_sub(self.lowest)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::Test;

	#[test]
	fn charge_at_limit_ok_and_over_limit_takes_nothing_and_names_the_part() {
		for (time, proof) in [(0, 0), (1, 7), (1_000, 0), (0, 1_000), (u64::MAX, u64::MAX)] {
			let limit = Weight::from_parts(time, proof);
			let mut meter = Meter::new(limit);
			if time < u64::MAX {
				let over = Weight::from_parts(time + 1, proof);
				assert_eq!(meter.charge::<Test>(over), Err(Error::OutOfGas));
			}
			if proof < u64::MAX {
				let over = Weight::from_parts(time, proof + 1);
				assert_eq!(meter.charge::<Test>(over), Err(Error::OutOfProofSize));
			}
			assert_eq!(meter.used(), Weight::zero());
			assert_eq!(meter.charge::<Test>(limit), Ok(()));
			assert_eq!((meter.left(), meter.used()), (Weight::zero(), limit));
		}
	}

	#[test]
	fn refund_gives_back_at_most_what_was_charged() {
		let weight = |n| Weight::from_parts(n, 2 * n);
		let mut meter = Meter::new(weight(100));
		assert!(meter.charge::<Test>(weight(60)).is_ok());
		meter.refund(weight(10));
		assert_eq!((meter.left(), meter.used()), (weight(50), weight(50)));
		meter.refund(Weight::MAX);
		assert_eq!((meter.left(), meter.used()), (weight(100), Weight::zero()));
		assert_eq!(meter.peak(), weight(60));
		meter.record_peak(weight(70));
		assert_eq!((meter.left(), meter.peak()), (weight(100), weight(70)));
	}

	#[test]
	fn gas_is_ref_time_and_nothing_is_lost_in_rounding() {
		let mut meter = Meter::new(Weight::from_parts(10 * REF_TIME_PER_GAS + 5, 3));
		assert_eq!(meter.gas_left(), 10);
		meter.set_gas_left(4);
		assert_eq!(meter.used(), Weight::from_parts(6 * REF_TIME_PER_GAS, 0));
		assert_eq!(meter.left(), Weight::from_parts(4 * REF_TIME_PER_GAS + 5, 3));
		let most = Meter::new(Weight::MAX);
		assert!(most.gas_left() > 0);
	}

	#[test]
	fn price_of_an_absurd_length_cannot_be_paid() {
		let price = Price { base: 1, per_word: 1 };
		let mut meter = Meter::new(Weight::from_parts(u64::MAX - 1, 0));
		assert!(meter.charge_gas::<Test>(price.of(u64::MAX)).is_err());
	}
}
