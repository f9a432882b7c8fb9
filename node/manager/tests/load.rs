//! Many programs at once, and very large programs, do not overload a node.

mod common;

use common::{prepared, run, PLENTY};
use polkavm_common::{
	program::{asm, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use std::{thread, time::Duration};
use virt_manager::{
	limits::CACHE_BYTES,
	prices::{Rules, TierUp},
	BackendChoice, Engine, Options,
};
use virt_primitives::{step::Step, Backend, Failure, Gas};

/// A program that returns `value`, with almost the maximal size that the pallet admits: 512 KiB.
fn large(value: i32) -> Vec<u8> {
	let mut code = vec![asm::load_imm(Reg::A0, value), asm::ret()];
	code.extend((0..130_000).map(|_| asm::add_imm_64(Reg::A1, Reg::A1, 1)));
	code.push(asm::ret());
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&code, &[]);
	builder.to_vec().expect("the instructions make a program")
}

#[test]
fn a_hundred_large_programs_run_natively_within_the_cache() {
	let rules = Rules { tier_up: TierUp::After { gas: 0, price: 0 }, ..Rules::default() };
	let options = Options { backend: BackendChoice::Recompiler, rules, ..Options::default() };
	let engine = Engine::with(options, None).expect("it works on this machine");
	for value in 0..100 {
		let program = large(value);
		assert!((400 << 10..512 << 10).contains(&program.len()), "{} bytes", program.len());
		let (mut manager, instance) = prepared(&engine, &program, "main", &[]);
		let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
		assert!(matches!(step, Step::Finished { value: it, .. } if it == value as u64));
		assert!(engine.health().cache.bytes <= CACHE_BYTES);
	}
	assert_eq!(engine.metrics().tier_ups.get(), 100, "none had to stay in the interpreter");
}

#[test]
fn one_invalid_program_again_and_again_is_refused_each_time_and_not_kept() {
	let engine = Engine::new(BackendChoice::Tiered, None).expect("it works on this machine");
	let mut manager = virt_manager::Manager::new(engine.clone());
	let mut program = large(1);
	program.truncate(program.len() / 2);
	for _ in 0..100 {
		manager.compile(&program, Default::default(), false).expect_err("it is cut short");
	}
	assert_eq!((engine.health().cache.modules, engine.health().cache.misses), (0, 0));
}

#[test]
fn sixty_four_dry_runs_end_in_time_while_a_block_goes_on() {
	let options = Options { backend: BackendChoice::Tiered, ..Options::default() };
	let engine = Engine::with(options, None).expect("it works on this machine");
	let program = virt_fixtures::CONFORMANCE;
	thread::scope(|scope| {
		let dry_runs: Vec<_> = (0..64)
			.map(|_| {
				scope.spawn(|| {
					let (mut manager, instance) = prepared(&engine, program, "spin", &[]);
					manager.limit_time(Duration::from_millis(500));
					run(&mut manager, instance, Gas::MAX, None)
				})
			})
			.collect();
		for _ in 0..100 {
			let (mut manager, instance) = prepared(&engine, program, "work", &[1_000]);
			let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
			assert!(matches!(step, Step::Finished { .. }), "{step:?}");
		}
		for dry_run in dry_runs {
			let outcome = dry_run.join().expect("it does not panic");
			assert!(matches!(outcome, Err(Failure::Host(_))), "{outcome:?}");
		}
	});
	assert_eq!(engine.health().workers.expect("there are some").at_work, 0);
}
