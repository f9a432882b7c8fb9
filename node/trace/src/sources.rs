//! Where an instruction comes from, as far as the debug information tells.

use polkavm_common::program::{
	FrameInfo, FrameKind, ProgramBlob, ProgramCounter, ProgramParseError,
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// A place in the source code: of an instruction, or of a call that was inlined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
	/// The function's path.
	pub function: String,
	/// The file: the program's own begin with `./`.
	pub file: String,
	/// From 1 on.
	pub line: Option<u32>,
	/// From 1 on.
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
	/// Whether it is in the program's own folder, which the build calls `.`.
	pub fn is_own(&self) -> bool {
		self.file.starts_with("./")
	}
}

/// A program with debug information.
pub struct Sources(ProgramBlob);

impl Sources {
	/// Of a program that was linked with debug information.
	pub fn new(blob: ProgramBlob) -> Self {
		Self(blob)
	}

	/// The program.
	pub fn blob(&self) -> &ProgramBlob {
		&self.0
	}

	/// The places of the instruction at this offset, innermost first. None where nothing is known.
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

	/// The place of the instruction at this offset that says most to the program's author: the
	/// innermost in the program's own folder.
	pub fn own_place(&self, offset: u32) -> Option<Place> {
		let places = self.places(offset);
		let own = places.iter().position(Place::is_own);
		places.into_iter().nth(own.unwrap_or(0))
	}

	/// The places of a backtrace ([`virt_manager::Trace::backtrace`]), innermost first.
	pub fn backtrace(&self, frames: &[Vec<u32>]) -> Vec<Place> {
		frames.iter().flat_map(|frame| self.frame(frame)).collect()
	}

	/// The places of a frame of a backtrace. A jump from another function was a call that does not return.
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

	/// Offsets of the instructions of each basic block, by the block's offset.
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

/// What frames come to: outermost first, a function that is entered, and where in it the next is
/// called, by the next one's name. Where the linker made one instruction of two, the last one counts.
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
