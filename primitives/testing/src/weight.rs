use codec::{Decode, Encode};
use std::fmt;

/// Weight: ref time in picoseconds, and proof size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Weight {
	ref_time: u64,
	proof_size: u64,
}

impl Weight {
	/// A weight of this many picoseconds and bytes.
	pub const fn from_parts(ref_time: u64, proof_size: u64) -> Self {
		Self { ref_time, proof_size }
	}

	/// Picoseconds.
	pub const fn ref_time(self) -> u64 {
		self.ref_time
	}

	/// Bytes.
	pub const fn proof_size(self) -> u64 {
		self.proof_size
	}
}

impl fmt::Display for Weight {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "ref time {} ps", self.ref_time)?;
		match self.proof_size {
			u64::MAX => Ok(()),
			size => write!(f, ", proof size {size} bytes"),
		}
	}
}
