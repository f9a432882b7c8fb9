//! The consensus limits of the pallet. Sizes are in bytes.
//!
//! A change needs a runtime upgrade.

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight};

/// The size of a program.
pub const MAX_CODE: u32 = 512 * 1024;

/// The imports of a program. Each must name a syscall.
pub const MAX_IMPORTS: u32 = 128;

/// The exports of a program.
pub const MAX_EXPORTS: u32 = 256;

/// The name of an export, which is the name of an entry.
pub const MAX_ENTRY: u32 = 64;

/// The size of a page of memory: PolkaVM's smallest.
pub const PAGE_SIZE: u32 = 4_096;

/// The read-only data, read-write data and stack of a program, each rounded up to pages.
pub const MAX_MEMORY: u32 = 4 * 1024 * 1024;

/// The instructions of a basic block. Gas is charged per block, so this limits a single charge.
pub const MAX_BASIC_BLOCK: u32 = 8_192;

/// The entries of a program's jump table. Each costs a node several words of memory.
pub const MAX_JUMP_TABLE: u32 = 16 * 1024;

/// The input of a call.
pub const MAX_INPUT: u32 = 64 * 1024;

/// The output of a call, which is part of the call's event.
pub const MAX_OUTPUT: u32 = 16 * 1024;

/// The salt of an instantiation.
pub const MAX_SALT: u32 = 32;

/// A storage key.
pub const MAX_KEY: u32 = 128;

/// A storage value.
pub const MAX_VALUE: u32 = 4 * 1024;

/// The items that a call caches: keys and values, plus 256 bytes each. At the limit, the cache is
/// written back and emptied, so that its memory is bounded.
pub const MAX_CACHED: u32 = 256 * 1024;

/// The data of an event.
pub const MAX_EVENT: u32 = 4 * 1024;

/// The events of a call.
pub const MAX_EVENTS: u32 = 128;

/// A log line of a program.
pub const MAX_LOG: u32 = 1024;

/// The log lines of a call.
pub const MAX_LOGS: u32 = 64;

/// The data of a hash or a signature check.
pub const MAX_HASHED: u32 = 64 * 1024;

/// The depth of nested program calls.
pub const MAX_DEPTH: u32 = 16;

/// The transient storage of a call.
pub const MAX_TRANSIENT: u32 = 64 * 1024;

/// The topics of an event.
pub const MAX_TOPICS: u32 = 4;

/// The encoded runtime call that a program dispatches.
pub const MAX_CALL: u32 = 16 * 1024;

/// The nesting depth of such a call when it is decoded.
pub const MAX_CALL_DEPTH: u32 = 32;

/// The topic of a message to a job.
pub const MAX_TOPIC: u32 = 32;

/// The data of a message to a job.
pub const MAX_MESSAGE: u32 = 1024;

/// The stored messages to the jobs at an address.
pub const MAX_MESSAGES: u32 = 64;

/// The stored pages, of [`PAGE_SIZE`] each, of a suspended job: as many as a program can have.
pub const MAX_JOB_PAGES: u32 = MAX_MEMORY / PAGE_SIZE;

/// The jobs at an address.
pub const MAX_JOBS_AT_ADDRESS: u32 = 64;

/// The jobs of an owner.
pub const MAX_JOBS_OF_OWNER: u32 = 256;

/// The jobs of the chain.
pub const MAX_JOBS: u32 = 1_000_000;

/// The current ABI version of programs: what their syscalls mean.
///
/// Increase it with each change that a program can observe. New syscalls do not change existing
/// ones: they increase this version but not [`OLDEST_ABI`].
pub const ABI: u16 = 4;

/// The oldest supported ABI version. Older programs fail with `UnsupportedAbi` until they are
/// uploaded again.
pub const OLDEST_ABI: u16 = 0;

/// The maximal weight limit of a dry-run: 1.5 seconds of ref time, which is what a block of two
/// seconds has for signed calls, and any proof size. Not part of consensus.
pub const MAX_DRY_RUN_WEIGHT: Weight =
	Weight::from_parts(3 * WEIGHT_REF_TIME_PER_SECOND / 2, u64::MAX);

/// The maximal time that the programs of a dry-run may run, in milliseconds. Not part of consensus.
pub const MAX_DRY_RUN_MILLISECONDS: u32 = 5_000;
