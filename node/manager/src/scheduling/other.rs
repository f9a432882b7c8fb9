//! Without workers, there is nothing to schedule.

/// See the module for Linux.
pub struct Apart;

impl Apart {
	/// Does nothing.
	pub fn new(_worker: Option<u32>) -> Self {
		Self
	}

	/// Does nothing.
	pub fn keep(&mut self) {}
}

/// Starts no workers.
pub fn on_each_core(
	_most: usize,
	_count: usize,
	_start: impl FnMut() -> Result<Option<u32>, String>,
) -> Result<(), String> {
	Ok(())
}

/// Whether a process can create a user namespace: they are a feature of Linux.
pub fn user_namespaces() -> bool {
	false
}
