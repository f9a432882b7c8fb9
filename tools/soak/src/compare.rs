//! Runs a sequence on every backend, and compares.

use crate::{
	run::{run, Outcome},
	sequence::{generate, Step},
};
use std::{
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Arc,
};
use virt_manager::{BackendChoice, Engine, EngineError};

/// How often a sequence runs again if its time exceeds its charge.
const REPEATS: usize = 4;

/// An engine of each backend.
pub struct Engines(Vec<(BackendChoice, Arc<Engine>)>);

impl Engines {
	/// Starts the engines. The first one is the backend of a validator, and its time is measured.
	pub fn start() -> Result<Self, EngineError> {
		let backends =
			[BackendChoice::Tiered, BackendChoice::Interpreter, BackendChoice::Recompiler];
		let engines = backends.map(|backend| Ok((backend, Engine::new(backend, None)?)));
		engines.into_iter().collect::<Result<_, _>>().map(Self)
	}

	/// Runs the sequence that `bytes` choose. Returns a report as the error if something is wrong.
	///
	/// The recompiler takes long to compile short programs, so it takes part only if `all` is set.
	pub fn check(&self, bytes: &[u8], all: bool) -> Result<Outcome, String> {
		let steps = generate(bytes);
		self.compare(&steps, all).map_err(|error| {
			let steps = self.shrink(steps, all);
			let error = self.compare(&steps, all).err().unwrap_or(error);
			format!("{error}\n\nThese {} steps show it:\n{steps:#?}", steps.len())
		})
	}

	fn compare(&self, steps: &[Step], all: bool) -> Result<Outcome, String> {
		let engines = self.0.iter().filter(|it| all || it.0 != BackendChoice::Recompiler);
		let mut first: Option<Outcome> = None;
		for (backend, engine) in engines {
			let outcome = catch_unwind(AssertUnwindSafe(|| run(engine, steps)))
				.unwrap_or_else(|panic| Err(message(&*panic)))
				.map_err(|error| format!("on {backend}, {error}"))?;
			let Some(expected) = &first else {
				first = Some(outcome);
				continue;
			};
			let mut pairs = expected.steps.iter().zip(&outcome.steps).enumerate();
			if let Some((number, (expected, seen))) = pairs.find(|(_, (a, b))| a != b) {
				let first = self.0[0].0;
				return Err(format!(
					"step {number} differs:\non {first}: {expected:?}\non {backend}: {seen:?}"
				));
			}
		}
		let mut outcome = first.ok_or("there is no engine")?;
		// A busy machine delays some runs, but not each of them.
		for _ in 0..REPEATS {
			if outcome.slowest.ratio > 1.0 {
				let again = run(&self.0[0].1, steps)?.slowest;
				if again.ratio < outcome.slowest.ratio {
					outcome.slowest = again;
				}
			}
		}
		Ok(outcome)
	}

	/// Removes steps that are not needed for the failure.
	fn shrink(&self, mut steps: Vec<Step>, all: bool) -> Vec<Step> {
		for number in (0..steps.len()).rev() {
			let mut fewer = steps.clone();
			fewer.remove(number);
			if self.compare(&fewer, all).is_err() {
				steps = fewer;
			}
		}
		steps
	}
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
	let text = panic.downcast_ref::<String>().map(String::as_str);
	format!("a panic: {}", text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?"))
}
