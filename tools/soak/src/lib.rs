//! Call sequences of hostile programs on the dev runtime, with the same results on every backend.
//!
//! - [`program`]: generates programs that make syscalls. [`sequence`]: generates calls of them. Bytes choose both,
//!   as in [`virt_differential::source`], so that a fuzzer and a seed lead to sequences in the same way.
//! - [`run`]: runs a sequence on an in-memory chain, and checks after each step that nothing was lost.
//! - [`compare`]: runs a sequence on every backend, and reports the first difference, with as few steps as possible.
//!
//! The conformance suite, `virt-conformance`, compares runtimes that run programs themselves, in wasm.

pub mod compare;
pub mod known;
pub mod program;
pub mod run;
pub mod sequence;

/// The length of the bytes of a seed. The longest sequences use about 4,000.
const LENGTHS: std::ops::Range<u64> = 1_000..5_000;

/// The bytes that a seed determines.
pub fn bytes(seed: u64) -> Vec<u8> {
	let len = LENGTHS.start + seed.wrapping_mul(37) % (LENGTHS.end - LENGTHS.start);
	virt_differential::source::random(seed, len as usize)
}
