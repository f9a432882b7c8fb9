//! The host's clock, read within the runtime: what a call into the runtime takes is not the subject.

use sp_runtime_interface::runtime_interface;
#[cfg(feature = "std")]
use std::{sync::LazyLock, time::Instant};

#[cfg(feature = "std")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The host's clock.
#[runtime_interface]
pub trait Clock {
	/// Nanoseconds since some moment.
	fn now() -> u64 {
		START.elapsed().as_nanos() as u64
	}
}
