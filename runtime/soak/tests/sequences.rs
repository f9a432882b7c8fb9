//! Some hundred call sequences, each the same on every backend.

use virt_soak::{bytes, compare::Engines};

const SEQUENCES: u64 = 300;

/// Sequences that run on the recompiler, too.
const RECOMPILED: u64 = 20;

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
	// Or else the test says less than it seems to.
	assert!(steps > 3_000 && succeeded > steps / 5, "{steps} {succeeded}");
}
