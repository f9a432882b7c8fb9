//! What the compiler wants from a program without a standard library, beside a
//! [`heap`](crate::heap): a way to panic.

use crate::line::Line;
use core::{fmt::Write as _, panic::PanicInfo};

/// Ends the program with the instruction that traps.
pub(crate) fn trap() -> ! {
	// SAFETY: it ends the program and touches nothing.
	unsafe { core::arch::asm!("unimp", options(noreturn, nomem, nostack)) }
}

/// Logs where and why; then traps.
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
