//! What the compiler wants from a program without a standard library: a way to panic, and a heap.

use core::{
	alloc::{GlobalAlloc, Layout},
	cell::{Cell, UnsafeCell},
	fmt::Write as _,
	panic::PanicInfo,
	ptr::null_mut,
};

/// Ends the program with the instruction that traps.
pub(crate) fn trap() -> ! {
	// SAFETY: it ends the program and touches nothing.
	unsafe { core::arch::asm!("unimp", options(noreturn, nomem, nostack)) }
}

/// Logs where and why; then traps.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
	let mut line = Line { text: [0; LINE], len: 0 };
	line.push("panic");
	if let Some(location) = info.location() {
		line.push(" at ");
		line.push(location.file());
		line.push(":");
		line.push_number(location.line());
	}
	line.push(": ");
	let _ = write!(line, "{}", info.message());
	// SAFETY: `len` bytes of the text were written.
	unsafe { crate::syscalls::log(line.text.as_ptr(), line.len as u64) };
	trap()
}

impl core::fmt::Write for Line {
	fn write_str(&mut self, text: &str) -> core::fmt::Result {
		self.push(text);
		Ok(())
	}
}

const LINE: usize = 192;

/// A line of text of bounded length: what does not fit is dropped. It is not on the heap, which may
/// be what the panic is about.
struct Line {
	text: [u8; LINE],
	len: usize,
}

impl Line {
	fn push(&mut self, text: &str) {
		for byte in text.bytes().take(LINE - self.len) {
			self.text[self.len] = byte;
			self.len += 1;
		}
	}

	fn push_number(&mut self, number: u32) {
		if number >= 10 {
			self.push_number(number / 10);
		}
		if let Some(byte) = self.text.get_mut(self.len) {
			*byte = b'0' + (number % 10) as u8;
			self.len += 1;
		}
	}
}

/// Bytes of the heap. It is part of the memory that a program declares, and costs nothing else.
const HEAP: usize = 256 * 1024;

/// Hands out one piece after another. Only the newest piece can grow, shrink or be freed: a call is
/// short, and its memory is dropped with it.
#[repr(C, align(16))]
struct Heap {
	bytes: UnsafeCell<[u8; HEAP]>,
	used: Cell<usize>,
}

// SAFETY: a program has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP_OF_PROGRAM: Heap = Heap { bytes: UnsafeCell::new([0; HEAP]), used: Cell::new(0) };

impl Heap {
	fn start(&self) -> *mut u8 {
		self.bytes.get().cast()
	}

	/// Where in the heap `piece` begins, if it is the newest piece.
	fn newest(&self, piece: *mut u8, size: usize) -> Option<usize> {
		let offset = piece as usize - self.start() as usize;
		(offset + size == self.used.get()).then_some(offset)
	}
}

// SAFETY: pieces lie inside `bytes`, are aligned (as `bytes` is, to the most that is handed out),
// and do not overlap: `used` only goes back over the newest one.
unsafe impl GlobalAlloc for Heap {
	unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
		let Some(offset) = self.used.get().checked_next_multiple_of(layout.align()) else {
			return null_mut();
		};
		match offset.checked_add(layout.size()) {
			Some(end) if end <= HEAP && layout.align() <= 16 => {
				self.used.set(end);
				// SAFETY: `offset` is at most `end`, which is inside the heap.
				unsafe { self.start().add(offset) }
			},
			_ => null_mut(),
		}
	}

	unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
		if let Some(offset) = self.newest(piece, layout.size()) {
			self.used.set(offset);
		}
	}

	unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
		if let Some(offset) = self.newest(piece, layout.size()) {
			return match offset.checked_add(size) {
				Some(end) if end <= HEAP => {
					self.used.set(end);
					piece
				},
				_ => null_mut(),
			};
		}
		if size <= layout.size() {
			return piece;
		}
		// SAFETY: the caller's layout is valid, and so is its alignment with the greater size: both
		// are far below `isize::MAX`, or `alloc` refuses.
		let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
		if !new.is_null() {
			// SAFETY: the old piece has `layout.size()` bytes, the new one more, elsewhere.
			unsafe { new.copy_from_nonoverlapping(piece, layout.size()) };
		}
		new
	}
}
