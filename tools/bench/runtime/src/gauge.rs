//! The host's clock and the size of its memory.
//!
//! With a clock in the runtime, the call into the runtime is not measured.

#[cfg(feature = "std")]
use crate::processes;
use sp_runtime_interface::runtime_interface;
#[cfg(feature = "std")]
use std::{sync::LazyLock, time::Instant};

#[cfg(feature = "std")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// What is measured.
#[runtime_interface]
pub trait Gauge {
	/// Nanoseconds since some moment.
	fn now() -> u64 {
		START.elapsed().as_nanos() as u64
	}

	/// Resident memory of this process and of all that it started, in bytes.
	fn resident() -> u64 {
		// What was freed is given back first: it is not in use.
		// SAFETY: it touches nothing but the allocator's own free lists, which it locks.
		#[cfg(target_env = "gnu")]
		unsafe {
			libc::malloc_trim(0);
		}
		processes::ours().iter().map(|process| process.resident).sum()
	}
}
