//! Weights of the calls, without what the weight limit pays for; what syscalls take.
//!
//! Made by `make weights`. Times are medians on the machine of record, in picoseconds, and are
//! multiplied by [`MARGIN`] where they become weight. The machine of record is
//! AMD EPYC, 2 cores, 24 GiB of memory, Linux 6.18.44-fc-v669. The lines of `storage_` and the pages of jobs
//! are later, by an Intel(R) Xeon(R) Processor, on which the others take 0.8 to 1.2 times as long. Those of
//! `upload`, `remove`, upgrades, `set_paused`, migrations, and the calls and slices of jobs are by another AMD
//! EPYC, on which the others take 1.4 to 1.7 times as long: their times are divided by 1.5. Times of the embedded
//! form are those of the other form, times their ratio on that machine.

#[cfg(doc)]
use crate::gas::MARGIN;
use crate::gas::{by_form, measured};
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
	/// `upload` of `len` bytes of code that are stored already.
	fn upload_stored(len: u32) -> Weight;
	/// `remove`.
	fn remove() -> Weight;
	/// `run` with `len` bytes of input.
	fn run(len: u32) -> Weight;
	/// `instantiate` with `len` bytes of input.
	fn instantiate(len: u32) -> Weight;
	/// `call` with `len` bytes of input.
	fn call(len: u32) -> Weight;
	/// `set_code` with `len` bytes of input.
	fn set_code(len: u32) -> Weight;
	/// `restrict_upgrades`.
	fn restrict_upgrades() -> Weight;
	/// `set_paused`.
	fn set_paused() -> Weight;
	/// `start_job` with `len` bytes of input.
	fn start_job(len: u32) -> Weight;
	/// `cancel_job`, without what `job_end` and `message_return` count.
	fn cancel_job() -> Weight;
	/// `top_up_job`.
	fn top_up_job() -> Weight;
	/// `wake`, and to take the message later.
	fn wake() -> Weight;
	/// To look at the end of a block whether there are jobs to wake or to run.
	fn job_idle() -> Weight;
	/// To wake a job whose deadline came, or to pass over a place in the queue.
	fn job_wake() -> Weight;
	/// A slice, beside its program and its pages, and the end of a job.
	fn job_slice() -> Weight;
	/// To read `len` pages, without their bytes, and to make an execution of them.
	fn job_resume(len: u32) -> Weight;
	/// To take a snapshot with `len` pages, and to compare them.
	fn job_snapshot(len: u32) -> Weight;
	/// To store `len` pages.
	fn job_store(len: u32) -> Weight;
	/// To remove a job with `len` pages.
	fn job_end(len: u32) -> Weight;
	/// To return a message to its sender.
	fn message_return() -> Weight;
	/// To migrate one entry of the storage.
	fn migrate_entry() -> Weight;
}

/// For runtimes.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	fn upload(len: u32) -> Weight {
		measured(by_form(221_921_076, 299_882_429))
			.saturating_add(paths(3))
			.saturating_add(measured(by_form(41_227, 40_457)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn upload_stored(len: u32) -> Weight {
		measured(by_form(96_755_135, 89_879_642))
			.saturating_add(paths(3))
			.saturating_add(measured(by_form(1_046, 1_086)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 3))
	}

	fn remove() -> Weight {
		measured(by_form(95_399_333, 93_950_637))
			.saturating_add(paths(3))
			.saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn run(len: u32) -> Weight {
		measured(by_form(27_668_836, 45_291_580))
			.saturating_add(paths(0))
			.saturating_add(measured(by_form(1_054, 1_020)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn instantiate(len: u32) -> Weight {
		measured(by_form(106_286_854, 121_220_166))
			.saturating_add(paths(2))
			.saturating_add(measured(by_form(887, 859)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(2, 2))
	}

	fn call(len: u32) -> Weight {
		measured(by_form(30_674_545, 47_613_987))
			.saturating_add(paths(1))
			.saturating_add(measured(by_form(1_021, 1_002)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(1, 0))
	}

	fn set_code(len: u32) -> Weight {
		measured(by_form(52_891_757, 75_075_408))
			.saturating_add(paths(3))
			.saturating_add(measured(by_form(929, 835)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 2))
	}

	fn restrict_upgrades() -> Weight {
		measured(by_form(23_518_000, 17_992_450))
			.saturating_add(paths(1))
			.saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn set_paused() -> Weight {
		measured(by_form(10_681_000, 10_383_206))
			.saturating_add(paths(0))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn start_job(len: u32) -> Weight {
		measured(by_form(208_898_921, 207_319_071))
			.saturating_add(paths(8))
			.saturating_add(measured(by_form(560, 601)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(8, 10))
	}

	fn cancel_job() -> Weight {
		measured(by_form(241_213_000, 241_751_831))
			.saturating_add(paths(7))
			.saturating_add(T::DbWeight::get().reads_writes(7, 10))
	}

	fn top_up_job() -> Weight {
		measured(by_form(80_060_000, 79_382_381))
			.saturating_add(paths(3))
			.saturating_add(T::DbWeight::get().reads_writes(3, 4))
	}

	fn wake() -> Weight {
		measured(by_form(235_288_000, 230_109_961))
			.saturating_add(paths(4))
			.saturating_add(T::DbWeight::get().reads_writes(4, 7))
	}

	fn job_idle() -> Weight {
		measured(by_form(15_489_000, 15_516_132))
			.saturating_add(paths(4))
			.saturating_add(T::DbWeight::get().reads_writes(4, 0))
	}

	fn job_wake() -> Weight {
		measured(by_form(68_422_000, 68_139_035))
			.saturating_add(paths(4))
			.saturating_add(T::DbWeight::get().reads_writes(4, 5))
	}

	fn job_slice() -> Weight {
		measured(by_form(299_075_000, 320_259_345))
			.saturating_add(paths(10))
			.saturating_add(T::DbWeight::get().reads_writes(10, 9))
	}

	fn job_resume(len: u32) -> Weight {
		measured(by_form(50_564_106, 107_342_610))
			.saturating_add(paths(0))
			.saturating_add(measured(by_form(4_107_965, 5_003_533)).saturating_mul(len.into()))
			.saturating_add(paths(1).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(1, 0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn job_snapshot(len: u32) -> Weight {
		measured(by_form(5_505_000, 7_817_312))
			.saturating_add(paths(0))
			.saturating_add(measured(by_form(2_162_454, 5_942_215)).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn job_store(len: u32) -> Weight {
		measured(by_form(4_895_000, 4_833_535))
			.saturating_add(paths(0))
			.saturating_add(measured(by_form(2_770_728, 2_743_248)).saturating_mul(len.into()))
			.saturating_add(paths(0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 1).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 0))
	}

	fn job_end(len: u32) -> Weight {
		measured(by_form(153_871_143, 147_567_903))
			.saturating_add(paths(7))
			.saturating_add(measured(by_form(2_245_784, 2_261_268)).saturating_mul(len.into()))
			.saturating_add(paths(0).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(0, 1).saturating_mul(len.into()))
			.saturating_add(T::DbWeight::get().reads_writes(7, 9))
	}

	fn migrate_entry() -> Weight {
		measured(by_form(38_733_000, 40_365_360))
			.saturating_add(paths(4))
			.saturating_add(T::DbWeight::get().reads_writes(4, 3))
	}

	fn message_return() -> Weight {
		measured(by_form(78_750_000, 78_773_876))
			.saturating_add(paths(3))
			.saturating_add(T::DbWeight::get().reads_writes(3, 3))
	}
}

/// To hold or to release the deposits of one payer, at the end of a call, in picoseconds.
pub const SETTLE: u64 = by_form(49_500_551, 49_812_412);

/// One item of an account that terminates.
pub const TERMINATE_PER_ITEM: Measured =
	Measured { name: "terminate: an item", ref_time: 14_446_656, reads: 2, writes: 2 };

/// The syscalls.
pub const SYSCALLS: &[Measured] = &[
	Measured { name: "input_len", ref_time: 398_444, reads: 0, writes: 0 },
	Measured { name: "input: 32 bytes", ref_time: 447_852, reads: 0, writes: 0 },
	Measured { name: "input: 64 KiB", ref_time: 3_707_290, reads: 0, writes: 0 },
	Measured { name: "output: no bytes", ref_time: 425_500, reads: 0, writes: 0 },
	Measured { name: "output: 16 KiB", ref_time: 3_997_167, reads: 0, writes: 0 },
	Measured { name: "caller", ref_time: 663_015, reads: 0, writes: 0 },
	Measured { name: "address", ref_time: 678_151, reads: 0, writes: 0 },
	Measured { name: "value", ref_time: 429_495, reads: 0, writes: 0 },
	Measured { name: "balance", ref_time: 2_945_039, reads: 0, writes: 0 },
	Measured { name: "transfer", ref_time: 51_726_401, reads: 0, writes: 0 },
	Measured { name: "block_number", ref_time: 1_014_568, reads: 0, writes: 0 },
	Measured { name: "now", ref_time: 927_871, reads: 0, writes: 0 },
	Measured { name: "storage_get: nothing there", ref_time: 6_302_604, reads: 1, writes: 0 },
	Measured { name: "storage_get: 4 KiB", ref_time: 995_421, reads: 0, writes: 0 },
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
	Measured { name: "event: no bytes", ref_time: 3_555_337, reads: 0, writes: 0 },
	Measured { name: "event: 4 KiB", ref_time: 7_474_793, reads: 0, writes: 0 },
	Measured { name: "log: no bytes", ref_time: 415_449, reads: 0, writes: 0 },
	Measured { name: "log: 1 KiB", ref_time: 720_603, reads: 0, writes: 0 },
	Measured { name: "gas_left", ref_time: 388_582, reads: 0, writes: 0 },
	Measured { name: "blake2_256: no bytes", ref_time: 967_283, reads: 0, writes: 0 },
	Measured { name: "blake2_256: 64 KiB", ref_time: 70_567_456, reads: 0, writes: 0 },
	Measured { name: "origin", ref_time: 735_136, reads: 0, writes: 0 },
	Measured { name: "caller_is_origin", ref_time: 387_277, reads: 0, writes: 0 },
	Measured { name: "caller_is_root", ref_time: 386_231, reads: 0, writes: 0 },
	Measured { name: "code_hash", ref_time: 443_864, reads: 0, writes: 0 },
	Measured { name: "code_hash_of", ref_time: 3_221_344, reads: 0, writes: 0 },
	Measured { name: "block_hash", ref_time: 3_066_444, reads: 0, writes: 0 },
	Measured { name: "chain_id", ref_time: 3_078_407, reads: 0, writes: 0 },
	Measured { name: "existential_deposit", ref_time: 439_133, reads: 0, writes: 0 },
	Measured { name: "weight_left", ref_time: 727_225, reads: 0, writes: 0 },
	Measured { name: "deposit_left", ref_time: 441_048, reads: 0, writes: 0 },
	Measured { name: "blake2_128: no bytes", ref_time: 979_158, reads: 0, writes: 0 },
	Measured { name: "blake2_128: 64 KiB", ref_time: 70_695_823, reads: 0, writes: 0 },
	Measured { name: "keccak_256: no bytes", ref_time: 1_281_563, reads: 0, writes: 0 },
	Measured { name: "keccak_256: 64 KiB", ref_time: 195_701_629, reads: 0, writes: 0 },
	Measured { name: "sha2_256: no bytes", ref_time: 948_117, reads: 0, writes: 0 },
	Measured { name: "sha2_256: 64 KiB", ref_time: 52_132_341, reads: 0, writes: 0 },
	Measured { name: "sr25519_verify", ref_time: 48_117_161, reads: 0, writes: 0 },
	Measured { name: "ed25519_verify", ref_time: 41_305_945, reads: 0, writes: 0 },
	Measured { name: "secp256k1_recover", ref_time: 39_653_510, reads: 0, writes: 0 },
	Measured { name: "transient_get: nothing there", ref_time: 676_555, reads: 0, writes: 0 },
	Measured { name: "transient_set: 32 bytes, one item", ref_time: 970_503, reads: 0, writes: 0 },
	Measured { name: "instantiate_upgradable: nothing", ref_time: 25_931_979, reads: 1, writes: 1 },
	Measured { name: "set_code: no such account", ref_time: 4_869_607, reads: 0, writes: 0 },
	Measured {
		name: "restrict_upgrades: no such account",
		ref_time: 2_811_171,
		reads: 0,
		writes: 0,
	},
	Measured {
		name: "transient_set: 32 bytes, each another",
		ref_time: 1_192_608,
		reads: 0,
		writes: 0,
	},
	Measured { name: "transient_remove: nothing there", ref_time: 685_621, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics", ref_time: 13_849_449, reads: 0, writes: 0 },
	Measured { name: "event_indexed: 4 topics, 4 KiB", ref_time: 18_599_236, reads: 0, writes: 0 },
	Measured { name: "call_program: no such account", ref_time: 5_930_888, reads: 0, writes: 0 },
	Measured { name: "call_program: nothing", ref_time: 12_968_783, reads: 0, writes: 0 },
	Measured {
		name: "instantiate_program: no such program",
		ref_time: 2_811_040,
		reads: 1,
		writes: 0,
	},
	Measured { name: "instantiate_program: nothing", ref_time: 25_477_890, reads: 1, writes: 1 },
	Measured { name: "run_code: no such program", ref_time: 5_323_849, reads: 0, writes: 0 },
	Measured { name: "run_code: nothing", ref_time: 10_436_431, reads: 0, writes: 0 },
	Measured { name: "returned_len", ref_time: 381_252, reads: 0, writes: 0 },
	Measured { name: "returned: nothing there", ref_time: 427_206, reads: 0, writes: 0 },
	Measured { name: "dispatch: a remark", ref_time: 9_534_867, reads: 0, writes: 0 },
	Measured { name: "wait: not in a job", ref_time: 1_499_671, reads: 0, writes: 0 },
	Measured { name: "start_job: no such account", ref_time: 6_055_595, reads: 0, writes: 0 },
	Measured { name: "cancel_job: no such job", ref_time: 5_984_130, reads: 0, writes: 0 },
	Measured { name: "top_up_job: no such job", ref_time: 6_084_979, reads: 0, writes: 0 },
	Measured { name: "wake: no such job", ref_time: 6_757_057, reads: 0, writes: 0 },
	Measured { name: "wake: no such job, 1 KiB", ref_time: 7_275_481, reads: 0, writes: 0 },
	Measured { name: "job_id", ref_time: 314_235, reads: 0, writes: 0 },
	Measured { name: "atomic: not in a job", ref_time: 340_054, reads: 0, writes: 0 },
	Measured {
		name: "storage_remove: 4 KiB that were just set",
		ref_time: 23_716_846,
		reads: 1,
		writes: 1,
	},
	Measured {
		name: "transient_remove: 4 KiB that were just set",
		ref_time: 2_723_638,
		reads: 0,
		writes: 0,
	},
];
