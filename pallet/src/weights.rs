//! Weights of the calls, without what the weight limit pays for; what syscalls take.
//!
//! Made by `make weights`. Times are medians on the machine of record, in picoseconds, and are
//! multiplied by [`MARGIN`] where they become weight. That machine is Intel(R) Xeon(R) Processor, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v669.

#[cfg(doc)]
use crate::gas::MARGIN;
use crate::gas::measured;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Bytes of proof for the path to one key that is read, in a trie of a million keys: what
/// `frame-benchmarking` adds for a key of a map. The value comes on top.
pub const PROOF_PER_READ: u64 = 2_475;

/// Picoseconds to hold or to release the deposits of one payer, at the end of a call.
pub const SETTLE: u64 = 25_000_000;

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
			.saturating_add(Weight::from_parts(0, self.reads * PROOF_PER_READ))
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
		measured(342_756_105)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(measured(22_940).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		measured(118_535_000)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		measured(41_058_690)
			.saturating_add(Weight::from_parts(0, 0 * PROOF_PER_READ))
			.saturating_add(measured(958).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn instantiate(len: u32) -> Weight {
		measured(173_833_545)
			.saturating_add(Weight::from_parts(0, 3 * PROOF_PER_READ))
			.saturating_add(measured(1_062).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn call(len: u32) -> Weight {
		measured(97_152_600)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(measured(745).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}
}

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 59_762_381, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 266_907, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 308_938, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 5_102_081, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 310_713, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 2_945_302, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 524_808, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 516_641, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 306_970, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 2_679_848, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 50_481_305, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 840_401, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 769_085, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 4_671_472, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 5_790_582, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 75_211_731,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 78_755_899,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 4_631_218, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 4_693_012, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 5_643_020, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 3_635_464, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 6_981_580, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 688_515, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 976_733, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 270_398, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 745_211, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 80_165_374, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 511_597, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 268_428, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 267_834, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 311_803, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 2_815_591, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 2_899_819, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 2_770_128, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 301_896, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 513_891, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 308_860, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 752_012, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 79_456_646, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 1_101_875, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 218_482_272, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 695_956, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 58_611_375, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 48_870_197, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 46_626_470, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 37_562_547, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 537_757, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, one item",
		ref_time: 780_677,
		reads: 0,
		writes: 0,
	},
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 1_152_990,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 523_331, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 14_952_350, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 19_159_033, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 6_045_754, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 13_869_895, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 2_634_143,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 91_378_316, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 4_697_845, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 10_644_086, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 266_280, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 309_388, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 10_074_223, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 135_695_320,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 2_040_280,
		reads: 0,
		writes: 0,
	},
];
