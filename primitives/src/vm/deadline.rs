//! The time limit of a runtime call.

use core::time::Duration;

/// A time at which a runtime call is aborted.
pub trait Deadline: Copy + 'static {
	/// The time `limit` from now; `None` if it is never reached.
	fn after(limit: Duration) -> Option<Self>;

	/// Whether it has passed.
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
