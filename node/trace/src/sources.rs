//! Source locations, from debug information.

use polkavm_common::program::{
	FrameInfo, FrameKind, ProgramBlob, ProgramCounter, ProgramParseError,
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// A location in the source code: of an instruction, or of an inlined call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
	/// The function's path.
	pub function: String,
	/// The file. The program's own files begin with `./`.
	pub file: String,
	/// Starts at 1.
	pub line: Option<u32>,
	/// Starts at 1.
	pub column: Option<u32>,
}

impl fmt::Display for Place {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(&self.file)?;
		for number in [self.line, self.column].into_iter().flatten() {
			write!(f, ":{number}")?;
		}
		Ok(())
	}
}

impl Place {
	/// Whether it is in the program's own folder, which the build maps to `.`.
	pub fn is_own(&self) -> bool {
		self.file.starts_with("./")
	}
}

/// A program with debug information.
pub struct Sources(ProgramBlob);

impl Sources {
	/// Of a program with debug information.
	pub fn new(blob: ProgramBlob) -> Self {
		Self(blob)
	}

	/// The program.
	pub fn blob(&self) -> &ProgramBlob {
		&self.0
	}

	/// The locations of the instruction at this offset, innermost first. Empty if unknown.
	pub fn places(&self, offset: u32) -> Vec<Place> {
		let offset = ProgramCounter(offset);
		let Ok(Some(mut lines)) = self.0.get_debug_line_program_at(offset) else {
			return Vec::new();
		};
		while let Ok(Some(region)) = lines.run() {
			if !region.instruction_range().contains(&offset) {
				continue;
			}
			let frames: Vec<_> = region.frames().collect();
			return inlined(&frames).unwrap_or_default();
		}
		Vec::new()
	}

	/// The innermost location in the program's own folder, which is the most useful to its author.
	pub fn own_place(&self, offset: u32) -> Option<Place> {
		let places = self.places(offset);
		let own = places.iter().position(Place::is_own);
		places.into_iter().nth(own.unwrap_or(0))
	}

	/// The locations of a backtrace ([`virt_manager::Trace::backtrace`]), innermost first.
	pub fn backtrace(&self, frames: &[Vec<u32>]) -> Vec<Place> {
		frames.iter().flat_map(|frame| self.frame(frame)).collect()
	}

	/// The locations of a frame of a backtrace. A jump from another function was a call that does
	/// not return.
	pub fn frame(&self, offsets: &[u32]) -> Vec<Place> {
		let mut places: Vec<Place> = Vec::new();
		for offset in offsets {
			let found = self.places(*offset);
			let function = places.last().map(|place| &place.function);
			let is_other = found.last().is_some_and(|place| Some(&place.function) != function);
			if is_other {
				places.extend(found);
			}
		}
		places
	}

	/// The offsets of the instructions of each basic block, by the block's offset.
	pub fn blocks(&self) -> BTreeMap<u32, Vec<u32>> {
		let mut blocks = BTreeMap::new();
		let mut start = None;
		for instruction in self.0.instructions() {
			let start_of_this = *start.get_or_insert(instruction.offset.0);
			let block: &mut Vec<u32> = blocks.entry(start_of_this).or_default();
			block.push(instruction.offset.0);
			if instruction.starts_new_basic_block() {
				start = None;
			}
		}
		blocks
	}
}

/// Joins frames, outermost first. If the linker merged instructions, the last one counts.
fn inlined(frames: &[FrameInfo<'_>]) -> Result<Vec<Place>, ProgramParseError> {
	let mut places = Vec::new();
	let mut function = String::new();
	let mut called = false;
	for frame in frames {
		let is_call = frame.kind() == FrameKind::Call;
		if frame.kind() == FrameKind::Enter {
			if !called {
				places.clear();
			}
			function = frame.full_name()?.to_string();
		} else if let Some(file) = frame.path()? {
			let (function, file) = (function.clone(), file.into());
			places.push(Place { function, file, line: frame.line(), column: frame.column() });
		}
		called = is_call;
	}
	places.reverse();
	Ok(places)
}
