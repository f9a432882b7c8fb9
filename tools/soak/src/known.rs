//! What the programs and calls of a sequence can name.

use sp_core::H256;
use virt_differential::source::Source;
use virt_runtime::{AccountId, RuntimeCall};

/// Who signs: the last one is poor.
pub const SIGNERS: [[u8; 32]; 3] = [[1; 32], [2; 32], [3; 32]];

/// What programs and calls can name.
pub struct Known {
	/// Of programs.
	pub hashes: Vec<H256>,
	/// Signers, and accounts of programs.
	pub accounts: Vec<AccountId>,
	/// That programs dispatch.
	pub calls: Vec<RuntimeCall>,
}

impl Known {
	/// The number of an account: mostly one of a program, where there is any.
	pub fn account(&self, source: &mut Source<'_>) -> usize {
		match self.accounts.len() - SIGNERS.len() {
			programs if programs > 0 && !source.chance(24) => {
				SIGNERS.len() + source.below(programs)
			},
			_ => source.below(SIGNERS.len()),
		}
	}
}
