//! Benchmarks of the syscalls: for each row of the table, with the smallest and the largest
//! arguments. The slope is the time of one of the equal parts of a storm.

use super::{
	chain::storm,
	storms::{Storm, PARTS},
};
use crate::Config;

/// Syscalls that end the call cannot be repeated.
const LAST: [&str; 2] = ["exit", "terminate"];

macro_rules! benchmarks_of {
	($module:ident, $most:literal, $($name:ident)*) => {
		/// Benchmarks with the largest or the smallest arguments.
		// The macro re-exports the items of its module, which has none.
		#[allow(unused_imports)]
		pub mod $module {
			use super::*;
			use core::marker::PhantomData;
			use frame_benchmarking::v2::*;

			/// Stands in for the pallet.
			pub struct Pallet<T>(PhantomData<T>);

			#[benchmarks]
			mod benchmarks {
				use super::*;

				$(
					#[benchmark]
					fn $name(p: Linear<1, PARTS>) -> Result<(), BenchmarkError> {
						let symbol = stringify!($name);
						if LAST.contains(&symbol) {
							return Err(BenchmarkError::Skip);
						}
						let call = storm::<T>(symbol, $most, |storm: &Storm| storm.part(p))?;
						#[block]
						{
							call.make()?;
						}
						Ok(())
					}
				)*
			}
		}
	};
}

macro_rules! all {
	($(
		$(#[$doc:meta])*
		$name:ident($($arg:ident: $arg_ty:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, $buffers:tt;
	)*) => {
		benchmarks_of!(least, false, $($name)*);
		benchmarks_of!(most, true, $($name)*);
	};
}

virt_guest::syscall_table!(all);
