//! The syscall table, from which guest, pallet and docs are generated.
//!
//! It has names, arguments and prices. The handlers are in `pallet-virt`'s `syscalls` module.
//!
//! # Conventions
//!
//! - Arguments are passed in registers `a0` to `a5`; the result is returned in `a0`.
//! - A pointer or length outside of the program's memory is a fault: it ends the call.
//! - A result that is negative as an `i64` is a [`Code`](crate::Code): the program continues.
//! - Numbers in memory are little-endian. An account is 32 bytes, an amount 16 bytes (`u128`).
//! - The price of a syscall, in gas, is `base + per_word * n`, where `n` is the number of words of
//!   32 bytes, rounded up, that it moves or hashes. It is charged before the work. Prices are
//!   consensus.
//! - A syscall that accesses the chain's storage also pays for that, in both parts of the weight:
//!   for the first access to a key in a call, the database and the proof; for later ones nothing.
//! - Rows marked `account` need an account: in a one-shot `run` they fault.

/// Calls the macro `$callback` with all rows of the table.
///
/// A row is `#[doc] name(argument: type, ..) -> result, base + per_word, any | account,
/// [buffers];`.
///
/// A buffer is `in(pointer, length, limit)`, or `out(..)`, with names of arguments. A buffer of
/// constant length is `in(pointer, bytes)`. The host includes the declared buffers in a stop.
#[macro_export]
macro_rules! syscall_table {
	($callback:path) => {
		$callback! {
			/// Returns the length of the call's input, in bytes.
			input_len() -> u64, 1_300 + 0, any, [];
			/// Copies up to `len` bytes of the input, from `offset` on, to `out`. Returns the
			/// number of copied bytes, which is less than `len` at the end of the input.
			input(out: *mut u8, offset: u64, len: u64) -> u64, 1_500 + 7, any,
				[out(out, len, 65_536)];
			/// Sets the call's output to the `len` bytes at `data`, replacing an earlier output.
			output(data: *const u8, len: u64) -> (), 1_600 + 32, any,
				[in(data, len, 16_384)];
			/// Ends the call. `flags` is 0, or 1 to revert, which rolls back its changes.
			exit(flags: u64) -> (), 1_300 + 0, any, [];
			/// Writes the caller, 32 bytes, to `out`.
			caller(out: *mut u8) -> (), 2_400 + 6, any,
				[out(out, 32)];
			/// Writes the program's account, 32 bytes, to `out`.
			address(out: *mut u8) -> (), 2_300 + 6, account,
				[out(out, 32)];
			/// Writes the value that was transferred with this call, 16 bytes, to `out`.
			value(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 16)];
			/// Writes the balance that the account at `account` could spend without being reaped,
			/// 16 bytes, to `out`.
			balance(account: *const u8, out: *mut u8) -> (), 12_000 + 6, any,
				[in(account, 32), out(out, 16)];
			/// Transfers the amount at `amount` (16 bytes) from the program's account to the
			/// account at `to` (32 bytes). Costs 170,000 gas more, like a call with a value.
			/// Returns 0, or `Code::TRANSFER_FAILED`.
			transfer(to: *const u8, amount: *const u8) -> i64, 2_500 + 6, account,
				[in(to, 32), in(amount, 16)];
			/// Returns the number of the current block.
			block_number() -> u64, 6_500 + 0, any, [];
			/// Returns the current block's time, in milliseconds since the Unix epoch.
			now() -> u64, 4_500 + 0, any, [];
			/// Copies the first `out_len` bytes of the value of `key` to `out`. Returns the total
			/// length of the value, or `Code::NOT_FOUND`. An item that the call has not cached
			/// costs 16,000 gas more.
			storage_get(key: *const u8, key_len: u64, out: *mut u8, out_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128), out(out, out_len, 4_096)];
			/// Stores `len` bytes at `key`. Returns the length of the previous value, or
			/// `Code::NOT_FOUND`. The deposit is held from the signer of the call; if it cannot be,
			/// the program faults. An item that the call has not cached costs 16,000 gas more, one
			/// that does not already wait to be written to the state costs 9,000 gas more, and a
			/// new one 22,000 gas more.
			storage_set(key: *const u8, key_len: u64, value: *const u8, len: u64) -> i64, 3_500 + 40, account,
				[in(key, key_len, 128), in(value, len, 4_096)];
			/// Removes the value of `key`, and releases its deposit. Returns its length, or
			/// `Code::NOT_FOUND`. An item that the call has not cached costs 16,000 gas more, and
			/// removing a value costs 40,000 gas more.
			storage_remove(key: *const u8, key_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128)];
			/// Returns the length of the value of `key`, or `Code::NOT_FOUND`. An item that the
			/// call has not cached costs 16,000 gas more.
			storage_contains(key: *const u8, key_len: u64) -> i64, 2_500 + 20, account,
				[in(key, key_len, 128)];
			/// Deposits a `ProgramEvent` with the `len` bytes at `data`.
			event(data: *const u8, len: u64) -> (), 21_000 + 1_000, any,
				[in(data, len, 4_096)];
			/// Writes a line of text to the node's log (target `virt`), with no effect on the
			/// chain. Invalid UTF-8 is shown with replacement characters.
			log(text: *const u8, len: u64) -> (), 9_000 + 160, any,
				[in(text, len, 1_024)];
			/// Returns the remaining gas of this call, after this syscall.
			gas_left() -> u64, 1_300 + 0, any, [];
			/// Writes the BLAKE2b-256 hash of the `len` bytes at `data`, 32 bytes, to `out`.
			blake2_256(data: *const u8, len: u64, out: *mut u8) -> (), 3_100 + 117, any,
				[in(data, len, 65_536), out(out, 32)];
			/// Writes the origin of the outermost call, 32 bytes, to `out`: zeros for root.
			origin(out: *mut u8) -> (), 2_400 + 6, any,
				[out(out, 32)];
			/// Returns 1 if the caller is the signer or root, and 0 if it is a program.
			caller_is_origin() -> u64, 1_300 + 0, any, [];
			/// Returns 1 if the caller is root, whose account is zeros, and 0 otherwise.
			caller_is_root() -> u64, 1_300 + 0, any, [];
			/// Writes the code hash of the running program, 32 bytes, to `out`.
			code_hash(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 32)];
			/// Writes the code hash of the account program at `account`, 32 bytes, to `out`. Returns 0,
			/// or `Code::NOT_FOUND`.
			code_hash_of(account: *const u8, out: *mut u8) -> i64, 14_000 + 6, any,
				[in(account, 32), out(out, 32)];
			/// Writes the hash of the block with this number, 32 bytes, to `out`. Returns 0, or
			/// `Code::NOT_FOUND`: the chain stores the hashes of the latest blocks and of the
			/// first.
			block_hash(number: u64, out: *mut u8) -> i64, 12_000 + 6, any,
				[out(out, 32)];
			/// Writes the hash of the chain's first block, 32 bytes, to `out`. It identifies the
			/// chain.
			chain_id(out: *mut u8) -> (), 12_000 + 6, any,
				[out(out, 32)];
			/// Writes the existential deposit, 16 bytes, to `out`.
			existential_deposit(out: *mut u8) -> (), 1_500 + 6, any,
				[out(out, 16)];
			/// Writes the remaining weight of this call to `out`: ref time in picoseconds and proof
			/// size in bytes, 8 bytes each.
			weight_left(out: *mut u8) -> (), 2_300 + 6, any,
				[out(out, 16)];
			/// Writes the remaining deposit limit of the signer, 16 bytes, to `out`. The signer's
			/// balance may be lower.
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
			/// Verifies the sr25519 `signature` (64 bytes) of the message by the key at `public`
			/// (32 bytes). Returns 0, or `Code::INVALID_SIGNATURE`.
			sr25519_verify(signature: *const u8, message: *const u8, len: u64, public: *const u8) -> i64, 140_000 + 110, any,
				[in(signature, 64), in(message, len, 65_536), in(public, 32)];
			/// Verifies the ed25519 `signature` (64 bytes) of the message by the key at `public`
			/// (32 bytes). Returns 0, or `Code::INVALID_SIGNATURE`.
			ed25519_verify(signature: *const u8, message: *const u8, len: u64, public: *const u8) -> i64, 128_000 + 110, any,
				[in(signature, 64), in(message, len, 65_536), in(public, 32)];
			/// Writes the compressed public key, 33 bytes, that made the secp256k1 `signature` (65
			/// bytes) of the hash at `hash` (32 bytes), to `out`. Returns 0, or
			/// `Code::INVALID_SIGNATURE`.
			secp256k1_recover(signature: *const u8, hash: *const u8, out: *mut u8) -> i64, 125_000 + 6, any,
				[in(signature, 65), in(hash, 32), out(out, 33)];
			/// Like `storage_get`, from transient storage, which lasts until the outermost call
			/// ends.
			transient_get(key: *const u8, key_len: u64, out: *mut u8, out_len: u64) -> i64, 2_400 + 20, account,
				[in(key, key_len, 128), out(out, out_len, 4_096)];
			/// Like `storage_set`, in transient storage, which lasts until the outermost call ends,
			/// without a deposit. All accounts together have 65,536 bytes, of which each item takes
			/// 128 in addition to its key and value.
			transient_set(key: *const u8, key_len: u64, value: *const u8, len: u64) -> i64, 5_500 + 20, account,
				[in(key, key_len, 128), in(value, len, 4_096)];
			/// Removes an item of the transient storage. Returns its length, or `Code::NOT_FOUND`.
			transient_remove(key: *const u8, key_len: u64) -> i64, 2_600 + 20, account,
				[in(key, key_len, 128)];
			/// Deposits a `ProgramEvent` with the `len` bytes at `data` and up to four topics of 32
			/// bytes, `topics_len` bytes together, by which it can be found.
			event_indexed(topics: *const u8, topics_len: u64, data: *const u8, len: u64) -> (), 21_000 + 1_000, any,
				[in(topics, topics_len, 128), in(data, len, 4_096)];
			/// Calls an account program: transfers a value to it, and runs its `entry` with the
			/// input. Its output becomes the returned data, even if it reverts.
			///
			/// `options` is 48 bytes: the value (16); the limits of ref time (8) and proof size
			/// (8), 0 for the remaining weight; the limit of deposits from the signer (16),
			/// `u128::MAX` for the remaining limit.
			///
			/// Returns 0, or a code, in which case all changes are rolled back: `Code::NOT_FOUND`
			/// (account or entry), `TRANSFER_FAILED`, `CALLEE_TRAPPED` (any fault),
			/// `CALLEE_REVERTED`, `OUT_OF_GAS` (either part of the weight), `DEPOSIT_FAILED`,
			/// `DEPTH_EXCEEDED`, `REENTRANCY_DENIED`. An account that is on the call stack can only
			/// be called at an entry that is exported as `reentrant:<entry>`.
			call_program(address: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(options, 48)];
			/// Instantiates a program, with arguments like `call_program`. The code hash is 32
			/// bytes. The address becomes the returned data. Returns 0, a code of `call_program`,
			/// or `Code::ACCOUNT_EXISTS`.
			instantiate_program(code_hash: *const u8, salt: *const u8, salt_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 110_000 + 16, account,
				[in(code_hash, 32), in(salt, salt_len, 32), in(input, input_len, 65_536), in(options, 48)];
			/// Runs another program's code (the code hash is 32 bytes) in this account, with its
			/// storage, caller and value, and with memory of its own. `weight` is 0 for no limit,
			/// or points to 16 bytes: ref time and proof size, as in the options of `call_program`.
			/// Returns 0, or a code of `call_program`.
			run_code(code_hash: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, weight: *const u8) -> i64, 21_000 + 16, any,
				[in(code_hash, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(weight, 16)];
			/// Returns the length of the returned data, in bytes: the output of the last callee.
			returned_len() -> u64, 1_300 + 0, any, [];
			/// Copies up to `len` bytes of the returned data, from `offset` on, to `out`. Returns
			/// the number of copied bytes, which is less than `len` at the end of the data.
			returned(out: *mut u8, offset: u64, len: u64) -> u64, 1_600 + 6, any,
				[out(out, len, 16_384)];
			/// Dispatches a SCALE-encoded call of the runtime, with the program's account as the
			/// signed origin. Its weight is charged before, and the unused part is refunded.
			/// Returns 0, or `Code::INVALID_CALL`, `CALL_FILTERED` (the chain does not allow
			/// programs to make it), or `DISPATCH_FAILED`.
			dispatch(call: *const u8, len: u64) -> i64, 30_000 + 2_000, account,
				[in(call, len, 16_384)];
			/// Terminates the program's account and ends the call: all deposits are released, and
			/// the spendable balance goes to the account at `beneficiary` (32 bytes). Also costs
			/// the weight of removing each stored item. Returns only if it failed:
			/// `Code::REENTRANCY_DENIED` if the account is on the call stack more than once,
			/// `JOBS_LIVE` if another job exists there, `TRANSFER_FAILED` if the balance cannot be
			/// transferred.
			terminate(beneficiary: *const u8) -> i64, 40_000 + 6, account,
				[in(beneficiary, 32)];
			/// Suspends the job: its changes so far are committed, and it continues in another
			/// slice. `flags` selects what ends the wait: 1, the block `deadline` blocks from now;
			/// 2, a block whose time is at least `deadline`, in milliseconds since the Unix epoch;
			/// 4, a message with the topic. 1 and 2 exclude each other. With 0, other ready jobs
			/// run first.
			///
			/// Returns 1 for a message, whose sender (32 bytes) and data become the returned data;
			/// 0 for the deadline; or at once `Code::CANNOT_WAIT`. Also costs the weight of waking
			/// the job.
			wait(flags: u64, deadline: u64, topic: *const u8, topic_len: u64) -> i64, 5_500 + 16, account,
				[in(topic, topic_len, 32)];
			/// Starts a job of the program's account: a call of an account program's `entry` that
			/// may wait and may take longer than a block. `options` is 48 bytes: the value (16);
			/// the budget as ref time (8) and proof size (8), whose fee the account pays; the limit
			/// of deposits from the account (16), `u128::MAX` for no limit.
			///
			/// Returns the job's id, or `Code::NOT_FOUND`, `TRANSFER_FAILED`, `DEPOSIT_FAILED`,
			/// `FULL`. Also costs the weight of the extrinsic `start_job`.
			start_job(address: *const u8, entry: *const u8, entry_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(entry, entry_len, 64), in(input, input_len, 65_536), in(options, 48)];
			/// Ends a job of the program's account. Returns 0, or `Code::NOT_FOUND`, or
			/// `REENTRANCY_DENIED` for the job that this call is part of. Also costs the weight of
			/// the extrinsic `cancel_job`.
			cancel_job(job: u64) -> i64, 3_000 + 0, account, [];
			/// Adds the weight at `budget` (ref time and proof size, 8 bytes each) to the budget of
			/// a job of the program's account. Returns 0, or `Code::NOT_FOUND`, or
			/// `DEPOSIT_FAILED`. Also costs the weight of the extrinsic `top_up_job`.
			top_up_job(job: u64, budget: *const u8) -> i64, 3_500 + 6, account,
				[in(budget, 16)];
			/// Sends a message to the jobs at the account `address`. The job that has waited for
			/// the topic the longest receives it, or else the next job that waits for it. A deposit
			/// is held from the signer until then. Returns 0, or `Code::NOT_FOUND` if no job exists
			/// there, `FULL`, or `DEPOSIT_FAILED`. Also costs the weight of the extrinsic `wake`.
			wake(address: *const u8, topic: *const u8, topic_len: u64, data: *const u8, len: u64) -> i64, 9_000 + 80, account,
				[in(address, 32), in(topic, topic_len, 32), in(data, len, 1_024)];
			/// Returns the id of the job that this call is part of, or `Code::NOT_FOUND`.
			job_id() -> i64, 1_300 + 0, any, [];
			/// Begins (1) or ends (0) an atomic scope, in which the job is not suspended: all of it
			/// is in one block, and is rolled back as a whole. It has at least half a slice; if it
			/// needs more, the job ends with `OutOfGas`. Returns 1 if the job was in such a scope
			/// before, and 0 otherwise.
			atomic(on: u64) -> u64, 1_600 + 0, account, [];
			/// Instantiates a program like `instantiate_program`. `options` is 56 bytes: those of
			/// `call_program`, and the upgrade authority (8): 0 for nobody, 1 for the program of
			/// the new account, 2 for the account of this program.
			instantiate_upgradable(code_hash: *const u8, salt: *const u8, salt_len: u64, input: *const u8, input_len: u64, options: *const u8) -> i64, 110_000 + 16, account,
				[in(code_hash, 32), in(salt, salt_len, 32), in(input, input_len, 65_536), in(options, 56)];
			/// Replaces the program of the account `address` with the one of the code hash (32
			/// bytes), and runs its `migrate` with the input, if it has one. The account is this
			/// program's own, or one that it instantiated, according to its upgrade authority. This
			/// program continues to run. `options` is as in `call_program`.
			///
			/// Returns 0, or a code, in which case all changes are rolled back:
			/// `Code::UPGRADE_DENIED`, `NOT_FOUND`, `JOBS_LIVE`, `REENTRANCY_DENIED` if the account
			/// is on the call stack, except for the frame of this call, or a code of
			/// `call_program`. Also costs the weight of the extrinsic `set_code`.
			set_code(address: *const u8, code_hash: *const u8, input: *const u8, input_len: u64, options: *const u8) -> i64, 27_000 + 16, account,
				[in(address, 32), in(code_hash, 32), in(input, input_len, 65_536), in(options, 48)];
			/// Makes the upgrade authority of the account `address` stricter: 0 for nobody, 1 for
			/// the account's program. Returns 0, or `Code::NOT_FOUND`, or `UPGRADE_DENIED` if this
			/// program is not the authority, or the new one is not stricter. Also costs the weight
			/// of the extrinsic `restrict_upgrades`.
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
			/// The name, the number of arguments, whether it needs an account, whether it has docs.
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
