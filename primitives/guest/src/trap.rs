//! How a program traps.

/// Traps: ends the program with the instruction `unimp`.
pub(crate) fn trap() -> ! {
	// SAFETY: it ends the program and touches nothing.
	unsafe { core::arch::asm!("unimp", options(noreturn, nomem, nostack)) }
}
