//! Runs a case on every machine; says where they first differ.

use crate::{
	generate::{Case, TABLE},
	machine::{Engines, Machine, Managed, Moving, Raw, Refused},
	run::{drive, growing, memory_of, whole, Event, Model, Trace},
};
use polkavm_common::program::ProgramBlob;
use std::{fmt::Write, iter};
use virt_primitives::SyscallTable;

/// A program that all machines run; or why none does.
pub type Outcome = Result<Trace, Refused>;

/// Runs a generated case on PolkaVM's interpreter, with its gas at once and in pieces, and in every
/// third of the other ways; the program decides which.
///
/// Errs where they differ, with all that is needed to find out why.
pub fn compare(engines: &Engines, case: &Case) -> Result<Outcome, String> {
	const OF: usize = 3;
	let memory = memory_of(&case.program);
	let first = case.program.iter().map(|byte| usize::from(*byte)).sum::<usize>() % OF;
	let ways = Way::all(engines).skip(first).step_by(OF);
	let run = |machine: &mut dyn Machine, in_pieces| {
		let mut host = Model::new(memory.clone(), case.syscalls);
		let Case { calls, gas, slice, .. } = case;
		if in_pieces {
			drive(machine, calls, *gas, growing(*slice), &memory, &mut host)
		} else {
			drive(machine, calls, *gas, whole(), &memory, &mut host)
		}
	};
	let program = Program { bytes: &case.program, syscalls: TABLE };
	program.compare(engines, ways, run).map_err(|difference| report(case, &difference))
}

/// What runs a program.
#[derive(Clone, Copy, Debug)]
enum Runner {
	/// PolkaVM's recompiler.
	Raw,
	/// The engine of this number.
	Managed(usize),
	/// Starts on the first of these engines, and moves between the two.
	Moving(usize, usize),
}

/// A way to run a program.
#[derive(Clone, Copy, Debug)]
pub struct Way {
	runner: Runner,
	in_pieces: bool,
}

impl Way {
	/// All of them, but for those on PolkaVM's interpreter, which the others are measured by.
	pub fn all(engines: &Engines) -> impl Iterator<Item = Self> {
		let managed = (0..engines.managed.len()).map(Runner::Managed);
		let moving = [Runner::Moving(0, 1), Runner::Moving(1, 0)];
		let runners = iter::once(Runner::Raw).chain(managed).chain(moving);
		runners.flat_map(|runner| [false, true].map(|in_pieces| Self { runner, in_pieces }))
	}

	fn name(&self, engines: &Engines) -> String {
		let managed = |index: usize| &engines.managed[index].0;
		let name = match self.runner {
			Runner::Raw => "PolkaVM's recompiler".into(),
			Runner::Managed(index) => managed(index).clone(),
			Runner::Moving(from, to) => format!("{} to {}", managed(from), managed(to)),
		};
		if self.in_pieces {
			format!("{name}, in pieces")
		} else {
			name
		}
	}
}

/// A program, and the syscalls of its runtime.
#[derive(Clone, Copy)]
pub struct Program<'a> {
	/// Its bytes.
	pub bytes: &'a [u8],
	/// What its runtime declares.
	pub syscalls: SyscallTable<'a>,
}

impl Program<'_> {
	/// Does `run`, with the gas at once or in pieces, on a fresh instance on PolkaVM's interpreter,
	/// and in these `ways`.
	///
	/// Errs with the first difference, unless all give the same.
	pub fn compare(
		&self,
		engines: &Engines,
		ways: impl Iterator<Item = Way>,
		run: impl Fn(&mut dyn Machine, bool) -> Trace,
	) -> Result<Outcome, String> {
		if let Err(refused) = self.managed(engines, 0) {
			return self.all_refuse(engines, refused).map(|()| Err(refused));
		}
		let base = |in_pieces| run(&mut Raw::new(&engines.raw[0], self.bytes), in_pieces);
		let (at_once, in_pieces) = (base(false), base(true));
		same_events(&at_once.events, &in_pieces.events)
			.map_err(|difference| format!("in pieces, {difference}"))?;

		for way in ways {
			let mut machine = self
				.machine(engines, way.runner)
				.map_err(|refused| format!("{}: {refused:?}", way.name(engines)))?;
			let trace = run(&mut *machine, way.in_pieces);
			same(if way.in_pieces { &in_pieces } else { &at_once }, &trace)
				.map_err(|difference| format!("{}, {difference}", way.name(engines)))?;
		}
		Ok(Ok(at_once))
	}

	fn machine(&self, engines: &Engines, runner: Runner) -> Result<Box<dyn Machine>, Refused> {
		let engine = |index: usize| &engines.managed[index].1;
		Ok(match runner {
			Runner::Raw => Box::new(Raw::new(&engines.raw[1], self.bytes)),
			Runner::Managed(index) => Box::new(self.managed(engines, index)?),
			Runner::Moving(from, to) => {
				Box::new(Moving::new(engine(from), engine(to), self.bytes, self.syscalls)?)
			},
		})
	}

	fn managed(&self, engines: &Engines, index: usize) -> Result<Managed, Refused> {
		Managed::new(&engines.managed[index].1, self.bytes, self.syscalls)
	}

	fn all_refuse(&self, engines: &Engines, refused: Refused) -> Result<(), String> {
		for (index, (name, _)) in engines.managed.iter().enumerate() {
			match self.managed(engines, index) {
				Err(other) if other == refused => {},
				Err(other) => return Err(format!("{name}: {other:?}, elsewhere {refused:?}")),
				Ok(_) => return Err(format!("{name} runs it, elsewhere {refused:?}")),
			}
		}
		Ok(())
	}
}

fn same(expected: &Trace, trace: &Trace) -> Result<(), String> {
	same_events(&expected.events, &trace.events)?;
	if let Some(at) = first_difference(&expected.pieces, &trace.pieces) {
		return Err(format!(
			"where piece {at} of the gas ends\n  expected: {:?}\n  found: {:?}",
			expected.pieces.get(at),
			trace.pieces.get(at)
		));
	}
	if trace.registers.is_empty() {
		return Ok(());
	}
	match first_difference(&expected.registers, &trace.registers) {
		None => Ok(()),
		Some(at) => Err(format!(
			"registers at stop {at}\n  expected: {:x?}\n  found: {:x?}",
			expected.registers.get(at),
			trace.registers.get(at)
		)),
	}
}

fn same_events(expected: &[Event], events: &[Event]) -> Result<(), String> {
	let Some(at) = first_difference(expected, events) else { return Ok(()) };
	Err(format!(
		"event {at}\n  expected: {:?}\n  found: {:?}\n  before it: {:?}",
		expected.get(at),
		events.get(at),
		&expected[at.saturating_sub(3)..at]
	))
}

/// Where the two first differ; also where one goes on.
fn first_difference<T: PartialEq>(one: &[T], other: &[T]) -> Option<usize> {
	let longest = one.len().max(other.len());
	(0..longest).find(|&at| one.get(at) != other.get(at))
}

/// A difference, with the case that shows it.
fn report(case: &Case, difference: &str) -> String {
	let mut report = format!("{difference}\n\ncalls with {} gas, {}:\n", case.gas, case.slice);
	for call in &case.calls {
		// Writing to a string does not fail.
		let _ = writeln!(report, "  {} {:x?}", call.entry.escape_ascii(), call.args);
	}
	report.push_str("\nprogram:\n");
	match ProgramBlob::parse(case.program[..].into()) {
		Ok(blob) => {
			let sizes = [blob.ro_data_size(), blob.rw_data_size(), blob.stack_size()];
			let _ = writeln!(report, "  read-only data, data, stack: {sizes:?} bytes");
			for export in blob.exports() {
				let _ = writeln!(report, "  {} at {}", export.symbol(), export.program_counter());
			}
			let jumps: Vec<_> = blob.jump_table().iter().map(|target| target.0).collect();
			let _ = writeln!(report, "  jump table: {jumps:?}");
			for instruction in blob.instructions() {
				let _ = writeln!(report, "  {instruction}");
			}
		},
		Err(error) => {
			let _ = writeln!(report, "  {error}");
		},
	}
	report.push_str("\nbytes:\n  ");
	for byte in &case.program {
		let _ = write!(report, "{byte:02x}");
	}
	report.push('\n');
	report
}
