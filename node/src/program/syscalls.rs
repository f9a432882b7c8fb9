//! The syscall tables of the pallet and of this chain, for display.

/// A syscall.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
	pub name: &'static str,
	/// The names of its arguments.
	pub arguments: &'static [&'static str],
	/// Base gas.
	pub base: u64,
	/// Gas per byte that it moves or hashes.
	pub per_word: u64,
	/// Whether it needs an account.
	pub needs_account: bool,
}

macro_rules! rows {
	($(
		$(#[$doc:meta])*
		$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, $buffers:tt;
	)*) => {
		pub const ROWS: &[super::Row] = &[$(super::Row {
			name: stringify!($name),
			arguments: &[$(stringify!($argument)),*],
			base: $base,
			per_word: $per_word,
			needs_account: rows!(@ $scope),
		}),*];
	};
	(@ account) => { true };
	(@ any) => { false };
}

mod pallet {
	virt_guest::syscall_table!(rows);
}

mod chain {
	virt_runtime_syscalls::chain_syscalls!(rows);
}

/// All rows, by number.
pub fn rows() -> impl Iterator<Item = &'static Row> {
	pallet::ROWS.iter().chain(chain::ROWS)
}

/// The names of the arguments of a syscall.
pub fn names(name: &str) -> Option<&'static [&'static str]> {
	by_name(name).map(|row| row.arguments)
}

/// The row with this name.
pub fn by_name(name: &str) -> Option<&'static Row> {
	rows().find(|row| row.name == name)
}
