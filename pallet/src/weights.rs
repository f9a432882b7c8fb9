//! Weights of the calls, without what the weight limit pays for; what syscalls take.
//!
//! Made by `make weights`. Times are medians on the machine of record, in picoseconds, and are
//! multiplied by [`MARGIN`] where they become weight. The machine of record is
//! AMD EPYC, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v669.

use crate::gas::measured;
#[cfg(doc)]
use crate::gas::MARGIN;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Bytes of proof for the path to one key that is read, in a trie of a million keys: what
/// `frame-benchmarking` adds for a key of a map. The value comes on top.
pub const PROOF_PER_READ: u64 = 2_475;

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
		measured(260_506_729)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(measured(41_563).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn remove() -> Weight {
		measured(90_654_000)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(T::DbWeight::get().reads_writes(2, 3))
	}

	fn run(len: u32) -> Weight {
		measured(28_752_545)
			.saturating_add(Weight::from_parts(0, 0 * PROOF_PER_READ))
			.saturating_add(measured(1_029).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn instantiate(len: u32) -> Weight {
		measured(164_413_818)
			.saturating_add(Weight::from_parts(0, 3 * PROOF_PER_READ))
			.saturating_add(measured(897).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 3))
	}

	fn call(len: u32) -> Weight {
		measured(87_331_563)
			.saturating_add(Weight::from_parts(0, 2 * PROOF_PER_READ))
			.saturating_add(measured(1_019).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}
}

/// To hold or to release the deposits of one payer, at the end of a call, in picoseconds.
pub const SETTLE: u64 = 49_594_381;

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 14_364_537, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 371_632, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 453_973, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 3_770_730, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 423_709, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 3_919_645, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 747_242, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 690_433, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 442_108, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 2_998_776, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 52_152_342, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 1_039_530, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 970_146, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 5_652_591, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 6_560_951, reads: 0, writes: 0 },
	Measured {
		name: "storage_set: 32 bytes, each another",
		ref_time: 28_415_669,
		reads: 1,
		writes: 2,
	},
	Measured {
		name: "storage_set: 4 KiB, each another",
		ref_time: 31_595_875,
		reads: 1,
		writes: 2,
	},
	Measured { name: "storage_remove: nothing there", ref_time: 5_749_963, reads: 1, writes: 0 },
	Measured { name: "storage_contains: nothing there", ref_time: 5_706_902, reads: 1, writes: 0 },
	Measured { name: "storage_contains: 4 KiB", ref_time: 6_074_816, reads: 0, writes: 0 },
	Measured { name: "event: no bytes", ref_time: 4_182_350, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 6_785_813, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 185_980, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 905_221, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 382_167, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 1_041_881, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 70_521_898, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 676_745, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 384_934, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 385_433, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 440_224, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 3_209_133, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 3_033_493, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 3_267_577, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 439_894, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 689_217, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 440_121, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 1_022_028, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 70_264_478, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 1_347_420, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 195_179_798, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 986_785, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 52_246_341, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 46_652_199, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 46_380_972, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 38_272_628, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 697_772, reads: 0, writes: 0 },
	Measured { name: "transient_set: 32 bytes, one item", ref_time: 993_513, reads: 0, writes: 0 },
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 1_261_332,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 689_571, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 13_359_806, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 18_533_047, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 5_946_669, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 12_853_146, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 2_851_814,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 35_626_280, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 5_379_729, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 10_894_500, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 375_137, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 448_292, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 10_268_651, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 38_209_619,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 2_747_420,
		reads: 0,
		writes: 0,
	},
];
