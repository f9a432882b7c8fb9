//! The syscall table: the one list that guest, pallet and docs are made from.
//!
//! It knows names, arguments and prices. It does not know how a syscall is answered: that is
//! `pallet-virt`'s `syscalls` module.
//!
//! # Conventions
//!
//! - Arguments are passed in registers `a0` to `a5`, the result comes back in `a0`.
//! - A pointer or length that does not lie in the program's memory is a fault: it ends the call.
//! - A result that is negative as an `i64` is a [`Code`](crate::Code): the call goes on.
//! - Numbers in memory are little-endian. An account is 32 bytes, an amount 16 bytes (`u128`).
//! - The price of a syscall, in gas, is `base + per_byte * n`; `n` counts the bytes that it moves
//!   or hashes. It is charged before the work. Prices are consensus.
//! - Rows marked `account` need an account of the program's own: in a one-shot `run` they fault.

/// Calls the macro `$callback` with all rows of the table.
///
/// A row is `#[doc] name(argument: type, ..) -> result, base + per_byte, any | account, [buffers];`.
///
/// A buffer is `in(pointer, length, limit)`, or `out(..)`, by names of arguments; one of a fixed
/// length is `in(pointer, bytes)`. It tells the runtime which bytes to have brought along.
#[macro_export]
macro_rules! syscall_table {
	($callback:path) => {
		$callback! {
			/// Length of the call's input, in bytes.
			input_len() -> u64, 1_000 + 0, any, [];
			/// Copies up to `len` bytes of the input, from `offset` on, to `out`.
			/// Returns how many bytes were copied: less than `len` at the input's end.
			input(out: *mut u8, offset: u64, len: u64) -> u64, 1_200 + 1, any,
				[out(out, len, 65_536)];
			/// Sets the call's output to the `len` bytes at `data`; the last one set counts.
			output(data: *const u8, len: u64) -> (), 1_200 + 1, any,
				[in(data, len, 16_384)];
			/// Ends the call at once. `flags` is 0, or 1 to revert: all that the call changed is undone.
			exit(flags: u64) -> (), 1_000 + 0, any, [];
			/// Writes the account that called, 32 bytes, to `out`.
			caller(out: *mut u8) -> (), 1_200 + 1, any,
				[out(out, 32)];
			/// Writes the program's own account, 32 bytes, to `out`.
			address(out: *mut u8) -> (), 1_200 + 1, account,
				[out(out, 32)];
			/// Writes the amount that was transferred with this call, 16 bytes, to `out`.
			value(out: *mut u8) -> (), 1_200 + 1, any,
				[out(out, 16)];
			/// Writes the balance of the account at `account` that it could spend without being
			/// reaped, 16 bytes, to `out`.
			balance(account: *const u8, out: *mut u8) -> (), 10_000 + 1, any,
				[in(account, 32), out(out, 16)];
			/// Transfers the amount at `amount` (16 bytes) from the program's account to the account
			/// at `to` (32 bytes). Returns 0, or `Code::TRANSFER_FAILED`.
			transfer(to: *const u8, amount: *const u8) -> i64, 80_000 + 1, account,
				[in(to, 32), in(amount, 16)];
			/// Number of the block that this call is in.
			block_number() -> u64, 1_000 + 0, any, [];
			/// The block's time, in milliseconds since the Unix epoch.
			now() -> u64, 5_000 + 0, any, [];
			/// Reads the value under `key` and copies its first `out_len` bytes to `out`.
			/// Returns the value's whole length, or `Code::NOT_FOUND`.
			storage_get(key: *const u8, key_len: u64, out: *mut u8, out_len: u64) -> i64, 10_000 + 4, account,
				[in(key, key_len, 128), out(out, out_len, 4_096)];
			/// Stores `len` bytes under `key`. Returns the old value's length, or `Code::NOT_FOUND`.
			storage_set(key: *const u8, key_len: u64, value: *const u8, len: u64) -> i64, 40_000 + 160, account,
				[in(key, key_len, 128), in(value, len, 4_096)];
			/// Removes the value under `key`. Returns its length, or `Code::NOT_FOUND`.
			storage_remove(key: *const u8, key_len: u64) -> i64, 40_000 + 4, account,
				[in(key, key_len, 128)];
			/// Returns the length of the value under `key`, or `Code::NOT_FOUND`.
			storage_contains(key: *const u8, key_len: u64) -> i64, 26_000 + 4, account,
				[in(key, key_len, 128)];
			/// Deposits a `ProgramEvent` with the `len` bytes at `data`.
			event(data: *const u8, len: u64) -> (), 10_000 + 64, any,
				[in(data, len, 4_096)];
			/// Gives a line of text to the node's log (target `virt`); no effect on the chain.
			/// Text that is not UTF-8 is shown with replacement characters.
			log(text: *const u8, len: u64) -> (), 4_000 + 4, any,
				[in(text, len, 1_024)];
			/// Gas left for this call, after this syscall was paid for.
			gas_left() -> u64, 1_000 + 0, any, [];
			/// Writes the BLAKE2b-256 hash of the `len` bytes at `data`, 32 bytes, to `out`.
			blake2_256(data: *const u8, len: u64, out: *mut u8) -> (), 2_000 + 2, any,
				[in(data, len, 65_536), out(out, 32)];
		}
	};
}

#[cfg(test)]
mod tests {
	extern crate alloc;

	use alloc::collections::BTreeSet;

	macro_rules! rows {
		($(
			$(#[$doc:meta])*
			$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
			$base:literal + $per_byte:literal, $scope:ident, [$($buffers:tt)*];
		)*) => {
			/// Name, number of arguments, whether it needs an account, whether it has docs.
			const ROWS: &[(&str, usize, &str, bool)] = &[$((
				stringify!($name),
				<[&str]>::len(&[$(stringify!($argument)),*]),
				stringify!($scope),
				!<[&str]>::is_empty(&[$(stringify!($doc)),*]),
			)),*];
		};
	}

	crate::syscall_table!(rows);

	#[test]
	fn names_are_distinct() {
		let names: BTreeSet<_> = ROWS.iter().map(|row| row.0).collect();
		assert_eq!(names.len(), ROWS.len());
	}

	#[test]
	fn names_fit_a_symbol() {
		for (name, ..) in ROWS {
			assert!(name.len() <= 32, "{name} is too long");
		}
	}

	#[test]
	fn arguments_fit_the_registers() {
		for (name, arguments, ..) in ROWS {
			assert!(*arguments <= 6, "{name} takes {arguments} arguments");
		}
	}

	#[test]
	fn rows_have_docs_and_a_scope() {
		for (name, _, scope, documented) in ROWS {
			assert!(["any", "account"].contains(scope), "{name}: {scope}");
			assert!(documented, "{name} has no docs");
		}
	}
}
