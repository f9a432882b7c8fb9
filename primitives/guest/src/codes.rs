//! The negative results of syscalls, and the corresponding types.

/// The negative results of syscalls. The program continues.
pub struct Code;

impl Code {
	/// The value, account, program, entry or block does not exist.
	pub const NOT_FOUND: i64 = -1;
	/// The transfer failed: the balance is too low, or the receiver would be below the existential
	/// deposit.
	pub const TRANSFER_FAILED: i64 = -2;
	/// The callee trapped or caused another fault.
	pub const CALLEE_TRAPPED: i64 = -3;
	/// The callee reverted.
	pub const CALLEE_REVERTED: i64 = -4;
	/// The callee used up its weight limit.
	pub const OUT_OF_GAS: i64 = -5;
	/// The maximal depth of nested calls is reached.
	pub const DEPTH_EXCEEDED: i64 = -6;
	/// The account is already on the call stack, and the entry is not re-entrant.
	pub const REENTRANCY_DENIED: i64 = -7;
	/// The deposits exceed the signer's balance or the limit.
	pub const DEPOSIT_FAILED: i64 = -8;
	/// An account program with this address exists.
	pub const ACCOUNT_EXISTS: i64 = -9;
	/// The bytes are not a call of this runtime.
	pub const INVALID_CALL: i64 = -10;
	/// The chain does not allow programs to make this call.
	pub const CALL_FILTERED: i64 = -11;
	/// The dispatched call failed, and changed nothing.
	pub const DISPATCH_FAILED: i64 = -12;
	/// The signature is invalid for this message and key.
	pub const INVALID_SIGNATURE: i64 = -13;
	/// The program cannot wait here: it is not a job, it was called by another program, or it is in
	/// an atomic scope.
	pub const CANNOT_WAIT: i64 = -14;
	/// The maximal number of jobs or messages exists.
	pub const FULL: i64 = -15;
	/// Jobs exist at the account.
	pub const JOBS_LIVE: i64 = -16;
	/// The program is not the account's upgrade authority.
	pub const UPGRADE_DENIED: i64 = -17;
}

/// Why a call of another program or of the runtime failed: a [`Code`] as a type.
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

	/// Checks the result of a syscall. Unknown codes count as a trap of the callee.
	pub fn check(result: i64) -> Result<(), Self> {
		if result >= 0 {
			return Ok(());
		}
		let known = Self::ALL.iter().find(|(code, _)| *code == result);
		Err(known.map_or(Self::CalleeTrapped, |(_, failure)| *failure))
	}
}

/// Who may replace the program of an account with `set_code`. It can only become stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, codec::Encode, codec::Decode)]
pub enum UpgradeAuthority {
	/// Nobody.
	Nobody,
	/// The account's own program.
	Program,
	/// The account that instantiated it.
	Deployer,
}

/// A transfer failed; no balance changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
pub struct TransferFailed;

/// A length; `None` for [`Code::NOT_FOUND`].
#[cfg(any(target_env = "polkavm", test))]
pub(crate) fn found(result: i64) -> Option<usize> {
	usize::try_from(result).ok()
}

/// Any value but zero is a failure.
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
