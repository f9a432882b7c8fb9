//! What programs and calls of a sequence can name.

use sp_core::H256;
use virt_differential::source::Source;
use virt_runtime::{AccountId, RuntimeCall};

/// The accounts that sign. The last one is poor.
pub const SIGNERS: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

/// What programs and calls can name.
pub struct Known {
	/// The code hashes of programs.
	pub hashes: Vec<H256>,
	/// Signers, and accounts of programs.
	pub accounts: Vec<AccountId>,
	/// Calls that programs dispatch.
	pub calls: Vec<RuntimeCall>,
}

impl Known {
	/// Chooses the index of an account: mostly one of a program, if there is any.
	pub fn account(&self, source: &mut Source<'_>) -> usize {
		match self.accounts.len() - SIGNERS.len() {
			programs if programs > 0 && !source.chance(24) => {
				SIGNERS.len() + source.below(programs)
			},
			_ => source.below(SIGNERS.len()),
		}
	}
}
