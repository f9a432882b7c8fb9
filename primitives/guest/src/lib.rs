//! The library that programs link against.
//!
//! It has the syscall table, the entries of a program, and wrappers. It does not depend on the node or the
//! runtime.
//!
//! The crate has two forms. Compiled for the PolkaVM target, it is a program's library: wrappers for every
//! syscall (`env`, `storage`, `programs`, `crypto`), typed storage ([`Storage`]), typed calls of other
//! programs (`interface!`), calls that outlive their block (`jobs`), `entry!`, a panic handler and a heap
//! (`heap!`). Compiled for other targets, it has what runtimes, tests and programs share:
//! [`syscall_table!`], [`Code`], [`types!`], and the parts of [`entry`](mod@entry) that need no syscall.
//!
//! `fixtures/programs/counter` is a program to start from. Types that a program and its tests share compile
//! for both:
//!
//! ```
//! use virt_guest::prelude::*;
//!
//! types! {
//!     pub struct Vote { pub option: u8, pub weight: u32 }
//! }
//!
//! let vote = Vote { option: 1, weight: 1_000 };
//! assert_eq!(Vote::decode(&mut &vote.encode()[..]), Ok(vote));
//! ```

#![warn(missing_docs)]
#![no_std]
#![cfg_attr(target_env = "polkavm", feature(linkage))]

extern crate alloc;

pub mod abi;
#[cfg(any(target_env = "polkavm", test))]
pub mod call;
mod codes;
pub mod entry;
#[cfg(any(target_env = "polkavm", test))]
pub mod heap;
#[cfg(any(target_env = "polkavm", test))]
mod limits;
mod map;
mod table;

#[cfg(target_env = "polkavm")]
pub mod crypto;
#[cfg(target_env = "polkavm")]
pub mod env;
#[cfg(target_env = "polkavm")]
pub mod jobs;
#[cfg(target_env = "polkavm")]
mod line;
#[cfg(target_env = "polkavm")]
pub mod programs;
#[cfg(target_env = "polkavm")]
mod runtime;
#[cfg(target_env = "polkavm")]
pub mod storage;
#[cfg(target_env = "polkavm")]
pub mod syscalls;
#[cfg(target_env = "polkavm")]
mod trap;

pub use codec;
pub use codes::{Code, Failure, TransferFailed, UpgradeAuthority};
pub use entry::Optional;
pub use map::{Storage, StorageValue};

/// What most programs need: `use virt_guest::prelude::*;`.
pub mod prelude {
	#[cfg(target_env = "polkavm")]
	pub use crate::{
		call::CallError,
		crypto, entry,
		env::{self, AccountId},
		heap, interface,
		jobs::{self, wait},
		log, programs, storage,
	};
	pub use crate::{
		codec::{Decode, Encode},
		types, Optional, Storage, StorageValue,
	};
	pub use alloc::{string::String, vec, vec::Vec};
}

/// For the macros only.
#[cfg(target_env = "polkavm")]
#[doc(hidden)]
pub mod __private {
	pub use crate::line::log;
	pub use polkavm_derive::{
		default_abi::{
			self,
			private::{ExternMetadataV1, MetadataPointer},
		},
		polkavm_export, polkavm_import,
	};
}
