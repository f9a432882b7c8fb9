//! The syscalls that this chain has beside `pallet-virt`'s, as rows of a table.
//!
//! The runtime makes handlers of them (`runtime/src/extension.rs`), a program imports
//! (`fixtures/programs/chain`). The rows read as those of `virt_guest::syscall_table!` do.

#![no_std]

/// Calls the macro `$callback` with all rows of the table.
#[macro_export]
macro_rules! chain_syscalls {
	($callback:path) => {
		$callback! {
			/// Number of the Aura slot that the block was made in.
			slot() -> u64, 5_800 + 0, any, [];
			/// Writes all the balance that there is on the chain, 16 bytes, to `out`.
			issuance(out: *mut u8) -> (), 6_000 + 6, any,
				[out(out, 16)];
		}
	};
}
