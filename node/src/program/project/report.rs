//! Reports of test chains: the gas of each call, and line coverage.

use super::super::{text::grouped, Failure};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, fs, path::Path};
use virt_trace::coverage::Coverage;

/// The variable with the folder of the reports.
pub const REPORT: &str = "VIRT_REPORT";

/// The report of a chain.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
	/// The name of its test.
	pub test: String,
	/// Whether it is a property test.
	pub random: bool,
	pub calls: Vec<Called>,
	pub coverage: Coverage,
}

/// A call of a test.
#[derive(Debug, Serialize, Deserialize)]
pub struct Called {
	pub program: String,
	pub entry: String,
	pub gas: u64,
	pub failed: bool,
}

impl Report {
	/// Writes it to a new file in a folder.
	pub fn write(&self, folder: &Path) -> Result<(), Failure> {
		let json = serde_json::to_vec(self).expect("reports are JSON; qed");
		let path = folder.join(format!("{}.json", std::process::id()));
		fs::write(&path, json)
			.map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
	}

	/// The reports in a folder.
	pub fn all(folder: &Path) -> Result<Vec<Self>, Failure> {
		let wrong = |error: String| Failure::Usage(format!("{}: {error}", folder.display()));
		let files = fs::read_dir(folder).map_err(|error| wrong(error.to_string()))?;
		let reports = files.map(|file| {
			let json = fs::read(file.map_err(|error| wrong(error.to_string()))?.path());
			let json = json.map_err(|error| wrong(error.to_string()))?;
			serde_json::from_slice(&json).map_err(|error| wrong(error.to_string()))
		});
		reports.collect()
	}
}

/// The gas of calls by program and entry, as a table.
pub struct Gas(BTreeMap<(String, String), Vec<(u64, bool)>>);

impl Gas {
	pub fn new(reports: &[Report]) -> Self {
		let mut entries = BTreeMap::<_, Vec<_>>::new();
		for Called { program, entry, gas, failed } in reports.iter().flat_map(|it| &it.calls) {
			entries.entry((program.clone(), entry.clone())).or_default().push((*gas, *failed));
		}
		entries.values_mut().for_each(|calls| calls.sort());
		Self(entries)
	}
}

impl fmt::Display for Gas {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let mut rows =
			vec![["gas of", "calls", "failed", "least", "median", "most"].map(String::from)];
		for ((program, entry), calls) in &self.0 {
			let gas = |nth: usize| calls.get(nth).map_or(String::new(), |(gas, _)| grouped(gas));
			rows.push([
				format!("{program}::{entry}"),
				grouped(calls.len()),
				grouped(calls.iter().filter(|(_, failed)| *failed).count()),
				gas(0),
				gas(calls.len() / 2),
				gas(calls.len().saturating_sub(1)),
			]);
		}
		write_table(f, &rows)
	}
}

/// The first column is left-aligned, the others are right-aligned.
pub fn write_table<const N: usize>(f: &mut impl fmt::Write, rows: &[[String; N]]) -> fmt::Result {
	let mut widths = [0; N];
	for row in rows {
		for (width, cell) in widths.iter_mut().zip(row) {
			*width = cell.chars().count().max(*width);
		}
	}
	for row in rows {
		let mut line = String::new();
		for (nth, (cell, width)) in row.iter().zip(widths).enumerate() {
			line += &match nth {
				0 => format!("{cell:<width$}"),
				_ => format!("  {cell:>width$}"),
			};
		}
		writeln!(f, "{}", line.trim_end())?;
	}
	Ok(())
}

/// Line coverage by file, as a table.
pub fn covered(coverage: &Coverage) -> String {
	let mut rows = vec![["lines run", "run", "of", ""].map(String::from)];
	let mut row = |file: &str, run: usize, all: usize| {
		let percent = 100.0 * run as f64 / all.max(1) as f64;
		rows.push([file.into(), grouped(run), grouped(all), format!("{percent:.1} %")]);
	};
	for (file, lines) in coverage.files() {
		row(file, lines.values().filter(|count| **count > 0).count(), lines.len());
	}
	let (run, all) = coverage.lines();
	row("all", run, all);
	let mut table = String::new();
	write_table(&mut table, &rows).expect("text can be written; qed");
	table
}
