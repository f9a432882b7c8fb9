//! Runs call sequences on every backend, and compares.

use std::{fs, path::Path};
use virt_differential::source::mutate;
use virt_soak::{bytes, compare::Engines};

const SEQUENCES: u64 = 150;

/// The number of sequences that run on the recompiler, too.
const RECOMPILED: u64 = 5;

#[test]
fn call_sequences_run_the_same_on_every_backend() {
	let engines = Engines::start().expect("this machine has all backends");
	let (mut steps, mut succeeded) = (0, 0);
	for seed in 0..SEQUENCES {
		let outcome = engines.check(&bytes(seed), seed < RECOMPILED);
		let outcome = outcome.unwrap_or_else(|report| panic!("seed {seed}: {report}"));
		steps += outcome.steps.len();
		succeeded += outcome.succeeded as usize;
	}
	println!("{SEQUENCES} sequences, {steps} steps, {succeeded} calls succeeded");
	// Otherwise the sequences cover too little.
	assert!(steps > 2_500 && succeeded > steps / 5, "{steps} {succeeded}");
}

/// The number of variants of each file in the fuzz target's corpus, including the file itself.
const VARIANTS: u64 = 8;

#[test]
fn corpus_and_its_variants_run_the_same_on_every_backend() {
	let engines = Engines::start().expect("this machine has all backends");
	let folder =
		Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node/manager/fuzz/corpus/sequences");
	let mut files = 0;
	for entry in fs::read_dir(folder).expect("the target has a corpus") {
		let path = entry.expect("the folder can be read").path();
		let whole = fs::read(&path).expect("the file can be read");
		files += 1;
		for variant in 0..VARIANTS {
			let bytes = if variant == 0 { whole.clone() } else { mutate(&whole, variant) };
			let outcome = engines.check(&bytes, false);
			outcome.unwrap_or_else(|report| panic!("variant {variant} of {path:?}: {report}"));
		}
	}
	assert!(files > 0);
}
