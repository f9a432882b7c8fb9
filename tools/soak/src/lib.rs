//! Call sequences of hostile programs on the dev runtime, each the same on every backend.
//!
//! - [`program`]: programs that call syscalls. [`sequence`]: what is done with them. Both are made of bytes, as in
//!   [`virt_differential::source`], so that a fuzzer and a seed lead to sequences in the same way.
//! - [`run`]: runs a sequence on a chain in memory, and checks after each step that nothing was lost.
//! - [`compare`]: runs it on every backend; says where they first differ, by as few steps as show it.
//!
//! A runtime that runs programs itself is compared with them by `virt-conformance`, within wasm.

pub mod compare;
pub mod known;
pub mod program;
pub mod run;
pub mod sequence;

/// Lengths of the bytes that seeds are made into: the longest sequences take some 4,000.
const LENGTHS: std::ops::Range<u64> = 1_000..5_000;

/// The bytes of a seed.
pub fn bytes(seed: u64) -> Vec<u8> {
	let len = LENGTHS.start + seed.wrapping_mul(37) % (LENGTHS.end - LENGTHS.start);
	virt_differential::source::random(seed, len as usize)
}
