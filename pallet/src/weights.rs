//! Weights of the calls, without what the gas limit pays for; what syscalls take.
//!
//! Made by `make weights`: times are twice those on Intel(R) Xeon(R) Processor, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v669.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Bytes of proof for one key that is read: more than its path in a trie of a million keys, and a
/// small value. What is larger is paid for by its length.
const PROOF_PER_READ: u64 = 4_096;

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
		Weight::from_parts(685_512_210, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(45_880, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		Weight::from_parts(237_070_000, 2 * PROOF_PER_READ)
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		Weight::from_parts(82_117_380, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(1_916, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 0))
	}

	fn instantiate(len: u32) -> Weight {
		Weight::from_parts(347_667_090, 5 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(2_124, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(5, 4))
	}

	fn call(len: u32) -> Weight {
		Weight::from_parts(194_305_200, 4 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(1_490, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}
}

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 119_524_762, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 533_814, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 617_877, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 10_204_162, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 621_427, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 5_890_604, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 1_049_616, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 1_033_282, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 613_940, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 5_359_696, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 100_962_610, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 1_680_803, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 1_538_170, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 9_342_944, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 11_581_164, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 150_423_463,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 157_511_798,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 9_262_437, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 9_386_025, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 11_286_041, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 7_270_929, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 13_963_161, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 1_377_030, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 1_953_466, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 540_797, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 1_490_423, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 160_330_749, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 1_023_195, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 536_857, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 535_668, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 623_606, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 5_631_183, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 5_799_638, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 5_540_257, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 603_793, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 1_027_782, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 617_721, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 1_504_025, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 158_913_292, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 2_203_751, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 436_964_545, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 1_391_913, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 117_222_751, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 97_740_394, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 93_252_940, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 75_125_095, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 1_075_514, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, one item",
		ref_time: 1_561_355,
		reads: 0,
		writes: 0,
	},
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 2_305_980,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 1_046_662, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 29_904_701, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 38_318_067, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 12_091_509, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 27_739_791, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 5_268_287,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 182_756_633, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 9_395_690, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 21_288_172, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 532_561, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 618_777, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 20_148_447, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 271_390_640,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 4_080_561,
		reads: 0,
		writes: 0,
	},
];
