//! Runs the fuzz targets on their corpora, and on variants of the files.

use std::{fs, path::PathBuf};
use virt_differential::{
	source::mutate,
	targets::{named, ALL},
};

/// The number of variants of each file.
const VARIANTS: u64 = 12;

/// The files of a target's corpus, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
	let folder: PathBuf =
		[env!("CARGO_MANIFEST_DIR"), "..", "fuzz", "corpus", target].iter().collect();
	let mut files: Vec<_> = fs::read_dir(&folder)
		.expect("the target has a corpus")
		.map(|entry| {
			let entry = entry.expect("the folder can be read");
			let name = entry.file_name().to_string_lossy().into_owned();
			(name, fs::read(entry.path()).expect("the file can be read"))
		})
		.collect();
	files.sort();
	files
}

#[test]
fn corpus_and_its_variants_hold_what_the_fuzz_targets_claim() {
	for (target, run) in ALL {
		let files = corpus(target);
		assert!(!files.is_empty(), "{target} has a corpus");
		for (name, bytes) in &files {
			named(format_args!("{target}/{name}"), || run(bytes));
			for seed in 0..VARIANTS {
				let what = format_args!("variant {seed} of {target}/{name}");
				named(what, || run(&mutate(bytes, seed)));
			}
		}
	}
}

#[test]
fn what_the_chain_admits_the_node_instantiates_or_calls_invalid() {
	use virt_differential::{
		machine::{Managed, Refused},
		targets::engines,
	};
	use virt_primitives::CompileError;

	let interpreter = &engines().families[0].managed[0].1;
	let mut admitted = 0;
	for (name, bytes) in corpus("admission") {
		let variants = (0..100).map(|seed| mutate(&bytes, seed));
		for program in [bytes.clone()].into_iter().chain(variants) {
			if pallet_virt::admission::check::<virt_runtime::Runtime>(&program).is_ok() {
				let instance = Managed::new(interpreter, &program, pallet_virt::syscalls::TABLE);
				named(format_args!("of {name}"), || match instance {
					// `admission::check` does not find code that the backends read in different ways: the node
					// refuses it.
					Ok(_) | Err(Refused::Compile(CompileError::InvalidImage)) => {},
					Err(other) => panic!("{other:?}"),
				});
				admitted += 1;
			}
		}
	}
	assert!(admitted > 0, "some of it is admitted");
}
