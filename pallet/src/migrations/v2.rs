//! Storage version 2: several owners of a program, and upgradable accounts.
//!
//! The owner of a program remains its only owner, and its deposit does not change. Older accounts
//! cannot be upgraded.

use super::{
	v1::{self, AccountV1, ProgramV1},
	Migrate,
};
use crate::{
	upgrade::UpgradeAuthority, AccountInfo, Accounts, Config, Owners, ProgramInfo, Programs,
};
use codec::{Decode, Encode, MaxEncodedLen};
use sp_core::H256;

/// An entry of version 1.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
pub enum Entry<AccountId> {
	/// A program.
	Program(H256),
	/// An account program.
	Account(AccountId),
}

/// The migration: see the module.
pub struct Entries;

impl<T: Config> Migrate<T> for Entries {
	const FROM: u8 = 1;
	type Entry = Entry<T::AccountId>;

	fn next(last: Option<&Self::Entry>) -> Option<Self::Entry> {
		match last {
			None => program::<T>(None).or_else(|| account::<T>(None)),
			Some(Entry::Program(last)) => program::<T>(Some(*last)).or_else(|| account::<T>(None)),
			Some(Entry::Account(last)) => account::<T>(Some(last.clone())),
		}
	}
}

fn program<T: Config>(last: Option<H256>) -> Option<Entry<T::AccountId>> {
	let (code_hash, old) = match last {
		None => v1::Programs::<T>::iter().next()?,
		Some(last) => v1::Programs::<T>::iter_from_key(last).next()?,
	};
	let ProgramV1 { owner, size, memory, references, deposit, abi } = old;
	// Held from the owner; nothing if it has none.
	Owners::<T>::insert(code_hash, owner, deposit.amount);
	Programs::<T>::insert(code_hash, ProgramInfo { size, memory, references, owners: 1, abi });
	Some(Entry::Program(code_hash))
}

fn account<T: Config>(last: Option<T::AccountId>) -> Option<Entry<T::AccountId>> {
	let (address, old) = match last {
		None => v1::Accounts::<T>::iter().next()?,
		Some(last) => v1::Accounts::<T>::iter_from_key(last).next()?,
	};
	let AccountV1 { code_hash, deployer, deposit, items } = old;
	let upgrade_authority = UpgradeAuthority::Nobody;
	let new = AccountInfo { code_hash, deployer, deposit, items, upgrade_authority };
	Accounts::<T>::insert(&address, new);
	Some(Entry::Account(address))
}
