//! The negative results of syscalls, and what a program gets instead of them.

/// Results of a syscall that did not do what it was asked for. The call goes on.
pub struct Code;

impl Code {
	/// There is no value under this key.
	pub const NOT_FOUND: i64 = -1;
	/// The amount was not transferred: too little balance, or the receiver would not live.
	pub const TRANSFER_FAILED: i64 = -2;
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
		let mut codes = [Code::NOT_FOUND, Code::TRANSFER_FAILED];
		codes.sort();
		assert!(codes.iter().all(|code| *code < 0));
		assert!(codes.windows(2).all(|pair| pair[0] != pair[1]));
	}
}
