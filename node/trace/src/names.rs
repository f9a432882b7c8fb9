//! The names of the arguments of the pallet's syscalls.

macro_rules! names {
	($(
		$(#[$doc:meta])*
		$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, $buffers:tt;
	)*) => {
		/// Names of a syscall's arguments, by its symbol: those of the pallet, without a chain's own.
		pub fn of_pallet(symbol: &str) -> Option<&'static [&'static str]> {
			match symbol {
				$(stringify!($name) => Some(&[$(stringify!($argument)),*]),)*
				_ => None,
			}
		}
	};
}

virt_guest::syscall_table!(names);
