//! The heap: memory of a size that the program chooses, allocated by the crate `picoalloc`.
//!
//! Freed memory is reused, and adjacent free pieces are merged. A piece takes 32 bytes for its
//! header, plus its size rounded up to 32 bytes. Allocating and freeing take constant time.
//!
//! [`heap!`](crate::heap!) sets the size. The heap is part of the memory that the program declares
//! and pays for, and so are the allocator's free lists: about 10 KB, 2,432 addresses of 4 bytes and
//! more, by the constants of `picoalloc` 5.2. The linker removes both from a program that never
//! allocates.

use core::{
	alloc::{GlobalAlloc, Layout},
	cell::UnsafeCell,
	ptr::{null_mut, NonNull},
};
use picoalloc::{Allocator, Env, Size};

/// The default size of the heap, in bytes: enough for inputs, keys and values of some thousand
/// bytes. The longest input has 64 KiB, the longest value 4 KiB.
pub const DEFAULT: usize = 32 * 1024;

/// Sizes and addresses are multiples of this many bytes: the granularity of `picoalloc`.
const UNIT: usize = 32;

/// The memory of a heap of `BYTES` bytes, initially zero.
#[repr(C, align(32))]
pub struct Memory<const BYTES: usize>(UnsafeCell<[u8; BYTES]>);

// SAFETY: it gives no reference to its bytes, only a pointer.
unsafe impl<const BYTES: usize> Sync for Memory<BYTES> {}

impl<const BYTES: usize> Memory<BYTES> {
	/// Zeroed memory. Compilation fails if `BYTES` is not a multiple of 32.
	#[allow(clippy::new_without_default)]
	pub const fn new() -> Self {
		const { assert!(BYTES.is_multiple_of(UNIT), "the size of a heap is a multiple of 32 bytes") }
		Self(UnsafeCell::new([0; BYTES]))
	}

	/// Its address and size.
	pub const fn region(&'static self) -> Region {
		Region { start: self.0.get().cast(), bytes: BYTES }
	}
}

/// The address and size of a [`Memory`].
#[derive(Clone, Copy)]
pub struct Region {
	start: *mut u8,
	/// A multiple of [`UNIT`].
	bytes: usize,
}

/// `picoalloc` over `E`, for a program, which has one thread.
pub(crate) struct Heap<E: Env>(UnsafeCell<Allocator<E>>);

// SAFETY: a program has one thread, and no method calls anything that allocates.
unsafe impl<E: Env> Sync for Heap<E> {}

impl<E: Env> Heap<E> {
	pub(crate) const fn new(env: E) -> Self {
		Self(UnsafeCell::new(Allocator::new(env)))
	}

	/// # Safety
	///
	/// The result of an earlier call must not be in use any more.
	#[allow(clippy::mut_from_ref)]
	unsafe fn allocator(&self) -> &mut Allocator<E> {
		// SAFETY: there is one thread, and no other reference, as the caller says.
		unsafe { &mut *self.0.get() }
	}
}

/// A pointer as [`GlobalAlloc`] returns it: null for `None`.
fn or_null(piece: Option<NonNull<u8>>) -> *mut u8 {
	piece.map_or(null_mut(), NonNull::as_ptr)
}

// SAFETY: `picoalloc` gives pieces of its memory that are as large and as aligned as was asked for,
// and do not overlap. It does not panic.
unsafe impl<E: Env> GlobalAlloc for Heap<E> {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		let sizes = (Size::from_bytes_usize(layout.align()), Size::from_bytes_usize(layout.size()));
		let (Some(align), Some(size)) = sizes else { return null_mut() };
		// SAFETY: the reference ends with this line.
		or_null(unsafe { self.allocator() }.alloc(align, size))
	}

	unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
		let sizes = (Size::from_bytes_usize(layout.align()), Size::from_bytes_usize(layout.size()));
		let (Some(align), Some(size)) = sizes else { return null_mut() };
		// SAFETY: the reference ends with this line. Memory is zero when the allocator gets it: what
		// was never used is not written again.
		or_null(unsafe { self.allocator() }.alloc_zeroed(align, size))
	}

	unsafe fn dealloc(&self, piece: *mut u8, _: Layout) {
		if let Some(piece) = NonNull::new(piece) {
			// SAFETY: the piece is this allocator's, by the contract of `GlobalAlloc`, and the
			// reference ends with this line.
			unsafe { self.allocator().free(piece) }
		}
	}

	unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		let sizes = (Size::from_bytes_usize(layout.align()), Size::from_bytes_usize(size));
		let (Some(piece), (Some(align), Some(size))) = (NonNull::new(piece), sizes) else {
			return null_mut();
		};
		// SAFETY: the piece is this allocator's, by the contract of `GlobalAlloc`, and the reference
		// ends with this line.
		or_null(unsafe { self.allocator().realloc(piece, align, size) })
	}
}

#[cfg(target_env = "polkavm")]
mod program {
	use super::*;

	#[global_allocator]
	static HEAP: Heap<Chosen> = Heap::new(Chosen { bytes: None });

	/// The memory that the program chose.
	struct Chosen {
		/// Its region; empty before the first allocation.
		bytes: Option<Size>,
	}

	impl Env for Chosen {
		fn total_space(&self) -> Size {
			self.bytes.unwrap_or(const { Size::from_bytes_usize(0).unwrap() })
		}

		unsafe fn allocate_address_space(&mut self) -> *mut u8 {
			// SAFETY: whoever defines it gives the region of a `Memory`.
			let Region { start, bytes } = unsafe { __virt_heap() };
			self.bytes = Size::from_bytes_usize(bytes);
			start
		}

		unsafe fn expand_memory_until(&mut self, _: *mut u8, size: Size) -> bool {
			size <= self.total_space()
		}

		unsafe fn free_address_space(&mut self, _: *mut u8) {}
	}

	extern "Rust" {
		/// [`heap!`](crate::heap!) defines it in the program; otherwise the definition below is
		/// used.
		fn __virt_heap() -> Region;
	}

	mod default {
		use crate::heap::{Memory, Region, DEFAULT};

		static MEMORY: Memory<DEFAULT> = Memory::new();

		// A weak definition is overridden by the program's. It needs the compiler's unstable
		// feature `linkage`; programs are built with unstable features anyway.
		#[linkage = "weak"]
		#[no_mangle]
		fn __virt_heap() -> Region {
			MEMORY.region()
		}
	}
}

/// Sets the size of the program's heap, in bytes: a constant, and a multiple of 32.
///
/// Use it once in a program, outside of functions. Without it, the heap has
/// [`DEFAULT`](crate::heap::DEFAULT) bytes: 32 KiB. An allocation that does not fit panics
/// (`memory allocation of 64 bytes failed`), which ends the program, except in `try_` methods, which
/// return an error.
///
/// ```ignore
/// virt_guest::heap!(256 * 1024);
/// ```
///
/// The heap is part of the memory that the program declares. Each page of 4 KiB is charged when the
/// program is loaded (0.1 us), and the chain limits the sum of read-only data, heap, and stack.
#[cfg(target_env = "polkavm")]
#[macro_export]
macro_rules! heap {
	($bytes:expr) => {
		const _: () = {
			static MEMORY: $crate::heap::Memory<{ $bytes }> = $crate::heap::Memory::new();

			#[unsafe(no_mangle)]
			fn __virt_heap() -> $crate::heap::Region {
				MEMORY.region()
			}
		};
	};
}

#[cfg(test)]
mod tests {
	extern crate std;

	use super::*;
	use core::slice;
	use picoalloc::{Array, ArrayPointer};
	use std::{boxed::Box, vec::Vec};

	const BYTES: usize = 4096;

	fn heap() -> Heap<ArrayPointer<BYTES>> {
		// SAFETY: the array is zero, lives on and has no other user.
		Heap::new(unsafe { ArrayPointer::new(Box::leak(Box::new(Array([0; BYTES])))) })
	}

	fn layout(size: usize, align: usize) -> Layout {
		Layout::from_size_align(size, align).expect("it is a layout")
	}

	/// As many pieces as fit.
	fn exhaust(heap: &impl GlobalAlloc, layout: Layout) -> Vec<*mut u8> {
		// SAFETY: the layout is not empty.
		core::iter::repeat_with(|| unsafe { heap.alloc(layout) })
			.take_while(|piece| !piece.is_null())
			.collect()
	}

	#[test]
	fn memory_is_zero_and_aligned() {
		static MEMORY: Memory<64> = Memory::new();
		let Region { start, bytes } = MEMORY.region();
		assert_eq!((bytes, start as usize % UNIT), (64, 0));
		// SAFETY: it has as many bytes, and nothing else touches them.
		assert_eq!(unsafe { slice::from_raw_parts(start, bytes) }, [0; 64]);
	}

	#[test]
	fn freed_memory_is_used_again() {
		let heap = heap();
		let small = layout(32, 8);
		for _ in 0..3 {
			let pieces = exhaust(&heap, small);
			assert_eq!(pieces.len(), BYTES / (2 * UNIT));
			for piece in pieces {
				// SAFETY: it came from this heap, with this layout.
				unsafe { heap.dealloc(piece, small) }
			}
			// Adjacent pieces were merged.
			let whole = layout(BYTES - UNIT, 8);
			// SAFETY: the layout is not empty, and the piece is this heap's.
			unsafe {
				let piece = heap.alloc(whole);
				assert!(!piece.is_null());
				heap.dealloc(piece, whole);
			}
		}
	}

	#[test]
	fn pieces_are_aligned_and_do_not_overlap() {
		let heap = heap();
		let mut taken = Vec::new();
		for (size, align) in [(1, 1), (33, 16), (8, 8), (100, 64), (5, 256), (64, 32)] {
			// SAFETY: the layout is not empty.
			let piece = unsafe { heap.alloc(layout(size, align)) } as usize;
			assert_eq!((piece != 0, piece % align), (true, 0), "{size}, {align}");
			taken.push((piece, piece + size));
		}
		taken.sort_unstable();
		assert!(taken.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{taken:?}");
	}

	#[test]
	fn what_does_not_fit_is_null() {
		let heap = heap();
		for (size, align) in [(BYTES, 1), (1, 2 * BYTES), (isize::MAX as usize, 1)] {
			// SAFETY: the layout is not empty.
			assert!(unsafe { heap.alloc(layout(size, align)) }.is_null(), "{size}, {align}");
			// SAFETY: as above.
			assert!(unsafe { heap.alloc_zeroed(layout(size, align)) }.is_null(), "{size}, {align}");
		}
	}

	#[test]
	fn zeroed_memory_is_zero_when_it_was_used_before() {
		let heap = heap();
		let large = layout(1000, 8);
		for _ in 0..2 {
			// SAFETY: the layout is not empty, the piece has 1,000 bytes and is this heap's.
			unsafe {
				let piece = heap.alloc_zeroed(large);
				assert!(slice::from_raw_parts(piece, 1000).iter().all(|byte| *byte == 0));
				piece.write_bytes(0xff, 1000);
				heap.dealloc(piece, large);
			}
		}
	}

	#[test]
	fn pieces_keep_their_bytes_as_they_grow_and_shrink() {
		let heap = heap();
		// SAFETY: layouts are not empty, and pieces are this heap's, with the size that goes with
		// each.
		unsafe {
			let mut piece = heap.alloc(layout(10, 1));
			piece.write_bytes(7, 10);
			// The next piece is in use: the piece must move.
			let other = heap.alloc(layout(10, 1));
			let mut size = 10;
			for new in [300, 40, 2000, 10] {
				piece = heap.realloc(piece, layout(size, 1), new);
				size = new;
				assert!(slice::from_raw_parts(piece, 10).iter().all(|byte| *byte == 7), "{new}");
			}
			assert!(heap.realloc(piece, layout(size, 1), BYTES).is_null());
			heap.dealloc(piece, layout(size, 1));
			heap.dealloc(other, layout(10, 1));
		}
		assert_eq!(exhaust(&heap, layout(32, 8)).len(), BYTES / (2 * UNIT));
	}
}
