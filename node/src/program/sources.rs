//! Where an instruction comes from, as far as the debug information tells.

use super::{blob::File, Failure};
use polkavm_common::program::{FrameInfo, FrameKind, ProgramCounter, ProgramParseError};
use serde::Serialize;
use std::{fmt, path::Path};

/// A place in the source code: of an instruction, or of a call that was made inline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
	pub function: String,
	pub file: String,
	pub line: Option<u32>,
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

/// A blob with debug information.
pub struct Sources(File);

impl Sources {
	/// For `program`: in the file that is named, in its own blob, or in the twin beside it.
	pub fn of(program: &File, named: Option<&Path>) -> Result<Option<Self>, Failure> {
		if let Some(path) = named {
			let twin = File::open(path)?;
			if !twin.is_twin_of(program) {
				let (path, program) = (path.display(), program.path.display());
				return Err(Failure::Usage(format!("{path} is not of the code of {program}")));
			}
			return Ok(Some(Self(twin)));
		}
		if program.debug_size() > 0 {
			return File::open(&program.path).map(Self).map(Some);
		}
		let path = program.beside(".debug.polkavm");
		if !path.is_file() {
			return Ok(None);
		}
		let twin = File::open(&path)?;
		if !twin.is_twin_of(program) {
			eprintln!("Note: {} is of other code: no source lines.", path.display());
			return Ok(None);
		}
		Ok(Some(Self(twin)))
	}

	/// The places of the instruction at this offset, innermost first. None where nothing is known.
	pub fn places(&self, offset: u32) -> Vec<Place> {
		let offset = ProgramCounter(offset);
		let Ok(Some(mut lines)) = self.0.blob.get_debug_line_program_at(offset) else {
			return Vec::new();
		};
		while let Ok(Some(region)) = lines.run() {
			if !region.instruction_range().contains(&offset) {
				continue;
			}
			let frames: Vec<_> = region.frames().collect();
			return backtrace(&frames).unwrap_or_default();
		}
		Vec::new()
	}

	/// The place of the instruction at this offset that says most to the program's author: the
	/// innermost in the program's own folder, which the build calls `.`.
	pub fn own_place(&self, offset: u32) -> Option<Place> {
		let places = self.places(offset);
		let own = places.iter().position(|place| place.file.starts_with("./"));
		places.into_iter().nth(own.unwrap_or(0))
	}
}

/// What frames come to: outermost first, a function that is entered, and where in it the next is
/// called, by the next one's name. Where the linker made one instruction of two, the last one counts.
fn backtrace(frames: &[FrameInfo<'_>]) -> Result<Vec<Place>, ProgramParseError> {
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

impl File {
	fn is_twin_of(&self, other: &Self) -> bool {
		self.parts.code_and_jump_table == other.parts.code_and_jump_table
	}
}
