//! `.gas-snapshot`: the gas of each test, to show the effect of a change.
//!
//! One line per test, sorted by name: `transfer_moves_tokens (gas: 1234567)`. The gas of a test is
//! the sum of its calls. Property tests are omitted.

use super::{
	super::{text::grouped, Failure},
	report::{write_table, Report},
};
use std::{collections::BTreeMap, fmt, fs, path::Path};

/// The file's name, in the project's folder.
pub const FILE: &str = ".gas-snapshot";

/// Gas by test.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<String, u64>);

impl Snapshot {
	/// Of a run.
	pub fn new(reports: &[Report]) -> Self {
		let mut tests = BTreeMap::<_, (u64, bool)>::new();
		for report in reports {
			let (gas, random) = tests.entry(report.test.clone()).or_default();
			*gas += report.calls.iter().map(|call| call.gas).sum::<u64>();
			*random |= report.random;
		}
		let tests = tests.into_iter().filter(|(_, (_, random))| !random);
		Self(tests.map(|(test, (gas, _))| (test, gas)).collect())
	}

	/// From a file's text.
	pub fn parse(text: &str) -> Result<Self, String> {
		let line = |(nth, line): (usize, &str)| {
			let parts = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (gas: "));
			let parts = parts.and_then(|(test, gas)| Some((test.to_string(), gas.parse().ok()?)));
			parts.ok_or_else(|| format!("line {} is not `<test> (gas: <number>)`", nth + 1))
		};
		text.lines().enumerate().map(line).collect::<Result<_, _>>().map(Self)
	}

	/// From the project's file.
	pub fn read(folder: &Path) -> Result<Self, Failure> {
		let path = folder.join(FILE);
		let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
		let text = fs::read_to_string(&path).map_err(|error| {
			wrong(format!("{error}. `virt-node program test --save-gas` writes it"))
		})?;
		Self::parse(&text).map_err(wrong)
	}

	/// The differences to a later one, as a table; `None` if there are none.
	pub fn changes(&self, later: &Self) -> Option<String> {
		let tests: BTreeMap<_, _> = self.0.iter().chain(&later.0).collect();
		let mut rows = vec![["gas changed", "before", "now", "change"].map(String::from)];
		for test in tests.into_keys() {
			let (before, now) = (self.0.get(test), later.0.get(test));
			if before == now {
				continue;
			}
			let gas = |gas: Option<&u64>| gas.map_or("-".into(), grouped);
			let change = match (before, now) {
				(Some(0), Some(_)) | (None, _) => "new".into(),
				(_, None) => "gone".into(),
				(Some(before), Some(now)) => {
					format!("{:+.2} %", 100.0 * (*now as f64 / *before as f64 - 1.0))
				},
			};
			rows.push([test.clone(), gas(before), gas(now), change]);
		}
		let mut table = String::new();
		write_table(&mut table, &rows).expect("text can be written; qed");
		(rows.len() > 1).then_some(table)
	}
}

impl fmt::Display for Snapshot {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		self.0.iter().try_for_each(|(test, gas)| writeln!(f, "{test} (gas: {gas})"))
	}
}
