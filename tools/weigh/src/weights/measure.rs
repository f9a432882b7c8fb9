//! Runs the benchmarks, and fits lines to what they take.

use crate::chain::{Chain, Form};
use frame_benchmarking::{
	Analysis, BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkParameter, BenchmarkResult,
	BenchmarkSelector,
};
use frame_support::traits::StorageInfo;

/// Values of a benchmark's parameter that are measured, evenly from its least to its most.
const STEPS: u32 = 10;

/// Times that each is measured. The median counts.
const REPEATS: u32 = 11;

/// The lists of benchmarks of calls. The others are of syscalls, whose prices are in gas, in both forms.
const CALLS: [&str; 2] = ["Virt", "Jobs"];

/// The names of a benchmark: that of its list, and its own.
pub type Name = (String, String);

/// What a benchmark takes.
pub struct Measured {
	/// Its name.
	pub name: Name,
	/// What it takes.
	pub fit: Fit,
}

/// A line: at nothing, and for each unit of the benchmark's parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
	/// At nothing.
	pub base: u64,
	/// For each unit.
	pub slope: u64,
}

/// What a benchmark takes, by its parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fit {
	/// Picoseconds, if programs run in the node.
	pub time: Line,
	/// Picoseconds in the embedded form, for calls.
	pub embedded: Option<Line>,
	/// Keys that are read from the database.
	pub reads: Line,
	/// Keys that are written to the database.
	pub writes: Line,
}

impl Line {
	fn at_least(self, other: Self) -> Self {
		Self { base: self.base.max(other.base), slope: self.slope.max(other.slope) }
	}
}

impl Fit {
	/// The larger of each.
	pub fn at_least(self, other: Self) -> Self {
		Self {
			time: self.time.at_least(other.time),
			embedded: None,
			reads: self.reads.at_least(other.reads),
			writes: self.writes.at_least(other.writes),
		}
	}

	/// With the slopes divided, and rounded up.
	pub fn per(self, count: u32) -> Self {
		let per = |line: Line| Line { slope: line.slope.div_ceil(count.into()), ..line };
		Self {
			time: per(self.time),
			embedded: self.embedded.map(per),
			reads: per(self.reads),
			writes: per(self.writes),
		}
	}
}

/// Measures every benchmark whose list and name contain `only`, and those of calls in both forms.
pub fn all(only: &str) -> Result<Vec<Measured>, String> {
	let mut all = of(Form::Host, only)?;
	let embedded = of(Form::Embedded, only)?;
	for Measured { name, fit } in &mut all {
		let same = embedded.iter().find(|other| other.name == *name);
		fit.embedded = same.map(|same| same.fit.time);
	}
	Ok(all)
}

fn of(form: Form, only: &str) -> Result<Vec<Measured>, String> {
	let chain = Chain::new(form)?;
	let (lists, _): (Vec<BenchmarkList>, Vec<StorageInfo>) =
		chain.call("Benchmark_benchmark_metadata", false, false)?;
	let mut all = Vec::new();
	for list in &lists {
		for benchmark in &list.benchmarks {
			let name = (text(&list.instance), text(&benchmark.name));
			let is_call = CALLS.contains(&&*name.0);
			if !format!("{} {}", name.0, name.1).contains(only)
				|| form == Form::Embedded && !is_call
			{
				continue;
			}
			eprintln!("{} {} ({form:?})", name.0, name.1);
			let config = BenchmarkConfig {
				pallet: list.pallet.clone(),
				instance: list.instance.clone(),
				benchmark: benchmark.name.clone(),
				..Default::default()
			};
			let fit = measure(&chain, config, &benchmark.components)
				.map_err(|error| format!("{} {}: {error}", name.0, name.1))?;
			if let Some(fit) = fit {
				all.push(Measured { name, fit });
			}
		}
	}
	Ok(all)
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// Nothing, where the benchmark says that there is nothing to measure.
fn measure(
	chain: &Chain,
	config: BenchmarkConfig,
	components: &[(BenchmarkParameter, u32, u32)],
) -> Result<Option<Fit>, String> {
	let values = match components {
		[] => vec![Vec::new()],
		[(parameter, least, most)] => (0..STEPS)
			.map(|step| vec![(*parameter, least + (most - least) / (STEPS - 1) * step)])
			.collect(),
		_ => return Err("more than one parameter".into()),
	};
	let (mut times, mut accesses) = (Vec::new(), Vec::new());
	for selected in values {
		let config = BenchmarkConfig { selected_components: selected, ..config.clone() };
		let verified = BenchmarkConfig { verify: true, ..config.clone() };
		run(chain, verified, false)?;
		let config = BenchmarkConfig { internal_repeats: 1, ..config };
		accesses.extend(run(chain, config.clone(), true)?);
		let mut repeats = Vec::new();
		for _ in 0..REPEATS {
			repeats.extend(run(chain, config.clone(), false)?);
		}
		repeats.sort_by_key(|result| result.extrinsic_time);
		let median = repeats.len() / 2;
		times.extend(repeats.into_iter().nth(median));
	}
	if times.is_empty() {
		return Ok(None);
	}
	Ok(Some(Fit {
		time: line(&times, BenchmarkSelector::ExtrinsicTime)?,
		embedded: None,
		reads: line(&accesses, BenchmarkSelector::Reads)?,
		writes: line(&accesses, BenchmarkSelector::Writes)?,
	}))
}

fn run(
	chain: &Chain,
	config: BenchmarkConfig,
	counting: bool,
) -> Result<Vec<BenchmarkResult>, String> {
	let batches: Result<Vec<BenchmarkBatch>, String> =
		chain.call("Benchmark_dispatch_benchmark", config, counting)?;
	Ok(batches?.into_iter().flat_map(|batch| batch.results).collect())
}

fn line(results: &Vec<BenchmarkResult>, of: BenchmarkSelector) -> Result<Line, String> {
	let found = Analysis::min_squares_iqr(results, of).map_err(|error| error.to_string())?;
	let number = |value: u128| u64::try_from(value).map_err(|error| error.to_string());
	Ok(Line {
		base: number(found.base)?,
		slope: number(found.slopes.first().copied().unwrap_or_default())?,
	})
}
