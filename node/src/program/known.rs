//! The files beside programs: names, ABIs, debug information, by code hash.

use super::{
	abi::Abi,
	blob::{self, File},
	text, Failure,
};
use serde_json::Value;
use sp_core::H256;
use std::{collections::HashMap, fs, path::Path};
use virt_trace::{tree, Program, Sources};

/// The program's debug information: from the given file, from its own blob, or from the file beside
/// it.
pub fn sources(program: &File, named: Option<&Path>) -> Result<Option<Sources>, Failure> {
	let is_twin = |twin: &File| twin.parts.code_and_jump_table == program.parts.code_and_jump_table;
	if let Some(path) = named {
		let twin = File::open(path)?;
		if !is_twin(&twin) {
			let (path, program) = (path.display(), program.path.display());
			return Err(Failure::Usage(format!("{path} does not have the code of {program}")));
		}
		return Ok(Some(Sources::new(twin.blob)));
	}
	if program.debug_size() > 0 {
		return Ok(Some(Sources::new(program.blob.clone())));
	}
	let path = program.beside(".debug.polkavm");
	if !path.is_file() {
		return Ok(None);
	}
	let twin = File::open(&path)?;
	if !is_twin(&twin) {
		eprintln!("Note: {} has other code: no source lines.", path.display());
		return Ok(None);
	}
	Ok(Some(Sources::new(twin.blob)))
}

/// Programs with their names, ABIs and debug information, by code hash in hex.
#[derive(Default)]
pub struct Known(HashMap<String, Entry>);

struct Entry {
	name: String,
	abi: Option<Abi>,
	sources: Option<Sources>,
}

impl Known {
	/// The programs in the folder of a file.
	pub fn beside(file: &File) -> Self {
		let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty());
		Self::folder(folder.unwrap_or(Path::new(".")))
	}

	/// Every `<name>.polkavm` in a folder, with its ABI and debug information. Files that cannot be read are
	/// skipped.
	pub fn folder(folder: &Path) -> Self {
		let mut known = Self::default();
		let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
		for path in files.filter(|path| path.extension().is_some_and(|it| it == "polkavm")) {
			let is_debug =
				path.file_stem().is_some_and(|it| it.to_string_lossy().ends_with(".debug"));
			let Some(file) = File::open(&path).ok().filter(|_| !is_debug) else { continue };
			let abi = blob::read(&file.beside(".abi.json")).ok();
			let abi = abi.and_then(|abi| Abi::parse(&abi).ok());
			known.add(&file, abi, sources(&file, None).ok().flatten());
		}
		known
	}

	/// Adds a program.
	pub fn add(&mut self, file: &File, abi: Option<Abi>, sources: Option<Sources>) {
		let name = file.beside("");
		let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
		self.0.insert(text::hex(file.code_hash().as_bytes()), Entry { name, abi, sources });
	}

	/// The name of the program with this code hash, or the first digits of the hash.
	pub fn name_of(&self, code_hash: H256) -> String {
		let code_hash = text::hex(code_hash.as_bytes());
		let known = self.0.get(&code_hash).map(|entry| entry.name.clone());
		known.unwrap_or_else(|| code_hash.chars().take(10).collect())
	}

	fn abi(&self, program: &Program) -> Option<&Abi> {
		self.0.get(&program.code_hash)?.abi.as_ref()
	}
}

impl tree::Known for Known {
	fn name(&self, program: &Program) -> Option<String> {
		Some(self.0.get(&program.code_hash)?.name.clone())
	}

	fn input(&self, program: &Program) -> Option<String> {
		let input = program.input.as_deref()?;
		let arguments = self.abi(program)?.arguments(&program.entry, input).ok()?;
		let arguments = arguments.into_iter().map(|(name, value)| format!("{name}: {value}"));
		Some(arguments.collect::<Vec<_>>().join(", "))
	}

	fn output(&self, program: &Program) -> Option<String> {
		let (abi, output) = (self.abi(program)?, program.output.as_deref()?);
		let value = match program.end.is_failure() {
			false => abi.result(&program.entry, output).ok()?,
			true => abi.error(&program.entry, output)?.ok()?,
		};
		Some(if value == Value::Null { String::new() } else { value.to_string() })
	}

	fn event(&self, program: &Program, data: &[u8]) -> Option<String> {
		self.abi(program)?.event(data).map(|value| value.to_string())
	}

	fn picoseconds_per_gas(&self) -> Option<u64> {
		Some(pallet_virt::gas::REF_TIME_PER_GAS)
	}

	fn sources(&self, code_hash: &str) -> Option<&Sources> {
		self.0.get(code_hash)?.sources.as_ref()
	}
}
