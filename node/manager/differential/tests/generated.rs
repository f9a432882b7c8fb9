//! Runs thousands of generated programs on every backend, and compares.

use virt_differential::{
	compare::compare,
	generate::Case,
	run::Event,
	source::{random, Source},
	targets::{engines, named},
};
use virt_primitives::step::Step;

/// The number of programs. Each program's number is its seed.
const PROGRAMS: u64 = 3_000;

/// The number of programs of each kind.
#[derive(Debug, Default)]
struct Kinds {
	refused: u64,
	finished: u64,
	trapped: u64,
	out_of_gas: u64,
	at_syscalls: u64,
}

impl Kinds {
	fn count(&mut self, events: &[Event]) {
		let any = |is: fn(&Step) -> bool| {
			let mut stops = events.iter().filter_map(|event| match event {
				Event::Stopped(step) => Some(step),
				_ => None,
			});
			u64::from(stops.any(is))
		};
		self.finished += any(|step| matches!(step, Step::Finished { .. }));
		self.trapped += any(|step| matches!(step, Step::Trapped { .. }));
		self.out_of_gas += any(|step| matches!(step, Step::OutOfGas { .. }));
		self.at_syscalls += any(|step| matches!(step, Step::Syscall { .. }));
	}
}

#[test]
fn generated_programs_run_the_same_on_every_backend() {
	let mut kinds = Kinds::default();
	for seed in 0..PROGRAMS {
		let bytes = random(seed, 100 + (seed as usize * 37) % 1_500);
		let case = Case::generate(&mut Source::new(&bytes));
		named(format_args!("the program of seed {seed}"), || {
			match compare(engines(), &case).unwrap_or_else(|report| panic!("{report}")) {
				Ok(trace) => kinds.count(&trace.events),
				Err(_) => kinds.refused += 1,
			}
		});
	}
	println!("{PROGRAMS} programs: {kinds:?}");
	// Otherwise the generated programs cover too little.
	let Kinds { refused, finished, trapped, out_of_gas, at_syscalls } = kinds;
	for count in [finished, trapped, out_of_gas, at_syscalls] {
		assert!(count > PROGRAMS / 10, "{kinds:?}");
	}
	assert!(refused > 0 && refused < PROGRAMS / 10, "{kinds:?}");
}
