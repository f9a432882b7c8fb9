//! Answers syscalls. The table in `virt-guest` names and prices them; here is what they do.
//!
//! Each handler charges, then bounds, then allocates, then works. A handler never runs a program: it
//! asks for that with [`Stop::Call`].
//!
//! - [`memory`]: the program's memory, as handlers reach it. [`context`]: what they work with.
//! - [`call`]: the call itself. [`chain`]: the chain around it. [`storage`], [`crypto`].
//! - [`programs`]: other programs, and the rest of the runtime. [`jobs`]: calls that outlive their block.
//! - [`rows`]: what the host is told of each. [`crate::extension`](mod@crate::extension): syscalls of a chain's own.

mod call;
pub(crate) mod chain;
mod context;
mod crypto;
mod jobs;
mod memory;
mod programs;
pub mod rows;
pub(crate) mod storage;

pub use context::Context;
pub use memory::Memory;

use crate::{
	extension::{Access, Extension},
	gas::Price,
	run::{Nested, Wait},
	Config, Error,
};
use alloc::{borrow::Cow, boxed::Box};
use virt_guest::Code;
use virt_primitives::{
	syscall::SPEC_LEN, AtSyscall, Execution, Syscall, SyscallSpec, SyscallTable, MAX_ARGUMENTS,
};

/// Why a program does not go on right after a syscall.
pub enum Stop<T: Config> {
	/// It waits for another program.
	Call(Box<Nested<T>>),
	/// It is the outermost program of a job, and waits.
	Wait(Wait),
	/// It asked for the end.
	Exit {
		/// It asked for everything to be undone, too.
		revert: bool,
	},
	/// It did what it must not, or could not pay.
	Fault(Error<T>),
}

impl<T: Config> From<Error<T>> for Stop<T> {
	fn from(error: Error<T>) -> Self {
		Self::Fault(error)
	}
}

/// What a handler gives: the syscall's result, or why the program does not go on.
pub type Answer<T> = Result<u64, Stop<T>>;

/// Makes from the table: the way from a syscall's number to its handler, a method of [`Context`], so
/// that a row without a handler does not compile; what the host is told of each.
macro_rules! define {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($direction:tt $buffer:tt),*];
	)*) => {
		/// The rows, by number.
		#[allow(non_camel_case_types)]
		enum Row { $( $name ),* }

		fn dispatch<T: Config>(
			context: &mut Context<'_, T>,
			memory: Memory<'_>,
			number: u32,
			args: [u64; MAX_ARGUMENTS],
		) -> Answer<T> {
			$(
				if number == Row::$name as u32 {
					let [$($arg,)* ..] = args;
					define!(@scope $scope, context);
					let price = Price { base: $base, per_word: $per_word };
					return context.$name(memory, price, $($arg),*);
				}
			)*
			Err(Error::UnknownSyscall.into())
		}

		const SPECS: &[SyscallSpec] = &[$( SyscallSpec {
			symbol: stringify!($name),
			buffers: $crate::__buffers!([$(stringify!($arg)),*] [$($direction $buffer),*]),
		} ),*];
	};
	(@scope any, $context:ident) => {};
	(@scope account, $context:ident) => {
		if $context.account.is_none() {
			return Err(Error::NoAccount.into());
		}
	};
}

virt_guest::syscall_table!(define);

const ENCODED: [u8; SPECS.len() * SPEC_LEN] = SyscallTable::encode(SPECS);

/// What the host is told of the pallet's own syscalls: names, and which bytes to bring along.
pub const TABLE: SyscallTable<'static> = SyscallTable(&ENCODED);

/// What the host is told of all syscalls: the pallet's own, then those of the extension.
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

/// Whether there is a syscall of this name.
pub fn exists<T: Config>(symbol: &[u8]) -> bool {
	names::<T>().any(|name| name.as_bytes() == symbol)
}

/// Answers one syscall: its result, or why the program does not go on.
pub fn answer<T: Config>(
	context: &mut Context<'_, T>,
	execution: &mut Execution<AtSyscall>,
	syscall: Syscall,
	args: [u64; MAX_ARGUMENTS],
) -> Answer<T> {
	let Syscall::Listed(number) = syscall else { return Err(Error::UnknownSyscall.into()) };
	let memory = Memory(execution);
	match number.checked_sub(SPECS.len() as u32) {
		None => dispatch(context, memory, number, args),
		Some(number) => {
			// It may read and write the state as it likes.
			context.stack.items.flush();
			Ok(T::Extension::answer(number, Access::new(context, memory), args)?)
		},
	}
}

/// A negative result, as it stands in a register.
fn code(code: i64) -> u64 {
	code as u64
}

/// A length, or that there is nothing.
fn length(value: Option<usize>) -> u64 {
	value.map_or(code(Code::NOT_FOUND), |len| len as u64)
}

#[cfg(test)]
mod tests {
	use super::{rows::Direction, *};
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
