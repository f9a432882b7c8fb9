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
		Weight::from_parts(2_364_374_798, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(57_256, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		Weight::from_parts(278_912_000, 2 * PROOF_PER_READ)
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		Weight::from_parts(83_942_144, 2 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(1_952, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 0))
	}

	fn instantiate(len: u32) -> Weight {
		Weight::from_parts(372_291_090, 5 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(1_914, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(5, 4))
	}

	fn call(len: u32) -> Weight {
		Weight::from_parts(200_272_472, 4 * PROOF_PER_READ)
			.saturating_add(Weight::from_parts(1_724, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}
}

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 150_698_948, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 716_954, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 1_403_246, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 11_569_854, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 1_300_408, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 5_595_738, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 7_854_858, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 2_065_028, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 1_177_280, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 10_892_402, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 124_922_000, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 2_044_610, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 4_919_158, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 10_300_712, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 23_481_944, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 168_325_060,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 213_627_612,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 10_554_796, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 10_642_608, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 15_190_876, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 11_124_418, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 21_148_520, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 2_732_388, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 1_704_348, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 764_174, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 3_485_404, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 185_272_192, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 6_353_242, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 1_574_076, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 1_764_424, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 9_754_814, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 23_468_652, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 9_138_076, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 10_168_804, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 3_429_480, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 4_455_468, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 4_544_788, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 7_095_926, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 180_332_072, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 4_423_436, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 471_786_118, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 5_392_586, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 128_317_888, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 113_448_724, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 98_410_414, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 95_971_224, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 2_193_356, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, one item",
		ref_time: 2_041_848,
		reads: 0,
		writes: 0,
	},
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 2_190_060,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 1_440_140, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 38_064_730, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 64_324_234, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 29_064_256, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 43_574_830, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 36_171_246,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 214_987_424, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 16_973_230, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 26_954_630, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 1_340_732, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 1_279_684, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 39_866_184, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 368_762_272,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 5_392_588,
		reads: 0,
		writes: 0,
	},
];
