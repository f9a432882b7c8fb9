//! How what was stored by older versions of the pallet becomes what this one stores.
//!
//! Two versions are kept apart. The *storage version* is the layout of the pallet's own items; a
//! migration brings all of them to the newest, at a runtime upgrade. The *ABI* of a program
//! ([`ABI`](crate::limits::ABI)) is what its syscalls meant when it was admitted; nothing can migrate
//! a blob, so it stays. The policy: the ABIs from `OLDEST_ABI` on are answered, and their programs
//! keep running; a change that would break the oldest raises it, and those programs are refused with
//! `UnsupportedAbi` until they are uploaded again, which needs their accounts' own way out, or a
//! migration of the chain's.

use crate::{
	deposit::Deposit, AccountInfo, Accounts, Config, Item, Keys, Pallet, ProgramInfo, Programs,
	State,
};
use alloc::collections::BTreeMap;
#[cfg(feature = "try-runtime")]
use alloc::vec::Vec;
use codec::{Decode, Encode};
use core::marker::PhantomData;
use frame_support::{
	migrations::VersionedMigration,
	pallet_prelude::{BoundedVec, ConstU32},
	traits::{Get, UncheckedOnRuntimeUpgrade},
	weights::Weight,
};
use sp_core::H256;

/// From storage without deposits and ABIs to storage with them.
///
/// Nobody is held for what was stored before; its programs are of ABI 0, which is still answered. It
/// goes through all storage of the pallet in one block: a chain with too much for that wants a
/// migration in steps.
pub type V0ToV1<T> =
	VersionedMigration<0, 1, FromV0<T>, Pallet<T>, <T as frame_system::Config>::DbWeight>;

/// The ABI of the programs that were admitted before there were ABIs.
const ABI_OF_V0: u16 = 0;

/// A program of version 0.
#[derive(Encode, Decode)]
pub(crate) struct ProgramV0<AccountId> {
	pub owner: AccountId,
	pub size: u32,
	pub memory: u32,
	pub references: u32,
}

/// An account program of version 0.
#[derive(Encode, Decode)]
pub(crate) struct AccountV0<AccountId> {
	pub code_hash: H256,
	pub deployer: AccountId,
}

/// A value of version 0.
pub(crate) type ValueV0 = BoundedVec<u8, ConstU32<{ crate::limits::MAX_VALUE }>>;

/// See [`V0ToV1`], which looks at the version first.
pub struct FromV0<T>(PhantomData<T>);

impl<T: Config> UncheckedOnRuntimeUpgrade for FromV0<T> {
	fn on_runtime_upgrade() -> Weight {
		let mut changed = 0u64;
		let mut items = BTreeMap::<T::AccountId, u32>::new();
		State::<T>::translate(|address: T::AccountId, key, data: ValueV0| {
			changed += 1;
			let count = items.entry(address.clone()).or_default();
			let place = *count;
			*count = count.saturating_add(1);
			Keys::<T>::insert(address, place, key);
			Some(Item { deposit: Deposit::none(), data, place })
		});
		Accounts::<T>::translate(|address, old: AccountV0<T::AccountId>| {
			changed += 1;
			let AccountV0 { code_hash, deployer } = old;
			let items = items.get(&address).copied().unwrap_or_default();
			Some(AccountInfo { code_hash, deployer, deposit: Deposit::none(), items })
		});
		Programs::<T>::translate_values(|old: ProgramV0<T::AccountId>| {
			changed += 1;
			let ProgramV0 { owner, size, memory, references } = old;
			let deposit = Deposit::none();
			Some(ProgramInfo { owner, size, memory, references, deposit, abi: ABI_OF_V0 })
		});
		// Each is read, and written; items are also listed.
		T::DbWeight::get().reads_writes(changed, changed.saturating_mul(2))
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		crate::try_state::check::<T>()
	}
}
