//! Executions that compute for long move to the recompiler, shorter ones do not, and results are always the same.

mod common;

use common::{prepared, run, PLENTY};
use std::{sync::Arc, time::Duration};
use virt_manager::{
	prices::{Rules, TierUp, TIER_DOWN_SYSCALLS},
	BackendChoice, Engine, Manager, Options,
};
use virt_primitives::{step::Step, Backend, Failure, Gas};

/// The price of moving to tier two in these tests.
const PRICE: Gas = 10_000;

/// An engine whose executions move to tier two after this much gas.
fn engine(backend: BackendChoice, after: Gas) -> Arc<Engine> {
	let rules = Rules { translation_rate: 12, tier_up: TierUp::After { gas: after, price: PRICE } };
	let options = Options { backend, rules, ..Options::default() };
	Engine::with(options, None).expect("the backend works on this machine")
}

fn work(engine: &Arc<Engine>, rounds: u64, gas: Gas) -> Step {
	let (mut manager, instance) = prepared(engine, virt_fixtures::CONFORMANCE, "work", &[rounds]);
	run(&mut manager, instance, gas, None).expect("it is prepared")
}

/// The gas of execution without translation: only this counts towards the threshold.
fn executed(rounds: u64) -> Gas {
	let rules = Rules { translation_rate: 0, tier_up: TierUp::After { gas: Gas::MAX, price: 0 } };
	let options = Options { backend: BackendChoice::Interpreter, rules, ..Options::default() };
	let engine = Engine::with(options, None).expect("it works on any machine");
	PLENTY - work(&engine, rounds, PLENTY).gas_left()
}

const BACKENDS: [BackendChoice; 3] =
	[BackendChoice::Interpreter, BackendChoice::Recompiler, BackendChoice::Tiered];

#[test]
fn short_call_stays_and_long_one_moves_and_pays_for_it() {
	let threshold = executed(1_000);
	for choice in BACKENDS {
		let engine = engine(choice, threshold);
		let stays = work(&engine, 1_000, PLENTY);
		assert_eq!(engine.metrics().tier_ups.get(), 0, "what costs the threshold stays");
		let moves = work(&engine, 1_001, PLENTY);
		assert_eq!(engine.metrics().tier_ups.get(), 1, "what costs more moves");
		// The last blocks cost less on tier two, so the difference can be less than the price.
		assert!(stays.gas_left() - moves.gas_left() >= PRICE / 2);
		// The price is the same if the native code exists already.
		assert_eq!(work(&engine, 1_001, PLENTY), moves);
	}
}

#[test]
fn move_that_cannot_be_paid_is_out_of_gas_and_is_made_when_it_can() {
	for choice in BACKENDS {
		let engine = engine(choice, executed(100));
		let used = PLENTY - work(&engine, 100, PLENTY).gas_left();
		let whole = work(&engine, 500, PLENTY);
		let (mut manager, instance) = prepared(&engine, virt_fixtures::CONFORMANCE, "work", &[500]);
		let short = run(&mut manager, instance, used + PRICE - 100, None).expect("it is prepared");
		let Step::OutOfGas { gas_left, gas_needed } = short else { panic!("{short:?}") };
		assert!(gas_left < PRICE && gas_needed > Some(PRICE), "{short:?}");
		let rest = PLENTY - (used + PRICE - 100 - gas_left);
		assert_eq!(run(&mut manager, instance, rest, None), Ok(whole));
	}
}

#[test]
fn result_and_gas_do_not_depend_on_the_backend_wherever_it_moves() {
	let used = executed(300);
	for after in [0, 1, 2, 10, 11, 12, 13, 100, used / 2, used - 1, used, Gas::MAX] {
		let all = BACKENDS.map(|choice| work(&engine(choice, after), 300, PLENTY));
		assert!(all.iter().all(|step| *step == all[0]), "after {after}: {all:?}");
		let exact = PLENTY - all[0].gas_left();
		for gas in [0, 1, exact - 1, exact, exact + 1, Gas::MAX] {
			let all = BACKENDS.map(|choice| work(&engine(choice, after), 300, gas));
			assert!(all.iter().all(|step| *step == all[0]), "after {after}, of {gas}: {all:?}");
		}
	}
}

#[test]
fn price_of_moving_follows_from_the_program() {
	let rules = Rules::default();
	let engine = |backend| {
		Engine::with(Options { backend, rules, ..Options::default() }, None).expect("it works here")
	};
	let engines = BACKENDS.map(engine);
	let all = engines.each_ref().map(|engine| work(engine, 1_000_000, PLENTY));
	assert!(all.iter().all(|step| *step == all[0]), "{all:?}");
	assert!(engines.iter().all(|engine| engine.metrics().tier_ups.get() == 1));
}

#[test]
fn memory_moves_along() {
	for (name, program, entry) in [
		("sum", virt_fixtures::CONFORMANCE, "exchange"),
		("count", virt_fixtures::CONFORMANCE, "count"),
	] {
		let all = BACKENDS.map(|choice| {
			let engine = engine(choice, 1);
			let (mut manager, instance) = prepared(&engine, program, entry, &[]);
			let mut step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
			while let Step::Syscall { gas_left, args, .. } = step {
				let mut bytes = vec![0; args[1] as usize];
				manager.read_memory(instance, args[0] as u32, &mut bytes).expect("in bounds");
				bytes.reverse();
				manager.write_memory(instance, args[0] as u32, &bytes).expect("in bounds");
				step = run(&mut manager, instance, gas_left, Some(0)).expect("it waits");
			}
			step
		});
		assert!(all.iter().all(|step| *step == all[0]), "{name}: {all:?}");
	}
}

#[test]
fn many_syscalls_in_a_row_move_it_back_the_same_on_every_backend() {
	let run_storm = |choice| {
		let engine = engine(choice, 5_000);
		let mut steps = Vec::new();
		let count = 3 * u64::from(TIER_DOWN_SYSCALLS);
		let (mut manager, instance) =
			prepared(&engine, virt_fixtures::CONFORMANCE, "storm", &[count]);
		let mut step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
		while let Step::Syscall { gas_left, args, .. } = step {
			steps.push(step);
			let result = Some(args[0].wrapping_mul(3));
			step = run(&mut manager, instance, gas_left, result).expect("it waits");
		}
		steps.push(step);
		(steps, engine.metrics().tier_ups.get(), engine.metrics().tier_downs.get())
	};
	let all = BACKENDS.map(run_storm);
	assert_eq!(all[0].0.len(), 3 * TIER_DOWN_SYSCALLS as usize + 1);
	assert_eq!((all[0].1, all[0].2), (1, 1), "it moves up and back");
	assert!(all.iter().all(|run| *run == all[0]));
}

#[test]
fn computation_between_syscalls_adds_up_and_empty_syscalls_do_not() {
	for (entry, moves) in [("every_100_us", 1), ("every_10_us", 1), ("syscalls", 0)] {
		let all = BACKENDS.map(|backend| {
			let engine = Engine::with(Options { backend, ..Options::default() }, None);
			let engine = engine.expect("the backend works on this machine");
			let (mut manager, instance) = prepared(&engine, virt_fixtures::BENCH, entry, &[40]);
			let mut steps =
				vec![run(&mut manager, instance, PLENTY, None).expect("it is prepared")];
			while let Some(Step::Syscall { gas_left, .. }) = steps.last() {
				steps.push(run(&mut manager, instance, *gas_left, Some(1)).expect("it waits"));
			}
			assert_eq!(engine.metrics().tier_ups.get(), moves, "{entry}");
			steps
		});
		assert!(all.iter().all(|steps| *steps == all[0]), "{entry}");
	}
}

#[test]
fn programs_that_wait_for_others_sleep_and_go_on() {
	let program = virt_fixtures::CONFORMANCE;
	let engine = engine(BackendChoice::Recompiler, 0);
	let mut manager = Manager::new(engine.clone());
	let module = manager.compile(program, Default::default(), false).expect("it is valid");
	let mut waiting = Vec::new();
	for _ in 0..8 {
		let instance = manager.instantiate(module).expect("there is room");
		manager.prepare(instance, b"exchange", &[]).expect("it is exported");
		let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
		waiting.push((instance, step));
	}
	assert_eq!(engine.health().workers.expect("there are some").at_work, 8);
	for (instance, step) in waiting.into_iter().rev() {
		let Step::Syscall { gas_left, args, .. } = step else { panic!("unexpected {step:?}") };
		let mut bytes = vec![0; 64];
		manager.read_memory(instance, args[0] as u32, &mut bytes).expect("in bounds");
		assert_eq!(bytes, (0..64).collect::<Vec<u8>>());
		manager.write_memory(instance, args[0] as u32, &[2; 64]).expect("in bounds");
		let step = run(&mut manager, instance, gas_left, Some(0)).expect("it waits");
		assert!(matches!(step, Step::Finished { value: 128, .. }), "{step:?}");
	}
}

#[test]
fn time_limit_aborts_the_call_and_gas_does_not_matter() {
	for choice in [BackendChoice::Interpreter, BackendChoice::Tiered, BackendChoice::Recompiler] {
		let engine = engine(choice, 1_000);
		let (mut manager, instance) = prepared(&engine, virt_fixtures::CONFORMANCE, "spin", &[]);
		manager.limit_time(Duration::from_millis(200));
		match run(&mut manager, instance, Gas::MAX, None) {
			Err(Failure::Host(reason)) => assert!(reason.contains("longer"), "{reason}"),
			other => panic!("expected the time to be up, got {other:?}"),
		}
		assert_eq!(engine.metrics().host_faults.get(), 0, "the node is well");
		assert_eq!(engine.health().last_fault, None);
	}
}

#[test]
fn time_limit_changes_nothing_of_a_call_that_keeps_it() {
	for choice in [BackendChoice::Interpreter, BackendChoice::Tiered] {
		// Long enough for several time slices.
		let rounds = 10_000_000;
		let reference = work(&engine(choice, 1_000), rounds, PLENTY);
		let engine = engine(choice, 1_000);
		let (mut manager, instance) =
			prepared(&engine, virt_fixtures::CONFORMANCE, "work", &[rounds]);
		manager.limit_time(Duration::from_secs(600));
		assert_eq!(run(&mut manager, instance, PLENTY, None), Ok(reference));
	}
}

#[test]
fn snapshot_goes_on_in_another_backend() {
	let program = virt_fixtures::CONFORMANCE;
	let backends = BACKENDS.map(|choice| engine(choice, 50));
	let reference = work(&backends[0], 300, PLENTY);
	let used = PLENTY - reference.gas_left();
	for from in &backends {
		for to in &backends {
			for gas in [0, 100, used / 3, used - 1] {
				let (mut manager, instance) = prepared(from, program, "work", &[300]);
				let stopped = run(&mut manager, instance, gas, None).expect("it is prepared");
				assert!(matches!(stopped, Step::OutOfGas { .. }), "{stopped:?}");
				let snapshot = manager.snapshot(instance).expect("it is suspended");
				let mut manager = Manager::new(to.clone());
				let module =
					manager.compile(program, Default::default(), false).expect("it is valid");
				let instance = manager.restore(module, &snapshot).expect("it is a snapshot");
				let rest = PLENTY - gas + stopped.gas_left();
				assert_eq!(run(&mut manager, instance, rest, None), Ok(reference));
			}
		}
	}
}
