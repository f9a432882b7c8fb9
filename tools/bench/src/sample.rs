//! How often a line is measured, and in which order: all take turns, so that what disturbs the
//! machine disturbs everybody.

use crate::{
	rows::{Kind, Row, Seen, PACED, SYSCALLS},
	subject::{Subject, Who},
};
use std::{
	collections::BTreeMap,
	time::{Duration, Instant},
};

/// How much time a measurement may take.
#[derive(Clone, Copy)]
pub struct Effort {
	/// Shortest sample: long enough that a thread that has to wait for its core is seen waiting.
	pub sample: Duration,
	/// Samples, of which the median counts.
	pub samples: usize,
	/// Time after which there are enough, if there are a few.
	pub budget: Duration,
}

impl Effort {
	/// For figures.
	pub const FULL: Self =
		Self { sample: Duration::from_millis(20), samples: 11, budget: Duration::from_millis(600) };

	/// For a profiler: some seconds of a line.
	pub const LONG: Self = Self {
		sample: Duration::from_millis(20),
		samples: usize::MAX,
		budget: Duration::from_secs(5),
	};

	/// To see that it works.
	pub const QUICK: Self =
		Self { sample: Duration::from_micros(100), samples: 1, budget: Duration::ZERO };
}

/// Samples that are enough when the time is up, and those when far more than the time is up.
const FEW: usize = 3;
const FAR: u32 = 10;

/// One subject's figures in a line.
#[derive(Clone, Debug, Default)]
pub struct Cell {
	/// Rounds of a sample.
	pub rounds: u32,
	/// Nanoseconds of a round, sample by sample.
	pub samples: Vec<f64>,
	/// Where instances were made: how many.
	pub made: u64,
	/// Where instances were made: by how many bytes memory grew for each, at most.
	pub bytes_each: f64,
	/// Why there is no figure.
	pub failed: Option<String>,
	pub(crate) spent: Duration,
}

impl Cell {
	/// The median, in nanoseconds.
	pub fn median(&self) -> Option<f64> {
		let mut samples = self.samples.clone();
		samples.sort_by(f64::total_cmp);
		samples.get(samples.len() / 2).copied()
	}

	fn is_done(&self, effort: &Effort) -> bool {
		let count = self.samples.len();
		self.failed.is_some()
			|| count >= effort.samples
			|| count >= FEW && self.spent >= effort.budget
			|| count >= 1 && self.spent >= effort.budget * FAR
	}

	/// Measures `rounds` rounds, checks what they gave, and says how long they took.
	fn measure(
		&mut self,
		row: &Row,
		subject: &mut dyn Subject,
		rounds: u32,
	) -> Result<f64, String> {
		let start = Instant::now();
		let measured = subject.measure(row, rounds);
		self.spent += start.elapsed();
		let measured = measured?;
		let mut each = f64::from(rounds);
		if matches!(row.kind, Kind::Live(_)) {
			if measured.sum == 0 {
				return Err("no instance could be made".into());
			}
			each = measured.sum as f64;
			self.made = measured.sum;
			self.bytes_each = self.bytes_each.max(measured.grown as f64 / each);
		} else if measured.sum != row.expected(rounds) {
			return Err(format!("a wrong result of {rounds} rounds: {}", measured.sum));
		}
		Ok(measured.nanoseconds as f64 / each)
	}

	/// Finds how many rounds a sample needs.
	fn calibrate(&mut self, row: &Row, subject: &mut dyn Subject, effort: &Effort) {
		let target = effort.sample.as_nanos() as f64;
		self.rounds = match row.kind {
			Kind::Syscall { .. } => SYSCALLS,
			Kind::Paced { .. } => PACED,
			_ => 1,
		};
		// A program that nobody has seen takes longer to make than to load; the other takes long.
		let once = matches!(row.kind, Kind::Load { seen: Seen::Never, .. } | Kind::Live(_));
		while !once && self.failed.is_none() {
			let each = match self.quicker(row, subject, target) {
				Ok(each) => each,
				Err(error) => {
					self.failed = Some(error);
					break;
				},
			};
			if each * f64::from(self.rounds) * 4.0 >= target {
				self.rounds = self.rounds.max((target / each).ceil() as u32);
				break;
			}
			self.rounds *= 4;
		}
		self.spent = Duration::ZERO;
	}

	/// The quicker of two measurements, the first of which may have had to wait for something. One
	/// that takes very long is not repeated.
	fn quicker(
		&mut self,
		row: &Row,
		subject: &mut dyn Subject,
		target: f64,
	) -> Result<f64, String> {
		let first = self.measure(row, subject, self.rounds)?;
		if first * f64::from(self.rounds) > target * f64::from(FAR) {
			return Ok(first);
		}
		Ok(first.min(self.measure(row, subject, self.rounds)?))
	}

	fn sample(&mut self, row: &Row, subject: &mut dyn Subject) {
		match self.measure(row, subject, self.rounds) {
			Ok(each) => self.samples.push(each),
			Err(error) => self.failed = Some(error),
		}
	}
}

/// Measures a line with everybody who takes part in it. `like` has the same line's figures of an
/// idle machine, if they are there: then the rounds are the same.
pub fn measure(
	row: &Row,
	subjects: &mut [(Who, Box<dyn Subject>)],
	like: Option<&BTreeMap<Who, Cell>>,
	effort: &Effort,
) -> BTreeMap<Who, Cell> {
	let mut cells = BTreeMap::new();
	let takes_part = |who: Who| {
		let failed = like.and_then(|cells| cells.get(&who)).is_some_and(|it| it.failed.is_some());
		who.takes_part(row) && !failed
	};
	for (who, subject) in subjects.iter_mut().filter(|(who, _)| takes_part(*who)) {
		let mut cell = Cell::default();
		match like.and_then(|cells| cells.get(who)) {
			Some(like) => cell.rounds = like.rounds,
			None => cell.calibrate(row, subject.as_mut(), effort),
		}
		cells.insert(*who, cell);
	}
	loop {
		let mut all_done = true;
		for (who, subject) in subjects.iter_mut() {
			let Some(cell) = cells.get_mut(who) else { continue };
			if !cell.is_done(effort) {
				cell.sample(row, subject.as_mut());
				all_done = false;
			}
		}
		if all_done {
			return cells;
		}
	}
}
