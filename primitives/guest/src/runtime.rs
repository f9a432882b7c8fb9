//! What the compiler wants from a program without a standard library, beside a
//! [`heap`](crate::heap): a way to panic.

use core::{fmt::Write as _, panic::PanicInfo};

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

/// Bytes of a [`Line`], which lies on the stack: most messages fit. The chain takes longer ones.
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
