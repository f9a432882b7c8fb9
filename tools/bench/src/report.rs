//! The table, and whether the goals are met.

use crate::{
	machine,
	rows::{Kind, Row, ROWS},
	sample::Cell,
	subject::Who,
};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

/// One line's figures.
pub type Figures = BTreeMap<Who, Cell>;

/// All that was measured.
pub struct Results {
	/// By line, on an idle machine.
	pub idle: Vec<(Row, Figures)>,
	/// By line, with all cores busy.
	pub busy: Vec<(Row, Figures)>,
	/// The load of other processes during the idle measurements. The figures are of little value if
	/// it is not near zero.
	pub by_others: f64,
	/// Backends of the peer's two builds, by their own word.
	pub peers: Vec<(Who, String)>,
}

/// A promise of the project, as a ratio.
struct Goal {
	text: String,
	figure: Option<f64>,
	limit: f64,
	/// What else there is to know.
	note: String,
}

/// Who is compared with whom in the table.
const RATIOS: [(&str, Who, Who); 3] = [
	("ours / interpreting", Who::Ours, Who::PeerInterprets),
	("ours / recompiling", Who::Ours, Who::PeerRecompiles),
	("ours / native", Who::Ours, Who::Native),
];

impl Results {
	/// What goes into `docs/benchmarks.md`.
	pub fn markdown(&self) -> String {
		let mut text = format!(
			"{}. Other processes used {:.2} of the cores.\n\n",
			machine::description(),
			self.by_others
		);
		for (who, backend) in &self.peers {
			let ratio = self.ratio("compute loop", *who, Who::Native);
			let ratio = ratio.map_or("?".into(), factor);
			let _ = writeln!(
				text,
				"- The {who}: its engine says `{backend}`, and computes at {ratio} the time of native \
				 code."
			);
		}
		let _ = writeln!(text, "\n{}", align(&self.table()));
		for goal in self.goals() {
			let Goal { text: name, figure, limit, note } = &goal;
			let verdict = match figure {
				Some(figure) if figure <= limit => "met",
				Some(_) => "**missed**",
				None => "not measured",
			};
			let figure = figure.map_or(String::new(), |figure| format!(", {}", factor(figure)));
			let _ =
				writeln!(text, "- {name}, at most {}: {verdict}{figure}{note}.", factor(*limit));
		}
		text
	}

	fn table(&self) -> Vec<Vec<String>> {
		let mut head = vec![String::new()];
		head.extend(Who::ALL.map(|who| who.to_string()));
		head.extend(RATIOS.map(|(name, ..)| name.to_owned()));
		head.push("ours / ours idle".into());
		let mut table = vec![head];
		for (busy, rows) in [(false, &self.idle), (true, &self.busy)] {
			for (row, figures) in rows {
				table.push(self.line(row, figures, busy));
				if matches!(row.kind, Kind::Live(_)) && !busy {
					table.push(memory_line(row, figures));
				}
			}
		}
		table
	}

	fn line(&self, row: &Row, figures: &Figures, busy: bool) -> Vec<String> {
		let name = if busy { format!("busy: {}", row.name) } else { row.name.into() };
		let mut line = vec![name];
		line.extend(Who::ALL.map(|who| figures.get(&who).map_or(String::new(), time)));
		line.extend(RATIOS.map(|(_, a, b)| ratio_of(figures, a, b).map_or(String::new(), factor)));
		let slower = if busy { self.slower_when_busy(row.name) } else { None };
		line.push(slower.map_or(String::new(), factor));
		line
	}

	fn figures<'a>(rows: &'a [(Row, Figures)], name: &str) -> Option<&'a Figures> {
		rows.iter().find(|(row, _)| row.name == name).map(|(_, figures)| figures)
	}

	/// Of a line on an idle machine.
	fn ratio(&self, name: &str, a: Who, b: Who) -> Option<f64> {
		ratio_of(Self::figures(&self.idle, name)?, a, b)
	}

	fn slower_when_busy(&self, name: &str) -> Option<f64> {
		let ours = |rows| Self::figures(rows, name)?.get(&Who::Ours)?.median();
		Some(ours(&self.busy)? / ours(&self.idle)?)
	}

	fn goals(&self) -> Vec<Goal> {
		let mut goals = vec![Goal {
			text: "live instances: memory of each, of the peer's interpreting build".into(),
			figure: self.memory_ratio(),
			limit: 0.9,
			note: String::new(),
		}];
		for (name, other, limit) in GOALS {
			goals.push(Goal {
				text: format!("{name}, of {}", of(*other)),
				figure: self.ratio(name, Who::Ours, *other),
				limit: *limit,
				note: String::new(),
			});
		}
		for row in ROWS.iter().filter(|row| matches!(row.kind, Kind::Paced { .. })) {
			for (rows, busy) in [(&self.idle, ""), (&self.busy, ", with all cores busy")] {
				goals.push(Goal {
					text: format!("{}{busy}, of the better tier alone", row.name),
					figure: Self::figures(rows, row.name).and_then(of_better_tier),
					limit: 1.2,
					note: String::new(),
				});
			}
		}
		let slower = |row: &Row| Some((self.slower_when_busy(row.name)?, row.name));
		let worst = ROWS.iter().filter_map(slower).max_by(|a, b| a.0.total_cmp(&b.0));
		goals.push(Goal {
			text: "with all cores busy, the worst of ours, of itself on an idle machine".into(),
			figure: worst.map(|worst| worst.0),
			limit: 2.5,
			note: worst.map_or(String::new(), |worst| format!(" ({})", worst.1)),
		});
		goals
	}

	/// Memory of a live instance, beside the peer's.
	fn memory_ratio(&self) -> Option<f64> {
		let (_, figures) = self.idle.iter().find(|(row, _)| matches!(row.kind, Kind::Live(_)))?;
		let bytes = |who| figures.get(&who).map(|cell| cell.bytes_each).filter(|it| *it > 0.0);
		Some(bytes(Who::Ours)? / bytes(Who::PeerInterprets)?)
	}
}

/// Our time on an idle machine, at most, as a factor of another column's.
const GOALS: &[(&str, Who, f64)] = &[
	("live instances", Who::PeerInterprets, 0.9),
	("empty syscall", Who::PeerInterprets, 0.7),
	("syscall, 32 B each way", Who::PeerInterprets, 0.6),
	("syscall, 4 KiB each way", Who::PeerInterprets, 0.7),
	("compute loop", Who::Native, 1.3),
	("compute loop", Who::PeerRecompiles, 1.02),
	("sieve", Who::Native, 1.3),
	("sieve", Who::PeerRecompiles, 1.02),
	("sha-256", Who::Native, 1.3),
	("sha-256", Who::PeerRecompiles, 1.02),
	("load 1 KiB, new to the node", Who::PeerInterprets, 1.2),
	("load 64 KiB, new to the node", Who::PeerInterprets, 1.2),
	("load 512 KiB, new to the node", Who::PeerInterprets, 1.2),
	("load 1 KiB, first in a block", Who::PeerInterprets, 0.9),
	("load 1 KiB, again", Who::PeerInterprets, 0.9),
	("load 64 KiB, first in a block", Who::PeerInterprets, 0.5),
	("load 512 KiB, again", Who::PeerInterprets, 0.5),
	("short call", Who::Interpreter, 1.05),
	("25 nested programs", Who::PeerInterprets, 0.7),
];

/// How a goal names a column.
fn of(who: Who) -> &'static str {
	match who {
		Who::Native => "native code",
		Who::Ours => "ours",
		Who::Recompiler => "ours with the recompiler only",
		Who::Interpreter => "ours with the interpreter only",
		Who::PeerInterprets => "the peer's interpreting build",
		Who::PeerRecompiles => "the peer's recompiling build",
	}
}

/// Ours beside the better of its two tiers alone.
fn of_better_tier(figures: &Figures) -> Option<f64> {
	let tiers = [Who::Recompiler, Who::Interpreter];
	let better = tiers.into_iter().filter_map(|tier| ratio_of(figures, Who::Ours, tier));
	better.max_by(f64::total_cmp)
}

fn ratio_of(figures: &Figures, a: Who, b: Who) -> Option<f64> {
	Some(figures.get(&a)?.median()? / figures.get(&b)?.median()?)
}

fn time(cell: &Cell) -> String {
	let Some(nanoseconds) = cell.median() else {
		return cell.failed.as_ref().map_or(String::new(), |_| "fails".into());
	};
	let (value, unit) = match nanoseconds {
		it if it < 1e3 => (it, "ns"),
		it if it < 1e6 => (it / 1e3, "us"),
		it if it < 1e9 => (it / 1e6, "ms"),
		it => (it / 1e9, "s"),
	};
	format!("{} {unit}", three_digits(value))
}

/// What a live instance takes, and how many there were where that is not all.
fn memory_line(row: &Row, figures: &Figures) -> Vec<String> {
	let mut line = vec![format!("{}: memory of each", row.name)];
	line.extend(Who::ALL.map(|who| match figures.get(&who) {
		Some(cell) if cell.made > 0 => {
			let all = row.expected(1) == cell.made;
			let made = if all { String::new() } else { format!(" ({} made)", cell.made) };
			format!("{} KiB{made}", three_digits(cell.bytes_each / 1024.0))
		},
		_ => String::new(),
	}));
	let bytes = |who| figures.get(&who).map(|cell| cell.bytes_each).filter(|it| *it > 0.0);
	line.extend(RATIOS.map(|(_, a, b)| match (bytes(a), bytes(b)) {
		(Some(a), Some(b)) => factor(a / b),
		_ => String::new(),
	}));
	line.push(String::new());
	line
}

fn factor(ratio: f64) -> String {
	if ratio < 0.095 {
		format!("{ratio:.4}x")
	} else {
		format!("{ratio:.2}x")
	}
}

fn three_digits(value: f64) -> String {
	match value {
		it if it < 9.995 => format!("{it:.2}"),
		it if it < 99.95 => format!("{it:.1}"),
		it => format!("{it:.0}"),
	}
}

/// A table in markdown that can be read as text, too.
fn align(table: &[Vec<String>]) -> String {
	let columns = table.first().map_or(0, Vec::len);
	let widths: Vec<usize> = (0..columns)
		.map(|column| table.iter().map(|line| line[column].chars().count()).max().unwrap_or(0))
		.collect();
	let mut text = String::new();
	for (index, line) in table.iter().enumerate() {
		for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
			let _ = if column == 0 {
				write!(text, "| {cell:<width$} ")
			} else {
				write!(text, "| {cell:>width$} ")
			};
		}
		text.push_str("|\n");
		if index == 0 {
			let rules = widths.iter().enumerate().map(|(column, width)| {
				let rule = "-".repeat(width + 1);
				if column == 0 {
					format!("|-{rule}")
				} else {
					format!("|{rule}:")
				}
			});
			text.extend(rules);
			text.push_str("|\n");
		}
	}
	text
}

/// What stands around the table in a file.
pub const MARKERS: [&str; 2] = ["<!-- made from here -->", "<!-- to here -->"];

/// Puts `text` between the [`MARKERS`] of a file.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
	write_between(MARKERS, path, text)
}

/// Puts `text` between two markers of a file.
pub fn write_between(markers: [&str; 2], path: &Path, text: &str) -> Result<(), String> {
	let old = fs::read_to_string(path)
		.map_err(|error| format!("cannot read {}: {error}", path.display()))?;
	let [from, to] = markers;
	let parts = old
		.split_once(from)
		.and_then(|(before, rest)| rest.split_once(to).map(|(_, after)| (before, after)));
	let (before, after) = parts.ok_or_else(|| format!("{} lacks `{from}`", path.display()))?;
	fs::write(path, format!("{before}{from}\n\n{text}\n{to}{after}"))
		.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
	use super::*;

	fn cell(nanoseconds: f64) -> Cell {
		Cell { samples: vec![nanoseconds], ..Cell::default() }
	}

	/// Results with what `of` says.
	fn results(of: impl Fn(&Row, Who, bool) -> f64) -> Results {
		let all = |busy| {
			let rows = ROWS.iter().map(|row| {
				let figures = Who::ALL.map(|who| {
					let figure = of(row, who, busy);
					(who, Cell { bytes_each: figure, ..cell(figure) })
				});
				(*row, figures.into_iter().collect())
			});
			rows.collect()
		};
		Results { idle: all(false), busy: all(true), by_others: 0.0, peers: Vec::new() }
	}

	#[test]
	fn goals_are_met_at_the_limit_and_missed_over_it() {
		let figure = |row: &Row, who, busy, ours| match who {
			Who::Ours if busy => ours * 2.5,
			Who::Ours => ours,
			_ if matches!(row.kind, Kind::Paced { .. }) && busy => 250.0 / 1.2,
			_ if matches!(row.kind, Kind::Paced { .. }) => 100.0 / 1.2,
			_ => {
				let goal = GOALS.iter().find(|goal| goal.0 == row.name && goal.1 == who);
				100.0 / goal.map_or(0.9, |goal| goal.2)
			},
		};
		let at_limit = results(|row, who, busy| figure(row, who, busy, 99.999)).goals();
		assert!(at_limit.iter().all(|goal| goal.figure.is_some_and(|it| it <= goal.limit)));

		// The worst when busy is a ratio of ours to itself.
		let over =
			results(|row, who, busy| figure(row, who, busy, if busy { 100.2 } else { 100.1 }));
		for goal in over.goals() {
			assert!(goal.figure.is_some_and(|it| it > goal.limit), "{}", goal.text);
		}
	}

	#[test]
	fn goals_are_of_lines_that_there_are() {
		for (name, ..) in GOALS {
			assert!(ROWS.iter().any(|row| row.name == *name), "{name}");
		}
	}

	#[test]
	fn every_line_of_the_table_is_complete() {
		let table = results(|_, _, _| 1.0).table();
		assert_eq!(table.len(), 1 + 2 * ROWS.len() + 1);
		assert!(table.iter().all(|line| line.len() == table[0].len()));
	}

	#[test]
	fn figures_have_three_digits() {
		let times = [0.5, 9.996, 99.96, 1_234.0, 56_789_000.0].map(|it| time(&cell(it)));
		assert_eq!(times, ["0.50 ns", "10.0 ns", "100 ns", "1.23 us", "56.8 ms"]);
	}
}
