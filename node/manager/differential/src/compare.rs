//! Runs a case on every machine, and reports the first difference.

use crate::{
	generate::{Case, TABLE},
	machine::{Engines, Family, Machine, Managed, Moving, Raw, Refused},
	run::{drive, growing, memory_of, whole, Event, Model, Trace},
};
use polkavm_common::program::ProgramBlob;
use std::fmt::Write;
use virt_primitives::{snapshot::Tier, SyscallTable};

/// The trace that all machines have in common, or the error with which all refuse the program.
pub type Outcome = Result<Trace, Refused>;

/// Runs a generated case on every engine of one family, with all gas at once and in pieces. The bytes of the
/// program determine the family.
///
/// Returns a report as the error if the results differ.
pub fn compare(engines: &Engines, case: &Case) -> Result<Outcome, String> {
	let memory = memory_of(&case.program);
	let number = case.program.iter().map(|byte| usize::from(*byte)).sum::<usize>();
	let family = &engines.families[number % engines.families.len()];
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
	program.compare(engines, family, run).map_err(|difference| report(case, &difference))
}

/// A way to run a program.
#[derive(Clone, Copy, Debug)]
enum Runner {
	/// PolkaVM's interpreter (0) or recompiler (1) without a manager, at the prices of a tier.
	Raw(usize, Tier),
	/// The engine with this index in the family.
	Managed(usize),
	/// Starts on the first of these engines, and moves between the two.
	Moving(usize, usize),
}

impl Runner {
	/// All runners of a family except its interpreter, which is the reference.
	fn all(family: &Family) -> impl Iterator<Item = Self> {
		let raw = family.raw.into_iter().flat_map(|tier| [0, 1].map(|it| Self::Raw(it, tier)));
		raw.chain([1, 2, 3, 4].map(Self::Managed)).chain([
			Self::Moving(0, 1),
			Self::Moving(2, 0),
			Self::Moving(4, 2),
		])
	}

	fn name(&self, family: &Family) -> String {
		let managed = |index: usize| &family.managed[index].0;
		match self {
			Self::Raw(index, tier) => {
				format!("PolkaVM's {} on tier {tier:?}", ["interpreter", "recompiler"][*index])
			},
			Self::Managed(index) => managed(*index).clone(),
			Self::Moving(from, to) => format!("{} to {}", managed(*from), managed(*to)),
		}
	}
}

/// A program, and the syscalls that its runtime declares.
#[derive(Clone, Copy)]
pub struct Program<'a> {
	/// The program's bytes.
	pub bytes: &'a [u8],
	/// The table of the declared syscalls.
	pub syscalls: SyscallTable<'a>,
}

impl Program<'_> {
	/// Calls `run` with a fresh instance on every engine of the family, with all gas at once and in pieces.
	///
	/// Returns the first difference as the error if the results differ.
	pub fn compare(
		&self,
		engines: &Engines,
		family: &Family,
		run: impl Fn(&mut dyn Machine, bool) -> Trace,
	) -> Result<Outcome, String> {
		if let Err(refused) = self.managed(family, 0) {
			return self.all_refuse(family, refused).map(|()| Err(refused));
		}
		let base = |in_pieces| {
			let mut machine = self.managed(family, 0).expect("it was not refused; qed");
			run(&mut machine, in_pieces)
		};
		let (at_once, in_pieces) = (base(false), base(true));
		same_events(&at_once.events, &in_pieces.events)
			.map_err(|difference| format!("in pieces, {difference}"))?;

		// The traces of PolkaVM without a manager. Its registers are visible, so they are compared, too.
		let mut raw: Option<[Trace; 2]> = None;
		for runner in Runner::all(family) {
			let mut traces = Vec::new();
			for (expected, pieces) in [(&at_once, false), (&in_pieces, true)] {
				let name = || {
					let name = runner.name(family);
					if pieces {
						format!("{name}, in pieces")
					} else {
						name
					}
				};
				let mut machine = self
					.machine(engines, family, runner)
					.map_err(|refused| format!("{}: {refused:?}", name()))?;
				let trace = run(&mut *machine, pieces);
				same(expected, &trace).map_err(|difference| format!("{}, {difference}", name()))?;
				traces.push(trace);
			}
			if let (Runner::Raw(..), Ok(traces)) = (runner, <[Trace; 2]>::try_from(traces)) {
				for (expected, trace) in raw.iter().flatten().zip(&traces) {
					same(expected, trace)
						.map_err(|difference| format!("{}, {difference}", runner.name(family)))?;
				}
				raw = Some(traces);
			}
		}
		Ok(Ok(at_once))
	}

	fn machine(
		&self,
		engines: &Engines,
		family: &Family,
		runner: Runner,
	) -> Result<Box<dyn Machine>, Refused> {
		let start = |index: usize| &family.managed[index].1;
		Ok(match runner {
			Runner::Raw(index, tier) => Box::new(Raw::new(&engines.raw[index], self.bytes, tier)),
			Runner::Managed(index) => Box::new(self.managed(family, index)?),
			Runner::Moving(from, to) => {
				Box::new(Moving::new(start(from), start(to), self.bytes, self.syscalls)?)
			},
		})
	}

	fn managed(&self, family: &Family, index: usize) -> Result<Managed, Refused> {
		Managed::new(&family.managed[index].1, self.bytes, self.syscalls)
	}

	fn all_refuse(&self, family: &Family, refused: Refused) -> Result<(), String> {
		for (index, (name, _)) in family.managed.iter().enumerate() {
			match self.managed(family, index) {
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
	if expected.registers.is_empty() || trace.registers.is_empty() {
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

/// The index of the first difference.
fn first_difference<T: PartialEq>(one: &[T], other: &[T]) -> Option<usize> {
	let longest = one.len().max(other.len());
	(0..longest).find(|&at| one.get(at) != other.get(at))
}

/// A difference, with the case that shows it.
fn report(case: &Case, difference: &str) -> String {
	let mut report = format!("{difference}\n\ncalls with {} gas, {}:\n", case.gas, case.slice);
	for call in &case.calls {
		// Writing to a `String` cannot fail.
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
