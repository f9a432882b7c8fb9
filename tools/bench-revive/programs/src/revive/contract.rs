//! The common part of the contracts.

pub use pallet_revive_uapi::{HostFn, HostFnImpl as api, ReturnFlags, StorageFlags};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
	// SAFETY: it traps.
	unsafe { core::arch::asm!("unimp", options(noreturn)) }
}

/// The constructor of each contract.
#[polkavm_derive::polkavm_export]
extern "C" fn deploy() {}

/// The input, of at most `N` bytes.
#[allow(dead_code)]
pub fn input<const N: usize>(room: &mut [u8; N]) -> &[u8] {
	let len = (api::call_data_size() as usize).min(N);
	api::call_data_copy(&mut room[..len], 0);
	&room[..len]
}

/// The four bytes of the input from `start` on, as an integer.
#[allow(dead_code)]
pub fn number(input: &[u8], start: usize) -> Option<u32> {
	let bytes = input.get(start..start + 4)?;
	Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// Ends the call with this output.
pub fn finish(output: &[u8]) -> ! {
	api::return_value(ReturnFlags::empty(), output)
}
