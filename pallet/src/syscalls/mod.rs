//! Handles syscalls. The table in `virt-guest` declares and prices them.
//!
//! Each handler charges, then checks limits, then allocates, then works. A handler never runs a
//! program: it returns [`Stop::Call`].
//!
//! - `call`: the call itself. `chain`: the chain around it. [`storage`]: storage. `crypto`: hashes
//!   and signatures.
//! - `programs`: other programs and the runtime. `jobs`: jobs.
//! - `specs`: the table in the form that the host and the upload check need. [`rows`]: its rows.
//!   [`crate::extension`](mod@crate::extension): additional syscalls of a chain.

mod call;
mod chain;
mod crypto;
mod jobs;
mod programs;
pub mod rows;
mod specs;
pub(crate) mod storage;

pub use specs::{exists, names, table, TABLE};

use crate::{
	extension::{Access, Extension},
	frame::{Context, Memory, Nested, Wait},
	gas::Price,
	Config, Error,
};
use alloc::boxed::Box;
use specs::SPECS;
use virt_guest::Code;
use virt_primitives::{AtSyscall, Execution, Syscall, MAX_ARGUMENTS};

/// Why a program does not continue directly after a syscall.
pub enum Stop<T: Config> {
	/// It calls another program.
	Call(Box<Nested<T>>),
	/// It is the outermost program of a job, and waits.
	Wait(Wait),
	/// It exited.
	Exit {
		/// Whether its changes are rolled back.
		revert: bool,
	},
	/// It failed.
	Fault(Error<T>),
}

impl<T: Config> From<Error<T>> for Stop<T> {
	fn from(error: Error<T>) -> Self {
		Self::Fault(error)
	}
}

/// The result of a handler: the syscall's result, or why the program does not continue.
pub type Answer<T> = Result<u64, Stop<T>>;

/// Generates from the table the dispatch from a syscall's number to its handler, a method of [`Context`]. A row
/// without a handler does not compile.
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
	};
	(@scope any, $context:ident) => {};
	(@scope account, $context:ident) => {
		if $context.account.is_none() {
			return Err(Error::NoAccount.into());
		}
	};
}

virt_guest::syscall_table!(define);

/// Handles a syscall: returns its result, or why the program does not continue.
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
			// The extension may access the state directly.
			context.stack.items.flush();
			Ok(T::Extension::answer(number, Access::new(context, memory), args)?)
		},
	}
}

/// An error code as a register value.
fn code(code: i64) -> u64 {
	code as u64
}

/// A length, or the code for an absent value.
fn length(value: Option<usize>) -> u64 {
	value.map_or(code(Code::NOT_FOUND), |len| len as u64)
}
