//! Program files: a program's bytes and parts, and the files that the build writes beside it.

use super::{text::printable, Failure};
use polkavm_common::program::{ParsedInstruction, ProgramBlob, ProgramParts};
use sp_core::H256;
use std::{
	fs,
	path::{Path, PathBuf},
};
use virt_trace::profile::Profile;

/// The maximal size of a file that is read, in bytes. A program is much smaller, even with debug
/// information; the state of a chain may be this large.
const MAX_FILE: u64 = 256 << 20;

/// A program file.
pub struct File {
	pub path: PathBuf,
	pub bytes: Vec<u8>,
	pub parts: ProgramParts,
	pub blob: ProgramBlob,
}

impl File {
	/// Opens a file, which must be a PolkaVM program. The chain may reject it.
	pub fn open(path: &Path) -> Result<Self, Failure> {
		let bytes = read(path)?;
		let refused = |error| {
			Failure::Program(format!("{} is not a PolkaVM program: {error}", path.display()))
		};
		let parts = ProgramParts::from_bytes(bytes.as_slice().into()).map_err(refused)?;
		let blob = ProgramBlob::from_parts(parts.clone()).map_err(refused)?;
		Ok(Self { path: path.into(), bytes, parts, blob })
	}

	/// The code hash.
	pub fn code_hash(&self) -> H256 {
		pallet_virt::program::code_hash(&self.bytes)
	}

	/// The size of the debug information, in bytes.
	pub fn debug_size(&self) -> usize {
		let ProgramParts { debug_strings, debug_line_programs, debug_line_program_ranges, .. } =
			&self.parts;
		debug_strings.len() + debug_line_programs.len() + debug_line_program_ranges.len()
	}

	/// The file of the same program with this extension: `counter.abi.json` beside
	/// `counter.polkavm`, and beside `counter.debug.polkavm`.
	pub fn beside(&self, ending: &str) -> PathBuf {
		let name = self.path.file_name().unwrap_or_default().to_string_lossy();
		let stem = name.strip_suffix(".polkavm").unwrap_or(&name);
		let stem = stem.strip_suffix(".debug").unwrap_or(stem);
		self.path.with_file_name(format!("{stem}{ending}"))
	}

	/// The names of the entries, without re-entrant exports.
	pub fn entries(&self) -> Vec<String> {
		let names = self.exports().into_iter().map(|(_, name)| name);
		names.filter(|name| !name.as_bytes().starts_with(pallet_virt::frame::REENTRANT)).collect()
	}

	/// The maximal length of a displayed export name, in bytes.
	pub fn longest_export(&self) -> usize {
		self.blob.exports().map(|it| it.symbol().as_bytes().len()).max().unwrap_or(0)
	}

	/// The offset in the code and the name of each export.
	pub fn exports(&self) -> Vec<(u32, String)> {
		let exports = self.blob.exports();
		exports.map(|it| (it.program_counter().0, name(it.symbol().as_bytes()))).collect()
	}

	/// The offset of an export. The error lists the existing names.
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

	/// The imports, in order. `ecalli 0` is the first.
	pub fn imports(&self) -> Vec<String> {
		let imports = self.blob.imports().iter();
		imports.map(|it| it.map_or("?".into(), |symbol| name(symbol.as_bytes()))).collect()
	}

	/// The instructions by basic block. Gas is charged per block.
	pub fn blocks(&self) -> Vec<Vec<ParsedInstruction>> {
		let mut blocks = vec![Vec::new()];
		for instruction in self.blob.instructions() {
			// After the end there is only the trap at the end of every program.
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

/// A name in a blob, which may be any bytes.
fn name(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into()
}

/// Reads a regular file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
	let wrong = |what: String| Failure::Usage(format!("{}: {what}", path.display()));
	let about = fs::metadata(path).map_err(|error| wrong(error.to_string()))?;
	if !about.is_file() {
		return Err(wrong("is not a regular file".into()));
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

/// Writes a profile in the format of the file's extension.
pub fn write_profile(path: &Path, profile: &Profile, title: &str) -> Result<(), Failure> {
	let extension = path.extension().unwrap_or_default().to_string_lossy();
	let text = profile.file(&extension, title).map_err(Failure::Program)?;
	write(path, &text)
}
