//! The storage of the program's account. All functions fault in a one-shot run, which has none.

use crate::{codes::found, syscalls};
use alloc::{borrow::Cow, vec::Vec};
use codec::{Decode, DecodeAll, Encode};
use core::{mem::MaybeUninit, slice};

/// Values up to this length, in bytes, are read by one syscall, longer ones by two.
const FIRST_READ: usize = 256;

/// The value of `key`.
pub fn get(key: &[u8]) -> Option<Vec<u8>> {
	with_value(key, |value| value.into_owned())
}

/// Calls `use_value` with the value of `key`.
pub(crate) fn with_value<R>(key: &[u8], use_value: impl FnOnce(Cow<'_, [u8]>) -> R) -> Option<R> {
	let read = |out, room| {
		// SAFETY: `key` is readable for its length, and `out` has room for `room` bytes.
		found(unsafe { syscalls::storage_get(key.as_ptr(), key.len() as u64, out, room) })
	};
	with_read(read, use_value)
}

/// Calls `use_value` with the value that `read` writes to a buffer of the given length; `read`
/// returns the total length of the value. Short values are read on the stack, which is faster than
/// the heap.
fn with_read<R>(
	read: impl Fn(*mut u8, u64) -> Option<usize>,
	use_value: impl FnOnce(Cow<'_, [u8]>) -> R,
) -> Option<R> {
	let mut short = [MaybeUninit::<u8>::uninit(); FIRST_READ];
	let len = read(short.as_mut_ptr().cast(), FIRST_READ as u64)?;
	if len <= FIRST_READ {
		// SAFETY: the host wrote that many bytes.
		let short = unsafe { slice::from_raw_parts(short.as_ptr().cast(), len) };
		return Some(use_value(Cow::Borrowed(short)));
	}
	let mut long = Vec::<u8>::with_capacity(len);
	read(long.as_mut_ptr(), len as u64)?;
	// SAFETY: the capacity is at least `len`, and the host wrote that many bytes.
	unsafe { long.set_len(len) };
	Some(use_value(Cow::Owned(long)))
}

/// Stores `value` at `key`. Returns the length of the previous value.
pub fn set(key: &[u8], value: &[u8]) -> Option<usize> {
	let (key_len, len) = (key.len() as u64, value.len() as u64);
	// SAFETY: both slices are readable for the lengths that go with them.
	found(unsafe { syscalls::storage_set(key.as_ptr(), key_len, value.as_ptr(), len) })
}

/// Removes the value of `key`. Returns its length.
pub fn remove(key: &[u8]) -> Option<usize> {
	// SAFETY: the slice is readable for the length that goes with it.
	found(unsafe { syscalls::storage_remove(key.as_ptr(), key.len() as u64) })
}

/// Whether `key` has a value.
pub fn contains(key: &[u8]) -> bool {
	// SAFETY: the slice is readable for the length that goes with it.
	found(unsafe { syscalls::storage_contains(key.as_ptr(), key.len() as u64) }).is_some()
}

/// The typed value of `key`; `None` if there is none, or one of another type.
pub fn read<T: Decode>(key: &[u8]) -> Option<T> {
	with_value(key, |value| T::decode_all(&mut &*value).ok())?
}

/// Stores a typed value at `key`.
pub fn write<T: Encode>(key: &[u8], value: &T) {
	value.using_encoded(|bytes| set(key, bytes));
}

/// Transient storage: it lasts until the outermost call ends, and costs no deposit.
pub mod transient {
	use super::{found, syscalls, with_read, Vec};

	/// The value of `key`.
	pub fn get(key: &[u8]) -> Option<Vec<u8>> {
		let read = |out, room| {
			// SAFETY: `key` is readable for its length, and `out` has room for `room` bytes.
			found(unsafe { syscalls::transient_get(key.as_ptr(), key.len() as u64, out, room) })
		};
		with_read(read, |value| value.into_owned())
	}

	/// Stores `value` at `key`. Returns the length of the previous value.
	pub fn set(key: &[u8], value: &[u8]) -> Option<usize> {
		let (key_len, len) = (key.len() as u64, value.len() as u64);
		// SAFETY: both slices are readable for the lengths that go with them.
		found(unsafe { syscalls::transient_set(key.as_ptr(), key_len, value.as_ptr(), len) })
	}

	/// Removes the value of `key`. Returns its length.
	pub fn remove(key: &[u8]) -> Option<usize> {
		// SAFETY: the slice is readable for the length that goes with it.
		found(unsafe { syscalls::transient_remove(key.as_ptr(), key.len() as u64) })
	}
}
