//! Why a call fails.

use codec::{Decode, Encode};
use std::fmt;

macro_rules! errors {
	($($name:ident)*) => {
		/// Why a call failed: an error of the pallet of programs, by its name, or another one.
		///
		/// What each of them means is in the metadata of the chain, and in `docs/troubleshooting.md`.
		#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
		#[non_exhaustive]
		pub enum Error {
			$(#[allow(missing_docs)] $name,)*
			/// An error of another pallet, by its name, or of the runtime: `Token(BelowMinimum)`.
			Other(String),
		}

		impl Error {
			/// The names of the errors of the pallet of programs.
			pub const NAMES: &[&str] = &[$(stringify!($name)),*];

			/// The error of the pallet of programs that is called so; any other name is [`Error::Other`].
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
