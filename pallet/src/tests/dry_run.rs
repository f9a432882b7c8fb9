//! Dry-runs: calls that are executed and rolled back.

use super::{mock::*, script::Script};
use crate::{
	api,
	calls::Settled,
	dry_run::{self, DepositChange, DryRunOf, MAX_TRIES},
	frame::Outcome,
	limits::*,
	Error, Event, HoldReason, Weight, WeightInfo,
};
use codec::Encode;
use core::cell::Cell;
use frame_support::{
	assert_ok,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::AccountId32;
use virt_fixtures::{COUNTER, ECHO, OOB, SPIN, TRAP};

fn call(address: &AccountId32, entry: &str, input: &[u8], limit: Option<Weight>) -> DryRunOf<Test> {
	dry_run::call::<Test>(BOB, address.clone(), entry.into(), input.into(), 0, limit, None)
}

#[test]
fn dry_run_says_what_the_call_then_does() {
	on_both(|| {
		let address = deploy(COUNTER, 0);
		let (entry, input) = ("increment", 5u32.encode());
		let tried = call(&address, entry, &input, None);
		assert_ok!(tried.result);
		assert_eq!(tried.output, 5u32.encode());
		assert_eq!(tried.logs, [b"the counter is 5 now".to_vec()]);
		assert_eq!(tried.trap, None);

		let held = Balances::total_balance_on_hold(&BOB);
		System::reset_events();
		let limit = tried.weight_required;
		let info = Virt::call(signed(BOB), address, entry.into(), input, 0, limit, None).unwrap();
		assert_eq!(weight_used(), tried.weight_consumed);
		let base = tried.weight - tried.weight_required;
		assert_eq!(info.actual_weight, Some(base + tried.weight_consumed));
		let events: Vec<_> = System::events().into_iter().map(|record| record.event).collect();
		assert_eq!(tried.events, events);
		let change = Balances::total_balance_on_hold(&BOB) - held;
		assert_eq!(tried.deposit, DepositChange::Charge(change));
		(tried.weight_consumed, tried.weight)
	});
}

#[test]
fn dry_run_changes_nothing() {
	on_both(|| {
		let address = deploy(COUNTER, 0);
		let hash = crate::program::code_hash(COUNTER);
		let before = state_root();
		assert_ok!(call(&address, "increment", &[], None).result);
		assert_ok!(dry_run::upload::<Test>(BOB, ECHO.to_vec(), None).result);
		// The run fails, because without an account there is no storage.
		assert!(dry_run::run::<Test>(BOB, hash, b"get".into(), vec![], None).result.is_err());
		let salt = b"another".to_vec();
		let tried = dry_run::instantiate::<Test>(BOB, hash, salt, vec![], 100, None, None);
		assert_ok!(tried.result);
		assert_eq!(state_root(), before);
	});
}

#[test]
fn dry_run_of_an_upload_gives_code_hash_deposit_and_weight() {
	on_chain(|| {
		let tried = dry_run::upload::<Test>(BOB, ECHO.to_vec(), None);
		assert_eq!(tried.output, crate::program::code_hash(ECHO).encode());
		let weight = <Test as crate::Config>::WeightInfo::upload(ECHO.len() as u32);
		assert_eq!(tried.weight, weight);
		assert_ok!(Virt::upload(signed(BOB), ECHO.to_vec(), None));
		let held = Balances::balance_on_hold(&HoldReason::Program.into(), &BOB);
		assert_eq!(tried.deposit, DepositChange::Charge(held));

		let refused = dry_run::upload::<Test>(BOB, b"no program".to_vec(), None);
		assert_eq!(refused.result, Err(Error::<Test>::InvalidProgram.into()));
		assert_eq!((refused.output, refused.events), (vec![], vec![]));
	});
}

#[test]
fn dry_run_of_an_instantiation_has_its_event_and_address() {
	on_chain(|| {
		let code_hash = upload(COUNTER);
		let address = Virt::address_of(&BOB, code_hash, b"salt");
		let tried =
			dry_run::instantiate::<Test>(BOB, code_hash, b"salt".into(), vec![], 0, None, None);
		assert!(tried.events.iter().any(|event| matches!(event,
			RuntimeEvent::Virt(Event::Instantiated { address: made, .. }) if *made == address)));
		assert_eq!(api::code_hash::<Test>(&address), None);
		assert_ok!(Virt::instantiate(
			signed(BOB),
			code_hash,
			b"salt".into(),
			vec![],
			0,
			tried.weight_required,
			None
		));
		assert_eq!(api::code_hash::<Test>(&address), Some(code_hash));
	});
}

/// A program that dispatches two calls. Their full weight is charged first, and unused weight is refunded.
fn refunded() -> Vec<u8> {
	let remark = frame_system::Call::remark_with_event { remark: vec![1; 64] };
	let call = RuntimeCall::Virt(crate::Call::remove { code_hash: Default::default() }).encode();
	let other = RuntimeCall::System(remark).encode();
	let mut script = Script::new();
	for call in [call, other] {
		let at = script.data(&call);
		script.syscall("dispatch", &[at, call.len() as u64]);
	}
	script.ends()
}

#[test]
fn required_weight_is_enough_and_less_of_either_part_is_not() {
	on_both(|| {
		for code in [COUNTER.to_vec(), refunded()] {
			let address = deploy(&code, 1_000);
			let entry = if code == COUNTER { "increment" } else { "main" };
			let tried = call(&address, entry, &[], None);
			assert_ok!(tried.result);
			let required = tried.weight_required;
			assert!(required.all_gte(tried.weight_consumed));
			let exact = call(&address, entry, &[], Some(required));
			assert_eq!(exact, tried);
			let less_time = required - Weight::from_parts(gas(1).ref_time(), 0);
			let short = call(&address, entry, &[], Some(less_time));
			assert_eq!(short.result, Err(Error::<Test>::OutOfGas.into()));
			let short = call(&address, entry, &[], Some(required - Weight::from_parts(0, 1)));
			assert_eq!(short.result, Err(Error::<Test>::OutOfProofSize.into()));
		}
	});
}

/// A program that asks how much gas is left, and traps if it is less than `bound`.
fn refuses_below(bound: i32) -> Vec<u8> {
	use polkavm_common::program::{asm, Reg};
	let mut script = Script::new();
	script.syscall("gas_left", &[]);
	// Branches to the third block, which traps, or falls through to the second, which returns.
	script.instruction(asm::branch_less_unsigned_imm(Reg::A0, bound, 2));
	script.instruction(asm::ret());
	script.traps()
}

#[test]
fn estimate_is_enough_for_a_program_that_refuses_below_some_gas_left() {
	on_both(|| {
		for bound in [1, 1_000, 1_000_000, 50_000_000] {
			let address = deploy(&refuses_below(bound), 0);
			let tried = call(&address, "main", &[], None);
			assert_ok!(tried.result);
			let limit = tried.weight_required;
			let made =
				Virt::call(signed(BOB), address.clone(), b"main".to_vec(), vec![], 0, limit, None);
			assert_ok!(made);
			// The estimate is not far above the needed weight.
			let bound = gas(bound as u64 * 2).ref_time() + 2 * tried.weight_consumed.ref_time();
			assert!(limit.ref_time() <= bound, "{limit} {bound}");
		}
		let address = deploy(&refuses_below(i32::MAX), 0);
		let none = call(&address, "main", &[], None);
		assert_eq!(none.result, Err(Error::<Test>::Trapped.into()), "no limit is enough");
	});
}

/// Reading the remaining weight makes the dry-run search for a limit. Doubling a limit of zero, and halving one
/// down to it, would take many executions.
#[test]
fn search_for_a_limit_is_bounded() {
	on_interpreter().execute_with(|| {
		let executions = Cell::new(0);
		let full = Weight::from_parts(1 << 40, 1 << 20);
		let tried = dry_run::dry_run::<Test>(&BOB, full, |stack, limit| {
			executions.set(executions.get() + 1);
			stack.asked_left = true;
			let result =
				if limit == Weight::zero() { Err(Error::<Test>::OutOfGas.into()) } else { Ok(()) };
			let (weight_used, weight_peak) = (Weight::zero(), Weight::zero());
			let outcome = Outcome { result, output: vec![], weight_used, weight_peak };
			Settled { outcome, base: Weight::zero() }
		});
		assert_ok!(tried.result);
		// The first half doubles zero, the second halves the limit.
		assert_eq!(tried.weight_required, full / (1 << (MAX_TRIES / 2)));
		// One more with the limit itself.
		assert_eq!(executions.get(), MAX_TRIES + 1);
	});
}

#[test]
fn failures_are_typed_and_say_where() {
	on_both(|| {
		let run = |code: &[u8], entry: &str| {
			let hash = upload(code);
			dry_run::run::<Test>(BOB, hash, entry.into(), vec![], None)
		};
		let trapped = run(TRAP, "trap");
		assert_eq!(trapped.result, Err(Error::<Test>::Trapped.into()));
		let trap = trapped.trap.expect("it says where");
		assert_eq!(trap.code_hash, crate::program::code_hash(TRAP));
		let offset = trap.offset.expect("it is known");
		let out_of_bounds = run(OOB, "pointer");
		assert_eq!(out_of_bounds.result, Err(Error::<Test>::OutOfBounds.into()));
		let hash = crate::program::code_hash(OOB);
		let missing = dry_run::run::<Test>(BOB, hash, b"none".into(), vec![], None);
		assert_eq!(missing.result, Err(Error::<Test>::EntryNotFound.into()));
		assert!(missing.weight_consumed.ref_time() > 0 && missing.events.is_empty());
		offset
	});
}

#[test]
fn dry_runs_are_bounded_in_weight() {
	on_chain(|| {
		let hash = upload(SPIN);
		let over = MAX_DRY_RUN_WEIGHT + Weight::from_parts(1, 0);
		for limit in [Some(Weight::MAX), Some(over), Some(MAX_DRY_RUN_WEIGHT)] {
			let tried = dry_run::run::<Test>(BOB, hash, b"spin".into(), vec![], limit);
			assert_eq!(tried.result, Err(Error::<Test>::OutOfGas.into()));
			assert!(tried.weight_consumed.all_lte(MAX_DRY_RUN_WEIGHT));
		}
	});
}

#[test]
fn estimate_is_the_same_cold_and_warm() {
	// All test chains share the engines, so the second estimate finds the module in the cache.
	let estimate = || {
		on_both(|| {
			let hash = upload(ECHO);
			let input = vec![7; 100];
			let first = dry_run::run::<Test>(BOB, hash, b"echo".into(), input.clone(), None);
			assert_ok!(first.result);
			assert_eq!(dry_run::run::<Test>(BOB, hash, b"echo".into(), input, None), first);
			(first.weight_consumed, first.weight_required, first.weight)
		})
	};
	assert_eq!(estimate(), estimate());
}

#[test]
fn what_is_stored_can_be_looked_at() {
	on_chain(|| {
		let address = deploy(COUNTER, 0);
		let hash = crate::program::code_hash(COUNTER);
		assert_eq!(api::program::<Test>(hash).expect("it is stored").references, 1);
		let exports = api::exports::<Test>(hash).expect("it is stored");
		for name in ["init", "increment", "get"] {
			assert!(exports.contains(&name.into()), "{name}");
		}
		assert_eq!(api::exports::<Test>(Default::default()), None);
		assert_eq!(api::storage::<Test>(&address, b"count".into()), Some(0u32.encode()));
		assert_eq!(api::storage::<Test>(&address, b"other".into()), None);
		assert_eq!(api::storage::<Test>(&address, vec![0; MAX_KEY as usize + 1]), None);
		assert!(Balances::total_balance(&ALICE) <= FUNDS);
	});
}
