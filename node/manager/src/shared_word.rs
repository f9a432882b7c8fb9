//! The word in shared memory that PolkaVM watches while it waits for a worker process.
//!
//! PolkaVM does not tell where it is. It is in the mapping named `polkavm_vmctx`, one for each worker, in
//! the layout of [`VmCtx`].

use libc::c_void;
use parking_lot::Mutex;
use polkavm::RawInstance;
use polkavm_common::zygote::VmCtx;
use std::{
	collections::HashMap,
	fs::{self, File},
	io,
	mem::{offset_of, size_of},
	os::unix::fs::FileExt,
	ptr::{self, NonNull},
	sync::{
		atomic::{AtomicI64, AtomicU32, Ordering},
		Arc,
	},
};
use virt_primitives::Gas;

/// A state that no worker writes. PolkaVM returns an error if it reads it.
const NO_STATE: u32 = u32::MAX - 1;

/// The suffix of the mapping's line in `/proc/self/maps`.
const MAPPING: &str = "/memfd:polkavm_vmctx (deleted)";

/// A second mapping of the memory that PolkaVM shares with a worker. It stays valid when PolkaVM
/// removes its own.
pub struct SharedWord(NonNull<u8>);

// SAFETY: it only gives access to atomics.
unsafe impl Send for SharedWord {}
// SAFETY: as above.
unsafe impl Sync for SharedWord {}

impl SharedWord {
	/// Maps the memory at `address` again.
	///
	/// # Safety
	///
	/// A [`VmCtx`] of PolkaVM is mapped there.
	unsafe fn map_again(address: usize) -> io::Result<Self> {
		let old = ptr::with_exposed_provenance_mut::<c_void>(address);
		// A size of zero requests another mapping of the same pages, see mremap(2).
		let new = libc::mremap(old, 0, size_of::<VmCtx>(), libc::MREMAP_MAYMOVE);
		match NonNull::new(new) {
			Some(new) if new.as_ptr() != libc::MAP_FAILED => Ok(Self(new.cast())),
			_ => Err(io::Error::last_os_error()),
		}
	}

	/// The gas counter of the worker's program.
	fn gas(&self) -> Gas {
		// SAFETY: the mapping is as large as a `VmCtx`, and page-aligned.
		unsafe { self.0.byte_add(offset_of!(VmCtx, gas)).cast::<AtomicI64>().as_ref() }
			.load(Ordering::Relaxed)
	}

	/// Ends PolkaVM's wait for the worker with an error.
	pub fn end_wait(&self) {
		// SAFETY: as above.
		unsafe { self.0.byte_add(offset_of!(VmCtx, futex)).cast::<AtomicU32>().as_ref() }
			.store(NO_STATE, Ordering::Release);
	}
}

impl Drop for SharedWord {
	fn drop(&mut self) {
		// SAFETY: the mapping belongs to this value.
		unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<VmCtx>()) };
	}
}

/// The words of the known workers, by process id.
#[derive(Default)]
pub struct SharedWords(Mutex<HashMap<u32, Arc<SharedWord>>>);

impl SharedWords {
	/// The word of an instance's worker process `pid`. Changes the instance's gas.
	pub fn of(&self, raw: &mut RawInstance, pid: u32) -> io::Result<Arc<SharedWord>> {
		let mark = mark();
		raw.set_gas(mark);
		let mut words = self.0.lock();
		if let Some(word) = words.get(&pid).filter(|word| word.gas() == mark) {
			return Ok(word.clone());
		}
		let word = Arc::new(find(mark)?);
		// Those of workers that ended, unless they are in use.
		words.retain(|pid, _| fs::exists(format!("/proc/{pid}")).unwrap_or(false));
		words.insert(pid, word.clone());
		Ok(word)
	}
}

/// An amount of gas that no other instance has.
fn mark() -> Gas {
	static NEXT: AtomicI64 = AtomicI64::new(1 << 62);
	NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The worker whose gas is `mark`.
///
/// Other threads may remove the mappings of other workers meanwhile, so memory is read through
/// `/proc/self/mem`, which fails instead of trapping.
fn find(mark: Gas) -> io::Result<SharedWord> {
	let maps = fs::read_to_string("/proc/self/maps")?;
	let memory = File::open("/proc/self/mem")?;
	for line in maps.lines().filter(|line| line.ends_with(MAPPING)) {
		let start =
			line.split_once('-').and_then(|(start, _)| usize::from_str_radix(start, 16).ok());
		let Some(start) = start else { continue };
		let mut gas = [0; size_of::<Gas>()];
		let read = memory.read_exact_at(&mut gas, (start + offset_of!(VmCtx, gas)) as u64);
		if read.is_ok() && Gas::from_ne_bytes(gas) == mark {
			// SAFETY: the mapping is a `VmCtx`, and it is not removed while the caller holds the
			// instance.
			return unsafe { SharedWord::map_again(start) };
		}
	}
	Err(io::Error::new(io::ErrorKind::NotFound, "no mapping of the worker was found"))
}
