//! Many calls leak nothing: memory, descriptors and processes stay as many as they were.

mod common;

use common::{prepared, run, PLENTY};
use std::{
	fs,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};
use virt_manager::{
	limits::{IDLE_WORKERS, WARM_CORES},
	BackendChoice, Engine,
};
use virt_primitives::step::Step;

/// The number of calls before the first measurement, so that all caches and pools are full.
const WARM_UP: u64 = 20_000;
const CALLS: u64 = 100_000;
/// One call of this many computes for long.
const LONG: u64 = 500;

#[derive(Debug)]
struct Usage {
	/// Resident memory, in KiB.
	memory: u64,
	descriptors: usize,
	workers: usize,
}

fn usage(engine: &Engine) -> Usage {
	let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
	let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it is there");
	let memory = memory.trim().trim_end_matches(" kB").parse().expect("it is a number");
	let descriptors = fs::read_dir("/proc/self/fd").expect("this is Linux").count();
	let workers = engine.health().workers.expect("there are some");
	Usage { memory, descriptors, workers: workers.at_work + workers.idle }
}

fn call(engine: &Arc<Engine>, number: u64) {
	let rounds = if number.is_multiple_of(LONG) { 1_000_000 } else { number % 7 };
	// A new manager for each call, as each block has a new one.
	let (mut manager, instance) = prepared(engine, virt_fixtures::CONFORMANCE, "work", &[rounds]);
	let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
	assert!(matches!(step, Step::Finished { .. }), "{step:?}");
	let (mut manager, instance) = prepared(engine, virt_fixtures::CONFORMANCE, "exchange", &[]);
	let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
	assert!(matches!(step, Step::Syscall { .. }), "{step:?}");
}

#[test]
fn a_hundred_thousand_calls_leave_nothing_behind() {
	let engine = Engine::new(BackendChoice::Tiered, None).expect("it works on this machine");
	// The engine starts workers in advance, for each core that this thread may be moved to. Waits for all of them.
	engine.warm_up();
	let cores = thread::available_parallelism().expect("this is Linux").get();
	let deadline = Instant::now() + Duration::from_secs(60);
	while usage(&engine).workers < IDLE_WORKERS * cores.min(WARM_CORES) {
		assert!(Instant::now() < deadline, "{:?}", usage(&engine));
		thread::sleep(Duration::from_millis(20));
	}
	(0..WARM_UP).for_each(|number| call(&engine, number));
	let before = usage(&engine);
	(0..CALLS).for_each(|number| call(&engine, number));
	let after = usage(&engine);
	assert_eq!(engine.metrics().instances.get(), 0);
	assert!(engine.metrics().tier_ups.get() >= CALLS / LONG);
	assert_eq!(after.workers, before.workers, "{before:?} {after:?}");
	assert_eq!(after.descriptors, before.descriptors, "{before:?} {after:?}");
	assert!(after.memory < before.memory + 4 * 1024, "{before:?} {after:?}");
}
