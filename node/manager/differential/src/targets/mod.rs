//! The fuzz targets: `make fuzz` runs them, and tests replay parts of their corpora.

mod boundary;
mod engines;
mod wire;

pub use boundary::boundary;
pub use engines::engines;
pub use wire::wire;

use crate::{
	compare::compare,
	generate::{Call, Case},
	machine::Refused,
	source::Source,
};
use polkavm_common::program::{ProgramBlob, BLOB_LEN_OFFSET, BLOB_LEN_SIZE};
use std::{
	fmt::Display,
	panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
};
use virt_primitives::CompileError;

/// A fuzz target with the name of its corpus.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const ALL: [Target; 4] =
	[("admission", admission), ("boundary", boundary), ("programs", programs), ("wire", wire)];

/// Calls `what`, and prints `name` if it panics.
pub fn named(name: impl Display, what: impl FnOnce()) {
	if let Err(panic) = catch_unwind(AssertUnwindSafe(what)) {
		eprintln!("it was {name}");
		resume_unwind(panic);
	}
}

/// Any bytes as a program: all backends must reject it with the same error, or run it with the same results.
pub fn admission(bytes: &[u8]) {
	run_any(bytes.to_vec());
	// The header contains the program's length. If the length is wrong, the rest is not parsed.
	let mut bytes = bytes.to_vec();
	let len = (bytes.len() as u64).to_le_bytes();
	if let Some(header) = bytes.get_mut(BLOB_LEN_OFFSET..BLOB_LEN_OFFSET + BLOB_LEN_SIZE) {
		header.copy_from_slice(&len);
		run_any(bytes);
	}
}

fn run_any(program: Vec<u8>) {
	const MOST_CALLS: usize = 3;
	let exports = ProgramBlob::parse(program[..].into()).map(|blob| {
		let names = blob.exports().take(MOST_CALLS);
		names.map(|export| export.symbol().as_bytes().to_vec()).collect::<Vec<_>>()
	});
	let is_program = exports.is_ok();
	let calls = exports.unwrap_or_default().into_iter();
	let calls = calls.map(|entry| Call { entry, args: vec![0x2_0000, 16] }).collect();
	let outcome = expect_same(&Case { program, calls, gas: 5_000, syscalls: 8, slice: 97 });
	if !is_program {
		let refused = Some(Refused::Compile(CompileError::InvalidImage));
		assert_eq!(outcome.err(), refused, "what cannot be parsed is refused");
	}
}

/// Bytes as choices of a program and its calls: all backends must have the same results.
pub fn programs(bytes: &[u8]) {
	let _ = expect_same(&Case::generate(&mut Source::new(bytes)));
}

fn expect_same(case: &Case) -> crate::compare::Outcome {
	compare(engines(), case).unwrap_or_else(|report| panic!("{report}"))
}
