//! Profiles: gas by function, by line, and by call stack.
//!
//! A basic block is charged as a whole. Its gas is divided equally among its instructions, and
//! added to their lines.

use crate::{
	program::{Function, Program},
	sources::{Place, Sources},
	text::grouped,
	tree::Known,
};
use serde::Serialize;
use std::{
	collections::{BTreeMap, HashMap, HashSet},
	fmt,
};
use virt_primitives::Gas;

/// Gas by call stack. A stack is a list of names, outermost first: programs with their entries,
/// functions, syscalls, and others in brackets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
	stacks: BTreeMap<Vec<String>, Gas>,
	/// By program, file and line.
	lines: BTreeMap<(String, String, Option<u32>), Line>,
}

/// The gas of a line of source code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Line {
	/// The maximal number of executions of one of its instructions.
	count: u64,
	gas: f64,
}

/// The gas of translating a program, and of moving it to tier two.
pub const TRANSLATION: &str = "[translation]";

impl Profile {
	/// Of program calls and their callees.
	pub fn new<'a>(programs: impl IntoIterator<Item = &'a Program>, known: &dyn Known) -> Self {
		let mut profile = Self::default();
		for program in programs {
			profile.add(program, known, &[]);
		}
		profile
	}

	/// The profile as a file with this extension: a flame graph for `svg`, speedscope's format for
	/// `json`, otherwise folded stacks.
	pub fn file(&self, extension: &str, title: &str) -> Result<String, String> {
		match extension {
			"svg" => self.svg(title),
			"json" => Ok(self.speedscope(title)),
			_ => Ok(self.folded()),
		}
	}

	fn add(&mut self, program: &Program, known: &dyn Known, below: &[String]) {
		let name = known.name(program);
		let name = name.unwrap_or_else(|| program.code_hash.chars().take(10).collect());
		let mut base = below.to_vec();
		base.push(format!("{name}::{}", program.entry));
		let sources = known.sources(&program.code_hash);
		let mut places = Places { sources, known: HashMap::new() };
		let blocks = sources.map(Sources::blocks).unwrap_or_default();

		let mut computed = 0;
		for (index, function) in program.functions.iter().enumerate() {
			let stack = stack(&mut places, &program.functions, index, &base);
			for (offset, count, gas) in &function.blocks {
				computed += gas;
				let instructions = blocks.get(offset).cloned().unwrap_or_else(|| vec![*offset]);
				// The stack of the block's first known instruction.
				let mut stack = stack.clone();
				stack.extend(names(places.of(*offset)));
				*self.stacks.entry(stack).or_default() += gas;
				for instruction in &instructions {
					let own = places.of(*instruction);
					let place = own.iter().find(|place| place.is_own()).or(own.first());
					let Some(Place { file, line, .. }) = place else { continue };
					let line = self.lines.entry((name.clone(), file.clone(), *line)).or_default();
					line.count = line.count.max(*count);
					line.gas += *gas as f64 / instructions.len() as f64;
				}
			}
		}

		let mut in_syscalls = 0;
		for syscall in &program.syscalls {
			let Some(gas) = syscall.gas else { continue };
			in_syscalls += gas;
			let mut stack = base.clone();
			for offset in syscall.backtrace.iter().rev() {
				stack.extend(names(places.of(*offset)));
			}
			stack.push(format!("{}()", syscall.name));
			let called: Gas = syscall.programs.iter().map(|program| program.gas).sum();
			*self.stacks.entry(stack.clone()).or_default() += gas - called;
			for program in &syscall.programs {
				self.add(program, known, &stack);
			}
		}

		let rest = program.gas - computed - in_syscalls;
		if rest > 0 {
			base.push(if program.functions.is_empty() { "[code]" } else { TRANSLATION }.into());
			*self.stacks.entry(base).or_default() += rest;
		}
	}

	/// The total gas.
	pub fn total(&self) -> Gas {
		self.stacks.values().sum()
	}

	/// Folded stacks, for flame graph tools: one line per stack with its names separated by
	/// semicolons, and its gas.
	pub fn folded(&self) -> String {
		let line = |(stack, gas): (&Vec<String>, &Gas)| {
			let names: Vec<_> = stack.iter().map(|name| name.replace(';', ",")).collect();
			format!("{} {gas}\n", names.join(";"))
		};
		self.stacks.iter().filter(|(_, gas)| **gas > 0).map(line).collect()
	}

	/// A flame graph as SVG.
	pub fn svg(&self, title: &str) -> Result<String, String> {
		let mut options = inferno::flamegraph::Options::default();
		options.title = title.into();
		options.count_name = "gas".into();
		options.deterministic = true;
		let folded = self.folded();
		let mut svg = Vec::new();
		inferno::flamegraph::from_lines(&mut options, folded.lines(), &mut svg)
			.map_err(|error| format!("no flame graph can be made: {error}"))?;
		String::from_utf8(svg).map_err(|error| error.to_string())
	}

	/// The profile for speedscope: JSON of <https://www.speedscope.app/file-format-schema.json>.
	pub fn speedscope(&self, title: &str) -> String {
		let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
		let mut frames = Vec::new();
		let (mut samples, mut weights) = (Vec::new(), Vec::new());
		for (stack, gas) in &self.stacks {
			let sample: Vec<_> = stack
				.iter()
				.map(|name| {
					*numbers.entry(name).or_insert_with(|| {
						frames.push(serde_json::json!({ "name": name }));
						frames.len() - 1
					})
				})
				.collect();
			samples.push(sample);
			weights.push(gas);
		}
		let json = serde_json::json!({
			"$schema": "https://www.speedscope.app/file-format-schema.json",
			"shared": { "frames": frames },
			"profiles": [{
				"type": "sampled",
				"name": title,
				"unit": "none",
				"startValue": 0,
				"endValue": self.total(),
				"samples": samples,
				"weights": weights,
			}],
			"name": title,
			"exporter": "virt",
		});
		json.to_string()
	}

	/// Gas by function, including and excluding callees, sorted by gas.
	pub fn functions(&self) -> Vec<FunctionGas> {
		let mut functions: BTreeMap<&str, FunctionGas> = BTreeMap::new();
		for (stack, gas) in &self.stacks {
			let mut seen = HashSet::new();
			for name in stack.iter().filter(|name| seen.insert(*name)) {
				let function = functions.entry(name).or_default();
				function.name = name.clone();
				function.total += gas;
			}
			if let Some(function) = stack.last().and_then(|last| functions.get_mut(&**last)) {
				function.own += gas;
			}
		}
		let mut functions: Vec<_> = functions.into_values().collect();
		functions.sort_by(|a, b| (b.own, b.total, &a.name).cmp(&(a.own, a.total, &b.name)));
		functions
	}

	/// Gas by line of source code, sorted by gas.
	pub fn lines(&self) -> Vec<LineGas> {
		let mut lines: Vec<_> = self
			.lines
			.iter()
			.map(|((program, file, line), Line { count, gas })| LineGas {
				program: program.clone(),
				file: file.clone(),
				line: *line,
				count: *count,
				gas: gas.round() as Gas,
			})
			.collect();
		lines.sort_by(|a, b| b.gas.cmp(&a.gas).then_with(|| a.line.cmp(&b.line)));
		lines
	}
}

/// The gas of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FunctionGas {
	/// Its path.
	pub name: String,
	/// Excluding callees.
	pub own: Gas,
	/// Including callees.
	pub total: Gas,
}

/// The gas of a line of source code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineGas {
	/// The program.
	pub program: String,
	/// The file.
	pub file: String,
	/// Starts at 1.
	pub line: Option<u32>,
	/// The number of executions.
	pub count: u64,
	/// Its gas, rounded.
	pub gas: Gas,
}

/// Lines of a table.
const SHOWN: usize = 20;

impl fmt::Display for Profile {
	/// The functions and lines with the most gas.
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let total = self.total().max(1) as f64;
		writeln!(f, "{:>14}  {:>14}  {:>6}  function", "gas", "with callees", "share")?;
		for FunctionGas { name, own, total: with } in self.functions().iter().take(SHOWN) {
			let share = *own as f64 / total * 100.0;
			writeln!(f, "{:>14}  {:>14}  {share:>5.1}%  {name}", grouped(own), grouped(with))?;
		}
		let lines = self.lines();
		if !lines.is_empty() {
			writeln!(f, "\n{:>14}  {:>10}  {:>6}  line", "gas", "times", "share")?;
		}
		for line in lines.iter().take(SHOWN) {
			let share = line.gas as f64 / total * 100.0;
			let number = line.line.map_or(String::new(), |line| format!(":{line}"));
			writeln!(
				f,
				"{:>14}  {:>10}  {share:>5.1}%  {}{number}",
				grouped(line.gas),
				grouped(line.count),
				line.file,
			)?;
		}
		Ok(())
	}
}

/// Locations, looked up once per offset.
struct Places<'a> {
	sources: Option<&'a Sources>,
	known: HashMap<u32, Vec<Place>>,
}

impl Places<'_> {
	fn of(&mut self, offset: u32) -> &[Place] {
		let sources = self.sources;
		self.known
			.entry(offset)
			.or_insert_with(|| sources.map(|sources| sources.places(offset)).unwrap_or_default())
	}
}

/// The names of the functions at a location, outermost first.
fn names(places: &[Place]) -> Vec<String> {
	places.iter().rev().map(|place| place.function.clone()).collect()
}

/// The names of the functions on the call stack of a function.
fn stack(
	places: &mut Places<'_>,
	functions: &[Function],
	index: usize,
	base: &[String],
) -> Vec<String> {
	let mut sites = Vec::new();
	let mut at = index;
	while let Some((caller, site)) = functions.get(at).and_then(|function| function.caller) {
		sites.push(site);
		at = caller;
	}
	let mut stack = base.to_vec();
	for site in sites.into_iter().rev() {
		stack.extend(names(places.of(site)));
	}
	stack
}
