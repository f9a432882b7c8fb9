//! Additional syscalls of a chain.
//!
//! A chain declares them as rows in a macro that takes a callback, like
//! `virt_guest::syscall_table!`. Programs generate their imports from it with
//! `virt_guest::imports!`. The runtime generates with [`extension!`](crate::extension!):
//!
//! - `Handlers`: a trait with a method per row, to be implemented for
//! - `Syscalls`: the type for [`Config::Extension`].
//!
//! A handler gets pointers and lengths from the program, and an [`Access`]. Before it runs, the
//! row's price was charged for the length of all its buffers, and the lengths were checked. Rows
//! are numbered after the pallet's own. Programs import them by name: removing a row breaks the
//! programs that import it, and a row that changes its meaning needs a new name.

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

/// Additional syscalls of a chain. [`extension!`](crate::extension!) implements it; `()` has none.
pub trait Extension<T: Config> {
	/// Names and buffers, by number.
	const SPECS: &'static [SyscallSpec];

	/// The same, encoded for the host.
	const TABLE: &'static [u8];

	/// Handles the syscall with this number.
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

/// The environment of a handler.
pub struct Access<'a, 'b, T: Config> {
	context: &'a mut Context<'b, T>,
	memory: Memory<'a>,
}

impl<'a, 'b, T: Config> Access<'a, 'b, T> {
	pub(crate) fn new(context: &'a mut Context<'b, T>, memory: Memory<'a>) -> Self {
		Self { context, memory }
	}

	/// For [`extension!`](crate::extension!): charges for a row and checks its buffers.
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
			// A row can only name its own arguments.
			Length::Argument(number) => args.get(usize::from(number)).copied().unwrap_or(u64::MAX),
		};
		let bytes = buffers.iter().map(len).fold(0, u64::saturating_add);
		self.charge(Price { base, per_word }.of(bytes))?;
		if buffers.iter().any(|buffer| len(buffer) > buffer.max.into()) {
			return Err(Error::BufferTooLarge);
		}
		Ok(())
	}

	/// Charges gas for work that the row's price does not cover. Call it before the work.
	pub fn charge(&mut self, gas: u64) -> Result<(), Error<T>> {
		self.context.meter.charge_gas(gas)
	}

	/// Charges weight, for example for storage accesses. Call it before the work.
	pub fn charge_weight(&mut self, weight: Weight) -> Result<(), Error<T>> {
		self.context.meter.charge(weight)
	}

	/// The caller of the program.
	pub fn caller(&self) -> &Caller<T::AccountId> {
		&self.context.caller
	}

	/// The origin of the outermost call.
	pub fn origin(&self) -> &Caller<T::AccountId> {
		&self.context.stack.origin
	}

	/// The program's account, if it has one.
	pub fn account(&self) -> Option<&T::AccountId> {
		self.context.account.as_ref()
	}

	/// The code hash of the program.
	pub fn code_hash(&self) -> H256 {
		self.context.code_hash
	}

	/// The bytes of a buffer of the row.
	pub fn read(&self, pointer: u64, len: u64) -> Result<Vec<u8>, Error<T>> {
		// The row's limit was checked before.
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

/// Generates the items that [`extension`](mod@crate::extension) describes from a chain's rows.
#[macro_export]
macro_rules! extension {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),* $(,)?) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($direction:tt $buffer:tt),* $(,)?];
	)*) => {
		/// A handler per row. The price was charged before it runs.
		pub trait Handlers<T: $crate::Config> {
			$(
				$(#[$doc])*
				fn $name(
					access: $crate::extension::Access<'_, '_, T>,
					$($arg: u64),*
				) -> Result<u64, $crate::Error<T>>;
			)*
		}

		/// The additional syscalls of the chain.
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
