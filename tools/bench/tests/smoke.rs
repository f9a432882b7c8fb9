//! Runs every line of the benchmark: all subjects compute the same, and the docs explain each line. Nothing here
//! depends on timing.

use virt_bench::{
	rows::{Kind, Row, ROWS},
	subject::{Local, Native, Subject, Who},
	work,
};
use virt_manager::BackendChoice;

/// Runs a few rounds of every line, and checks the results.
#[track_caller]
fn does_it_all(who: Who, mut subject: impl Subject) {
	for row in ROWS.iter().filter(|row| who.takes_part(row)) {
		for rounds in [1, 3] {
			let measured = subject.measure(row, rounds).expect(row.name);
			assert_eq!(measured.sum, row.expected(rounds), "{} of {rounds} rounds", row.name);
		}
	}
}

#[test]
fn native() {
	does_it_all(Who::Native, Native);
}

#[test]
fn ours() {
	does_it_all(Who::Ours, Local::ours(BackendChoice::Tiered).expect("it works here"));
}

#[test]
fn ours_with_the_recompiler_only() {
	does_it_all(Who::Recompiler, Local::ours(BackendChoice::Recompiler).expect("it works here"));
}

#[test]
fn ours_with_the_interpreter_only() {
	does_it_all(Who::Interpreter, Local::ours(BackendChoice::Interpreter).expect("it works here"));
}

#[test]
fn peer_as_published_interprets() {
	assert_eq!(Local::peer_backend().expect("it starts"), "interpreter");
	does_it_all(Who::PeerInterprets, Local::peer().expect("it works here"));
}

#[test]
fn live_instances_are_counted_and_take_memory() {
	let row = Row { name: "ten", kind: Kind::Live(10) };
	let mut subject = Local::ours(BackendChoice::Interpreter).expect("it works here");
	assert_eq!(subject.measure(&row, 1).expect("there is room for ten").sum, 10);
}

#[test]
fn sha256_is_sha256() {
	let message = [1, 2, 3, 4, 5, 6, 7, 8];
	let words = |bytes: &[u8]| -> Vec<u32> {
		let word = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("it has 4 bytes"));
		bytes.chunks(4).map(word).collect()
	};
	let bytes: Vec<u8> = message.iter().flat_map(|word: &u32| word.to_be_bytes()).collect();
	assert_eq!(work::sha256_of(&message).to_vec(), words(&sp_io::hashing::sha2_256(&bytes)));
}

#[test]
fn sieve_finds_the_primes() {
	assert_eq!(work::sieve(1, &mut [0; work::SIEVE]), 6_542);
}

#[test]
fn every_line_is_explained() {
	let docs = include_str!("../../../docs/benchmarks.md");
	for row in ROWS {
		// For lines about loading, the docs have the part after the size.
		let name = row.name.rsplit_once("KiB, ").map_or(row.name, |(_, what)| what);
		assert!(docs.contains(&format!("**{name}**")), "docs/benchmarks.md lacks **{name}**");
	}
}
