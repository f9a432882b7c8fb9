//! Limits of a call of another program.

/// Ref time in picoseconds, 700 per unit of gas, and proof size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
	/// In picoseconds.
	pub ref_time: u64,
	/// In bytes.
	pub proof_size: u64,
}

impl Weight {
	/// The encoding for syscalls.
	pub(crate) fn to_bytes(self) -> [u8; 16] {
		let mut bytes = [0; 16];
		bytes[..8].copy_from_slice(&self.ref_time.to_le_bytes());
		bytes[8..].copy_from_slice(&self.proof_size.to_le_bytes());
		bytes
	}
}

/// Limits of a call of another program, and the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// The value to transfer with the call.
	pub value: u128,
	/// The weight limit; 0 in a part means the remaining weight.
	pub weight: Weight,
	/// The limit of deposits from the signer; [`u128::MAX`] for the remaining limit.
	pub deposit: u128,
}

impl Default for Limits {
	fn default() -> Self {
		Self { value: 0, weight: Weight::default(), deposit: u128::MAX }
	}
}

impl Limits {
	/// The encoding for syscalls.
	pub(crate) fn to_bytes(self) -> [u8; 48] {
		let mut bytes = [0; 48];
		bytes[..16].copy_from_slice(&self.value.to_le_bytes());
		bytes[16..32].copy_from_slice(&self.weight.to_bytes());
		bytes[32..].copy_from_slice(&self.deposit.to_le_bytes());
		bytes
	}
}
