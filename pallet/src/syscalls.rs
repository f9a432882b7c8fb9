//! Answers syscalls. The table in `virt-guest` names and prices them; here is what they do.
//!
//! Each handler charges, then bounds, then allocates, then works. A handler never runs a program.

use crate::{
	gas::{GasMeter, Price},
	limits::*,
	BalanceOf, Config, Error, Event, Pallet, State,
};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Preservation},
		Time,
	},
	BoundedVec,
};
use frame_system::pallet_prelude::BlockNumberFor;
use sp_core::H256;
use sp_runtime::traits::UniqueSaturatedInto;
use virt_guest::Code;
use virt_primitives::{
	syscall::SPEC_LEN, AtSyscall, Buffer, Direction, Execution, Length, Syscall, SyscallSpec,
	SyscallTable, LOG_TARGET, MAX_ARGUMENTS,
};

/// What a call works with while its program runs.
pub struct Context<'a, T: Config> {
	/// Who called.
	pub caller: T::AccountId,
	/// The program's own account; a one-shot run has none.
	pub account: Option<T::AccountId>,
	/// The program.
	pub code_hash: H256,
	/// What was transferred with the call.
	pub value: BalanceOf<T>,
	/// What the program was given.
	pub input: &'a [u8],
	/// What the program gave so far.
	pub output: Vec<u8>,
	/// How many events the program deposited so far.
	pub events: u32,
	/// How many lines it logged so far.
	pub logs: u32,
	/// The call's gas.
	pub meter: GasMeter,
}

/// Why a program does not go on after a syscall.
pub enum Stop<T> {
	/// It asked for the end.
	Exit {
		/// It asked for everything to be undone, too.
		revert: bool,
	},
	/// It did what it must not, or could not pay.
	Fault(Error<T>),
}

impl<T> From<Error<T>> for Stop<T> {
	fn from(error: Error<T>) -> Self {
		Self::Fault(error)
	}
}

type Answer<T> = Result<u64, Stop<T>>;

/// The program's memory at a syscall, reached with pointers as the program gave them.
pub struct Memory<'a>(pub &'a mut Execution<AtSyscall>);

impl Memory<'_> {
	/// A pointer above 4 GiB is out of bounds, not another pointer.
	fn address<T>(pointer: u64) -> Result<u32, Error<T>> {
		u32::try_from(pointer).map_err(|_| Error::OutOfBounds)
	}

	/// The `len` bytes at `pointer`, of which there may be `max`.
	fn read<T>(&self, pointer: u64, len: u64, max: u32) -> Result<Vec<u8>, Error<T>> {
		if len > max.into() {
			return Err(Error::LimitExceeded);
		}
		let address = Self::address(pointer)?;
		if let Some(bytes) = self.0.memory(address, len as usize) {
			return Ok(bytes.to_vec());
		}
		let mut bytes = alloc::vec![0; len as usize];
		self.0.read_memory(address, &mut bytes).map_err(|_| Error::OutOfBounds)?;
		Ok(bytes)
	}

	fn read_array<T, const N: usize>(&self, pointer: u64) -> Result<[u8; N], Error<T>> {
		let mut bytes = [0; N];
		self.0.read_memory(Self::address(pointer)?, &mut bytes).map_err(|_| Error::OutOfBounds)?;
		Ok(bytes)
	}

	fn read_account<T: Config>(&self, pointer: u64) -> Result<T::AccountId, Error<T>> {
		let bytes: [u8; 32] = self.read_array(pointer)?;
		T::AccountId::decode(&mut &bytes[..]).map_err(|_| Error::InvalidArgument)
	}

	fn write<T>(&mut self, pointer: u64, bytes: &[u8]) -> Result<(), Error<T>> {
		self.0.write_memory(Self::address(pointer)?, bytes).map_err(|_| Error::OutOfBounds)
	}
}

/// The number of an argument, by its name.
const fn argument(names: &[&str], name: &str) -> u8 {
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

/// A [`Buffer`], from the table's words for it.
macro_rules! buffer {
	($names:tt, in $buffer:tt) => { buffer!(@ Direction::In, $names, $buffer) };
	($names:tt, out $buffer:tt) => { buffer!(@ Direction::Out, $names, $buffer) };
	(@ $direction:expr, $names:tt, ($pointer:ident, $len:ident, $max:literal)) => {
		Buffer {
			direction: $direction,
			pointer: argument(&$names, stringify!($pointer)),
			len: Length::Argument(argument(&$names, stringify!($len))),
			max: $max,
		}
	};
	(@ $direction:expr, $names:tt, ($pointer:ident, $len:literal)) => {
		Buffer {
			direction: $direction,
			pointer: argument(&$names, stringify!($pointer)),
			len: Length::Fixed($len),
			max: $len,
		}
	};
}

/// Makes from the table: the [`Handlers`] trait, so that a row without a handler does not compile;
/// the way from a syscall's number to its handler; what the host is told of each.
macro_rules! define {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
		$base:literal + $per_byte:literal, $scope:ident, [$($direction:tt $buffer:tt),*];
	)*) => {
		/// One method per row of the table. Pointers and lengths come as the program gave them.
		trait Handlers<T: Config> {
			$( $(#[$doc])* fn $name(&mut self, memory: Memory<'_>, price: Price, $($arg: u64),*) -> Answer<T>; )*
		}

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
					let price = Price { base: $base, per_byte: $per_byte };
					return context.$name(memory, price, $($arg),*);
				}
			)*
			Err(Error::UnknownSyscall.into())
		}

		const SPECS: &[SyscallSpec] = &[$( SyscallSpec {
			symbol: stringify!($name),
			buffers: define!(@buffers [$(stringify!($arg)),*] [$($direction $buffer),*]),
		} ),*];
	};
	(@buffers $names:tt [$($direction:tt $buffer:tt),*]) => {
		&[$( buffer!($names, $direction $buffer) ),*]
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

/// What the host is told of the syscalls: names, and which bytes to bring along.
pub const TABLE: SyscallTable<'static> = SyscallTable(&ENCODED);

/// Whether the table has a syscall of this name.
pub fn exists(symbol: &[u8]) -> bool {
	SPECS.iter().any(|spec| spec.symbol.as_bytes() == symbol)
}

/// Answers one syscall: its result, or why the program does not go on.
pub fn answer<T: Config>(
	context: &mut Context<'_, T>,
	execution: &mut Execution<AtSyscall>,
	syscall: Syscall,
	args: [u64; MAX_ARGUMENTS],
) -> Answer<T> {
	match syscall {
		Syscall::Listed(number) => dispatch(context, Memory(execution), number, args),
		Syscall::Other(_) => Err(Error::UnknownSyscall.into()),
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

impl<T: Config> Context<'_, T> {
	fn charge(&mut self, price: Price, len: u64) -> Result<(), Error<T>> {
		self.meter.charge(price.of(len))
	}

	/// The program's account; rows marked `account` do not come here without one.
	fn account(&self) -> Result<&T::AccountId, Error<T>> {
		self.account.as_ref().ok_or(Error::NoAccount)
	}

	fn read_key(&self, memory: &Memory<'_>, pointer: u64, len: u64) -> Result<Key, Error<T>> {
		let key = memory.read(pointer, len, MAX_KEY)?;
		key.try_into().map_err(|_| Error::LimitExceeded)
	}
}

type Key = BoundedVec<u8, frame_support::traits::ConstU32<MAX_KEY>>;

impl<T: Config> Handlers<T> for Context<'_, T> {
	fn input_len(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(self.input.len() as u64)
	}

	fn input(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		out: u64,
		offset: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		let rest = usize::try_from(offset).ok().and_then(|offset| self.input.get(offset..));
		let rest = rest.unwrap_or_default();
		let part = &rest[..rest.len().min(usize::try_from(len).unwrap_or(usize::MAX))];
		memory.write(out, part)?;
		Ok(part.len() as u64)
	}

	fn output(&mut self, memory: Memory<'_>, price: Price, data: u64, len: u64) -> Answer<T> {
		self.charge(price, len)?;
		self.output = memory.read(data, len, MAX_OUTPUT)?;
		Ok(0)
	}

	fn exit(&mut self, _: Memory<'_>, price: Price, flags: u64) -> Answer<T> {
		self.charge(price, 0)?;
		match flags {
			0 | 1 => Err(Stop::Exit { revert: flags == 1 }),
			_ => Err(Error::InvalidArgument.into()),
		}
	}

	fn caller(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, &self.caller.encode())?;
		Ok(0)
	}

	fn address(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 32)?;
		memory.write(out, &self.account()?.encode())?;
		Ok(0)
	}

	fn value(&mut self, mut memory: Memory<'_>, price: Price, out: u64) -> Answer<T> {
		self.charge(price, 16)?;
		let value: u128 = self.value.unique_saturated_into();
		memory.write(out, &value.to_le_bytes())?;
		Ok(0)
	}

	fn balance(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		account: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, 32 + 16)?;
		let account = memory.read_account::<T>(account)?;
		let balance =
			T::Currency::reducible_balance(&account, Preservation::Preserve, Fortitude::Polite);
		let balance: u128 = balance.unique_saturated_into();
		memory.write(out, &balance.to_le_bytes())?;
		Ok(0)
	}

	fn transfer(&mut self, memory: Memory<'_>, price: Price, to: u64, amount: u64) -> Answer<T> {
		self.charge(price, 32 + 16)?;
		let to = memory.read_account::<T>(to)?;
		let amount = u128::from_le_bytes(memory.read_array(amount)?);
		// More than a balance can hold is more than the account has.
		let transferred = BalanceOf::<T>::try_from(amount).is_ok_and(|amount| {
			self.account().is_ok_and(|from| {
				frame_support::storage::with_storage_layer(|| {
					T::Currency::transfer(from, &to, amount, Preservation::Preserve)
				})
				.is_ok()
			})
		});
		Ok(if transferred { 0 } else { code(Code::TRANSFER_FAILED) })
	}

	fn block_number(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		let number: BlockNumberFor<T> = frame_system::Pallet::<T>::block_number();
		Ok(number.unique_saturated_into())
	}

	fn now(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(T::Time::now())
	}

	fn storage_get(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		out: u64,
		out_len: u64,
	) -> Answer<T> {
		// The value is read whole, whatever part of it the program has room for.
		self.charge(price, u64::from(MAX_VALUE).saturating_add(key_len))?;
		let key = self.read_key(&memory, key, key_len)?;
		let value = State::<T>::get(self.account()?, key);
		if let Some(value) = &value {
			let len = value.len().min(usize::try_from(out_len).unwrap_or(usize::MAX));
			memory.write(out, &value[..len])?;
		}
		Ok(length(value.map(|value| value.len())))
	}

	fn storage_set(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
		value: u64,
		len: u64,
	) -> Answer<T> {
		self.charge(price, key_len.saturating_add(len))?;
		let key = self.read_key(&memory, key, key_len)?;
		let value = memory.read(value, len, MAX_VALUE)?;
		let value = BoundedVec::try_from(value).map_err(|_| Error::LimitExceeded)?;
		let account = self.account()?;
		let old = State::<T>::decode_len(account, &key);
		State::<T>::insert(account, key, value);
		Ok(length(old))
	}

	fn storage_remove(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key = self.read_key(&memory, key, key_len)?;
		let old = State::<T>::take(self.account()?, key);
		Ok(length(old.map(|value| value.len())))
	}

	fn storage_contains(
		&mut self,
		memory: Memory<'_>,
		price: Price,
		key: u64,
		key_len: u64,
	) -> Answer<T> {
		self.charge(price, key_len)?;
		let key = self.read_key(&memory, key, key_len)?;
		Ok(length(State::<T>::decode_len(self.account()?, key)))
	}

	fn event(&mut self, memory: Memory<'_>, price: Price, data: u64, len: u64) -> Answer<T> {
		self.charge(price, len)?;
		if self.events >= MAX_EVENTS {
			return Err(Error::LimitExceeded.into());
		}
		let data = memory.read(data, len, MAX_EVENT)?;
		self.events += 1;
		Pallet::<T>::deposit_event(Event::ProgramEvent {
			address: self.account.clone(),
			code_hash: self.code_hash,
			data,
		});
		Ok(0)
	}

	fn log(&mut self, memory: Memory<'_>, price: Price, text: u64, len: u64) -> Answer<T> {
		self.charge(price, len)?;
		if self.logs >= MAX_LOGS {
			return Err(Error::LimitExceeded.into());
		}
		let text = memory.read(text, len, MAX_LOG)?;
		self.logs += 1;
		log::info!(
			target: LOG_TARGET,
			"program {:?}, called by {:?}: {}",
			self.code_hash,
			self.caller,
			// A program cannot start a line of its own, nor colour it.
			alloc::string::String::from_utf8_lossy(&text).escape_debug(),
		);
		Ok(0)
	}

	fn gas_left(&mut self, _: Memory<'_>, price: Price) -> Answer<T> {
		self.charge(price, 0)?;
		Ok(self.meter.left().unsigned_abs())
	}

	fn blake2_256(
		&mut self,
		mut memory: Memory<'_>,
		price: Price,
		data: u64,
		len: u64,
		out: u64,
	) -> Answer<T> {
		self.charge(price, len)?;
		let data = memory.read(data, len, MAX_HASHED)?;
		memory.write(out, &sp_io::hashing::blake2_256(&data))?;
		Ok(0)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

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
		assert_eq!(limit("blake2_256", In, 0), MAX_HASHED);
	}

	macro_rules! pointers {
		($(
			$(#[$doc:meta])*
			$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
			$base:literal + $per_byte:literal, $scope:ident, $buffers:tt;
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
