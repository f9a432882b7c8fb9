//! The panic handler.

use crate::{line::Line, trap::trap};
use core::{fmt::Write as _, panic::PanicInfo};

/// Logs the location and the message, then traps.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
	let mut line = Line::new();
	line.push("panic");
	if let Some(location) = info.location() {
		line.push(" at ");
		line.push(location.file());
		line.push(":");
		line.push_number(location.line());
	}
	line.push(": ");
	let _ = write!(line, "{}", info.message());
	line.log();
	trap()
}
