//! Errors of calls.

use codec::{Decode, Encode};
use std::fmt;

macro_rules! errors {
	($($name:ident)*) => {
		/// Why a call failed: an error of `pallet-virt`, by name, or another one.
		///
		/// The metadata of the chain and `docs/troubleshooting.md` describe each.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
		#[non_exhaustive]
		pub enum Error {
			$(#[allow(missing_docs)] $name,)*
			/// An error of another pallet or of the runtime, by name: `Token(BelowMinimum)`.
			Other(String),
		}

		impl Error {
			/// The names of the errors of `pallet-virt`.
			pub const NAMES: &[&str] = &[$(stringify!($name)),*];

			/// The error of `pallet-virt` with this name; other names are [`Error::Other`].
			pub fn named(name: &str) -> Self {
				match name {
					$(stringify!($name) => Self::$name,)*
					_ => Self::Other(name.into()),
				}
			}
		}
	};
}

errors! {
	ProgramTooLarge InvalidProgram UnsupportedInstructionSet UnknownImport TooManyImports
	TooManyExports DuplicateExport ExportTooLong MemoryTooLarge BasicBlockTooLong JumpTableTooLong
	ProgramNotFound NotOwner ProgramInUse AccountExists AccountNotFound EntryNotFound OutOfGas Trapped
	Reverted OutOfBounds InvalidArgument OutputTooLarge NoAccount UnknownSyscall InputTooLarge SaltTooLong
	DepositLimitExceeded DepositUnpayable ReentrancyDenied UnsupportedAbi OutOfProofSize KeyTooLong
	ValueTooLarge TransientFull EventTooLarge TooManyEvents TooManyTopics LogTooLong TooManyLogs
	TooMuchHashed CallTooLarge BufferTooLarge TooManyInstances TooManyItems TooManyReferences
	JobNotFound JobNotReady TooManyJobs BudgetUnpayable SliceTooSmall SnapshotUnsupported TooManyPages
	TopicTooLong MessageTooLong MailboxFull UpgradeDenied JobsLive Paused
}

impl fmt::Display for Error {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Other(name) => f.write_str(name),
			named => write!(f, "{named:?}"),
		}
	}
}

impl std::error::Error for Error {}
