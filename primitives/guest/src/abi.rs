//! The ABI of a program, from which `<name>.abi.json` is generated.
//!
//! `entry!` and [`types!`](crate::types!) store their input as text in the section `.virt_abi` of
//! the compiled program. The builder converts that text to JSON. No code refers to the section, so
//! it is not part of the blob.

/// Declares the types of arguments and results of entries, in addition to those of Rust and of this crate: structs,
/// enums and aliases, without generics. They implement the traits that arguments and results need.
///
/// ```
/// use virt_guest::types;
///
/// types! {
///     /// Why a transfer was refused.
///     pub enum Error {
///         /// The account has less than this.
///         TooLittle { has: u128 },
///         Frozen,
///     }
///
///     pub struct Vote { pub option: u8, pub weight: Weight }
///
///     pub type Weight = u32;
/// }
/// ```
#[macro_export]
macro_rules! types {
	($($types:tt)*) => {
		$crate::__describe! { types $($types)* }
		$crate::__types! { $($types)* }
	};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __types {
	() => {};
	($(#[$attribute:meta])* $visible:vis enum $name:ident { $($body:tt)* } $($rest:tt)*) => {
		$crate::__type! { $(#[$attribute])* $visible enum $name { $($body)* } }
		$crate::__types! { $($rest)* }
	};
	($(#[$attribute:meta])* $visible:vis struct $name:ident { $($body:tt)* } $($rest:tt)*) => {
		$crate::__type! { $(#[$attribute])* $visible struct $name { $($body)* } }
		$crate::__types! { $($rest)* }
	};
	($(#[$attribute:meta])* $visible:vis struct $name:ident($($body:tt)*); $($rest:tt)*) => {
		$crate::__type! { $(#[$attribute])* $visible struct $name($($body)*); }
		$crate::__types! { $($rest)* }
	};
	($(#[$attribute:meta])* $visible:vis struct $name:ident; $($rest:tt)*) => {
		$crate::__type! { $(#[$attribute])* $visible struct $name; }
		$crate::__types! { $($rest)* }
	};
	($(#[$attribute:meta])* $visible:vis type $name:ident = $type:ty; $($rest:tt)*) => {
		$(#[$attribute])*
		$visible type $name = $type;
		$crate::__types! { $($rest)* }
	};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __type {
	($($item:tt)*) => {
		#[derive(Clone, Debug, PartialEq, Eq, $crate::codec::Encode, $crate::codec::Decode)]
		#[codec(crate = $crate::codec)]
		$($item)*
	};
}

/// A record of the section: kind, file and line, one per line; then the text and a zero byte.
#[cfg(target_env = "polkavm")]
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
	($kind:ident $($tokens:tt)*) => {
		const _: () = {
			const TEXT: &str = concat!(
				stringify!($kind), "\n", file!(), "\n", line!(), "\n", stringify!($($tokens)*), "\0",
			);
			#[used]
			#[link_section = ".virt_abi"]
			static RECORD: [u8; TEXT.len()] = $crate::abi::bytes(TEXT);
		};
	};
}

#[cfg(not(target_env = "polkavm"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
	($($tokens:tt)*) => {};
}

/// The bytes of `text`, of length `N`.
#[doc(hidden)]
pub const fn bytes<const N: usize>(text: &str) -> [u8; N] {
	match text.as_bytes().first_chunk() {
		Some(bytes) => *bytes,
		None => panic!("the text is shorter than its own length"),
	}
}

#[cfg(test)]
mod tests {
	use codec::{Decode, Encode};

	crate::types! {
		/// Documented.
		enum Error { Plain, Tuple(u8, Alias), Named { has: Unit } }
		struct Named { first: u8, second: Alias }
		struct Tuple(u8, pub u16);
		struct Unit;
		type Alias = u16;
	}

	#[track_caller]
	fn encodes<T: Encode + Decode + PartialEq + core::fmt::Debug>(value: T, bytes: &[u8]) {
		assert_eq!(value.encode(), bytes);
		assert_eq!(T::decode(&mut &*bytes), Ok(value));
	}

	#[test]
	fn declared_types_encode_and_decode() {
		encodes(Error::Plain, &[0]);
		encodes(Error::Tuple(1, 2), &[1, 1, 2, 0]);
		encodes(Error::Named { has: Unit }, &[2]);
		encodes(Named { first: 1, second: 2 }, &[1, 2, 0]);
		encodes(Tuple(1, 2), &[1, 2, 0]);
	}

	#[test]
	fn bytes_are_those_of_the_text() {
		assert_eq!(super::bytes::<3>("abc"), *b"abc");
	}
}
