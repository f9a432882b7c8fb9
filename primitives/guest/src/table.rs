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
//! - The price of a syscall, in gas, is `base + per_word * n`; `n` counts the words of 32 bytes, begun
//!   or whole, that it moves or hashes. It is charged before the work. Prices are consensus.
//! - A syscall that reads or writes the chain's storage also pays for that, in both parts of the weight:
//!   for a key's first access in a call what the database takes and what the proof has of it; for later
//!   ones nothing.
//! - Rows marked `account` need an account of the program's own: in a one-shot `run` they fault.

/// Calls the macro `$callback` with all rows of the table.
///
/// A row is `#[doc] name(argument: type, ..) -> result, base + per_word, any | account, [buffers];`.
///
/// A buffer is `in(pointer, length, limit)`, or `out(..)`, by names of arguments; one of a fixed
/// length is `in(pointer, bytes)`. It tells the runtime which bytes to have brought along.
#[macro_export]
macro_rules! syscall_table {
	($callback:path) => {
		$callback! {
			/// Length of the call's input, in bytes.
			input_len() -> u64, 1_300 + 0, any, [];
			/// Copies up to `len` bytes of the input, from `offset` on, to `out`.
			/// Returns how many bytes were copied: less than `len` at the input's end.
			input(out: *mut u8, offset: u64, len: u64) -> u64, 1_500 + 7, any,
				[out(out, len, 65_536)];
			/// Sets the call's output to the `len` bytes at `data`; the last one set counts.
			output(data: *const u8, len: u64) -> (), 1_600 + 32, any,
				[in(data, len, 16_384)];
			/// Ends the call at once. `flags` is 0, or 1 to revert: all that the call changed is undone.
			exit(flags: u64) -> (), 1_300 + 0, any, [];
			/// Writes the account that called, 32 bytes, to `out`.
			caller(out: *mut u8) -> (), 2_400 + 6, any,
				[out(out, 32)];
			/// Writes the program's own account, 32 bytes, to `out`.
			address(out: *mut u8) -> (), 2_300 + 6, account,
				[out(out, 32)];
			/// Writes the amount that was transferred with this call, 16 bytes, to `out`.
			value(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 16)];
			/// Writes the balance of the account at `account` that it could spend without being
			/// reaped, 16 bytes, to `out`.
			balance(account: *const u8, out: *mut u8) -> (), 12_000 + 6, any,
				[in(account, 32), out(out, 16)];
			/// Transfers the amount at `amount` (16 bytes) from the program's account to the account
			/// at `to` (32 bytes). It costs 170,000 gas more, as a call with a value does. Returns 0, or
			/// `Code::TRANSFER_FAILED`.
			transfer(to: *const u8, amount: *const u8) -> i64, 2_500 + 6, account,
				[in(to, 32), in(amount, 16)];
			/// Number of the block that this call is in.
			block_number() -> u64, 6_500 + 0, any, [];
			/// The block's time, in milliseconds since the Unix epoch.
			now() -> u64, 4_500 + 0, any, [];
			/// Reads the value under `key` and copies its first `out_len` bytes to `out`.
			/// Returns the value's whole length, or `Code::NOT_FOUND`. An item that the call has not
			/// cached costs 16,000 gas more.
			storage_get(key: *const u8, key_len: u64, out: *mut u8, out_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128), out(out, out_len, 4_096)];
			/// Stores `len` bytes under `key`. Returns the old value's length, or `Code::NOT_FOUND`.
			/// The deposit for it is held from who signed the call; one who cannot pay is a fault. An
			/// item that the call has not cached costs 16,000 gas more, one that it has not changed
			/// since it was last written to the state 9,000 gas more, and a new one 22,000 gas more.
			storage_set(key: *const u8, key_len: u64, value: *const u8, len: u64) -> i64, 3_500 + 40, account,
				[in(key, key_len, 128), in(value, len, 4_096)];
			/// Removes the value under `key`, and gives its deposit back to who paid it. Returns its
			/// length, or `Code::NOT_FOUND`. An item that the call has not cached costs 16,000 gas more,
			/// and the removal of a value 40,000 gas more.
			storage_remove(key: *const u8, key_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128)];
			/// Returns the length of the value under `key`, or `Code::NOT_FOUND`. An item that the call
			/// has not cached costs 16,000 gas more.
			storage_contains(key: *const u8, key_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128)];
			/// Deposits a `ProgramEvent` with the `len` bytes at `data`.
			event(data: *const u8, len: u64) -> (), 21_000 + 1_000, any,
				[in(data, len, 4_096)];
			/// Gives a line of text to the node's log (target `virt`); no effect on the chain.
			/// Text that is not UTF-8 is shown with replacement characters.
			log(text: *const u8, len: u64) -> (), 9_000 + 160, any,
				[in(text, len, 1_024)];
			/// Gas left for this call, after this syscall was paid for.
			gas_left() -> u64, 1_300 + 0, any, [];
			/// Writes the BLAKE2b-256 hash of the `len` bytes at `data`, 32 bytes, to `out`.
			blake2_256(data: *const u8, len: u64, out: *mut u8) -> (), 3_100 + 117, any,
				[in(data, len, 65_536), out(out, 32)];
			/// Writes the account that signed the call that all of this is part of, 32 bytes, to
			/// `out`: zeros for root.
			origin(out: *mut u8) -> (), 2_400 + 6, any,
				[out(out, 32)];
			/// 1 when the caller is who signed the call, or root; 0 when it is a program.
			caller_is_origin() -> u64, 1_300 + 0, any, [];
			/// 1 when the caller is root, whose account reads as zeros; 0 otherwise.
			caller_is_root() -> u64, 1_300 + 0, any, [];
			/// Writes the code hash of the program that is running, 32 bytes, to `out`.
			code_hash(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 32)];
			/// Writes the code hash of the account program at `account`, 32 bytes, to `out`. Returns 0,
			/// or `Code::NOT_FOUND`.
			code_hash_of(account: *const u8, out: *mut u8) -> i64, 14_000 + 6, any,
				[in(account, 32), out(out, 32)];
			/// Writes the hash of the block with this number, 32 bytes, to `out`. Returns 0, or
			/// `Code::NOT_FOUND`: the chain remembers the latest ones, and the first.
			block_hash(number: u64, out: *mut u8) -> i64, 12_000 + 6, any,
				[out(out, 32)];
			/// Writes the hash of the chain's first block, 32 bytes, to `out`: no two chains share it.
			chain_id(out: *mut u8) -> (), 12_000 + 6, any,
				[out(out, 32)];
			/// Writes the least that an account can hold, 16 bytes, to `out`.
			existential_deposit(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 16)];
			/// Writes the weight that is left for this call to `out`: ref time in picoseconds and proof size
			/// in bytes, 8 bytes each.
			weight_left(out: *mut u8) -> (), 2_300 + 6, any,
				[out(out, 16)];
			/// Writes what who signed the call may still be held for, 16 bytes, to `out`: what is left
			/// of the limit, whether there is the balance for it or not.
			deposit_left(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 16)];
			/// Writes the BLAKE2b-128 hash of the `len` bytes at `data`, 16 bytes, to `out`.
			blake2_128(data: *const u8, len: u64, out: *mut u8) -> (), 3_100 + 117, any,
				[in(data, len, 65_536), out(out, 16)];
			/// Writes the Keccak-256 hash of the `len` bytes at `data`, 32 bytes, to `out`.
			keccak_256(data: *const u8, len: u64, out: *mut u8) -> (), 4_400 + 315, any,
				[in(data, len, 65_536), out(out, 32)];
			/// Writes the SHA-256 hash of the `len` bytes at `data`, 32 bytes, to `out`.
			sha2_256(data: *const u8, len: u64, out: *mut u8) -> (), 3_000 + 87, any,
				[in(data, len, 65_536), out(out, 32)];
			/// Whether `signature` (64 bytes) is the sr25519 signature of the message by the key at
			/// `public` (32 bytes). Returns 0, or `Code::INVALID_SIGNATURE`.
			sr25519_verify(signature: *const u8, message: *const u8, len: u64, public: *const u8) -> i64, 140_000 + 110, any,
				[in(signature, 64), in(message, len, 65_536), in(public, 32)];
			/// Whether `signature` (64 bytes) is the ed25519 signature of the message by the key at
			/// `public` (32 bytes). Returns 0, or `Code::INVALID_SIGNATURE`.
			ed25519_verify(signature: *const u8, message: *const u8, len: u64, public: *const u8) -> i64, 128_000 + 110, any,
				[in(signature, 64), in(message, len, 65_536), in(public, 32)];
			/// Writes the compressed public key, 33 bytes, whose secp256k1 `signature` (65 bytes) of the
			/// hash at `hash` (32 bytes) it is, to `out`. Returns 0, or `Code::INVALID_SIGNATURE`.
			secp256k1_recover(signature: *const u8, hash: *const u8, out: *mut u8) -> i64, 125_000 + 6, any,
				[in(signature, 65), in(hash, 32), out(out, 33)];
			/// Reads as `storage_get` does, from storage that is gone when the call ends that all of
			/// this is part of.
			transient_get(key: *const u8, key_len: u64, out: *mut u8, out_len: u64) -> i64, 2_400 + 20, account,
				[in(key, key_len, 128), out(out, out_len, 4_096)];
			/// Stores as `storage_set` does, without a deposit, until the call ends that all of this is
			/// part of. All accounts together have room for 65,536 bytes, 128 counted for each item.
			transient_set(key: *const u8, key_len: u64, value: *const u8, len: u64) -> i64, 5_500 + 20, account,
				[in(key, key_len, 128), in(value, len, 4_096)];
			/// Removes what `transient_set` stored. Returns its length, or `Code::NOT_FOUND`.
			transient_remove(key: *const u8, key_len: u64) -> i64, 2_600 + 20, account,
				[in(key, key_len, 128)];
			/// Deposits a `ProgramEvent` with the `len` bytes at `data`, which can be found by each of
			/// the topics: up to four of 32 bytes, `topics_len` bytes together.
			event_indexed(topics: *const u8, topics_len: u64, data: *const u8, len: u64) -> (), 21_000 + 1_000, any,
				[in(topics, topics_len, 128), in(data, len, 4_096)];
			/// Calls an account program: transfers to it, and runs its `entry` with the input. What it
			/// gives is the returned data, also where it reverts.
			///
			/// `options` is 48 bytes: the amount to transfer (16); the ref time (8) and the proof size (8)
			/// that it may take, 0 for all; the most that may be held from the signer (16), `u128::MAX` for
			/// all that this call may hold.
			///
			/// Returns 0, or why nothing is changed by it: `Code::NOT_FOUND` (no such account or entry),
			/// `TRANSFER_FAILED`, `CALLEE_TRAPPED` (whatever fault it was), `CALLEE_REVERTED`,
			/// `OUT_OF_GAS` (of either part of the weight), `DEPOSIT_FAILED`, `DEPTH_EXCEEDED`, `REENTRANCY_DENIED`. An account that is
			/// being called already can be entered at an entry that is exported as `reentrant:<entry>`.
			call_program(address: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(options, 48)];
			/// Gives a program an account, as `call_program` calls one: the code hash is 32 bytes. The
			/// address is the returned data. Returns 0, or a code of `call_program`'s, or
			/// `Code::ACCOUNT_EXISTS`.
			instantiate_program(code_hash: *const u8, salt: *const u8, salt_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 110_000 + 16, account,
				[in(code_hash, 32), in(salt, salt_len, 32), in(input, input_len, 65_536), in(options, 48)];
			/// Runs another program's code (the code hash is 32 bytes) in this one's place: with its
			/// account, storage, caller and value, and with memory of its own. `weight` is 0 for
			/// no limit, or points to 16 bytes: ref time and proof size, as in the options of `call_program`.
			/// Returns 0, or a code of `call_program`'s.
			run_code(code_hash: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, weight: *const u8) -> i64, 21_000 + 16, any,
				[in(code_hash, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(weight, 16)];
			/// Length of the returned data, in bytes: what the last program that was called gave.
			returned_len() -> u64, 1_300 + 0, any, [];
			/// Copies up to `len` bytes of the returned data, from `offset` on, to `out`.
			/// Returns how many bytes were copied: less than `len` at the data's end.
			returned(out: *mut u8, offset: u64, len: u64) -> u64, 1_600 + 6, any,
				[out(out, len, 16_384)];
			/// Dispatches a call of the runtime, SCALE-encoded, with the program's account as its signed
			/// origin. Its weight is charged before; what it did not take is given back. Returns 0, or
			/// `Code::INVALID_CALL`, `CALL_FILTERED` (the chain does not let programs make it), or
			/// `DISPATCH_FAILED`.
			dispatch(call: *const u8, len: u64) -> i64, 30_000 + 2_000, account,
				[in(call, len, 16_384)];
			/// Ends the program's account, and the call: gives every deposit back, and all that it can
			/// spend to the account at `beneficiary` (32 bytes). It also costs the weight to remove each
			/// item that it stores. Returns only when nothing was done: `Code::REENTRANCY_DENIED` where the
			/// account is being called more than once, `JOBS_LIVE` where another job lives there,
			/// `TRANSFER_FAILED` where nothing reaches the beneficiary.
			terminate(beneficiary: *const u8) -> i64, 40_000 + 6, account,
				[in(beneficiary, 32)];
			/// Suspends the job that the program is: what it did so far is final, and it goes on in another
			/// slice. `flags` says what ends the wait: 1, the block `deadline` blocks from now; 2, a block
			/// whose time is not below `deadline`, in milliseconds since the Unix epoch; 4, a message with
			/// the topic. 1 and 2 exclude each other; with 0, the other jobs that are ready go first.
			///
			/// Returns 1 for a message, whose sender (32 bytes) and data are the returned data; 0 for the
			/// deadline; or at once `Code::CANNOT_WAIT`. It also costs the weight to wake the job.
			wait(flags: u64, deadline: u64, topic: *const u8, topic_len: u64) -> i64, 5_500 + 16, account,
				[in(topic, topic_len, 32)];
			/// Starts a job of the program's account: a call of an account program's `entry` that may wait
			/// and may take longer than a block. `options` is 48 bytes: the amount to transfer (16); the
			/// budget, ref time (8) and proof size (8), whose fee the account pays; the most that it may be
			/// held for (16), `u128::MAX` for no limit.
			///
			/// Returns the job's id, or `Code::NOT_FOUND`, `TRANSFER_FAILED`, `DEPOSIT_FAILED`, `FULL`. It
			/// also costs the weight of the extrinsic `start_job`.
			start_job(address: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(options, 48)];
			/// Ends a job of the program's account. Returns 0, or `Code::NOT_FOUND`, or
			/// `REENTRANCY_DENIED` for the job that this is part of. It also costs the weight of the
			/// extrinsic `cancel_job`.
			cancel_job(job: u64) -> i64, 3_000 + 0, account, [];
			/// Adds the weight at `budget` (ref time and proof size, 8 bytes each) to the budget of a job of
			/// the program's account. Returns 0, or `Code::NOT_FOUND`, or `DEPOSIT_FAILED`. It also costs the
			/// weight of the extrinsic `top_up_job`.
			top_up_job(job: u64, budget: *const u8) -> i64, 3_500 + 6, account,
				[in(budget, 16)];
			/// Sends a message to the jobs at the account `address`: the one that waits for the topic, or
			/// the next one to do so, gets it. Who signed the call is held for it until then. Returns 0, or
			/// `Code::NOT_FOUND` where no job lives there, `FULL`, or `DEPOSIT_FAILED`. It also costs the
			/// weight of the extrinsic `wake`.
			wake(address: *const u8, topic: *const u8, topic_len: u64, data: *const u8, len: u64) -> i64, 9_000 + 80, account,
				[in(address, 32), in(topic, topic_len, 32), in(data, len, 1_024)];
			/// The id of the job that this call is part of, or `Code::NOT_FOUND`.
			job_id() -> i64, 1_300 + 0, any, [];
			/// Begins (1) or ends (0) a scope in which the job is not suspended: all of it is in one block,
			/// and is rolled back as a whole. It has half a slice at least; one that takes more ends the
			/// job with `OutOfGas`. Returns 1 where such a scope was open before, and 0 elsewhere.
			atomic(on: u64) -> u64, 1_600 + 0, account, [];
			/// Gives a program an account, as `instantiate_program` does. `options` is 56 bytes: those of
			/// `call_program`, and the upgrade authority (8): 0 for nobody, 1 for the new account's program
			/// itself, 2 for the account of this program.
			instantiate_upgradable(code_hash: *const u8, salt: *const u8, salt_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 110_000 + 16, account,
				[in(code_hash, 32), in(salt, salt_len, 32), in(input, input_len, 65_536), in(options, 56)];
			/// Replaces the program of the account `address` with the one of the code hash (32 bytes), and
			/// runs its `migrate` with the input, where it has one. The account is this program's own, or one
			/// that it instantiated, as its upgrade authority says; this program runs on as it is. `options`
			/// is as in `call_program`.
			///
			/// Returns 0, or why nothing is changed by it: `Code::UPGRADE_DENIED`, `NOT_FOUND`, `JOBS_LIVE`,
			/// `REENTRANCY_DENIED` where the account is being called, except by the frame that asks, or a
			/// code of `call_program`'s. It also costs the weight of the extrinsic `set_code`.
			set_code(address: *const u8, code_hash: *const u8, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(code_hash, 32), in(input, input_len, 65_536), in(options, 48)];
			/// Makes the upgrade authority of the account `address` stricter: 0 for nobody, 1 for the
			/// account's program. Returns 0, or `Code::NOT_FOUND`, or `UPGRADE_DENIED` where this program is
			/// not the authority, or the other is not stricter. It also costs the weight of the extrinsic
			/// `restrict_upgrades`.
			restrict_upgrades(address: *const u8, authority: u64) -> i64, 6_000 + 6, account,
				[in(address, 32)];
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
			$base:literal + $per_word:literal, $scope:ident, [$($buffers:tt)*];
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
