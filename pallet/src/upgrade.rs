//! Who may replace the program of an account, and the entry that runs then.
//!
//! The upgrade authority is chosen when the account is instantiated, is public in its record, and can only
//! become stricter. [`crate::account`] checks it.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// The export that runs when an account gets the program by an upgrade, and at no other time. A program
/// without it takes no input then.
pub const MIGRATE: &[u8] = b"migrate";

/// Who may upgrade an account program. The order is from the strictest.
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
	/// Nobody: the program stays what it is.
	#[default]
	Nobody,
	/// The program itself, by the syscall `set_code`.
	Program,
	/// Who instantiated it, by the call or the syscall `set_code`.
	Deployer,
}

impl UpgradeAuthority {
	/// As programs write it: 0, 1 or 2, in the order above.
	pub fn from_number(number: u64) -> Option<Self> {
		match number {
			0 => Some(Self::Nobody),
			1 => Some(Self::Program),
			2 => Some(Self::Deployer),
			_ => None,
		}
	}

	/// Whether it is `caller`, for the account `address` that `deployer` instantiated.
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
