//! Typed calls of other programs.

pub use crate::limits::{Limits, Weight};

#[cfg(target_env = "polkavm")]
use crate::programs;
use crate::Failure;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode};
use core::marker::PhantomData;

/// A call of another program's entry that returns a `T` or reverts with an `E`.
///
/// [`interface!`](crate::interface!) creates these. By default no value is transferred, and the
/// callee may use all of the caller's weight and deposit limit.
#[must_use = "nothing is called before `call`"]
pub struct Call<T, E> {
	address: [u8; 32],
	entry: &'static str,
	input: Vec<u8>,
	limits: Limits,
	gives: PhantomData<fn() -> (T, E)>,
}

/// Why a call failed. Its changes were rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
	/// The entry returned this error.
	Reverted(E),
	/// It failed in another way, or its output is invalid.
	Failed(Failure),
}

impl<T, E> Call<T, E> {
	/// A call of `entry` at `address`, with a tuple of arguments.
	pub fn new(address: [u8; 32], entry: &'static str, arguments: &impl Encode) -> Self {
		let limits = Limits::default();
		Self { address, entry, input: arguments.encode(), limits, gives: PhantomData }
	}

	/// Transfers this value to the callee.
	pub fn value(mut self, value: u128) -> Self {
		self.limits.value = value;
		self
	}

	/// Limits the weight of the callee.
	pub fn weight(mut self, weight: Weight) -> Self {
		self.limits.weight = weight;
		self
	}

	/// Limits the deposits that are held from the signer for what the callee stores.
	pub fn deposit_limit(mut self, limit: u128) -> Self {
		self.limits.deposit = limit;
		self
	}
}

#[cfg(target_env = "polkavm")]
impl<T: Decode, E: Decode> Call<T, E> {
	/// Makes the call. Faults in a one-shot run, which has no account.
	pub fn call(self) -> Result<T, CallError<E>> {
		let result = programs::call(&self.address, self.entry, &self.input, self.limits);
		outcome(result.map(drop), &programs::returned())
	}
}

fn outcome<T: Decode, E: Decode>(
	result: Result<(), Failure>,
	returned: &[u8],
) -> Result<T, CallError<E>> {
	let data = &mut &*returned;
	match result {
		Ok(()) => T::decode_all(data).map_err(|_| CallError::Failed(Failure::CalleeTrapped)),
		Err(Failure::CalleeReverted) => Err(match E::decode_all(data) {
			Ok(error) => CallError::Reverted(error),
			Err(_) => CallError::Failed(Failure::CalleeReverted),
		}),
		Err(failure) => Err(CallError::Failed(failure)),
	}
}

/// Declares entries of another program: a type whose value is the account, with a method per entry that
/// creates a [`Call`].
///
/// ```ignore
/// interface! {
///     /// A token.
///     pub Token {
///         /// How many tokens `account` has.
///         fn balance_of(account: AccountId) -> u128;
///         fn transfer(to: AccountId, amount: u128) -> Result<(), TokenError>;
///     }
/// }
///
/// let balance: Result<u128, CallError<()>> = Token(address).balance_of(account).call();
/// Token(address).transfer(account, 5).deposit_limit(0).call()?;
/// ```
#[macro_export]
macro_rules! interface {
	($(#[$attribute:meta])* $visible:vis $name:ident { $($methods:tt)* }) => {
		$(#[$attribute])*
		#[derive(Clone, Copy, Debug, PartialEq, Eq)]
		$visible struct $name(pub [u8; 32]);

		impl $name {
			$crate::__methods! { $($methods)* }
		}
	};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __methods {
	() => {};
	(
		$(#[$attribute:meta])*
		fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> Result<$result:ty, $error:ty>;
		$($rest:tt)*
	) => {
		$(#[$attribute])*
		pub fn $name(&self, $($argument: $type),*) -> $crate::call::Call<$result, $error> {
			$crate::call::Call::new(self.0, stringify!($name), &($($argument,)*))
		}

		$crate::__methods! { $($rest)* }
	};
	(
		$(#[$attribute:meta])*
		fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;
		$($rest:tt)*
	) => {
		$(#[$attribute])*
		pub fn $name(&self, $($argument: $type),*) -> $crate::call::Call<$crate::__result!($($result)?), ()> {
			$crate::call::Call::new(self.0, stringify!($name), &($($argument,)*))
		}

		$crate::__methods! { $($rest)* }
	};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __result {
	() => {
		()
	};
	($result:ty) => {
		$result
	};
}

#[cfg(test)]
mod tests {
	use super::*;

	crate::interface! {
		Other {
			fn nothing();
			fn number(a: u8, b: u16) -> u32;
			fn either(a: u8) -> Result<u32, u16>;
		}
	}

	const OTHER: Other = Other([7; 32]);

	#[test]
	fn methods_make_calls_of_their_name_with_the_arguments() {
		let call: Call<(), ()> = OTHER.nothing();
		assert_eq!((call.address, call.entry, call.input), ([7; 32], "nothing", Vec::new()));
		let call: Call<u32, ()> = OTHER.number(1, 2);
		assert_eq!((call.entry, &call.input[..]), ("number", &[1, 2, 0][..]));
		let call: Call<u32, u16> = OTHER.either(1);
		assert_eq!(call.entry, "either");
	}

	#[test]
	fn limits_are_as_asked_for() {
		let call = OTHER.nothing();
		assert_eq!(call.limits, Limits::default());
		let weight = Weight { ref_time: 2, proof_size: 3 };
		let limits = call.value(1).weight(weight).deposit_limit(4).limits;
		assert_eq!(limits, Limits { value: 1, weight, deposit: 4 });
		let bytes = limits.to_bytes();
		assert_eq!((bytes.len(), bytes[0], bytes[16]), (48, 1, 2));
		assert_eq!((bytes[24], bytes[32]), (3, 4));
	}

	#[test]
	fn outcomes_are_typed() {
		let outcome = outcome::<u8, u16>;
		assert_eq!(outcome(Ok(()), &[5]), Ok(5));
		assert_eq!(outcome(Ok(()), &[]), Err(CallError::Failed(Failure::CalleeTrapped)));
		let reverted = Err(Failure::CalleeReverted);
		assert_eq!(outcome(reverted, &[1, 0]), Err(CallError::Reverted(1)));
		assert_eq!(outcome(reverted, &[]), Err(CallError::Failed(Failure::CalleeReverted)));
		let out_of_gas = outcome(Err(Failure::OutOfGas), &[1, 0]);
		assert_eq!(out_of_gas, Err(CallError::Failed(Failure::OutOfGas)));
	}
}
