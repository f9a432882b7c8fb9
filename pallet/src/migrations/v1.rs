//! Storage version 1: deposits, the ABI versions of programs, and lists of the keys of accounts.
//!
//! No deposits are held for older data. Older programs have ABI version 0, which is still
//! supported.

use super::Migrate;
use crate::{
	deposit::{Deposit, DepositOf},
	items::Key,
	limits::{MAX_KEY, MAX_VALUE},
	Config, Item, Keys, Pallet, State,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
	pallet_prelude::{BoundedVec, ConstU32, OptionQuery},
	storage_alias, Blake2_128Concat, Identity,
};
use sp_core::H256;

/// The ABI version of programs that were uploaded before there were ABI versions.
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
pub(crate) type ValueV0 = BoundedVec<u8, ConstU32<MAX_VALUE>>;

/// A program of version 1.
#[derive(Encode, Decode)]
pub(crate) struct ProgramV1<T: Config> {
	pub owner: T::AccountId,
	pub size: u32,
	pub memory: u32,
	pub references: u32,
	pub deposit: DepositOf<T>,
	pub abi: u16,
}

/// An account program of version 1.
#[derive(Encode, Decode)]
pub(crate) struct AccountV1<T: Config> {
	pub code_hash: H256,
	pub deployer: T::AccountId,
	pub deposit: DepositOf<T>,
	pub items: u32,
}

pub(crate) mod v0 {
	use super::*;

	#[storage_alias]
	pub type Programs<T: Config> = StorageMap<
		Pallet<T>,
		Identity,
		H256,
		ProgramV0<<T as frame_system::Config>::AccountId>,
		OptionQuery,
	>;

	#[storage_alias]
	pub type Accounts<T: Config> = StorageMap<
		Pallet<T>,
		Blake2_128Concat,
		<T as frame_system::Config>::AccountId,
		AccountV0<<T as frame_system::Config>::AccountId>,
		OptionQuery,
	>;

	#[storage_alias]
	pub type State<T: Config> = StorageDoubleMap<
		Pallet<T>,
		Blake2_128Concat,
		<T as frame_system::Config>::AccountId,
		Blake2_128Concat,
		BoundedVec<u8, ConstU32<MAX_KEY>>,
		ValueV0,
		OptionQuery,
	>;
}

#[storage_alias]
pub(crate) type Programs<T: Config> =
	StorageMap<Pallet<T>, Identity, H256, ProgramV1<T>, OptionQuery>;

#[storage_alias]
pub(crate) type Accounts<T: Config> = StorageMap<
	Pallet<T>,
	Blake2_128Concat,
	<T as frame_system::Config>::AccountId,
	AccountV1<T>,
	OptionQuery,
>;

/// An entry of version 0.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen)]
pub enum Entry<AccountId> {
	/// A program.
	Program(H256),
	/// An account program.
	Account(AccountId),
	/// An item of an account program.
	Item(AccountId, Key),
}

/// The migration: see the module.
pub struct Entries;

impl<T: Config> Migrate<T> for Entries {
	const FROM: u8 = 0;
	type Entry = Entry<T::AccountId>;

	fn next(last: Option<&Self::Entry>) -> Option<Self::Entry> {
		match last {
			None => program::<T>(None).or_else(|| account::<T>(None)).or_else(|| item::<T>(None)),
			Some(Entry::Program(last)) => {
				program::<T>(Some(*last)).or_else(|| account::<T>(None)).or_else(|| item::<T>(None))
			},
			Some(Entry::Account(last)) => {
				account::<T>(Some(last.clone())).or_else(|| item::<T>(None))
			},
			Some(Entry::Item(address, key)) => item::<T>(Some((address.clone(), key.clone()))),
		}
	}
}

fn program<T: Config>(last: Option<H256>) -> Option<Entry<T::AccountId>> {
	let (code_hash, old) = match last {
		None => v0::Programs::<T>::iter().next()?,
		Some(last) => v0::Programs::<T>::iter_from_key(last).next()?,
	};
	let ProgramV0 { owner, size, memory, references } = old;
	let deposit = Deposit::none();
	let new = ProgramV1 { owner, size, memory, references, deposit, abi: ABI_OF_V0 };
	Programs::<T>::insert(code_hash, new);
	Some(Entry::Program(code_hash))
}

fn account<T: Config>(last: Option<T::AccountId>) -> Option<Entry<T::AccountId>> {
	let (address, old) = match last {
		None => v0::Accounts::<T>::iter().next()?,
		Some(last) => v0::Accounts::<T>::iter_from_key(last).next()?,
	};
	let AccountV0 { code_hash, deployer } = old;
	let new = AccountV1 { code_hash, deployer, deposit: Deposit::none(), items: 0 };
	Accounts::<T>::insert(&address, new);
	Some(Entry::Account(address))
}

/// Accounts were migrated before, and now count their items.
fn item<T: Config>(last: Option<(T::AccountId, Key)>) -> Option<Entry<T::AccountId>> {
	let (address, key, data) = match last {
		None => v0::State::<T>::iter().next()?,
		Some((address, key)) => {
			let hashed = v0::State::<T>::hashed_key_for(address, key);
			v0::State::<T>::iter_from(hashed).next()?
		},
	};
	let place = Accounts::<T>::mutate(&address, |info| {
		let items = info.as_mut().map(|info| &mut info.items)?;
		let place = *items;
		*items = items.saturating_add(1);
		Some(place)
	});
	match place {
		Some(place) => {
			Keys::<T>::insert(&address, place, key.clone());
			State::<T>::insert(&address, &key, Item { deposit: Deposit::none(), data, place });
		},
		// The account does not exist: the item is unreachable.
		None => State::<T>::remove(&address, &key),
	}
	Some(Entry::Item(address, key))
}
