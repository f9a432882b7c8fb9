//! Errors that a program or its caller causes, and their encoding at the boundary.

use crate::snapshot::Malformed;

/// Declares error enums with their wire values (negative, dense from -1 down).
macro_rules! wire_errors {
	($(
		$(#[$attr:meta])*
		pub enum $name:ident { $( $(#[$variant_attr:meta])* $variant:ident = $code:literal, )* }
	)*) => {$(
		$(#[$attr])*
		#[derive(Clone, Copy, Debug, PartialEq, Eq, codec::Encode, codec::Decode)]
		pub enum $name { $( $(#[$variant_attr])* $variant, )* }

		impl WireError for $name {
			const ALL: &'static [Self] = &[$( Self::$variant, )*];

			fn code(self) -> i64 {
				match self { $( Self::$variant => $code, )* }
			}
		}
	)*};
}

wire_errors! {
	/// A program could not be compiled into a module.
	pub enum CompileError {
		/// The bytes are not a valid program.
		InvalidImage = -1,
		/// The storage key has no value, or a value that is shorter than the skipped prefix.
		NotFound = -2,
		/// The maximal number of modules exists.
		TooManyModules = -3,
		/// The table of syscalls was not made by [`SyscallTable::encode`].
		///
		/// [`SyscallTable::encode`]: crate::SyscallTable::encode
		InvalidTable = -4,
		/// The program exceeds the maximal size.
		TooLarge = -5,
	}

	/// A module could not be instantiated.
	pub enum InstantiateError {
		/// The module does not exist.
		InvalidModule = -1,
		/// The maximal number of instances exists.
		TooManyInstances = -2,
		/// The memory of all instances would exceed the limit.
		OutOfMemory = -3,
	}

	/// An instance could not be prepared or run.
	pub enum ExecError {
		/// The instance does not exist.
		InvalidInstance = -1,
		/// The module does not export the entry.
		ExportNotFound = -2,
		/// The instance is already prepared or suspended.
		Busy = -3,
		/// The instance was not prepared, or has ended.
		NotPrepared = -4,
		/// A syscall waits for its result and got none, or a result was given without a waiting
		/// syscall.
		ResultMismatch = -5,
		/// More than [`MAX_ARGUMENTS`](crate::MAX_ARGUMENTS) arguments.
		TooManyArguments = -6,
		/// The gas is negative.
		NegativeGas = -7,
		/// A write that came with a syscall's result is malformed, or its range is not writable. No
		/// write was made.
		WriteOutOfBounds = -8,
		/// The buffer is too small for a stop without segments: see
		/// [`stop::MIN_CAPACITY`](crate::step::stop::MIN_CAPACITY).
		BufferTooSmall = -9,
		/// The maximal number of instances waits at syscalls while another one runs.
		TooDeep = -10,
	}

	/// The memory of an instance could not be accessed.
	pub enum MemoryError {
		/// The instance does not exist.
		InvalidInstance = -1,
		/// A part of the range is not accessible in this way.
		OutOfBounds = -2,
	}

	/// A snapshot could not be made.
	pub enum SnapshotError {
		/// The instance does not exist.
		InvalidInstance = -1,
		/// The instance is idle.
		NotSuspended = -2,
		/// The snapshot would be longer than
		/// [`HostBuffer::MAX_CAPACITY`](crate::HostBuffer::MAX_CAPACITY).
		TooLarge = -3,
	}

	/// A snapshot could not be restored.
	pub enum RestoreError {
		/// The module does not exist.
		InvalidModule = -1,
		/// The bytes are not a snapshot, or not a possible one of this program.
		InvalidSnapshot = -2,
		/// The node does not support the version of the snapshot.
		UnknownVersion = -3,
		/// The snapshot is of another program.
		WrongProgram = -4,
		/// The maximal number of instances exists.
		TooManyInstances = -5,
		/// The memory of all instances would exceed the limit.
		OutOfMemory = -6,
	}

	/// The object to remove does not exist.
	pub enum DestroyError {
		/// The module or instance does not exist.
		Unknown = -1,
	}
}

impl From<InstantiateError> for RestoreError {
	fn from(error: InstantiateError) -> Self {
		match error {
			InstantiateError::InvalidModule => Self::InvalidModule,
			InstantiateError::TooManyInstances => Self::TooManyInstances,
			InstantiateError::OutOfMemory => Self::OutOfMemory,
		}
	}
}

impl From<Malformed> for RestoreError {
	fn from(malformed: Malformed) -> Self {
		match malformed {
			Malformed::UnknownVersion(_) => Self::UnknownVersion,
			Malformed::Encoding => Self::InvalidSnapshot,
		}
	}
}

/// An error that is encoded as a negative number at the boundary.
pub trait WireError: Copy + Sized + 'static {
	/// All values.
	const ALL: &'static [Self];

	/// The encoded value.
	fn code(self) -> i64;
}

/// Encodes a result as the return value of a host function.
pub fn to_wire<E: WireError>(result: Result<u32, E>) -> i64 {
	match result {
		Ok(value) => value.into(),
		Err(error) => error.code(),
	}
}

/// Decodes the result of [`to_wire`].
///
/// # Panics
///
/// If the encoding is invalid, which no program can cause.
pub fn from_wire<E: WireError>(wire: i64) -> Result<u32, E> {
	match u32::try_from(wire) {
		Ok(value) => Ok(value),
		Err(_) => Err(E::ALL
			.iter()
			.copied()
			.find(|error| error.code() == wire)
			.expect("the host returns a u32 or one of the error's codes; qed")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn survives_the_wire<E: WireError + core::fmt::Debug + PartialEq>() {
		for (index, error) in E::ALL.iter().copied().enumerate() {
			assert_eq!(error.code(), -(index as i64) - 1, "{error:?} is out of line");
			assert_eq!(from_wire::<E>(to_wire(Err(error))), Err(error));
		}
		for value in [0, 1, u32::MAX] {
			assert_eq!(from_wire::<E>(to_wire::<E>(Ok(value))), Ok(value));
		}
	}

	#[test]
	fn every_error_survives_the_wire() {
		survives_the_wire::<CompileError>();
		survives_the_wire::<InstantiateError>();
		survives_the_wire::<ExecError>();
		survives_the_wire::<MemoryError>();
		survives_the_wire::<SnapshotError>();
		survives_the_wire::<RestoreError>();
		survives_the_wire::<DestroyError>();
	}
}
