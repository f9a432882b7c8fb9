//! Byte buffers that a host function fills, without an allocation in the runtime's heap.

#[cfg(not(substrate_runtime))]
use sp_runtime_interface::{
	host::FromFFIValue,
	sp_wasm_interface::{FunctionContext, Pointer, Result},
	unpack_ptr_and_len,
};
#[cfg(substrate_runtime)]
use sp_runtime_interface::{pack_ptr_and_len, wasm::IntoFFIValue};

use alloc::vec::Vec;
use core::marker::PhantomData;
use sp_runtime_interface::RIType;

/// A buffer that a host function fills, up to a capacity that the runtime chooses.
///
/// Only the filled part is copied into the runtime.
#[derive(Debug, Default)]
pub struct HostBuffer {
	bytes: Vec<u8>,
	capacity: usize,
}

impl HostBuffer {
	/// The maximal capacity, in bytes: a length fits into 24 bits.
	pub const MAX_CAPACITY: usize = (1 << 24) - 1;

	/// An empty buffer with a capacity of `capacity` bytes, at most [`Self::MAX_CAPACITY`].
	pub fn with_capacity(capacity: usize) -> Self {
		Self { bytes: Vec::new(), capacity: capacity.min(Self::MAX_CAPACITY) }
	}

	/// The capacity in bytes, including the filled part.
	pub fn capacity(&self) -> usize {
		self.capacity
	}

	/// The content.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// The content, for changes.
	pub fn bytes_mut(&mut self) -> &mut [u8] {
		&mut self.bytes
	}

	/// Takes the content.
	pub fn into_bytes(self) -> Vec<u8> {
		self.bytes
	}

	/// Removes the content.
	pub fn clear(&mut self) {
		self.bytes.clear();
	}

	/// Removes the content and releases the memory. In a runtime, the next buffer reuses it.
	pub(crate) fn release(&mut self) {
		let bytes = core::mem::take(&mut self.bytes);
		#[cfg(substrate_runtime)]
		if bytes.capacity() != 0 && bytes.capacity() <= MAX_SPARE {
			SPARE.0.set(bytes);
			return;
		}
		drop(bytes);
	}

	/// Appends `len` zeros and returns them; `None` if they exceed the capacity.
	pub fn append(&mut self, len: usize) -> Option<&mut [u8]> {
		let start = self.bytes.len();
		if len > self.capacity - start {
			return None;
		}
		self.bytes.resize(start + len, 0);
		Some(&mut self.bytes[start..])
	}

	/// Truncates the content to `len` bytes.
	pub fn truncate(&mut self, len: usize) {
		self.bytes.truncate(len);
	}

	/// Sets the length, in a runtime, to the `len` bytes that the host wrote. Natively, the length
	/// is already set.
	///
	/// # Panics
	///
	/// If `len` exceeds the capacity, which no program can cause.
	pub(crate) fn filled(&mut self, len: usize) {
		assert!(len <= self.capacity, "the host keeps to the capacity; qed");
		#[cfg(all(substrate_runtime, not(feature = "embedded")))]
		// SAFETY: the host function was given as much of the vector as `into_ffi_value` reserved,
		// which is `capacity`, and wrote the first `len` bytes of it.
		unsafe {
			self.bytes.set_len(len)
		};
		debug_assert_eq!(self.bytes.len(), len);
	}
}

/// Passes a [`HostBuffer`] to a host function that fills it.
///
/// The runtime passes the address and the capacity; the host writes the content. The host function
/// must return the length: see [`HostBuffer::filled`].
///
/// Raw FFI type: `u64` (upper 32 bits are the capacity, lower 32 bits the pointer).
pub struct PassHostBuffer<T>(PhantomData<T>);

impl<'a> RIType for PassHostBuffer<&'a mut HostBuffer> {
	type FFIType = u64;
	type Inner = &'a mut HostBuffer;
}

/// The memory of the last released buffer, to be reused: an allocation is a host call.
#[cfg(substrate_runtime)]
static SPARE: Spare = Spare(core::cell::Cell::new(Vec::new()));

#[cfg(substrate_runtime)]
struct Spare(core::cell::Cell<Vec<u8>>);

// SAFETY: a runtime has one thread.
#[cfg(substrate_runtime)]
unsafe impl Sync for Spare {}

/// The maximal memory that a runtime keeps for reuse, in bytes.
#[cfg(substrate_runtime)]
const MAX_SPARE: usize = 4 * 1024;

#[cfg(not(substrate_runtime))]
type Spares = std::thread::LocalKey<std::cell::Cell<Vec<u8>>>;

#[cfg(not(substrate_runtime))]
std::thread_local! {
	/// The memory of the last buffer, to be reused: each syscall needs one.
	static SPARE: std::cell::Cell<Vec<u8>> = const { std::cell::Cell::new(Vec::new()) };
	/// The same for bytes that the runtime passes, and for a second argument.
	static SPARE_INPUT: std::cell::Cell<Vec<u8>> = const { std::cell::Cell::new(Vec::new()) };
	static SECOND_INPUT: std::cell::Cell<Vec<u8>> = const { std::cell::Cell::new(Vec::new()) };
}

/// The maximal memory that is kept for reuse, in bytes.
#[cfg(not(substrate_runtime))]
const MAX_SPARE: usize = 256 * 1024;

#[cfg(not(substrate_runtime))]
impl<'a> FromFFIValue<'a> for PassHostBuffer<&'a mut HostBuffer> {
	type Owned = HostBuffer;

	fn from_ffi_value(_: &mut dyn FunctionContext, arg: u64) -> Result<HostBuffer> {
		let mut buffer = HostBuffer::with_capacity(unpack_ptr_and_len(arg).1 as usize);
		buffer.bytes = SPARE.take();
		Ok(buffer)
	}

	fn take_from_owned(owned: &'a mut HostBuffer) -> &'a mut HostBuffer {
		owned
	}

	fn write_back_into_runtime(
		value: HostBuffer,
		context: &mut dyn FunctionContext,
		arg: u64,
	) -> Result<()> {
		context.write_memory(Pointer::new(unpack_ptr_and_len(arg).0), value.bytes())?;
		keep(&SPARE, value.into_bytes());
		Ok(())
	}
}

#[cfg(not(substrate_runtime))]
fn keep(place: &'static Spares, mut spare: Vec<u8>) -> Vec<u8> {
	if spare.capacity() > MAX_SPARE {
		return Vec::new();
	}
	spare.clear();
	place.replace(spare)
}

/// Passes bytes to a host function like `PassFatPointerAndRead`, but reuses the memory of the last
/// call.
///
/// Raw FFI type: `u64` (upper 32 bits are the length, lower 32 bits the pointer).
pub struct PassBytes<T>(PhantomData<T>);

impl<'a> RIType for PassBytes<&'a [u8]> {
	type FFIType = u64;
	type Inner = &'a [u8];
}

#[cfg(not(substrate_runtime))]
impl<'a> FromFFIValue<'a> for PassBytes<&'a [u8]> {
	type Owned = Vec<u8>;

	fn from_ffi_value(context: &mut dyn FunctionContext, arg: u64) -> Result<Vec<u8>> {
		let (pointer, len) = unpack_ptr_and_len(arg);
		let mut bytes = SPARE_INPUT.take();
		if bytes.capacity() == 0 {
			bytes = SECOND_INPUT.take();
		}
		bytes.resize(len as usize, 0);
		context.read_memory_into(Pointer::new(pointer), &mut bytes)?;
		Ok(bytes)
	}

	fn take_from_owned(owned: &'a mut Vec<u8>) -> &'a [u8] {
		owned
	}

	fn write_back_into_runtime(bytes: Vec<u8>, _: &mut dyn FunctionContext, _: u64) -> Result<()> {
		let before = keep(&SPARE_INPUT, bytes);
		if before.capacity() > 0 {
			SECOND_INPUT.set(before);
		}
		Ok(())
	}
}

#[cfg(substrate_runtime)]
impl<'a> IntoFFIValue for PassBytes<&'a [u8]> {
	type Destructor = ();

	fn into_ffi_value(value: &mut Self::Inner) -> (u64, ()) {
		(pack_ptr_and_len(value.as_ptr() as u32, value.len() as u32), ())
	}
}

#[cfg(substrate_runtime)]
impl<'a> IntoFFIValue for PassHostBuffer<&'a mut HostBuffer> {
	type Destructor = ();

	fn into_ffi_value(value: &mut Self::Inner) -> (u64, ()) {
		if value.bytes.capacity() == 0 {
			value.bytes = SPARE.0.take();
		}
		value.bytes.clear();
		value.bytes.reserve_exact(value.capacity);
		(pack_ptr_and_len(value.bytes.as_ptr() as u32, value.capacity as u32), ())
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn append_at_capacity_ok_and_over_capacity_refused() {
		let mut buffer = HostBuffer::with_capacity(3);
		assert!(buffer.append(4).is_none());
		buffer.append(2).expect("there is room").copy_from_slice(b"ab");
		assert!(buffer.append(2).is_none());
		buffer.append(1).expect("there is room").copy_from_slice(b"c");
		assert_eq!(buffer.bytes(), b"abc");
		assert!(buffer.append(0).is_some() && buffer.append(1).is_none());
		assert_eq!(HostBuffer::with_capacity(usize::MAX).capacity(), HostBuffer::MAX_CAPACITY);
	}
}
