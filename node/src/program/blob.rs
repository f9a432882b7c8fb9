//! A program in a file: its bytes, its parts, and the files that the build leaves beside it.

use super::{text::printable, Failure};
use polkavm_common::program::{ParsedInstruction, ProgramBlob, ProgramParts};
use sp_core::H256;
use std::{
	fs,
	path::{Path, PathBuf},
};
use virt_trace::profile::Profile;

/// Size of the largest file that is read, in bytes. A program is far smaller, also with all that it
/// says about its source; a chain's state may be as large.
const MAX_FILE: u64 = 256 << 20;

/// See the module.
pub struct File {
	pub path: PathBuf,
	pub bytes: Vec<u8>,
	pub parts: ProgramParts,
	pub blob: ProgramBlob,
}

impl File {
	/// Opens a file, which has to be a PolkaVM program. Whether a chain admits it is not known here.
	pub fn open(path: &Path) -> Result<Self, Failure> {
		let bytes = read(path)?;
		let refused = |error| {
			Failure::Program(format!("{} is not a PolkaVM program: {error}", path.display()))
		};
		let parts = ProgramParts::from_bytes(bytes.as_slice().into()).map_err(refused)?;
		let blob = ProgramBlob::from_parts(parts.clone()).map_err(refused)?;
		Ok(Self { path: path.into(), bytes, parts, blob })
	}

	/// The program's name on a chain.
	pub fn code_hash(&self) -> H256 {
		pallet_virt::program::code_hash(&self.bytes)
	}

	/// Size of what it says about its source, in bytes.
	pub fn debug_size(&self) -> usize {
		let ProgramParts { debug_strings, debug_line_programs, debug_line_program_ranges, .. } =
			&self.parts;
		debug_strings.len() + debug_line_programs.len() + debug_line_program_ranges.len()
	}

	/// The file of the same program that ends so: `counter.abi.json` beside `counter.polkavm`, and
	/// beside `counter.debug.polkavm`.
	pub fn beside(&self, ending: &str) -> PathBuf {
		let name = self.path.file_name().unwrap_or_default().to_string_lossy();
		let stem = name.strip_suffix(".polkavm").unwrap_or(&name);
		let stem = stem.strip_suffix(".debug").unwrap_or(stem);
		self.path.with_file_name(format!("{stem}{ending}"))
	}

	/// The names that can be called. Those that are only for re-entry are left out.
	pub fn entries(&self) -> Vec<String> {
		let names = self.exports().into_iter().map(|(_, name)| name);
		names.filter(|name| !name.as_bytes().starts_with(pallet_virt::frame::REENTRANT)).collect()
	}

	/// Size of the longest name of an export, in bytes.
	pub fn longest_export(&self) -> usize {
		self.blob.exports().map(|it| it.symbol().as_bytes().len()).max().unwrap_or(0)
	}

	/// Offset in the code, and name, of each export.
	pub fn exports(&self) -> Vec<(u32, String)> {
		let exports = self.blob.exports();
		exports.map(|it| (it.program_counter().0, name(it.symbol().as_bytes()))).collect()
	}

	/// Where an export starts. The names that there are come with the error.
	pub fn entry(&self, entry: &str) -> Result<u32, Failure> {
		let exports = self.exports();
		let found = exports.iter().find(|(_, name)| name == entry);
		found.map(|(offset, _)| *offset).ok_or_else(|| {
			let names = match self.entries() {
				names if names.is_empty() => "it has none".into(),
				names => {
					let names: Vec<_> = names.iter().map(|name| printable(name)).collect();
					format!("it has {}", names.join(", "))
				},
			};
			Failure::Usage(format!("{} has no entry {entry:?}: {names}", self.path.display()))
		})
	}

	/// What the program imports, in order. `ecalli 0` is the first.
	pub fn imports(&self) -> Vec<String> {
		let imports = self.blob.imports().iter();
		imports.map(|it| it.map_or("?".into(), |symbol| name(symbol.as_bytes()))).collect()
	}

	/// The instructions, by basic block. Gas is charged by the block.
	pub fn blocks(&self) -> Vec<Vec<ParsedInstruction>> {
		let mut blocks = vec![Vec::new()];
		for instruction in self.blob.instructions() {
			// What stands after the end is the trap that every program ends with.
			if instruction.offset.0 >= self.blob.code().len() as u32 {
				break;
			}
			blocks.last_mut().expect("there is one; qed").push(instruction);
			if instruction.starts_new_basic_block() {
				blocks.push(Vec::new());
			}
		}
		blocks.retain(|block| !block.is_empty());
		blocks
	}
}

/// A name in a blob. It may be anything.
fn name(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into()
}

/// The bytes of a file, which has to be one that ends.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
	let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
	let about = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
	if !about.is_file() {
		return Err(wrong("is no file".into()));
	}
	if about.len() > MAX_FILE {
		return Err(wrong(format!("has {} bytes, more than {MAX_FILE}", about.len())));
	}
	fs::read(path).map_err(|error| wrong(error.to_string()))
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
	fs::write(path, text).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

/// Writes a profile, in the form that the file's name asks for.
pub fn write_profile(path: &Path, profile: &Profile, title: &str) -> Result<(), Failure> {
	let extension = path.extension().unwrap_or_default().to_string_lossy();
	let text = profile.file(&extension, title).map_err(Failure::Program)?;
	write(path, &text)
}
