//! The program's memory at a syscall, accessed with the program's pointers.

use crate::{Config, Error};
use alloc::vec::Vec;
use codec::Decode;
use virt_primitives::{AtSyscall, Execution};

/// The memory of the program that made the syscall.
pub struct Memory<'a>(pub &'a mut Execution<AtSyscall>);

impl Memory<'_> {
	/// A pointer above 4 GiB is out of bounds.
	fn address<T>(pointer: u64) -> Result<u32, Error<T>> {
		u32::try_from(pointer).map_err(|_| Error::OutOfBounds)
	}

	/// Reads `len` bytes at `pointer`; errs with `too_long` if there are more than `max`.
	pub fn read<T>(
		&self,
		pointer: u64,
		len: u64,
		max: u32,
		too_long: Error<T>,
	) -> Result<Vec<u8>, Error<T>> {
		if len > max.into() {
			return Err(too_long);
		}
		let address = Self::address(pointer)?;
		if let Some(bytes) = self.0.memory(address, len as usize) {
			return Ok(bytes.to_vec());
		}
		let mut bytes = alloc::vec![0; len as usize];
		self.0.read_memory(address, &mut bytes).map_err(|_| Error::OutOfBounds)?;
		Ok(bytes)
	}

	/// Reads `N` bytes at `pointer`.
	pub fn read_array<T, const N: usize>(&self, pointer: u64) -> Result<[u8; N], Error<T>> {
		let mut bytes = [0; N];
		self.0.read_memory(Self::address(pointer)?, &mut bytes).map_err(|_| Error::OutOfBounds)?;
		Ok(bytes)
	}

	/// Reads an account, 32 bytes, at `pointer`.
	pub fn read_account<T: Config>(&self, pointer: u64) -> Result<T::AccountId, Error<T>> {
		let bytes: [u8; 32] = self.read_array(pointer)?;
		T::AccountId::decode(&mut &bytes[..]).map_err(|_| Error::InvalidArgument)
	}

	/// Writes `bytes` at `pointer`.
	pub fn write<T>(&mut self, pointer: u64, bytes: &[u8]) -> Result<(), Error<T>> {
		self.0.write_memory(Self::address(pointer)?, bytes).map_err(|_| Error::OutOfBounds)
	}
}
