//! The host's clock, read in the runtime, so that the overhead of runtime calls is not measured.

use sp_runtime_interface::runtime_interface;
#[cfg(feature = "std")]
use std::{sync::LazyLock, time::Instant};

#[cfg(feature = "std")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The host's clock.
#[runtime_interface]
pub trait Clock {
	/// The nanoseconds since an arbitrary moment.
	fn now() -> u64 {
		START.elapsed().as_nanos() as u64
	}
}
