//! Gas and weight: the only place that converts one into the other.
//!
//! A call's gas limit pays for all of the call that depends on the program: loading it, running it,
//! and its syscalls. It becomes weight before the call is dispatched; what is left is given back.

use crate::{limits::PAGE_SIZE, Error};
use frame_support::weights::Weight;
use virt_primitives::Gas;

/// Picoseconds of weight per unit of gas.
///
/// Measured by `make weigh`, on a 2-core virtual machine: up to 3,700 in the interpreter, for
/// instructions that PolkaVM's cost model takes for free, and up to 700 on the recompiler. A node may
/// have the interpreter only, and half as fast: that sets the price.
pub const REF_TIME_PER_GAS: u64 = 8_000;

/// Units of gas per byte of storage proof. No syscall reads more bytes than it pays for at this
/// rate; see [`crate::syscalls`].
pub const GAS_PER_PROOF_BYTE: u64 = 4;

/// Gas to load a program: the cold price, whether it is in the node's cache or not.
const LOAD_BASE: u64 = 20_000;

/// See [`LOAD_BASE`]; per byte of the blob. Compiling one took the recompiler up to 260 ns, measured
/// as for [`REF_TIME_PER_GAS`].
const LOAD_PER_BYTE: u64 = 70;

/// The weight of `gas` units.
pub fn to_weight(gas: u64) -> Weight {
	Weight::from_parts(gas.saturating_mul(REF_TIME_PER_GAS), gas / GAS_PER_PROOF_BYTE)
}

/// The gas that pays for `weight`.
pub fn of_weight(weight: Weight) -> u64 {
	let time = weight.ref_time().div_ceil(REF_TIME_PER_GAS);
	time.max(weight.proof_size().saturating_mul(GAS_PER_PROOF_BYTE))
}

/// Gas to remove one storage item of an account that terminates, and to give its deposit back.
const TERMINATE_PER_ITEM: u64 = 50_000;

/// The gas to terminate an account of `items` storage items, beside the syscall.
pub fn terminate(items: u32) -> u64 {
	TERMINATE_PER_ITEM * u64::from(items)
}

/// See [`LOAD_BASE`]; per page of memory that the program declares, to map and to zero it.
const LOAD_PER_PAGE: u64 = 400;

/// The gas to load a program of `size` bytes that declares `memory` bytes.
pub fn load(size: u32, memory: u32) -> u64 {
	let pages = u64::from(memory.div_ceil(PAGE_SIZE));
	LOAD_BASE + LOAD_PER_BYTE * u64::from(size) + LOAD_PER_PAGE * pages
}

/// The price of a syscall, from its row in the table.
#[derive(Clone, Copy)]
pub struct Price {
	/// For the syscall.
	pub base: u64,
	/// For each byte that it moves or hashes.
	pub per_byte: u64,
}

impl Price {
	/// The price for `len` bytes. A length that no memory has gets a price that nobody can pay.
	pub fn of(self, len: u64) -> u64 {
		self.base.saturating_add(self.per_byte.saturating_mul(len))
	}
}

/// What is left of a call's gas.
#[derive(Debug)]
pub struct GasMeter {
	limit: Gas,
	left: Gas,
	lowest: Gas,
}

impl GasMeter {
	/// A full meter. The VM counts up to `i64::MAX`: a higher limit counts as that.
	pub fn new(limit: u64) -> Self {
		let limit = Gas::try_from(limit).unwrap_or(Gas::MAX);
		Self { limit, left: limit, lowest: limit }
	}

	/// Takes `amount`, or errs with [`Error::OutOfGas`] and takes nothing.
	pub fn charge<T>(&mut self, amount: u64) -> Result<(), Error<T>> {
		let left = Gas::try_from(amount).ok().and_then(|amount| self.left.checked_sub(amount));
		self.set_left(left.filter(|left| *left >= 0).ok_or(Error::OutOfGas)?);
		Ok(())
	}

	/// Gives back what was charged for work that was not done.
	pub fn refund(&mut self, amount: u64) {
		let amount = Gas::try_from(amount).unwrap_or(Gas::MAX);
		self.left = self.left.saturating_add(amount).min(self.limit);
	}

	/// Takes over what the VM left.
	pub fn set_left(&mut self, left: Gas) {
		debug_assert!(left <= self.left, "a program cannot earn gas");
		self.left = left;
		self.lowest = self.lowest.min(left);
	}

	/// Takes notice that a frame above, which was given of this gas, took `peak` at a time.
	pub fn saw(&mut self, peak: u64) {
		let peak = Gas::try_from(peak).unwrap_or(Gas::MAX);
		self.lowest = self.lowest.min(self.left.saturating_sub(peak).max(0));
	}

	/// Gas that is left.
	pub fn left(&self) -> Gas {
		self.left
	}

	/// Gas that was taken.
	pub fn used(&self) -> u64 {
		(self.limit - self.left).unsigned_abs()
	}

	/// The most gas that was taken at a time: more than [`Self::used`] where some was given back.
	pub fn peak(&self) -> u64 {
		(self.limit - self.lowest).unsigned_abs()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::Test;

	#[test]
	fn charge_at_limit_ok_and_over_limit_takes_nothing() {
		for limit in [0, 1, 1_000, i64::MAX as u64, u64::MAX] {
			let all = limit.min(i64::MAX as u64);
			let mut meter = GasMeter::new(limit);
			assert!(meter.charge::<Test>(all + 1).is_err());
			assert!(meter.charge::<Test>(u64::MAX).is_err());
			assert_eq!(meter.used(), 0);
			assert!(meter.charge::<Test>(all).is_ok());
			assert_eq!((meter.left(), meter.used()), (0, all));
		}
	}

	#[test]
	fn refund_gives_back_at_most_what_was_charged() {
		let mut meter = GasMeter::new(100);
		assert!(meter.charge::<Test>(60).is_ok());
		meter.refund(10);
		assert_eq!((meter.left(), meter.used()), (50, 50));
		meter.refund(u64::MAX);
		assert_eq!((meter.left(), meter.used()), (100, 0));
		assert_eq!(meter.peak(), 60);
		meter.saw(70);
		assert_eq!((meter.left(), meter.peak()), (100, 70));
	}

	#[test]
	fn gas_of_a_weight_pays_for_it() {
		for (time, proof) in [(0, 0), (1, 0), (0, 1), (2_001, 7), (1 << 40, 1 << 20), (5, 1 << 40)]
		{
			let weight = Weight::from_parts(time, proof);
			assert!(to_weight(of_weight(weight)).all_gte(weight), "{weight:?}");
		}
		assert_eq!(of_weight(Weight::MAX), u64::MAX);
	}

	#[test]
	fn price_of_an_absurd_length_cannot_be_paid() {
		let price = Price { base: 1, per_byte: 1 };
		assert!(GasMeter::new(u64::MAX).charge::<Test>(price.of(u64::MAX)).is_err());
	}
}
