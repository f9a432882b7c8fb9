//! Line coverage of source code, for lcov.

use crate::{program::Program, sources::Sources, tree::Known};
use serde::{Deserialize, Serialize};
use std::{
	collections::{BTreeMap, HashMap},
	fmt,
	rc::Rc,
};

/// The number of executions of each line of the programs' own source code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
	files: BTreeMap<String, BTreeMap<u32, u64>>,
	/// The lines of each basic block of the added programs.
	#[serde(skip)]
	programs: HashMap<String, Rc<Blocks>>,
}

/// A line of a program's own file.
type Position = (String, u32);

/// The lines of each basic block, by the block's offset.
type Blocks = BTreeMap<u32, Vec<Position>>;

impl Coverage {
	/// Adds the lines that a program call and its callees ran. Programs without debug information
	/// are skipped.
	pub fn add(&mut self, program: &Program, known: &dyn Known) {
		for program in program.all() {
			let Some(sources) = known.sources(&program.code_hash) else { continue };
			let blocks = self.program(&program.code_hash, sources);
			let mut counts: BTreeMap<&Position, u64> = BTreeMap::new();
			for (offset, count, _) in program.functions.iter().flat_map(|it| &it.blocks) {
				for position in blocks.get(offset).into_iter().flatten() {
					*counts.entry(position).or_default() += count;
				}
			}
			for ((file, line), count) in counts {
				*self.files.entry(file.clone()).or_default().entry(*line).or_default() += count;
			}
		}
	}

	/// The lines of each basic block. Lines of a new program are added with a count of zero.
	fn program(&mut self, code_hash: &str, sources: &Sources) -> Rc<Blocks> {
		let files = &mut self.files;
		let program = self.programs.entry(code_hash.into()).or_insert_with(|| {
			let mut blocks = Blocks::new();
			for (start, instructions) in sources.blocks() {
				let places = instructions.iter().flat_map(|offset| sources.places(*offset));
				let own = places.filter(|place| place.is_own());
				let mut positions: Vec<_> =
					own.filter_map(|place| Some((place.file, place.line?))).collect();
				positions.sort();
				positions.dedup();
				for (file, line) in &positions {
					files.entry(file.clone()).or_default().entry(*line).or_default();
				}
				blocks.insert(start, positions);
			}
			Rc::new(blocks)
		});
		program.clone()
	}

	/// Adds other counts.
	pub fn merge(&mut self, other: &Self) {
		for (file, lines) in &other.files {
			let counts = self.files.entry(file.clone()).or_default();
			for (line, count) in lines {
				*counts.entry(*line).or_default() += count;
			}
		}
	}

	/// The files, with the number of executions by line.
	pub fn files(&self) -> impl Iterator<Item = (&str, &BTreeMap<u32, u64>)> {
		self.files.iter().map(|(file, lines)| (file.as_str(), lines))
	}

	/// The number of lines that ran, and of all lines.
	pub fn lines(&self) -> (usize, usize) {
		let counts = || self.files.values().flat_map(|lines| lines.values());
		(counts().filter(|count| **count > 0).count(), counts().count())
	}

	/// The number of executions by line of a file.
	pub fn file(&self, file: &str) -> Option<&BTreeMap<u32, u64>> {
		self.files.get(file)
	}
}

impl fmt::Display for Coverage {
	/// In lcov's format.
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for (file, lines) in &self.files {
			writeln!(f, "SF:{file}")?;
			for (line, count) in lines {
				writeln!(f, "DA:{line},{count}")?;
			}
			writeln!(f, "LF:{}", lines.len())?;
			writeln!(f, "LH:{}", lines.values().filter(|count| **count > 0).count())?;
			writeln!(f, "end_of_record")?;
		}
		Ok(())
	}
}
