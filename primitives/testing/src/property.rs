//! Property tests with random values and random sequences of calls.
//!
//! [`values`] runs a test with random values. [`sequences`] runs random sequences of actions and
//! checks an invariant after each action. A failure is shrunk: the panic message has the shortest
//! sequence with the smallest values that was found, and the seed that reproduces it. Values come
//! from [`proptest`] strategies.
//!
//! Two environment variables: `VIRT_SEED` is the seed, a number; by default, each run has another
//! one. `VIRT_CASES` is the number of cases.

use crate::Chain;
use proptest::{
	collection::vec,
	strategy::Strategy,
	test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use std::{
	any::Any,
	cell::{Cell, RefCell},
	collections::hash_map::RandomState,
	env,
	fmt::Debug,
	hash::{BuildHasher, Hasher},
	panic::{catch_unwind, set_hook, take_hook, AssertUnwindSafe},
	sync::Once,
};

/// The default number of cases of a test.
pub const CASES: u32 = 64;
/// The maximal number of actions of a sequence.
pub const MAX_ACTIONS: usize = 20;
/// The maximal number of attempts to shrink a failing case.
const MAX_SHRINKS: u32 = 1_024;

/// Runs `test` with random values.
///
/// # Panics
///
/// If `test` panics: with the smallest value for which it panics.
#[track_caller]
pub fn values<S: Strategy>(values: S, test: impl Fn(S::Value))
where
	S::Value: Debug,
{
	let seed = seed();
	if let Some((reason, value)) = find(&values, test, seed) {
		fail(seed, &format!("{value:?}"), &reason);
	}
}

/// Runs random sequences of 1 to [`MAX_ACTIONS`] actions on a chain.
///
/// Each starts with the current state of the chain and a clone of `world`: accounts, and what the
/// test expects of them. `act` makes an action, `invariant` checks the world after each. A sequence
/// fails if one of them panics.
///
/// # Panics
///
/// If a sequence fails: with the shortest that was found.
#[track_caller]
pub fn sequences<W: Clone, S: Strategy>(
	chain: &Chain,
	world: W,
	actions: S,
	act: impl Fn(&mut W, S::Value),
	invariant: impl Fn(&W),
) where
	S::Value: Debug,
{
	let start = chain.snapshot();
	let test = |actions: Vec<S::Value>| {
		chain.roll_back(&start);
		let mut world = world.clone();
		for action in actions {
			act(&mut world, action);
			invariant(&world);
		}
	};
	let seed = seed();
	let mut found = find(&vec(&actions, 1..=MAX_ACTIONS), &test, seed);
	// No single action can be removed. Other sequences may be shorter.
	while let Some((_, longer)) = found.as_ref().filter(|(_, longer)| longer.len() > 1) {
		match find(&vec(&actions, 1..longer.len()), &test, seed) {
			None => break,
			shorter => found = shorter,
		}
	}
	chain.roll_back(&start);
	if let Some((reason, actions)) = found {
		let actions = actions.iter().enumerate();
		let list = actions.map(|(nth, action)| format!("\n  {}. {action:?}", nth + 1));
		fail(seed, &list.collect::<String>(), &reason);
	}
}

/// The seed of all random values of a test.
#[track_caller]
fn seed() -> u64 {
	number("VIRT_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish())
}

/// An environment variable.
#[track_caller]
fn number(name: &str) -> Option<u64> {
	let text = env::var(name).ok()?;
	Some(text.parse().unwrap_or_else(|_| panic!("{name} has to be a number, and is {text:?}")))
}

#[track_caller]
fn fail(seed: u64, value: &str, reason: &str) -> ! {
	panic!("found by the seed {seed} (VIRT_SEED={seed} finds it again): {value}\n{reason}")
}

/// A value for which `test` panics, after shrinking, and the panic's message.
#[track_caller]
fn find<S: Strategy>(strategy: &S, test: impl Fn(S::Value), seed: u64) -> Option<(String, S::Value)>
where
	S::Value: Debug,
{
	let cases = number("VIRT_CASES").map_or(CASES, |cases| cases.try_into().unwrap_or(u32::MAX));
	let config = Config {
		cases,
		failure_persistence: None,
		max_shrink_iters: MAX_SHRINKS,
		..Config::default()
	};
	let mut bytes = [0; 32];
	bytes[..8].copy_from_slice(&seed.to_le_bytes());
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
	let found = TestRunner::new_with_rng(config, rng)
		.run(strategy, |value| quietly(|| test(value)).map_err(TestCaseError::fail));
	match found {
		Ok(()) => None,
		Err(TestError::Fail(reason, value)) => Some((reason.to_string(), value)),
		Err(TestError::Abort(reason)) => panic!("no case could be made: {reason}"),
	}
}

thread_local! {
	/// Whether a property test runs on this thread. Its panics are caught and not printed.
	static QUIET: Cell<bool> = const { Cell::new(false) };
	/// The location of the latest panic.
	static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Whether a property test runs on this thread.
pub(crate) fn is_running() -> bool {
	QUIET.get()
}

/// The message of a panic of `f`, if it panics. The panic is not printed.
fn quietly(f: impl FnOnce()) -> Result<(), String> {
	static HOOK: Once = Once::new();
	HOOK.call_once(|| {
		let loud = take_hook();
		set_hook(Box::new(move |info| match QUIET.get() {
			true => PLACE.set(info.location().map(ToString::to_string).unwrap_or_default()),
			false => loud(info),
		}));
	});
	let before = QUIET.replace(true);
	let result = catch_unwind(AssertUnwindSafe(f));
	QUIET.set(before);
	result.map_err(|panic| format!("{}: {}", PLACE.take(), text(&*panic)))
}

fn text(panic: &(dyn Any + Send)) -> &str {
	let text = panic.downcast_ref::<&str>().copied();
	let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
	text.unwrap_or("a panic without a text")
}
