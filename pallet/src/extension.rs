//! Syscalls of a chain's own, beside the pallet's.
//!
//! A chain writes them as rows, in a macro of its own that takes a callback as
//! `virt_guest::syscall_table!` does. Programs get their imports from it with
//! `virt_guest::imports!`, and the runtime gets with [`extension!`](crate::extension!):
//!
//! - `Handlers`: a trait of one method per row, to be implemented for
//! - `Syscalls`: what the runtime names as [`Config::Extension`].
//!
//! A handler gets pointers and lengths as the program gave them, and an [`Access`]. Before it, the
//! price was charged, for every byte of the row's buffers, and their lengths were bounded: what is
//! left to do is the work. Rows are numbered after the pallet's own: as for those, a row that is
//! taken out breaks the programs that import it, and one that comes to mean something else should
//! have another name.

use crate::{
	frame::{Context, Memory},
	gas::Price,
	stack::Caller,
	Config, Error,
};
use alloc::vec::Vec;
use frame_support::weights::Weight;
use sp_core::H256;
use virt_primitives::{Buffer, Length, SyscallSpec, MAX_ARGUMENTS};

/// Syscalls of a chain's own. [`extension!`](crate::extension!) implements it; `()` has none.
pub trait Extension<T: Config> {
	/// Names and buffers, by number.
	const SPECS: &'static [SyscallSpec];

	/// The same, encoded for the host.
	const TABLE: &'static [u8];

	/// Answers the syscall of this number.
	fn answer(
		number: u32,
		access: Access<'_, '_, T>,
		args: [u64; MAX_ARGUMENTS],
	) -> Result<u64, Error<T>>;
}

impl<T: Config> Extension<T> for () {
	const SPECS: &'static [SyscallSpec] = &[];
	const TABLE: &'static [u8] = &[];

	fn answer(_: u32, _: Access<'_, '_, T>, _: [u64; MAX_ARGUMENTS]) -> Result<u64, Error<T>> {
		Err(Error::UnknownSyscall)
	}
}

/// What a handler of an extension works with.
pub struct Access<'a, 'b, T: Config> {
	context: &'a mut Context<'b, T>,
	memory: Memory<'a>,
}

impl<'a, 'b, T: Config> Access<'a, 'b, T> {
	pub(crate) fn new(context: &'a mut Context<'b, T>, memory: Memory<'a>) -> Self {
		Self { context, memory }
	}

	/// For [`extension!`](crate::extension!): charges for a row, and bounds its buffers.
	#[doc(hidden)]
	pub fn begin(
		&mut self,
		needs_account: bool,
		(base, per_word): (u64, u64),
		buffers: &[Buffer],
		args: &[u64; MAX_ARGUMENTS],
	) -> Result<(), Error<T>> {
		if needs_account && self.context.account.is_none() {
			return Err(Error::NoAccount);
		}
		let len = |buffer: &Buffer| match buffer.len {
			Length::Fixed(len) => len.into(),
			// A row cannot name an argument that there is not.
			Length::Argument(number) => args.get(usize::from(number)).copied().unwrap_or(u64::MAX),
		};
		let bytes = buffers.iter().map(len).fold(0, u64::saturating_add);
		self.charge(Price { base, per_word }.of(bytes))?;
		if buffers.iter().any(|buffer| len(buffer) > buffer.max.into()) {
			return Err(Error::BufferTooLarge);
		}
		Ok(())
	}

	/// Charges more gas, for work that the row's price does not cover. To be called before the work.
	pub fn charge(&mut self, gas: u64) -> Result<(), Error<T>> {
		self.context.meter.charge_gas(gas)
	}

	/// Charges more weight, for what the handler reads or writes. To be called before the work.
	pub fn charge_weight(&mut self, weight: Weight) -> Result<(), Error<T>> {
		self.context.meter.charge(weight)
	}

	/// Who called the program.
	pub fn caller(&self) -> &Caller<T::AccountId> {
		&self.context.caller
	}

	/// Who signed the call that all of this is part of.
	pub fn origin(&self) -> &Caller<T::AccountId> {
		&self.context.stack.origin
	}

	/// The program's account, where it has one.
	pub fn account(&self) -> Option<&T::AccountId> {
		self.context.account.as_ref()
	}

	/// The program.
	pub fn code_hash(&self) -> H256 {
		self.context.code_hash
	}

	/// The bytes of a buffer of the row.
	pub fn read(&self, pointer: u64, len: u64) -> Result<Vec<u8>, Error<T>> {
		// The row's own limit was looked at before.
		self.memory.read(pointer, len, u32::MAX, Error::BufferTooLarge)
	}

	/// The bytes of a buffer of fixed length.
	pub fn read_array<const N: usize>(&self, pointer: u64) -> Result<[u8; N], Error<T>> {
		self.memory.read_array(pointer)
	}

	/// Writes `bytes` to a buffer of the row.
	pub fn write(&mut self, pointer: u64, bytes: &[u8]) -> Result<(), Error<T>> {
		self.memory.write(pointer, bytes)
	}
}

/// For the macro only.
#[doc(hidden)]
pub mod __private {
	pub use super::{Access, Extension};
	pub use crate::{Config, Error};
	pub use virt_primitives::{syscall::SPEC_LEN, SyscallSpec, SyscallTable, MAX_ARGUMENTS};
}

/// Makes of a chain's rows what [`extension`](mod@crate::extension) says.
#[macro_export]
macro_rules! extension {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),* $(,)?) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($direction:tt $buffer:tt),* $(,)?];
	)*) => {
		/// One function per row: what it does, once it was paid for.
		pub trait Handlers<T: $crate::Config> {
			$(
				$(#[$doc])*
				fn $name(
					access: $crate::extension::Access<'_, '_, T>,
					$($arg: u64),*
				) -> Result<u64, $crate::Error<T>>;
			)*
		}

		/// The chain's own syscalls.
		pub struct Syscalls;

		const _: () = {
			use $crate::extension::__private::*;

			const SPECS: &[SyscallSpec] = &[$( SyscallSpec {
				symbol: stringify!($name),
				buffers: $crate::__buffers!([$(stringify!($arg)),*] [$($direction $buffer),*]),
			} ),*];

			const TABLE: [u8; SPECS.len() * SPEC_LEN] = SyscallTable::encode(SPECS);

			#[allow(non_camel_case_types)]
			enum Row { $( $name ),* }

			impl<T: Config> Extension<T> for Syscalls
			where
				Self: Handlers<T>,
			{
				const SPECS: &'static [SyscallSpec] = SPECS;
				const TABLE: &'static [u8] = &TABLE;

				fn answer(
					number: u32,
					mut access: Access<'_, '_, T>,
					args: [u64; MAX_ARGUMENTS],
				) -> Result<u64, Error<T>> {
					$(
						if number == Row::$name as u32 {
							let buffers = SPECS[number as usize].buffers;
							let needs_account = $crate::extension!(@scope $scope);
							access.begin(needs_account, ($base, $per_word), buffers, &args)?;
							let [$($arg,)* ..] = args;
							return <Self as Handlers<T>>::$name(access, $($arg),*);
						}
					)*
					Err(Error::UnknownSyscall)
				}
			}
		};
	};
	(@scope any) => { false };
	(@scope account) => { true };
}
