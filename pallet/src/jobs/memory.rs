//! What is stored of a suspended execution: its registers, its buffers, and the pages of its memory
//! that differ from the program's. A page that a slice did not change is not written again.

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

/// Bytes of a snapshot without its pages, at most.
const MAX_CORE: u32 = 256;

/// A suspended execution, but for its pages.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Frame {
	/// A [`Snapshot`] without pages, encoded; its first byte is the version.
	pub core: BoundedVec<u8, ConstU32<MAX_CORE>>,
	/// The numbers of the pages that are stored.
	pub pages: BoundedVec<u32, ConstU32<MAX_JOB_PAGES>>,
	/// What the program gave so far.
	pub output: BoundedVec<u8, ConstU32<MAX_OUTPUT>>,
	/// What the last program that it called gave.
	pub returned: BoundedVec<u8, ConstU32<MAX_OUTPUT>>,
	/// A syscall that the last slice had too little weight for, with its arguments: it is made again.
	pub retry: Option<(u32, [u64; MAX_ARGUMENTS])>,
}

/// What an execution goes on with, whatever it was on when it was suspended: each slice begins on tier
/// one and pays for its translation, and moves up where it computes for long. So a slice pays for what
/// a node does that has to load the program anew.
const AT_RESUMPTION: Pricing =
	Pricing { tier: Tier::One, stretch: 0, translation_paid: 0, short_stretches: 0 };

/// The snapshot to go on from.
pub fn load<T: Config>(job: JobId, frame: &Frame) -> Result<Snapshot, Error<T>> {
	// A version that the node no longer knows is one that no job can go on from.
	let mut snapshot = Snapshot::from_bytes(&frame.core).map_err(|_| Error::SnapshotUnsupported)?;
	snapshot.pricing = AT_RESUMPTION;
	snapshot.pages.reserve(frame.pages.len());
	for number in &frame.pages {
		let bytes = JobPages::<T>::get(job, number).ok_or(Error::SnapshotUnsupported)?.into_inner();
		snapshot.pages.push(Page { number: *number, bytes });
	}
	Ok(snapshot)
}

/// What a suspension wrote.
pub struct Stored {
	/// The snapshot without its pages, and their numbers.
	pub core: BoundedVec<u8, ConstU32<MAX_CORE>>,
	/// See [`Frame::pages`].
	pub pages: BoundedVec<u32, ConstU32<MAX_JOB_PAGES>>,
	/// Pages that were written or removed.
	pub written: u32,
	/// Bytes of each page that is stored now.
	pub lens: Vec<usize>,
}

/// Stores the pages of `snapshot` that differ from those of `old`, which is what [`load`] gave.
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
		// Both are in order of their numbers.
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
