//! `virt-soak`: runs generated programs and call sequences. See `make soak`.

use clap::Parser;
use std::{
	process::ExitCode,
	sync::{
		atomic::{AtomicU64, Ordering::Relaxed},
		Mutex,
	},
	time::{Duration, Instant},
};
use virt_differential::{
	compare::compare,
	generate::Case,
	source::{random, Source},
	targets::engines,
};
use virt_soak::{bytes, compare::Engines, run::Slowest, sequence::generate};

/// Runs generated programs and call sequences on every backend, and compares.
#[derive(Parser)]
struct Cli {
	/// The duration
	#[arg(long, default_value_t = 1.0)]
	hours: f64,

	/// The first seed; the others follow
	#[arg(long, default_value_t = 0)]
	seed: u64,

	/// Run only this seed, once, and on the recompiler, too; print the result of each step
	#[arg(long)]
	once: bool,

	/// The number of seeds that run at the same time
	#[arg(long, default_value_t = 1)]
	threads: u64,
}

/// The number of programs for each call sequence.
const PROGRAMS: u64 = 10;

/// One sequence of this many runs on the recompiler, too.
const RECOMPILED: u64 = 16;

/// The maximal ratio of a call's time to its charge, over all repetitions, on a machine that is slower than the
/// machine of record and has other work.
const MOST: f64 = 4.0;

#[derive(Default)]
struct Counts {
	programs: AtomicU64,
	sequences: AtomicU64,
	steps: AtomicU64,
	succeeded: AtomicU64,
	slowest: Mutex<(Slowest, u64)>,
}

fn main() -> ExitCode {
	let cli = Cli::parse();
	let start = Instant::now();
	let time = Duration::from_secs_f64(cli.hours * 3_600.0);
	let sequences = match Engines::start() {
		Ok(engines) => engines,
		Err(error) => {
			eprintln!("error: {error}");
			return ExitCode::FAILURE;
		},
	};
	let counts = Counts::default();
	let next = AtomicU64::new(cli.seed);
	let failed: Mutex<Option<String>> = Mutex::new(None);
	std::thread::scope(|scope| {
		for _ in 0..cli.threads {
			scope.spawn(|| {
				while start.elapsed() < time && failed.lock().expect("no panic; qed").is_none() {
					let seed = next.fetch_add(1, Relaxed);
					if let Err(report) = one(&sequences, seed, cli.once, &counts) {
						let report = format!("seed {seed} ({}):\n{report}", replay(seed));
						failed.lock().expect("no panic; qed").get_or_insert(report);
					}
					if cli.once {
						break;
					}
				}
			});
		}
	});
	let hours = start.elapsed().as_secs_f64() / 3_600.0;
	let (slowest, seed) = *counts.slowest.lock().expect("no panic; qed");
	println!(
		"{} programs, {} call sequences with {} steps ({} calls succeeded), {hours:.2} hours, from seed {}",
		counts.programs.load(Relaxed),
		counts.sequences.load(Relaxed),
		counts.steps.load(Relaxed),
		counts.succeeded.load(Relaxed),
		cli.seed,
	);
	println!(
		"the slowest call beside its charge: {:.2}x, {:?}, step {} of seed {seed}",
		slowest.ratio, slowest.taken, slowest.step
	);
	match failed.into_inner().expect("no panic; qed") {
		Some(report) => {
			eprintln!("{report}");
			ExitCode::FAILURE
		},
		None => ExitCode::SUCCESS,
	}
}

fn replay(seed: u64) -> String {
	format!("virt-soak --once --seed {seed}")
}

/// Runs the call sequence of a seed, and programs with seeds of their own.
fn one(sequences: &Engines, seed: u64, all: bool, counts: &Counts) -> Result<(), String> {
	for number in seed * PROGRAMS..(seed + 1) * PROGRAMS {
		let bytes = random(number, 100 + (number as usize * 37) % 1_500);
		let _ = compare(engines(), &Case::generate(&mut Source::new(&bytes)))?;
		counts.programs.fetch_add(1, Relaxed);
	}
	let outcome = sequences.check(&bytes(seed), all || seed.is_multiple_of(RECOMPILED))?;
	if all {
		for (step, observed) in generate(&bytes(seed)).iter().zip(&outcome.steps) {
			println!("{step:.120?}\n    {:?}", observed.result);
		}
	}
	if outcome.slowest.ratio > MOST {
		return Err(format!("too much time for what was paid: {:?}", outcome.slowest));
	}
	counts.sequences.fetch_add(1, Relaxed);
	counts.steps.fetch_add(outcome.steps.len() as u64, Relaxed);
	counts.succeeded.fetch_add(outcome.succeeded, Relaxed);
	let mut slowest = counts.slowest.lock().expect("no panic; qed");
	if outcome.slowest.ratio > slowest.0.ratio {
		*slowest = (outcome.slowest, seed);
	}
	Ok(())
}
