//! A log line on the stack: a panic may be about the heap, which is also slower.

use alloc::string::String;
use core::{
	fmt::{self, Write},
	mem::MaybeUninit,
	slice,
};

/// The capacity of a [`Line`], in bytes: enough for most messages. The chain accepts longer ones.
const LINE: usize = 192;

/// A line of bounded length. The excess is dropped.
pub(crate) struct Line {
	text: [MaybeUninit<u8>; LINE],
	len: usize,
	/// Whether a part was dropped.
	cut: bool,
}

impl Line {
	/// An empty line.
	pub(crate) fn new() -> Self {
		Self { text: [MaybeUninit::uninit(); LINE], len: 0, cut: false }
	}

	/// Appends the part of `text` that fits.
	pub(crate) fn push(&mut self, text: &str) {
		let len = text.len().min(LINE - self.len);
		// SAFETY: there is room for `len` more bytes, and `text` has as many.
		unsafe {
			let end = self.text.as_mut_ptr().add(self.len).cast::<u8>();
			end.copy_from_nonoverlapping(text.as_ptr(), len);
		}
		self.len += len;
		self.cut |= len < text.len();
	}

	/// Appends a number in decimal digits, without `core::fmt`.
	pub(crate) fn push_number(&mut self, number: u32) {
		if number >= 10 {
			self.push_number(number / 10);
		}
		let digit = [b'0' + (number % 10) as u8];
		// SAFETY: a digit is ASCII.
		self.push(unsafe { core::str::from_utf8_unchecked(&digit) });
	}

	/// Writes it to the node's log.
	pub(crate) fn log(&self) {
		// SAFETY: `len` bytes of the text were written.
		let text = unsafe { slice::from_raw_parts(self.text.as_ptr().cast::<u8>(), self.len) };
		// SAFETY: the text is readable for its length.
		unsafe { crate::syscalls::log(text.as_ptr(), text.len() as u64) };
	}
}

impl Write for Line {
	fn write_str(&mut self, text: &str) -> fmt::Result {
		self.push(text);
		Ok(())
	}
}

/// Formats a line for [`log!`](crate::log!). Long lines use the heap.
pub fn log(arguments: fmt::Arguments<'_>) {
	let mut line = Line::new();
	let _ = line.write_fmt(arguments);
	if !line.cut {
		return line.log();
	}
	let mut long = String::new();
	let _ = long.write_fmt(arguments);
	crate::env::log(&long);
}
