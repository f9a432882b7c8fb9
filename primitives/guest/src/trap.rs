//! How a program traps.

/// Ends the program with the instruction that traps.
pub(crate) fn trap() -> ! {
	// SAFETY: it ends the program and touches nothing.
	unsafe { core::arch::asm!("unimp", options(noreturn, nomem, nostack)) }
}
