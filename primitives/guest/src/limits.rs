//! Limits of a call of another program.

/// Ref time in picoseconds, of which 700 are a unit of gas, and proof size in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
	/// In picoseconds.
	pub ref_time: u64,
	/// In bytes.
	pub proof_size: u64,
}

impl Weight {
	/// As the syscalls take it.
	pub(crate) fn to_bytes(self) -> [u8; 16] {
		let mut bytes = [0; 16];
		bytes[..8].copy_from_slice(&self.ref_time.to_le_bytes());
		bytes[8..].copy_from_slice(&self.proof_size.to_le_bytes());
		bytes
	}
}

/// What a call of another program may take, beside its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Transferred with the call.
	pub value: u128,
	/// Weight that it may take; 0 of a part for all that is left.
	pub weight: Weight,
	/// What the signer may be held for: [`u128::MAX`] for all that this call may hold.
	pub deposit: u128,
}

impl Default for Limits {
	fn default() -> Self {
		Self { value: 0, weight: Weight::default(), deposit: u128::MAX }
	}
}

impl Limits {
	/// As the syscalls take them.
	pub(crate) fn to_bytes(self) -> [u8; 48] {
		let mut bytes = [0; 48];
		bytes[..16].copy_from_slice(&self.value.to_le_bytes());
		bytes[16..32].copy_from_slice(&self.weight.to_bytes());
		bytes[32..].copy_from_slice(&self.deposit.to_le_bytes());
		bytes
	}
}
