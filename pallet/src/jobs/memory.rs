//! The stored state of a suspended execution: registers, buffers, and the memory pages that differ
//! from the program's initial memory. Pages that a slice did not change are not written again.

use super::JobId;
use crate::{limits::*, Config, Error, JobPages};
use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use virt_primitives::{
	snapshot::{Page, Pricing, Snapshot, Tier},
	MAX_ARGUMENTS,
};

/// The maximal length of a snapshot without its pages, in bytes.
const MAX_CORE: u32 = 256;

/// A suspended execution without its pages.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Frame {
	/// An encoded [`Snapshot`] without pages. Its first byte is the version.
	pub core: BoundedVec<u8, ConstU32<MAX_CORE>>,
	/// The numbers of the stored pages.
	pub pages: BoundedVec<u32, ConstU32<MAX_JOB_PAGES>>,
	/// The output so far.
	pub output: BoundedVec<u8, ConstU32<MAX_OUTPUT>>,
	/// The output of the last callee.
	pub returned: BoundedVec<u8, ConstU32<MAX_OUTPUT>>,
	/// A syscall that the last slice had too little weight for, with its arguments. It is repeated.
	pub retry: Option<(u32, [u64; MAX_ARGUMENTS])>,
}

/// The pricing of a resumed execution: each slice starts on tier one, pays for its translation, and
/// moves up if it computes for long. So a slice pays for the work of a node that must load the
/// program again.
const AT_RESUMPTION: Pricing =
	Pricing { tier: Tier::One, stretch: 0, translation_paid: 0, short_stretches: 0 };

/// The snapshot to resume.
pub fn load<T: Config>(job: JobId, frame: &Frame) -> Result<Snapshot, Error<T>> {
	// The node no longer supports this version.
	let mut snapshot = Snapshot::from_bytes(&frame.core).map_err(|_| Error::SnapshotUnsupported)?;
	snapshot.pricing = AT_RESUMPTION;
	snapshot.pages.reserve(frame.pages.len());
	for number in &frame.pages {
		let bytes = JobPages::<T>::get(job, number).ok_or(Error::SnapshotUnsupported)?.into_inner();
		snapshot.pages.push(Page { number: *number, bytes });
	}
	Ok(snapshot)
}

/// The result of storing a suspended execution.
pub struct Stored {
	/// The encoded snapshot without its pages.
	pub core: BoundedVec<u8, ConstU32<MAX_CORE>>,
	/// See [`Frame::pages`].
	pub pages: BoundedVec<u32, ConstU32<MAX_JOB_PAGES>>,
	/// The number of pages that were written or removed.
	pub written: u32,
	/// The length of each stored page, in bytes.
	pub lens: Vec<usize>,
}

/// Stores the pages of `snapshot` that differ from those of `old`, the result of [`load`].
pub fn store<T: Config>(job: JobId, old: &[Page], snapshot: &[u8]) -> Result<Stored, Error<T>> {
	let mut snapshot = Snapshot::from_bytes(snapshot).map_err(|_| Error::SnapshotUnsupported)?;
	let pages = core::mem::take(&mut snapshot.pages);
	ensure!(pages.len() <= MAX_JOB_PAGES as usize, Error::TooManyPages);
	let core = BoundedVec::try_from(snapshot.to_bytes()).map_err(|_| Error::SnapshotUnsupported)?;
	let lens = pages.iter().map(|page| page.bytes.len()).collect();
	let mut numbers = Vec::with_capacity(pages.len());
	let mut written = 0u32;
	let mut old = old.iter().peekable();
	for Page { number, bytes } in pages {
		// Both are sorted by number.
		while let Some(gone) = old.next_if(|page| page.number < number) {
			JobPages::<T>::remove(job, gone.number);
			written = written.saturating_add(1);
		}
		numbers.push(number);
		if old.next_if(|page| page.number == number).is_some_and(|page| page.bytes == bytes) {
			continue;
		}
		let bytes = BoundedVec::try_from(bytes).map_err(|_| Error::SnapshotUnsupported)?;
		JobPages::<T>::insert(job, number, bytes);
		written = written.saturating_add(1);
	}
	for gone in old {
		JobPages::<T>::remove(job, gone.number);
		written = written.saturating_add(1);
	}
	let pages = BoundedVec::try_from(numbers).map_err(|_| Error::TooManyPages)?;
	Ok(Stored { core, pages, written, lens })
}

/// Removes all pages of a job.
pub fn remove_pages<T: Config>(job: JobId, pages: &[u32]) {
	for number in pages {
		JobPages::<T>::remove(job, number);
	}
}
