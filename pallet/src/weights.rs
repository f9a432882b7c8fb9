//! Weights of the calls, without what the gas limit pays for; what syscalls take.
//!
//! Made by `make weights`: times are 4 times those on Intel(R) Xeon(R) Processor, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v669.

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
		Weight::from_parts(1_371_024_420, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(91_760, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		Weight::from_parts(474_140_000, 2 * PROOF_PER_READ)
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		Weight::from_parts(164_234_760, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(3_832, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 0))
	}

	fn instantiate(len: u32) -> Weight {
		Weight::from_parts(695_334_180, 5 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(4_248, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(5, 4))
	}

	fn call(len: u32) -> Weight {
		Weight::from_parts(388_610_400, 4 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(2_980, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}
}

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 239_049_524, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 1_067_628, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 1_235_754, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 20_408_324, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 1_242_854, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 11_781_208, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 2_099_232, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 2_066_564, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 1_227_880, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 10_719_392, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 201_925_220, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 3_361_606, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 3_076_340, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 18_685_888, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 23_162_328, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 300_846_926,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 315_023_596,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 18_524_874, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 18_772_050, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 22_572_082, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 14_541_858, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 27_926_322, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 2_754_060, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 3_906_932, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 1_081_594, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 2_980_846, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 320_661_498, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 2_046_390, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 1_073_714, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 1_071_336, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 1_247_212, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 11_262_366, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 11_599_276, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 11_080_514, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 1_207_586, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 2_055_564, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 1_235_442, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 3_008_050, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 317_826_584, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 4_407_502, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 873_929_090, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 2_783_826, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 234_445_502, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 195_480_788, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 186_505_880, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 150_250_190, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 2_151_028, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, one item",
		ref_time: 3_122_710,
		reads: 0,
		writes: 0,
	},
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 4_611_960,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 2_093_324, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 59_809_402, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 76_636_134, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 24_183_018, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 55_479_582, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 10_536_574,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 365_513_266, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 18_791_380, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 42_576_344, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 1_065_122, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 1_237_554, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 40_296_894, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 542_781_280,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 8_161_122,
		reads: 0,
		writes: 0,
	},
];
