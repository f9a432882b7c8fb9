//! Who may replace the program of an account.
//!
//! The upgrade authority is set when the account is instantiated, is public in its record, and can
//! only become stricter. [`crate::account`] checks it.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The name of the migration hook. It runs only when an account gets the program by an upgrade. For
/// a program without it, the input must be empty.
pub const MIGRATE: &[u8] = b"migrate";

/// Who may replace the program of an account, sorted from the strictest.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	TypeInfo,
	MaxEncodedLen,
)]
pub enum UpgradeAuthority {
	/// Nobody: the program cannot be replaced.
	#[default]
	Nobody,
	/// The program itself, by the syscall `set_code`.
	Program,
	/// The account that instantiated it, by the call or the syscall `set_code`.
	Deployer,
}

impl UpgradeAuthority {
	/// From the encoding that programs use: 0, 1 or 2, in the order above.
	pub fn from_number(number: u64) -> Option<Self> {
		match number {
			0 => Some(Self::Nobody),
			1 => Some(Self::Program),
			2 => Some(Self::Deployer),
			_ => None,
		}
	}

	/// Whether `caller` is the authority of the account `address` that `deployer` instantiated.
	pub(crate) fn is<AccountId: PartialEq>(
		self,
		caller: &AccountId,
		address: &AccountId,
		deployer: &AccountId,
	) -> bool {
		match self {
			Self::Nobody => false,
			Self::Program => caller == address,
			Self::Deployer => caller == deployer,
		}
	}
}
