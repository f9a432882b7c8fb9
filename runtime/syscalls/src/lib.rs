//! The rows of this chain's additional syscalls.
//!
//! The runtime implements the handlers (`runtime/src/extension.rs`), and programs import them
//! (`fixtures/programs/chain`). The syntax is that of `virt_guest::syscall_table!`.

#![no_std]

/// Calls the macro `$callback` with all rows of the table.
#[macro_export]
macro_rules! chain_syscalls {
	($callback:path) => {
		$callback! {
			/// Returns the Aura slot of the block.
			slot() -> u64, 5_800 + 0, any, [];
			/// Writes the total issuance, 16 bytes, to `out`.
			issuance(out: *mut u8) -> (), 6_000 + 6, any,
				[out(out, 16)];
		}
	};
}
