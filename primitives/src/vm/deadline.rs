//! When a runtime call is aborted.

use core::time::Duration;

/// A time at which a runtime call is aborted.
pub trait Deadline: Copy + 'static {
	/// The time `limit` from now; `None` where it is never reached.
	fn after(limit: Duration) -> Option<Self>;

	/// Whether it is past.
	fn is_past(self) -> bool;
}

impl Deadline for () {
	fn after(_limit: Duration) -> Option<Self> {
		None
	}

	fn is_past(self) -> bool {
		false
	}
}
