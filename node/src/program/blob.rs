//! A program in a file: its bytes, its parts, and the files that the build leaves beside it.

use super::Failure;
use polkavm_common::program::{ParsedInstruction, ProgramBlob, ProgramParts};
use sp_core::H256;
use std::{
	fs,
	path::{Path, PathBuf},
};

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
		names.filter(|name| !name.as_bytes().starts_with(pallet_virt::run::REENTRANT)).collect()
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
				names => format!("it has {}", names.join(", ")),
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
	String::from_utf8_lossy(bytes).escape_debug().to_string()
}

pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
	fs::read(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
