//! The environment of a call: its input and output, the chain, and what a program can do.

use crate::{
	codes::{transferred, TransferFailed},
	syscalls,
};
use alloc::vec::Vec;
use core::{mem::MaybeUninit, slice};

/// An account id of the chain.
pub type AccountId = [u8; 32];

/// Input up to this length, in bytes, is decoded on the stack.
const SHORT_INPUT: usize = 256;

/// The call's input. Panics if it does not fit into the heap.
pub fn input() -> Vec<u8> {
	// SAFETY: takes no pointer.
	match long_input(unsafe { syscalls::input_len() } as usize) {
		Some(input) => input,
		None => panic!("the heap has no room for the input"),
	}
}

/// Calls `use_input` with the call's input; `None` if it does not fit into the heap.
pub(crate) fn with_input<R>(use_input: impl FnOnce(&[u8]) -> R) -> Option<R> {
	// SAFETY: takes no pointer.
	let len = unsafe { syscalls::input_len() } as usize;
	if len == 0 {
		return Some(use_input(&[]));
	}
	if len > SHORT_INPUT {
		return long_input(len).map(|input| use_input(&input));
	}
	let mut short = [MaybeUninit::<u8>::uninit(); SHORT_INPUT];
	// SAFETY: there is room for `len` bytes, and the host wrote as many of them as it says.
	Some(use_input(unsafe {
		let copied = syscalls::input(short.as_mut_ptr().cast(), 0, len as u64) as usize;
		slice::from_raw_parts(short.as_ptr().cast(), copied.min(len))
	}))
}

/// Reads input of this length; `None` if it does not fit into the heap.
fn long_input(len: usize) -> Option<Vec<u8>> {
	let mut input = Vec::new();
	input.try_reserve_exact(len).ok()?;
	// SAFETY: `input` has room for `len` bytes, and the host wrote as many of them as it says.
	unsafe {
		let copied = syscalls::input(input.as_mut_ptr(), 0, len as u64) as usize;
		input.set_len(copied.min(len));
	}
	Some(input)
}

/// Sets the call's output. A later call replaces it.
pub fn output(data: &[u8]) {
	// SAFETY: the slice is readable for the length that goes with it.
	unsafe { syscalls::output(data.as_ptr(), data.len() as u64) }
}

/// Ends the call. Its changes are kept.
pub fn exit() -> ! {
	end(0)
}

/// Ends the call and rolls back its changes. The output is kept.
pub fn revert() -> ! {
	end(1)
}

fn end(flags: u64) -> ! {
	// SAFETY: takes no pointer.
	unsafe { syscalls::exit(flags) };
	// The host never resumes a call that ended.
	crate::trap::trap()
}

/// The caller.
pub fn caller() -> AccountId {
	let mut out = [0; 32];
	// SAFETY: `out` has room for an account.
	unsafe { syscalls::caller(out.as_mut_ptr()) };
	out
}

/// The program's account. Faults in a one-shot run, which has none.
pub fn address() -> AccountId {
	let mut out = [0; 32];
	// SAFETY: `out` has room for an account.
	unsafe { syscalls::address(out.as_mut_ptr()) };
	out
}

/// The value that was transferred with this call.
pub fn value() -> u128 {
	let mut out = [0; 16];
	// SAFETY: `out` has room for an amount.
	unsafe { syscalls::value(out.as_mut_ptr()) };
	u128::from_le_bytes(out)
}

/// The balance that `account` could spend without being reaped.
pub fn balance(account: &AccountId) -> u128 {
	let mut out = [0; 16];
	// SAFETY: `account` is 32 bytes, and `out` has room for an amount.
	unsafe { syscalls::balance(account.as_ptr(), out.as_mut_ptr()) };
	u128::from_le_bytes(out)
}

/// Transfers balance from the program's account. Faults in a one-shot run, which has none.
pub fn transfer(to: &AccountId, amount: u128) -> Result<(), TransferFailed> {
	let amount = amount.to_le_bytes();
	// SAFETY: `to` is 32 bytes, and `amount` 16.
	transferred(unsafe { syscalls::transfer(to.as_ptr(), amount.as_ptr()) })
}

/// The number of the current block.
pub fn block_number() -> u64 {
	// SAFETY: takes no pointer.
	unsafe { syscalls::block_number() }
}

/// The current block's time, in milliseconds since the Unix epoch.
pub fn now() -> u64 {
	// SAFETY: takes no pointer.
	unsafe { syscalls::now() }
}

/// The remaining gas of this call, after this syscall.
pub fn gas_left() -> u64 {
	// SAFETY: takes no pointer.
	unsafe { syscalls::gas_left() }
}

/// Deposits a `ProgramEvent`.
pub fn event(data: &[u8]) {
	// SAFETY: the slice is readable for the length that goes with it.
	unsafe { syscalls::event(data.as_ptr(), data.len() as u64) }
}

/// Writes a line to the node's log, with no effect on the chain. [`log!`](crate::log!) formats.
pub fn log(text: &str) {
	// SAFETY: the string is readable for the length that goes with it.
	unsafe { syscalls::log(text.as_ptr(), text.len() as u64) }
}

pub use crate::crypto::blake2_256;

/// The origin of the outermost call: zeros for root.
pub fn origin() -> AccountId {
	let mut out = [0; 32];
	// SAFETY: `out` has room for an account.
	unsafe { syscalls::origin(out.as_mut_ptr()) };
	out
}

/// Whether the caller is the signer or root, and not a program.
pub fn caller_is_origin() -> bool {
	// SAFETY: takes no pointer.
	unsafe { syscalls::caller_is_origin() == 1 }
}

/// Whether the caller is root, whose account is zeros.
pub fn caller_is_root() -> bool {
	// SAFETY: takes no pointer.
	unsafe { syscalls::caller_is_root() == 1 }
}

/// The code hash of this program.
pub fn code_hash() -> [u8; 32] {
	let mut out = [0; 32];
	// SAFETY: `out` has room for a hash.
	unsafe { syscalls::code_hash(out.as_mut_ptr()) };
	out
}

/// The code hash of an account's program.
pub fn code_hash_of(account: &AccountId) -> Option<[u8; 32]> {
	let mut out = [0; 32];
	// SAFETY: `account` is 32 bytes, and `out` has room for a hash.
	let result = unsafe { syscalls::code_hash_of(account.as_ptr(), out.as_mut_ptr()) };
	(result == 0).then_some(out)
}

/// The hash of a block, if the chain still stores it.
pub fn block_hash(number: u64) -> Option<[u8; 32]> {
	let mut out = [0; 32];
	// SAFETY: `out` has room for a hash.
	let result = unsafe { syscalls::block_hash(number, out.as_mut_ptr()) };
	(result == 0).then_some(out)
}

/// The hash of the chain's first block.
pub fn chain_id() -> [u8; 32] {
	let mut out = [0; 32];
	// SAFETY: `out` has room for a hash.
	unsafe { syscalls::chain_id(out.as_mut_ptr()) };
	out
}

/// The existential deposit: the minimal balance of an account.
pub fn existential_deposit() -> u128 {
	let mut out = [0; 16];
	// SAFETY: `out` has room for an amount.
	unsafe { syscalls::existential_deposit(out.as_mut_ptr()) };
	u128::from_le_bytes(out)
}

/// The remaining deposit limit of the signer for this call.
pub fn deposit_left() -> u128 {
	let mut out = [0; 16];
	// SAFETY: `out` has room for an amount.
	unsafe { syscalls::deposit_left(out.as_mut_ptr()) };
	u128::from_le_bytes(out)
}

/// The remaining weight: picoseconds, and bytes of proof.
pub fn weight_left() -> (u64, u64) {
	let mut out = [0u64; 2];
	// SAFETY: `out` is two words of 8 bytes, little-endian as the target is.
	unsafe { syscalls::weight_left(out.as_mut_ptr().cast()) };
	(out[0], out[1])
}

/// Deposits a `ProgramEvent` with up to four topics, by which it can be found.
pub fn event_indexed(topics: &[[u8; 32]], data: &[u8]) {
	let topics = topics.as_flattened();
	let (topics_len, len) = (topics.len() as u64, data.len() as u64);
	// SAFETY: both slices are readable for the lengths that go with them.
	unsafe { syscalls::event_indexed(topics.as_ptr(), topics_len, data.as_ptr(), len) }
}

/// Formats like `format!` and writes the line to the node's log.
#[macro_export]
macro_rules! log {
	($($argument:tt)+) => {
		$crate::__private::log(::core::format_args!($($argument)+))
	};
}
