//! The buffers of a row, as the host needs them. Used for the pallet's own table and for
//! extensions.

pub use virt_primitives::{Buffer, Direction, Length};

/// The number of an argument, by its name.
pub const fn argument(names: &[&str], name: &str) -> u8 {
	let mut number = 0;
	while number < names.len() {
		let (known, wanted) = (names[number].as_bytes(), name.as_bytes());
		let mut at = 0;
		while at < known.len() && at < wanted.len() && known[at] == wanted[at] {
			at += 1;
		}
		if at == known.len() && at == wanted.len() {
			return number as u8;
		}
		number += 1;
	}
	panic!("a buffer names an argument that the row does not have")
}

/// A [`Buffer`] from the syntax of the table.
#[doc(hidden)]
#[macro_export]
macro_rules! __buffer {
	($names:tt, in $buffer:tt) => {
		$crate::__buffer!(@ $crate::syscalls::rows::Direction::In, $names, $buffer)
	};
	($names:tt, out $buffer:tt) => {
		$crate::__buffer!(@ $crate::syscalls::rows::Direction::Out, $names, $buffer)
	};
	(@ $direction:expr, $names:tt, ($pointer:ident, $len:ident, $max:literal)) => {
		$crate::syscalls::rows::Buffer {
			direction: $direction,
			pointer: $crate::syscalls::rows::argument(&$names, stringify!($pointer)),
			len: $crate::syscalls::rows::Length::Argument($crate::syscalls::rows::argument(&$names, stringify!($len))),
			max: $max,
		}
	};
	(@ $direction:expr, $names:tt, ($pointer:ident, $len:literal)) => {
		$crate::syscalls::rows::Buffer {
			direction: $direction,
			pointer: $crate::syscalls::rows::argument(&$names, stringify!($pointer)),
			len: $crate::syscalls::rows::Length::Fixed($len),
			max: $len,
		}
	};
}

/// All buffers of a row.
#[doc(hidden)]
#[macro_export]
macro_rules! __buffers {
	($names:tt [$($direction:tt $buffer:tt),*]) => {
		&[$( $crate::__buffer!($names, $direction $buffer) ),*]
	};
}
