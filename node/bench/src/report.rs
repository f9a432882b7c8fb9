//! The table, and what became of the goals.

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
	/// How many cores others used while the idle machine was measured. The figures are worth little
	/// where that is not next to nothing.
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
			text: "a syscall with 32 B each way, of the peer's interpreting build".into(),
			figure: self.ratio("syscall, 32 B each way", Who::Ours, Who::PeerInterprets),
			limit: 0.6,
			note: String::new(),
		}];
		for row in ROWS.iter().filter(|row| matches!(row.kind, Kind::Work { .. })) {
			let peer = self.ratio(row.name, Who::PeerRecompiles, Who::Native);
			goals.push(Goal {
				text: format!("{}, of native code", row.name),
				figure: self.ratio(row.name, Who::Ours, Who::Native),
				limit: 1.3,
				note: peer.map_or(String::new(), |peer| {
					format!("; the peer's recompiling build: {}", factor(peer))
				}),
			});
		}
		let load = "load 64 KiB, first in a block";
		let better = [Who::PeerInterprets, Who::PeerRecompiles]
			.into_iter()
			.filter_map(|peer| self.ratio(load, Who::Ours, peer))
			.max_by(f64::total_cmp);
		goals.push(Goal {
			text: "load, instantiate and call a known program of 64 KiB in a new block, of the \
			       peer's better build"
				.into(),
			figure: better,
			limit: 0.1,
			note: String::new(),
		});
		let slower = |row: &Row| Some((self.slower_when_busy(row.name)?, row.name));
		let worst = ROWS.iter().filter_map(slower).max_by(|a, b| a.0.total_cmp(&b.0));
		goals.push(Goal {
			text: "with all cores busy, the worst of ours, of itself on an idle machine".into(),
			figure: worst.map(|worst| worst.0),
			limit: 3.0,
			note: worst.map_or(String::new(), |worst| format!(" ({})", worst.1)),
		});
		goals.push(Goal {
			text: "a short call with two tiers, of the same with the interpreter only".into(),
			figure: self.ratio("short call", Who::Ours, Who::Interpreter),
			limit: 1.05,
			note: String::new(),
		});
		goals
	}
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

	/// Results in which each figure of a row is the row's number times what `of` says.
	fn results(of: fn(Who, bool) -> f64) -> Results {
		let all = |busy| {
			ROWS.iter()
				.zip(1..)
				.map(|(row, number)| {
					let figures =
						Who::ALL.map(|who| (who, cell(f64::from(number) * of(who, busy))));
					(*row, figures.into_iter().collect())
				})
				.collect()
		};
		Results { idle: all(false), busy: all(true), by_others: 0.0, peers: Vec::new() }
	}

	#[test]
	fn goals_are_met_at_the_limit_and_missed_over_it() {
		let at_limit = |who, busy| match who {
			Who::Ours if busy => 30.0,
			Who::Ours => 10.0,
			Who::Interpreter => 9.6,
			Who::Native => 7.8,
			Who::PeerInterprets => 100.0,
			Who::Recompiler | Who::PeerRecompiles => 200.0,
		};
		let goals = results(at_limit).goals();
		assert!(goals.iter().all(|goal| goal.figure.is_some_and(|it| it <= goal.limit)));

		let over = |who, busy| match who {
			Who::Ours if busy => 30.1,
			Who::Ours => 10.0,
			Who::Interpreter => 9.5,
			Who::Native => 7.6,
			Who::PeerInterprets => 16.0,
			Who::Recompiler | Who::PeerRecompiles => 200.0,
		};
		let goals = results(over).goals();
		assert!(goals.iter().all(|goal| goal.figure.is_some_and(|it| it > goal.limit)));
	}

	#[test]
	fn every_line_of_the_table_is_complete() {
		let table = results(|_, _| 1.0).table();
		assert_eq!(table.len(), 1 + 2 * ROWS.len() + 1);
		assert!(table.iter().all(|line| line.len() == table[0].len()));
	}

	#[test]
	fn figures_have_three_digits() {
		let times = [0.5, 9.996, 99.96, 1_234.0, 56_789_000.0].map(|it| time(&cell(it)));
		assert_eq!(times, ["0.50 ns", "10.0 ns", "100 ns", "1.23 us", "56.8 ms"]);
	}
}
