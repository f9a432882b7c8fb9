//! What computes for long moves to the recompiler, what does not stays, and nobody can tell.

mod common;

use common::{prepared, run, PLENTY};
use std::{sync::Arc, time::Duration};
use virt_manager::{limits::TIER_DOWN_SYSCALLS, BackendChoice, Engine, Manager, Options};
use virt_primitives::{step::Step, Backend, Failure, Gas};

fn engine(backend: BackendChoice, tier_up_gas: Gas) -> Arc<Engine> {
	let options = Options { backend, tier_up_gas, ..Options::default() };
	Engine::with(options, None).expect("the backend works on this machine")
}

fn work(engine: &Arc<Engine>, rounds: u64, gas: Gas) -> Step {
	let (mut manager, instance) = prepared(engine, virt_fixtures::CONFORMANCE, "work", &[rounds]);
	run(&mut manager, instance, gas, None).expect("it is prepared")
}

fn gas_used(rounds: u64) -> Gas {
	PLENTY - work(&engine(BackendChoice::Interpreter, 0), rounds, PLENTY).gas_left()
}

#[test]
fn short_call_stays_and_long_one_moves() {
	let threshold = gas_used(1_000);
	let engine = engine(BackendChoice::Tiered, threshold);
	work(&engine, 1_000, PLENTY);
	assert_eq!(engine.metrics().tier_ups.get(), 0, "what costs the threshold stays");
	work(&engine, 1_001, PLENTY);
	assert_eq!(engine.metrics().tier_ups.get(), 1, "what costs more moves");
	// Gas that ends at the threshold ends the program, not the tier.
	work(&engine, u64::MAX, threshold);
	assert_eq!(engine.metrics().tier_ups.get(), 1);
}

#[test]
fn result_and_gas_do_not_depend_on_where_it_moves() {
	let reference = work(&engine(BackendChoice::Interpreter, 0), 300, PLENTY);
	let used = PLENTY - reference.gas_left();
	let tiered: Vec<_> = [0, 1, 2, 10, 11, 12, 13, 100, used / 2, used - 1, used, Gas::MAX]
		.map(|threshold| work(&engine(BackendChoice::Tiered, threshold), 300, PLENTY))
		.to_vec();
	assert!(tiered.iter().all(|step| *step == reference), "{reference:?}: {tiered:?}");
	for gas in [0, 1, used - 1, used, used + 1, Gas::MAX] {
		let reference = work(&engine(BackendChoice::Interpreter, 0), 300, gas);
		for threshold in [0, 1, 100, used] {
			let tiered = work(&engine(BackendChoice::Tiered, threshold), 300, gas);
			assert_eq!(tiered, reference, "gas {gas}, threshold {threshold}");
		}
	}
}

#[test]
fn memory_moves_along() {
	for (name, program, entry) in [
		("sum", virt_fixtures::CONFORMANCE, "exchange"),
		("count", virt_fixtures::CONFORMANCE, "count"),
	] {
		let both = [BackendChoice::Interpreter, BackendChoice::Tiered].map(|choice| {
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
		assert_eq!(both[0], both[1], "{name}");
	}
}

#[test]
fn many_syscalls_in_a_row_move_it_back_and_nothing_is_lost() {
	let run_storm = |choice, threshold| {
		let engine = engine(choice, threshold);
		let mut steps = Vec::new();
		let (mut manager, instance) = prepared(
			&engine,
			virt_fixtures::CONFORMANCE,
			"storm",
			&[3 * TIER_DOWN_SYSCALLS as u64],
		);
		let mut step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
		while let Step::Syscall { gas_left, args, .. } = step {
			steps.push(step);
			let result = Some(args[0].wrapping_mul(3));
			step = run(&mut manager, instance, gas_left, result).expect("it waits");
		}
		steps.push(step);
		(steps, engine.metrics().tier_ups.get(), engine.metrics().tier_downs.get())
	};
	let (reference, ..) = run_storm(BackendChoice::Interpreter, 0);
	assert_eq!(reference.len(), 3 * TIER_DOWN_SYSCALLS as usize + 1);
	let (steps, ups, downs) = run_storm(BackendChoice::Tiered, 5_000);
	assert_eq!((steps == reference, ups, downs), (true, 1, 1));
	let (steps, ups, downs) = run_storm(BackendChoice::Recompiler, 0);
	assert_eq!((steps == reference, ups, downs), (true, 1, 0));
}

#[test]
fn programs_that_wait_for_others_sleep_and_go_on() {
	let program = virt_fixtures::CONFORMANCE;
	let engine = engine(BackendChoice::Recompiler, 0);
	let mut manager = Manager::new(engine.clone());
	let module = manager.compile(program, Default::default()).expect("it is valid");
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
		// Some slices of time long.
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
	let reference = work(&engine(BackendChoice::Interpreter, 0), 300, PLENTY);
	let used = PLENTY - reference.gas_left();
	let backends = [BackendChoice::Interpreter, BackendChoice::Recompiler, BackendChoice::Tiered]
		.map(|choice| engine(choice, 50));
	for from in &backends {
		for to in &backends {
			for gas in [0, used / 3, used - 1] {
				let (mut manager, instance) = prepared(from, program, "work", &[300]);
				let stopped = run(&mut manager, instance, gas, None).expect("it is prepared");
				assert!(matches!(stopped, Step::OutOfGas { .. }), "{stopped:?}");
				let snapshot = manager.snapshot(instance).expect("it is suspended");
				let mut manager = Manager::new(to.clone());
				let module = manager.compile(program, Default::default()).expect("it is valid");
				let instance = manager.restore(module, &snapshot).expect("it is a snapshot");
				let rest = PLENTY - gas + stopped.gas_left();
				assert_eq!(run(&mut manager, instance, rest, None), Ok(reference));
			}
		}
	}
}
