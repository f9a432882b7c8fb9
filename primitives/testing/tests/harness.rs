//! The harness itself: its messages when an expectation fails.

use std::panic::{catch_unwind, AssertUnwindSafe};
use virt_fixtures::{COUNTER, ECHO, SPIN, TOKEN, TRAP};
use virt_testing::*;

/// The message with which `f` panics.
#[track_caller]
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
	match catch_unwind(AssertUnwindSafe(f)) {
		Ok(_) => panic!("expected a panic"),
		Err(panic) => match panic.downcast::<String>() {
			Ok(text) => *text,
			Err(panic) => panic.downcast::<&str>().expect("panics carry text").to_string(),
		},
	}
}

#[test]
fn accounts_of_one_program_are_apart() {
	let chain = Chain::new();
	let program = chain.upload(COUNTER);
	let (one, two) = (program.instantiate((1u32,)), program.instantiate((2u32,)));
	one.call("increment", ()).succeeds();
	assert_eq!(one.call("get", ()).returns::<u32>(), 2);
	assert_eq!(two.call("get", ()).returns::<u32>(), 2);
	assert_ne!(one.address(), two.address());
}

#[test]
fn outcome_has_output_gas_events_and_log() {
	let counter = Chain::new().upload(COUNTER).instantiate(());
	let outcome = counter.call("increment", (5u32,)).succeeds();
	assert_eq!(outcome.decode::<u32>(), 5);
	assert_eq!(outcome.events, [5u32.to_le_bytes()]);
	assert!(outcome.weight_used.ref_time() > 0);
	assert_eq!(outcome.log.len(), 1);
	assert!(outcome.log[0].ends_with("the counter is 5 now"), "{:?}", outcome.log);
}

#[test]
fn panic_of_a_program_is_in_the_message() {
	let trap = Chain::new().upload(TRAP);
	let said = panic_of(|| trap.run("trap", ()).succeeds());
	assert!(said.starts_with("the call failed: Trapped"), "{said}");
	assert!(said.contains("a program that panics"), "{said}");
	assert_eq!(trap.run("trap", ()).fails(), Error::Trapped);
}

#[test]
fn failed_call_shows_the_tree_of_program_calls() {
	let trap = Chain::new().upload(TRAP);
	let said = panic_of(|| trap.run("add", (100u8, 200u8)).succeeds());
	assert!(said.contains("::add(") && said.contains("└─ trapped\n"), "{said}");
	assert!(said.contains("├─ log(text: \"panic at "), "{said}");
}

#[test]
fn program_without_an_end_runs_out_of_gas_on_every_backend() {
	for backend in [Backend::Interpreter, Backend::Recompiler, Backend::Tiered] {
		let spin = Chain::with_backend(backend).upload(SPIN);
		assert_eq!(spin.run("spin", ()).fails(), Error::OutOfGas, "{backend:?}");
	}
}

#[test]
fn chain_goes_back_to_a_snapshot() {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiate((7u32,));
	let (before, block) = (chain.snapshot(), chain.block());
	for _ in 0..2 {
		counter.call("increment", (1u32,)).value(5 * UNIT).succeeds();
		chain.set_balance(BOB, 2 * UNIT);
		chain.skip(4);
		assert_eq!(counter.call("get", ()).returns::<u32>(), 8);
		assert_eq!((chain.balance(BOB), counter.balance()), (2 * UNIT, 5 * UNIT));
		chain.roll_back(&before);
		assert_eq!(counter.call("get", ()).returns::<u32>(), 7);
		assert_eq!((chain.balance(BOB), counter.balance()), (FUNDS, 0));
		assert_eq!(chain.block(), block);
	}
}

#[test]
fn what_was_not_expected_is_said() {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiate(());
	let said = panic_of(|| counter.call("get", ()).returns::<u64>());
	assert!(said.starts_with("the output [0, 0, 0, 0] is not a u64"), "{said}");
	let said = panic_of(|| counter.call("get", ()).reverts::<u8>());
	assert!(said.starts_with("the call did not revert, but succeeded"), "{said}");
	let said = panic_of(|| counter.call("no_such_entry", ()).reverts::<u8>());
	assert!(said.starts_with("the call did not revert, but EntryNotFound"), "{said}");
	let said = panic_of(|| counter.call("get", ()).fails());
	assert!(said.starts_with("the call succeeded"), "{said}");
	let said = panic_of(|| chain.upload(b"no program"));
	assert_eq!(said, "the program is not admitted: InvalidProgram");
}

#[test]
fn failed_call_changes_nothing_and_says_its_gas() {
	let counter = Chain::new().upload(COUNTER).instantiate((7u32,));
	let outcome = counter.call("increment", (1u8,)).value(UNIT).outcome();
	assert_eq!(outcome.error, Some(Error::Reverted));
	assert!(outcome.weight_used.ref_time() > 0 && outcome.events.is_empty());
	assert_eq!(counter.balance(), 0);
	assert_eq!(counter.call("get", ()).returns::<u32>(), 7);
	assert_eq!(
		counter.call("get", ()).weight(Weight::from_parts(1_400_000, u64::MAX)).fails(),
		Error::OutOfGas
	);
}

#[test]
fn value_balances_and_blocks() {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiation(()).by(BOB).value(5 * UNIT).account();
	assert_eq!((counter.balance(), chain.balance(BOB)), (5 * UNIT, FUNDS - 5 * UNIT));
	chain.give(counter.address(), 1);
	assert_eq!(counter.balance(), 5 * UNIT + 1);
	let before = chain.block();
	chain.skip(3);
	assert_eq!(chain.block(), before + 3);
}

#[test]
fn backends_agree() {
	let weights = [Backend::Interpreter, Backend::Recompiler].map(|choice| {
		let echo = Chain::with_backend(choice).upload(ECHO);
		echo.run("echo", (1u8, 2u16)).succeeds().weight_used
	});
	assert_eq!(weights[0], weights[1]);
}

#[test]
fn deposits_are_held_limited_and_given_back() {
	let chain = Chain::new();
	let program = chain.upload(COUNTER);
	let uploaded = chain.held(ALICE);
	assert_eq!(uploaded, DEPOSIT_PER_ITEM + DEPOSIT_PER_BYTE * COUNTER.len() as u128);
	let tight = program.instantiation(()).by(BOB).deposit_limit(DEPOSIT_PER_ITEM);
	assert_eq!(tight.fails(), Error::DepositLimitExceeded);
	program.instantiation(()).by(BOB).account();
	let item = DEPOSIT_PER_ITEM + DEPOSIT_PER_BYTE * ("count".len() as u128 + 4);
	assert_eq!((chain.held(ALICE), chain.held(BOB)), (uploaded, DEPOSIT_PER_ITEM + item));
}

#[test]
fn constructor_runs_once() {
	let counter = Chain::new().upload(COUNTER).instantiate((7u32,));
	assert_eq!(counter.call("init", (1u32,)).fails(), Error::EntryNotFound);
	assert_eq!(counter.call("get", ()).returns::<u32>(), 7);
}

const STRANGER: AccountId = [77; 32];

#[test]
fn any_account_can_be_the_caller_also_one_of_a_program() {
	let chain = Chain::new();
	let token = chain.upload(TOKEN).instantiate((1_000u128,));
	let counter = chain.upload(COUNTER).instantiate(());
	for account in [counter.address(), STRANGER] {
		// Balance for the storage deposits.
		chain.give(account, UNIT);
	}
	token.call("transfer", (counter.address(), 400u128)).succeeds();
	token.call("transfer", (STRANGER, 150u128)).by(counter.address()).succeeds();
	token.call("transfer", (BOB, 50u128)).by(STRANGER).succeeds();
	let balance = |account: AccountId| token.call("balance_of", (account,)).returns::<u128>();
	assert_eq!([ALICE, counter.address(), STRANGER, BOB].map(balance), [600, 250, 100, 50]);
}

#[test]
fn event_that_is_not_emitted_is_said() {
	let counter = Chain::new().upload(COUNTER).instantiate(());
	assert_eq!(counter.call("increment", ()).emits(1u32).events_of::<u32>(), [1]);
	let said = panic_of(|| counter.call("increment", ()).emits(1u32));
	assert!(said.starts_with("the call did not emit 1, but [2]"), "{said}");
	let said = panic_of(|| counter.call("increment", ()).emits(3u64));
	assert!(said.starts_with("the call did not emit 3, but []"), "{said}");
}

#[test]
fn snapshot_is_of_one_chain() {
	let snapshot = Chain::new().snapshot();
	let said = panic_of(|| Chain::new().roll_back(&snapshot));
	assert_eq!(said, "the snapshot is of another chain");
}
