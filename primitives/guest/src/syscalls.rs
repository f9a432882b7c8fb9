//! The raw syscalls, as the table has them. Programs call the wrappers instead.

macro_rules! imports {
	($(
		$(#[$doc:meta])*
		$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
		$base:literal + $per_byte:literal, $scope:ident, [$($buffers:tt)*];
	)*) => {
		#[polkavm_derive::polkavm_import]
		extern "C" {
			$(
				$(#[$doc])*
				pub fn $name($($argument: $type),*) -> $result;
			)*
		}
	};
}

crate::syscall_table!(imports);
