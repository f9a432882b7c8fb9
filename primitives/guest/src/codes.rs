//! The negative results of syscalls, and what a program gets instead of them.

/// Results of a syscall that did not do what it was asked for. The call goes on.
pub struct Code;

impl Code {
	/// There is no value under this key; no such account, program, entry or block.
	pub const NOT_FOUND: i64 = -1;
	/// The amount was not transferred: too little balance, or the receiver would not live.
	pub const TRANSFER_FAILED: i64 = -2;
	/// The program that was called trapped, or did what it must not.
	pub const CALLEE_TRAPPED: i64 = -3;
	/// The program that was called asked for all that it did to be undone.
	pub const CALLEE_REVERTED: i64 = -4;
	/// The program that was called ran out of the gas that it was given.
	pub const OUT_OF_GAS: i64 = -5;
	/// As many programs as may call each other do already.
	pub const DEPTH_EXCEEDED: i64 = -6;
	/// The account is being called already, and the entry is not made for that.
	pub const REENTRANCY_DENIED: i64 = -7;
	/// The signer could not be held for what the program stored, or not within the limit.
	pub const DEPOSIT_FAILED: i64 = -8;
	/// There is an account program at this address already.
	pub const ACCOUNT_EXISTS: i64 = -9;
	/// The bytes are not a call of this runtime.
	pub const INVALID_CALL: i64 = -10;
	/// The chain does not let programs make this call.
	pub const CALL_FILTERED: i64 = -11;
	/// The call failed, and changed nothing.
	pub const DISPATCH_FAILED: i64 = -12;
	/// It is not a signature of this message by this key.
	pub const INVALID_SIGNATURE: i64 = -13;
	/// The program cannot wait here: it is no job, it was called by another program, or it is in an
	/// atomic scope.
	pub const CANNOT_WAIT: i64 = -14;
	/// There are as many jobs, or messages, as there may be.
	pub const FULL: i64 = -15;
	/// Jobs live at the account.
	pub const JOBS_LIVE: i64 = -16;
	/// The program may not upgrade this account.
	pub const UPGRADE_DENIED: i64 = -17;
}

/// Why another program, or a call of the runtime, changed nothing: a [`Code`] as a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub enum Failure {
	/// [`Code::NOT_FOUND`].
	NotFound,
	/// [`Code::TRANSFER_FAILED`].
	TransferFailed,
	/// [`Code::CALLEE_TRAPPED`].
	CalleeTrapped,
	/// [`Code::CALLEE_REVERTED`].
	CalleeReverted,
	/// [`Code::OUT_OF_GAS`].
	OutOfGas,
	/// [`Code::DEPTH_EXCEEDED`].
	DepthExceeded,
	/// [`Code::REENTRANCY_DENIED`].
	ReentrancyDenied,
	/// [`Code::DEPOSIT_FAILED`].
	DepositFailed,
	/// [`Code::ACCOUNT_EXISTS`].
	AccountExists,
	/// [`Code::INVALID_CALL`].
	InvalidCall,
	/// [`Code::CALL_FILTERED`].
	CallFiltered,
	/// [`Code::DISPATCH_FAILED`].
	DispatchFailed,
	/// [`Code::INVALID_SIGNATURE`].
	InvalidSignature,
	/// [`Code::CANNOT_WAIT`].
	CannotWait,
	/// [`Code::FULL`].
	Full,
	/// [`Code::JOBS_LIVE`].
	JobsLive,
	/// [`Code::UPGRADE_DENIED`].
	UpgradeDenied,
}

impl Failure {
	const ALL: [(i64, Self); 17] = [
		(Code::NOT_FOUND, Self::NotFound),
		(Code::TRANSFER_FAILED, Self::TransferFailed),
		(Code::CALLEE_TRAPPED, Self::CalleeTrapped),
		(Code::CALLEE_REVERTED, Self::CalleeReverted),
		(Code::OUT_OF_GAS, Self::OutOfGas),
		(Code::DEPTH_EXCEEDED, Self::DepthExceeded),
		(Code::REENTRANCY_DENIED, Self::ReentrancyDenied),
		(Code::DEPOSIT_FAILED, Self::DepositFailed),
		(Code::ACCOUNT_EXISTS, Self::AccountExists),
		(Code::INVALID_CALL, Self::InvalidCall),
		(Code::CALL_FILTERED, Self::CallFiltered),
		(Code::DISPATCH_FAILED, Self::DispatchFailed),
		(Code::INVALID_SIGNATURE, Self::InvalidSignature),
		(Code::CANNOT_WAIT, Self::CannotWait),
		(Code::FULL, Self::Full),
		(Code::JOBS_LIVE, Self::JobsLive),
		(Code::UPGRADE_DENIED, Self::UpgradeDenied),
	];

	/// What a syscall's result says: nothing, or why not. A code that is not known counts as a trap
	/// of the callee.
	pub fn check(result: i64) -> Result<(), Self> {
		if result >= 0 {
			return Ok(());
		}
		let known = Self::ALL.iter().find(|(code, _)| *code == result);
		Err(known.map_or(Self::CalleeTrapped, |(_, failure)| *failure))
	}
}

/// Who may replace the program of an account with the syscall or the call `set_code`. It can only become stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, codec::Encode, codec::Decode)]
pub enum UpgradeAuthority {
	/// Nobody.
	Nobody,
	/// The account's own program.
	Program,
	/// Who instantiated it.
	Deployer,
}

/// A transfer was refused; no balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub struct TransferFailed;

/// A length, or nothing for [`Code::NOT_FOUND`].
#[cfg(any(target_env = "polkavm", test))]
pub(crate) fn found(result: i64) -> Option<usize> {
	usize::try_from(result).ok()
}

/// Anything but zero is a failure.
#[cfg(any(target_env = "polkavm", test))]
pub(crate) fn transferred(result: i64) -> Result<(), TransferFailed> {
	if result == 0 {
		Ok(())
	} else {
		Err(TransferFailed)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn codes_become_types() {
		assert_eq!(found(7), Some(7));
		assert_eq!(found(Code::NOT_FOUND), None);
		assert_eq!(transferred(0), Ok(()));
		assert_eq!(transferred(Code::TRANSFER_FAILED), Err(TransferFailed));
	}

	#[test]
	fn codes_are_negative_and_distinct() {
		let mut codes = Failure::ALL.map(|(code, _)| code);
		codes.sort();
		assert!(codes.iter().all(|code| *code < 0));
		assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
	}

	#[test]
	fn codes_become_failures() {
		assert_eq!(Failure::check(0), Ok(()));
		for (code, failure) in Failure::ALL {
			assert_eq!(Failure::check(code), Err(failure));
		}
		assert_eq!(Failure::check(i64::MIN), Err(Failure::CalleeTrapped));
	}
}
