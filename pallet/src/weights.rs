//! Weights of the calls, without what the gas limit pays for.
//!
//! Set by hand from timings of this pallet's tests and the database weights of ParityDB; each is
//! above what was seen.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weights of the calls. `len` is the length in bytes of the argument that dominates.
pub trait WeightInfo {
	/// `upload` of `len` bytes of code.
	fn upload(len: u32) -> Weight;
	/// `remove`.
	fn remove() -> Weight;
	/// `run` with `len` bytes of input.
	fn run(len: u32) -> Weight;
	/// `instantiate` with `len` bytes of input.
	fn instantiate(len: u32) -> Weight;
	/// `call` with `len` bytes of input.
	fn call(len: u32) -> Weight;
}

/// For runtimes.
pub struct SubstrateWeight<T>(PhantomData<T>);

/// Picoseconds to hash, check, compile and store one byte of code.
const UPLOAD_PER_BYTE: u64 = 500_000;

/// Picoseconds to copy and hash one byte of input.
const INPUT_PER_BYTE: u64 = 2_000;

/// Bytes of proof for one small storage item.
const ITEM: u64 = 4_096;

fn compute(micros: u64, per_byte: u64, len: u32, items: u64) -> Weight {
	Weight::from_parts(micros * 1_000_000 + per_byte * u64::from(len), ITEM * items)
}

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn upload(len: u32) -> Weight {
		compute(220, UPLOAD_PER_BYTE, len, 3).saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn remove() -> Weight {
		compute(40, 0, 0, 3).saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn run(len: u32) -> Weight {
		compute(60, INPUT_PER_BYTE, len, 1).saturating_add(T::DbWeight::get().reads(1))
	}

	fn instantiate(len: u32) -> Weight {
		compute(150, INPUT_PER_BYTE, len, 6).saturating_add(T::DbWeight::get().reads_writes(6, 6))
	}

	fn call(len: u32) -> Weight {
		compute(100, INPUT_PER_BYTE, len, 4).saturating_add(T::DbWeight::get().reads_writes(4, 2))
	}
}
