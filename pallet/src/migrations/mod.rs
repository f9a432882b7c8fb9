//! Migrations of the pallet's storage.
//!
//! There are two kinds of versions. The *storage version* is the layout of the pallet's storage.
//! Migrations update it entry by entry, over as many blocks as necessary. `pallet-migrations` runs
//! them after a runtime upgrade; until they are finished, blocks contain no transactions. The *ABI
//! version* of a program ([`ABI`](crate::limits::ABI)) is the meaning of its syscalls when it was
//! uploaded. It does not change, because a program cannot be migrated. Programs from `OLDEST_ABI`
//! on keep running. A change that breaks the oldest version increases `OLDEST_ABI`, and older
//! programs fail with `UnsupportedAbi` until they are uploaded again.
//!
//! - [`V0ToV1`]: deposits, ABI versions, and lists of keys. [`V1ToV2`]: several owners of a
//!   program, and upgrades.

pub mod v1;
pub mod v2;

use crate::{Config, Pallet, WeightInfo};
use codec::{FullCodec, MaxEncodedLen};
use core::marker::PhantomData;
use frame_support::{
	migrations::{MigrationId, SteppedMigration, SteppedMigrationError},
	pallet_prelude::StorageVersion,
	traits::GetStorageVersion,
	weights::WeightMeter,
};

/// From storage version 0 to 1: see [`v1`].
pub type V0ToV1<T> = Steps<v1::Entries, T>;

/// From storage version 1 to 2: see [`v2`].
pub type V1ToV2<T> = Steps<v2::Entries, T>;

/// The entries that a migration changes, in their order.
pub trait Migrate<T: Config> {
	/// The storage version before the migration. It increases by one.
	const FROM: u8;

	/// The position of an entry.
	type Entry: FullCodec + MaxEncodedLen;

	/// Migrates the entry after `last`, or the first one. Returns its position; `None` at the end.
	fn next(last: Option<&Self::Entry>) -> Option<Self::Entry>;
}

/// A migration in steps, each with as many entries as its weight allows. It does nothing on a chain
/// with another storage version.
pub struct Steps<M, T>(PhantomData<(M, T)>);

impl<M: Migrate<T>, T: Config> SteppedMigration for Steps<M, T> {
	type Cursor = M::Entry;
	type Identifier = MigrationId<11>;

	fn id() -> Self::Identifier {
		MigrationId { pallet_id: *b"pallet-virt", version_from: M::FROM, version_to: M::FROM + 1 }
	}

	fn step(
		mut last: Option<Self::Cursor>,
		meter: &mut WeightMeter,
	) -> Result<Option<Self::Cursor>, SteppedMigrationError> {
		if Pallet::<T>::on_chain_storage_version() != u16::from(M::FROM) {
			return Ok(None);
		}
		let required = T::WeightInfo::migrate_entry();
		if !meter.can_consume(required) {
			return Err(SteppedMigrationError::InsufficientWeight { required });
		}
		while meter.try_consume(required).is_ok() {
			let Some(migrated) = M::next(last.as_ref()) else {
				StorageVersion::new(u16::from(M::FROM) + 1).put::<Pallet<T>>();
				return Ok(None);
			};
			last = Some(migrated);
		}
		Ok(last)
	}

	#[cfg(feature = "try-runtime")]
	fn post_upgrade(_: alloc::vec::Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
		if crate::STORAGE_VERSION == u16::from(M::FROM) + 1 {
			crate::try_state::check::<T>()?;
		}
		Ok(())
	}
}
