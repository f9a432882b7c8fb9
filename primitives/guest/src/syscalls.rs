//! The raw syscalls of the table. Programs call the wrappers instead.

/// Generates imports from the rows of a table: [`syscall_table!`](crate::syscall_table!), or a
/// chain's own.
#[macro_export]
macro_rules! imports {
	($(
		$(#[$doc:meta])*
		$name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident, [$($buffers:tt)*];
	)*) => {
		#[$crate::__private::polkavm_import(abi = $crate::__private::default_abi)]
		extern "C" {
			$(
				$(#[$doc])*
				pub fn $name($($argument: $type),*) -> $result;
			)*
		}
	};
}

crate::syscall_table!(crate::imports);
