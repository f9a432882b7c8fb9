//! Checks whether this machine is fast enough for a validator.
//!
//! Weights are [`MARGIN`] times the measurements on the machine of record, which
//! [`pallet_virt::weights`] names: a validator may be slower by this factor. A slower one makes and
//! imports full blocks too late.

use pallet_virt::gas::MARGIN;
use sc_sysinfo::{benchmark_cpu, benchmark_memory, ExecutionLimit, Throughput};
use std::time::Duration;
use virt_manager::Backend;

/// The duration of each benchmark.
const LIMIT: ExecutionLimit = ExecutionLimit::MaxDuration(Duration::from_millis(250));

/// The results of `sc-sysinfo`'s benchmarks, in MiB per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
	/// BLAKE2b-256 on one core.
	pub hashing: f64,
	/// Copying memory.
	pub copying: f64,
}

/// The machine of record.
pub const RECORD: Speed = Speed { hashing: 1_140.0, copying: 12_500.0 };

impl Speed {
	/// Measures this machine for half a second.
	pub fn measure() -> Self {
		let mibs = |throughput: Throughput| throughput.as_mibs();
		Self { hashing: mibs(benchmark_cpu(LIMIT)), copying: mibs(benchmark_memory(LIMIT)) }
	}

	/// The results that are too low for a validator.
	pub fn shortfalls(self) -> Vec<String> {
		let least = |record: f64| record / MARGIN as f64;
		[("hashes", self.hashing, RECORD.hashing), ("copies", self.copying, RECORD.copying)]
			.into_iter()
			.filter(|(_, found, record)| *found < least(*record))
			.map(|(what, found, record)| {
				format!("it {what} {found:.0} MiB/s, and needs {:.0}", least(record))
			})
			.collect()
	}
}

/// Logs a warning if a validator is too slow for the chain's weights. With `measured`, it measures
/// the machine.
pub fn warn_of_slow_validator(backend: Backend, measured: bool) {
	if backend == Backend::Interpreter {
		log::warn!(
			target: "virt",
			"This validator has no recompiler: it falls behind while blocks are full of computation",
		);
	}
	if measured {
		let shortfalls = Speed::measure().shortfalls();
		if !shortfalls.is_empty() {
			log::warn!(
				target: "virt",
				"This machine is too slow for a validator: {}",
				shortfalls.join("; "),
			);
		}
	}
}
