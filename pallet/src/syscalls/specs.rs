//! The table of syscalls for the host and the upload check: names and buffers.

use crate::{extension::Extension, Config};
use alloc::borrow::Cow;
use virt_primitives::{syscall::SPEC_LEN, SyscallSpec, SyscallTable};

macro_rules! specs {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($direction:tt $buffer:tt),*];
	)*) => {
		/// The pallet's own syscalls, by number.
		pub(super) const SPECS: &[SyscallSpec] = &[$( SyscallSpec {
			symbol: stringify!($name),
			buffers: $crate::__buffers!([$(stringify!($arg)),*] [$($direction $buffer),*]),
		} ),*];
	};
}

virt_guest::syscall_table!(specs);

const ENCODED: [u8; SPECS.len() * SPEC_LEN] = SyscallTable::encode(SPECS);

/// The encoded table of the pallet's own syscalls.
pub const TABLE: SyscallTable<'static> = SyscallTable(&ENCODED);

/// The encoded table of all syscalls: the pallet's own, then those of the extension.
pub fn table<T: Config>() -> Cow<'static, [u8]> {
	match T::Extension::TABLE {
		[] => Cow::Borrowed(&ENCODED),
		more => Cow::Owned([&ENCODED[..], more].concat()),
	}
}

/// The names of all syscalls.
pub fn names<T: Config>() -> impl Iterator<Item = &'static str> {
	SPECS.iter().chain(T::Extension::SPECS).map(|spec| spec.symbol)
}

/// Whether a syscall with this name exists.
pub fn exists<T: Config>(symbol: &[u8]) -> bool {
	names::<T>().any(|name| name.as_bytes() == symbol)
}

#[cfg(test)]
mod tests {
	use super::{super::rows::Direction, *};
	use crate::limits::*;

	/// The limit of each buffer that has one, by syscall and direction.
	fn limit(symbol: &str, direction: Direction, nth: usize) -> u32 {
		let spec = SPECS.iter().find(|spec| spec.symbol == symbol).expect("a row of the table");
		let mut buffers = spec.buffers.iter().filter(|buffer| buffer.direction == direction);
		buffers.nth(nth).expect("it has as many").max
	}

	#[test]
	fn buffers_of_the_table_have_the_limits_of_the_pallet() {
		use Direction::{In, Out};
		for symbol in ["storage_get", "storage_set", "storage_remove", "storage_contains"] {
			assert_eq!(limit(symbol, In, 0), MAX_KEY, "{symbol}");
		}
		assert_eq!(limit("storage_get", Out, 0), MAX_VALUE);
		assert_eq!(limit("storage_set", In, 1), MAX_VALUE);
		assert_eq!(limit("input", Out, 0), MAX_INPUT);
		assert_eq!(limit("output", In, 0), MAX_OUTPUT);
		assert_eq!(limit("event", In, 0), MAX_EVENT);
		assert_eq!(limit("log", In, 0), MAX_LOG);
		for symbol in ["blake2_256", "blake2_128", "keccak_256", "sha2_256"] {
			assert_eq!(limit(symbol, In, 0), MAX_HASHED, "{symbol}");
		}
		for symbol in ["sr25519_verify", "ed25519_verify"] {
			assert_eq!(limit(symbol, In, 1), MAX_HASHED, "{symbol}");
		}
		for symbol in ["transient_get", "transient_set", "transient_remove"] {
			assert_eq!(limit(symbol, In, 0), MAX_KEY, "{symbol}");
		}
		assert_eq!(limit("transient_get", Out, 0), MAX_VALUE);
		assert_eq!(limit("transient_set", In, 1), MAX_VALUE);
		assert_eq!(limit("event_indexed", In, 0), MAX_TOPICS * 32);
		assert_eq!(limit("event_indexed", In, 1), MAX_EVENT);
		for symbol in ["call_program", "run_code"] {
			assert_eq!(limit(symbol, In, 1), MAX_ENTRY, "{symbol}");
			assert_eq!(limit(symbol, In, 2), MAX_INPUT, "{symbol}");
		}
		assert_eq!(limit("instantiate_program", In, 1), MAX_SALT);
		assert_eq!(limit("instantiate_program", In, 2), MAX_INPUT);
		assert_eq!(limit("returned", Out, 0), MAX_OUTPUT);
		assert_eq!(limit("dispatch", In, 0), MAX_CALL);
	}

	macro_rules! pointers {
		($(
			$(#[$doc:meta])*
			$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
			$base:literal + $per_word:literal, $scope:ident, $buffers:tt;
		)*) => {
			/// The types of the arguments, by syscall.
			const TYPES: &[(&str, &[&str])] =
				&[$( (stringify!($name), &[$( stringify!($arg_ty) ),*]) ),*];
		};
	}

	virt_guest::syscall_table!(pointers);

	#[test]
	fn every_pointer_is_of_a_declared_buffer() {
		for (spec, (name, types)) in SPECS.iter().zip(TYPES) {
			let pointers = types.iter().filter(|ty| ty.starts_with('*')).count();
			assert_eq!((spec.symbol, spec.buffers.len()), (*name, pointers));
		}
	}
}
