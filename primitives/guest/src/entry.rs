//! Entries: decoding of arguments, and encoding of results.

use codec::{Decode, DecodeAll, Encode, Error, Input, Output};

/// An argument that the caller may omit: the input ends before it.
///
/// It must be the last argument, or only be followed by other optional ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

impl<T> Optional<T> {
	/// The argument, or `default` if it was omitted.
	pub fn unwrap_or(self, default: T) -> T {
		self.0.unwrap_or(default)
	}
}

impl<T: Decode> Decode for Optional<T> {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		match input.remaining_len()? {
			Some(0) => Ok(Self(None)),
			_ => T::decode(input).map(|value| Self(Some(value))),
		}
	}
}

impl<T: Encode> Encode for Optional<T> {
	/// `None` if it was omitted.
	fn encode_to<O: Output + ?Sized>(&self, to: &mut O) {
		if let Some(value) = &self.0 {
			value.encode_to(to);
		}
	}
}

/// Decodes all of `input` as a tuple of arguments. Errs if bytes are missing or left over.
pub fn decode<T: Decode>(input: &[u8]) -> Result<T, Error> {
	T::decode_all(&mut &*input)
}

/// The result of an entry.
///
/// `entry!` calls `(&Returned(value)).end(..)` with a function that ends the call with an output,
/// and reverts or not. Method lookup then selects [`EndOfResult`] for a `Result`, and
/// [`EndOfValue`] for other types, although a `Result` could be encoded, too.
pub struct Returned<T>(pub T);

/// `Ok` is the output; `Err` is the output of a call that reverts.
pub trait EndOfResult {
	/// See [`Returned`].
	fn end<R>(&self, end: impl FnOnce(&[u8], bool) -> R) -> R;
}

impl<T: Encode, E: Encode> EndOfResult for Returned<Result<T, E>> {
	fn end<R>(&self, end: impl FnOnce(&[u8], bool) -> R) -> R {
		match &self.0 {
			Ok(value) => value.using_encoded(|output| end(output, false)),
			Err(error) => error.using_encoded(|output| end(output, true)),
		}
	}
}

/// The value is the output.
pub trait EndOfValue {
	/// See [`Returned`].
	fn end<R>(&self, end: impl FnOnce(&[u8], bool) -> R) -> R;
}

impl<T: Encode> EndOfValue for &Returned<T> {
	fn end<R>(&self, end: impl FnOnce(&[u8], bool) -> R) -> R {
		self.0.using_encoded(|output| end(output, false))
	}
}

/// Decodes the call's input as arguments. Input that does not decode, or does not fit into the
/// heap, reverts the call. Panics if the decoded arguments do not fit into the heap.
#[cfg(target_env = "polkavm")]
pub fn arguments<T: Decode>() -> T {
	let refused = match crate::env::with_input(decode) {
		Some(Ok(arguments)) => return arguments,
		Some(Err(_)) => "the input is not what this entry point takes",
		None => "the input is longer than the heap has room for",
	};
	crate::env::log(refused);
	crate::env::revert()
}

/// Sets the output, then returns or reverts.
#[cfg(target_env = "polkavm")]
pub fn end(output: &[u8], revert: bool) {
	if !output.is_empty() {
		crate::env::output(output);
	}
	if revert {
		crate::env::revert()
	}
}

/// Exports functions as entries of the program, under their own names.
///
/// Arguments are SCALE-decoded from the call's input in order; the result is encoded as its output.
/// Input that does not decode, has bytes left over, or does not fit into the [heap](crate::heap!),
/// reverts the call. A function that returns a `Result` reverts on `Err`, with the encoded error as
/// the output.
///
/// `reentrant fn name(..)` may be called while another call of the same account waits. Other
/// functions refuse such calls, so that they need not handle intermediate states.
///
/// `raw fn name(input: Vec<u8>) -> T` gets the input without decoding, and `T: AsRef<[u8]>` is the
/// output without encoding. It panics if the input does not fit into the heap.
///
/// The declarations are also the program's ABI for scripts: see [`abi`](crate::abi).
#[cfg(target_env = "polkavm")]
#[macro_export]
macro_rules! entry {
	($($entries:tt)*) => {
		$crate::__describe! { entries $($entries)* }
		$crate::__entries! { $($entries)* }
	};
}

#[cfg(target_env = "polkavm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
	() => {};
	(
		$(#[$attribute:meta])*
		raw fn $name:ident($input:ident: $input_type:ty $(,)?) -> $result:ty $body:block
		$($rest:tt)*
	) => {
		$(#[$attribute])*
		fn $name($input: $input_type) -> $result $body

		mod $name {
			#[$crate::__private::polkavm_export(abi = $crate::__private::default_abi)]
			extern "C" fn $name() {
				let result = super::$name($crate::env::input());
				$crate::env::output(AsRef::<[u8]>::as_ref(&result));
			}
		}

		$crate::__entries! { $($rest)* }
	};
	(
		$(#[$attribute:meta])*
		reentrant fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
		$($rest:tt)*
	) => {
		$(#[$attribute])*
		fn $name($($argument: $type),*) $(-> $result)? $body

		mod $name {
			$crate::__entry! { $name($($argument),*) }
			$crate::__export_reentrant! { $name }
		}

		$crate::__entries! { $($rest)* }
	};
	(
		$(#[$attribute:meta])*
		fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
		$($rest:tt)*
	) => {
		$(#[$attribute])*
		fn $name($($argument: $type),*) $(-> $result)? $body

		mod $name {
			$crate::__entry! { $name($($argument),*) }
		}

		$crate::__entries! { $($rest)* }
	};
}

/// The exported function for one with typed arguments.
#[cfg(target_env = "polkavm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __entry {
	($name:ident($($argument:ident),*)) => {
		#[$crate::__private::polkavm_export(abi = $crate::__private::default_abi)]
		extern "C" fn $name() {
			#[allow(unused_imports)]
			use $crate::entry::{EndOfResult as _, EndOfValue as _};
			let ($($argument,)*) = $crate::entry::arguments();
			let returned = $crate::entry::Returned(super::$name($($argument),*));
			(&returned).end($crate::entry::end);
		}
	};
}

/// Exports a function a second time, as `reentrant:<name>`, like `polkavm_export` does for symbols
/// that are identifiers. The linker's format is version 1 of its exports.
#[cfg(target_env = "polkavm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __export_reentrant {
	($name:ident) => {
		mod reentrant {
			use $crate::__private::{ExternMetadataV1, MetadataPointer};

			const SYMBOL: &str = concat!("reentrant:", stringify!($name));

			#[link_section = ".polkavm_metadata"]
			static METADATA: ExternMetadataV1 = ExternMetadataV1 {
				version: 1,
				flags: 0,
				symbol_length: SYMBOL.len() as u32,
				symbol: MetadataPointer(SYMBOL.as_ptr()),
				input_regs: 0,
				output_regs: 0,
			};

			::core::arch::global_asm!(
				".pushsection .polkavm_exports,\"Ra\",@note",
				".byte 1",
				"auipc zero, %pcrel_hi({metadata})",
				".4byte 0",
				"auipc zero, %pcrel_hi({function})",
				".4byte 0",
				".popsection",
				metadata = sym METADATA,
				function = sym super::$name,
			);
		}
	};
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	#[test]
	fn arguments_decode_as_a_tuple() {
		assert_eq!(decode::<()>(&[]), Ok(()));
		assert_eq!(decode::<(u32,)>(&7u32.encode()), Ok((7,)));
		assert_eq!(decode::<(u8, u16)>(&[1, 2, 0]), Ok((1, 2)));
	}

	#[test]
	fn missing_and_trailing_bytes_err() {
		assert!(decode::<()>(&[0]).is_err());
		assert!(decode::<(u32,)>(&[1, 2, 3]).is_err());
		assert!(decode::<(u32,)>(&[1, 2, 3, 4, 5]).is_err());
	}

	#[test]
	fn optional_arguments_may_be_left_out() {
		let decoded = decode::<(u8, Optional<u32>)>(&[1]).unwrap();
		assert_eq!((decoded.0, decoded.1.unwrap_or(9)), (1, 9));
		assert_eq!(decode::<(Optional<u8>,)>(&[5]), Ok((Optional(Some(5)),)));
		assert!(decode::<(Optional<u32>,)>(&[5]).is_err());
		assert_eq!((1u8, Optional(Some(5u8))).encode(), [1, 5]);
		assert_eq!((1u8, Optional::<u8>(None)).encode(), [1]);
	}

	#[test]
	fn only_an_err_reverts() {
		let ok: Result<u8, u16> = Ok(1);
		let err: Result<u8, u16> = Err(2);
		let ending = |output: &[u8], revert| (output.to_vec(), revert);
		assert_eq!(Returned(ok).end(ending), (vec![1], false));
		assert_eq!(Returned(err).end(ending), (vec![2, 0], true));
		assert_eq!((&Returned(3u8)).end(ending), (vec![3], false));
		assert_eq!((&Returned(())).end(ending), (vec![], false));
	}
}
