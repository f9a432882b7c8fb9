//! Every consensus limit of the pallet. Sizes are in bytes.
//!
//! Changing one is a change of the chain's rules: all nodes get it with a runtime upgrade.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight};

/// A program's blob.
pub const MAX_CODE: u32 = 512 * 1024;

/// Imports of a program. Each must name a syscall of the table.
pub const MAX_IMPORTS: u32 = 128;

/// Exports of a program.
pub const MAX_EXPORTS: u32 = 256;

/// The name of an export, and so of an entry point.
pub const MAX_ENTRY: u32 = 64;

/// Size of a page of memory: PolkaVM's smallest.
pub const PAGE_SIZE: u32 = 4_096;

/// Read-only data, read-write data and stack of a program together, each rounded up to pages.
pub const MAX_MEMORY: u32 = 4 * 1024 * 1024;

/// Instructions in one basic block. Gas is charged by the block, so this bounds what one charge
/// may stand for.
pub const MAX_BASIC_BLOCK: u32 = 8_192;

/// Entries of a program's jump table, each of which costs a node several words.
pub const MAX_JUMP_TABLE: u32 = 16 * 1024;

/// The input of a call.
pub const MAX_INPUT: u32 = 64 * 1024;

/// The output of a call. It is part of the call's event.
pub const MAX_OUTPUT: u32 = 16 * 1024;

/// The salt of an instantiation.
pub const MAX_SALT: u32 = 32;

/// A storage key.
pub const MAX_KEY: u32 = 128;

/// A storage value.
pub const MAX_VALUE: u32 = 4 * 1024;

/// Items that a call caches: keys and values, and 256 bytes more for each. A call that has read more
/// writes back what it changed and begins anew, so that its memory is bounded.
pub const MAX_CACHED: u32 = 256 * 1024;

/// The data of one event.
pub const MAX_EVENT: u32 = 4 * 1024;

/// Events in one call.
pub const MAX_EVENTS: u32 = 128;

/// One line of a program's log.
pub const MAX_LOG: u32 = 1024;

/// Lines that one call may log.
pub const MAX_LOGS: u32 = 64;

/// Data hashed at once.
pub const MAX_HASHED: u32 = 64 * 1024;

/// Programs that may be open at once, each called by the one before.
pub const MAX_DEPTH: u32 = 16;

/// All transient storage of one call together.
pub const MAX_TRANSIENT: u32 = 64 * 1024;

/// Topics of one event.
pub const MAX_TOPICS: u32 = 4;

/// A call of the runtime that a program dispatches.
pub const MAX_CALL: u32 = 16 * 1024;

/// How deep such a call may be nested when it is decoded.
pub const MAX_CALL_DEPTH: u32 = 32;

/// What a message to a job is about.
pub const MAX_TOPIC: u32 = 32;

/// The data of a message to a job.
pub const MAX_MESSAGE: u32 = 1024;

/// Messages to the jobs at one address that are stored.
pub const MAX_MESSAGES: u32 = 64;

/// Pages of [`PAGE_SIZE`] that a suspended job has stored: all that a program can have.
pub const MAX_JOB_PAGES: u32 = MAX_MEMORY / PAGE_SIZE;

/// Jobs at one address.
pub const MAX_JOBS_AT_ADDRESS: u32 = 64;

/// Jobs of one owner.
pub const MAX_JOBS_OF_OWNER: u32 = 256;

/// Jobs in all.
pub const MAX_JOBS: u32 = 1_000_000;

/// The ABI that programs are admitted under: what the syscalls of the table mean.
///
/// It rises with each change that a program could notice. New rows alone do not change what the old
/// ones mean: they raise it, and leave [`OLDEST_ABI`] where it is.
pub const ABI: u16 = 4;

/// Programs of an older ABI are refused with `UnsupportedAbi`, until they are uploaded again.
pub const OLDEST_ABI: u16 = 0;

/// Weight limit of a dry-run: a second and a half of ref time, as a block of two seconds has it for signed
/// calls, and any proof size. Not a rule of the chain, but of what its nodes answer.
pub const MAX_DRY_RUN_WEIGHT: Weight =
	Weight::from_parts(3 * WEIGHT_REF_TIME_PER_SECOND / 2, u64::MAX);

/// Time that the programs of a dry-run may take, in milliseconds. As for [`MAX_DRY_RUN_WEIGHT`].
pub const MAX_DRY_RUN_MILLISECONDS: u32 = 5_000;
