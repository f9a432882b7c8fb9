//! What programs log, kept for the test that ran them.

use log::{LevelFilter, Log, Metadata, Record};
use std::{cell::RefCell, sync::Once};

/// The pallet's target.
const TARGET: &str = "virt";

thread_local! {
	/// Lines of this thread: each test has one of its own.
	static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Capture;

impl Log for Capture {
	fn enabled(&self, metadata: &Metadata) -> bool {
		metadata.target() == TARGET
	}

	fn log(&self, record: &Record) {
		if self.enabled(record.metadata()) {
			LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
		}
	}

	fn flush(&self) {}
}

/// Begins to keep lines, unless the test has a logger of its own.
pub fn listen() {
	static ONCE: Once = Once::new();
	ONCE.call_once(|| {
		if log::set_logger(&Capture).is_ok() {
			log::set_max_level(LevelFilter::Info);
		}
	});
}

/// The lines since it was asked last.
pub fn take() -> Vec<String> {
	LINES.take()
}
