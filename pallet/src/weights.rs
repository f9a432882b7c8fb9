//! Weights of the calls, without what the weight limit pays for; what syscalls take.
//!
//! Made by `make weights`. Times are medians on the machine of record, in picoseconds, and are
//! multiplied by [`MARGIN`] where they become weight. The machine of record is
//! Intel(R) Xeon(R) Processor, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v657.

use crate::gas::measured;
#[cfg(doc)]
use crate::gas::MARGIN;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Bytes of proof for the path to one key that is read, in a trie of a million keys: what
/// `frame-benchmarking` adds for a key of a map. The value comes on top.
pub const PROOF_PER_READ: u64 = 2_475;

/// The proof size of the paths to so many keys.
const fn paths(reads: u64) -> Weight {
	Weight::from_parts(0, reads.saturating_mul(PROOF_PER_READ))
}

/// What a syscall takes that programs pay for by gas.
pub struct Measured {
	/// The syscall, and what it was asked for: a storm of `benchmarking::storms`.
	pub name: &'static str,
	/// Picoseconds.
	pub ref_time: u64,
	/// Keys read from the database.
	pub reads: u64,
	/// Keys written to the database.
	pub writes: u64,
}

impl Measured {
	/// It as weight, with what the database takes. The bytes of the values that are read come on top.
	pub fn weight<T: frame_system::Config>(&self) -> Weight {
		measured(self.ref_time)
			.saturating_add(T::DbWeight::get().reads_writes(self.reads, self.writes))
			.saturating_add(paths(self.reads))
	}
}

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

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn upload(len: u32) -> Weight {
		measured(83_593_401)
			.saturating_add(paths(2))
			.saturating_add(measured(28_796).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		measured(98_222_000)
			.saturating_add(paths(2))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		measured(61_507_472)
			.saturating_add(paths(0))
			.saturating_add(measured(1_118).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn instantiate(len: u32) -> Weight {
		measured(113_581_581)
			.saturating_add(paths(2))
			.saturating_add(measured(849).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 2))
	}

	fn call(len: u32) -> Weight {
		measured(33_008_127)
			.saturating_add(paths(1))
			.saturating_add(measured(821).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(1, 0))
	}
}

/// To hold or to release the deposits of one payer, at the end of a call, in picoseconds.
pub const SETTLE: u64 = 50_747_828;

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 14_597_147, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 345_847, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 403_560, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 5_184_158, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 373_538, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 4_225_495, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 611_714, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 648_341, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 394_999, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 2_917_637, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 50_895_362, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 947_721, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 874_423, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 6_302_604, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 968_558, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 15_560_396,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 19_373_823,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 6_252_520, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 6_149_142, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 675_528, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 3_394_359, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 7_235_379, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 423_284, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 817_409, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 343_933, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 847_549, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 83_880_627, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 605_209, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 348_415, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 340_457, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 393_312, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 3_051_818, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 2_821_336, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 2_927_798, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 386_770, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 610_466, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 390_160, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 800_834, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 82_929_105, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 1_135_231, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 226_167_326, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 807_766, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 62_662_837, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 44_897_779, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 44_753_684, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 37_285_790, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 642_588, reads: 0, writes: 0 },
	Measured { name: "transient_set: 32 bytes, one item", ref_time: 955_638, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 1_138_899,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 647_215, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 14_381_197, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 17_607_972, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 5_816_983, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 11_440_243, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 2_644_273,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 25_066_185, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 5_282_852, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 9_158_196, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 349_354, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 397_949, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 9_938_593, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 23_716_846,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 2_455_590,
		reads: 0,
		writes: 0,
	},
];
