//! What can go wrong by a program's or its caller's doing, and how it crosses the boundary.

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
	/// A program could not be made into a module.
	pub enum CompileError {
		/// The bytes are not a valid program.
		InvalidImage = -1,
		/// The storage key holds nothing, or less than was to be skipped.
		NotFound = -2,
		/// As many modules as may be alive at once are alive already.
		TooManyModules = -3,
		/// The table of syscalls is not one that [`SyscallTable::encode`] made.
		///
		/// [`SyscallTable::encode`]: crate::SyscallTable::encode
		InvalidTable = -4,
		/// The program has more bytes than any may have.
		TooLarge = -5,
	}

	/// A module could not be instantiated.
	pub enum InstantiateError {
		/// There is no such module.
		InvalidModule = -1,
		/// As many instances as may be alive at once are alive already.
		TooManyInstances = -2,
		/// The memory of all live instances together would exceed the limit.
		OutOfMemory = -3,
	}

	/// An instance could not be prepared or run.
	pub enum ExecError {
		/// There is no such instance.
		InvalidInstance = -1,
		/// The module does not export the entry point.
		ExportNotFound = -2,
		/// The instance is prepared or suspended already.
		Busy = -3,
		/// The instance was not prepared, or has ended.
		NotPrepared = -4,
		/// A syscall waits for its result and got none, or a result came where none was awaited.
		ResultMismatch = -5,
		/// More than [`MAX_ARGUMENTS`](crate::MAX_ARGUMENTS) arguments.
		TooManyArguments = -6,
		/// The gas is negative.
		NegativeGas = -7,
		/// A write that came with a syscall's result is not one, or not all of it may be written.
		/// None of them was made.
		WriteOutOfBounds = -8,
		/// There is no room for a stop without segments: see
		/// [`stop::MIN_CAPACITY`](crate::step::stop::MIN_CAPACITY).
		BufferTooSmall = -9,
		/// As many instances as may wait at syscalls while another runs wait already.
		TooDeep = -10,
	}

	/// An instance's memory could not be accessed.
	pub enum MemoryError {
		/// There is no such instance.
		InvalidInstance = -1,
		/// Not all of the range may be accessed in this way.
		OutOfBounds = -2,
	}

	/// An execution could not be made into a snapshot.
	pub enum SnapshotError {
		/// There is no such instance.
		InvalidInstance = -1,
		/// The instance is idle: nothing of it is suspended.
		NotSuspended = -2,
		/// It would be longer than [`HostBuffer::MAX_CAPACITY`](crate::HostBuffer::MAX_CAPACITY).
		TooLarge = -3,
	}

	/// A snapshot could not be made into an execution.
	pub enum RestoreError {
		/// There is no such module.
		InvalidModule = -1,
		/// It is not a snapshot, or not one that this program could have given.
		InvalidSnapshot = -2,
		/// It has a version that this node does not know.
		UnknownVersion = -3,
		/// It is of another program.
		WrongProgram = -4,
		/// As many instances as may be alive at once are alive already.
		TooManyInstances = -5,
		/// The memory of all live instances together would exceed the limit.
		OutOfMemory = -6,
	}

	/// There was nothing to destroy.
	pub enum DestroyError {
		/// There is no such module or instance.
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

/// An error that crosses the boundary as a negative number.
pub trait WireError: Copy + Sized + 'static {
	/// Every value.
	const ALL: &'static [Self];

	/// The value's number on the wire.
	fn code(self) -> i64;
}

/// Encodes a result into the single number that a host function returns.
pub fn to_wire<E: WireError>(result: Result<u32, E>) -> i64 {
	match result {
		Ok(value) => value.into(),
		Err(error) => error.code(),
	}
}

/// Decodes what [`to_wire`] encoded.
///
/// # Panics
///
/// When the host breaks the encoding, which no program can make it do.
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
