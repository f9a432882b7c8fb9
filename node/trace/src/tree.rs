//! The tree of program calls, as text.

use crate::{
	program::{Argument, End, Program, Syscall},
	sources::{Place, Sources},
	text::{grouped, printable, readable},
};
use std::fmt::{self, Write};
use virt_guest::Failure;

/// The names, types and source code of programs.
pub trait Known {
	/// A program's name.
	fn name(&self, _program: &Program) -> Option<String> {
		None
	}

	/// The input of a program call.
	fn input(&self, _program: &Program) -> Option<String> {
		None
	}

	/// The output of a program call.
	fn output(&self, _program: &Program) -> Option<String> {
		None
	}

	/// The data of an event that a program deposits.
	fn event(&self, _program: &Program, _data: &[u8]) -> Option<String> {
		None
	}

	/// The ref time of a unit of gas, in picoseconds.
	fn picoseconds_per_gas(&self) -> Option<u64> {
		None
	}

	/// A program's debug information, by its code hash.
	fn sources(&self, _code_hash: &str) -> Option<&Sources> {
		None
	}
}

/// Nothing.
impl Known for () {}

/// The tree below a program call, with backtraces of failures.
pub struct Tree<'a> {
	program: &'a Program,
	known: &'a dyn Known,
}

impl<'a> Tree<'a> {
	/// Of a program call.
	pub fn new(program: &'a Program, known: &'a dyn Known) -> Self {
		Self { program, known }
	}

	/// Writes a program call: its first line after the text so far, all others after `indent`.
	fn program(&self, f: &mut fmt::Formatter<'_>, program: &Program, indent: &str) -> fmt::Result {
		let name = self.known.name(program);
		let name = name.unwrap_or_else(|| short(&program.code_hash));
		let input = self.known.input(program).unwrap_or_else(|| {
			let input = program.input.as_deref().unwrap_or_default();
			if input.is_empty() {
				String::new()
			} else {
				readable(input)
			}
		});
		write!(f, "{name}::{}({})", printable(&program.entry), printable(&input))?;
		write!(f, "  gas {}", grouped(program.gas))?;
		let is_caller = program.own_gas() != program.gas;
		if is_caller {
			write!(f, ", its own {}", grouped(program.own_gas()))?;
		}
		if let Some(picoseconds) = self.known.picoseconds_per_gas() {
			let time = |gas: i64| gas as f64 * picoseconds as f64 / 1e6;
			write!(f, " | ref time {:.1} us", time(program.gas))?;
			if is_caller {
				write!(f, ", its own {:.1}", time(program.own_gas()))?;
			}
		}
		if let Some(account) = &program.account {
			write!(f, " | account {}", short(account))?;
		}
		writeln!(f)?;
		for syscall in &program.syscalls {
			write!(f, "{indent}├─ ")?;
			self.syscall(f, program, syscall)?;
			let inner = format!("{indent}│  ");
			for (nth, called) in syscall.programs.iter().enumerate() {
				let is_last = nth + 1 == syscall.programs.len();
				write!(f, "{inner}{}", if is_last { "└─ " } else { "├─ " })?;
				self.program(
					f,
					called,
					&format!("{inner}{}", if is_last { "   " } else { "│  " }),
				)?;
			}
		}
		if program.left_out > 0 {
			writeln!(f, "{indent}├─ .. {} more syscalls", grouped(program.left_out))?;
		}
		write!(f, "{indent}└─ ")?;
		self.end(f, program, &format!("{indent}      "))
	}

	fn syscall(
		&self,
		f: &mut fmt::Formatter<'_>,
		program: &Program,
		syscall: &Syscall,
	) -> fmt::Result {
		let is_event = syscall.name.starts_with("event");
		let arguments = syscall.arguments.iter().map(|(name, argument)| match argument {
			Argument::Number(number) => format!("{name}: {number}"),
			Argument::Bytes(bytes) => {
				let event = (is_event && name == "data").then(|| self.known.event(program, bytes));
				let text = event.flatten().unwrap_or_else(|| readable(bytes));
				format!("{name}: {}", printable(&text))
			},
		});
		let arguments = arguments.collect::<Vec<_>>().join(", ");
		write!(f, "{}({arguments})", printable(&syscall.name))?;
		let (Some(result), Some(gas)) = (syscall.result, syscall.gas) else {
			return writeln!(f, ", and did not return");
		};
		write!(f, " = {result}")?;
		if let Err(code) = Failure::check(result) {
			write!(f, " {code:?}")?;
		}
		writeln!(f, ", gas {}", grouped(gas))
	}

	fn end(&self, f: &mut fmt::Formatter<'_>, program: &Program, indent: &str) -> fmt::Result {
		f.write_str(match program.end {
			End::Returned => "returned",
			End::Exited => "exited",
			End::Reverted => "reverted",
			End::Trapped => "trapped",
			End::StackOverflow => "trapped: stack overflow",
			End::OutOfGas => "out of gas",
			End::Faulted => "failed at the last syscall",
		})?;
		if program.end == End::StackOverflow {
			write!(f, ", {} calls deep", grouped(program.backtrace.len()))?;
		}
		let has_output = matches!(program.end, End::Returned | End::Exited | End::Reverted);
		if let Some(output) = program.output.as_deref().filter(|_| has_output) {
			let output = self.known.output(program).unwrap_or_else(|| readable(output));
			write!(f, " {}", printable(&output))?;
		}
		writeln!(f)?;
		if program.end.is_failure() {
			self.backtrace(f, program, indent)?;
		}
		Ok(())
	}

	fn backtrace(
		&self,
		f: &mut fmt::Formatter<'_>,
		program: &Program,
		indent: &str,
	) -> fmt::Result {
		let sources = self.known.sources(&program.code_hash);
		let mut lines = Vec::new();
		for frame in &program.backtrace {
			let places = sources.map(|sources| sources.frame(frame)).unwrap_or_default();
			if let (true, Some(offset)) = (places.is_empty(), frame.first()) {
				lines.push(format!("at code offset {offset}"));
			}
			lines.extend(places.iter().map(describe));
		}
		let hidden = lines.len().saturating_sub(SHOWN);
		for (nth, line) in lines.iter().enumerate() {
			if nth == SHOWN / 2 && hidden > 0 {
				writeln!(f, "{indent}.. {} more", grouped(hidden))?;
			}
			if nth < SHOWN / 2 || nth >= SHOWN / 2 + hidden {
				writeln!(f, "{indent}{}", printable(line))?;
			}
		}
		Ok(())
	}
}

/// The maximal number of lines of a backtrace, half of them from each end.
const SHOWN: usize = 40;

fn describe(place: &Place) -> String {
	let mut text = String::new();
	let _ = write!(text, "{} ({place})", place.function);
	text
}

/// The first digits of a hash.
fn short(hash: &str) -> String {
	hash.chars().take(10).collect()
}

impl fmt::Display for Tree<'_> {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.program(f, self.program, "")
	}
}
