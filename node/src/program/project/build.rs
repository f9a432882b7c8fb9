//! `build`: builds the programs of a crate or workspace.

use super::super::{
	text::{self, grouped},
	Failure,
};
use clap::Args;
use std::{
	collections::BTreeMap,
	ffi::OsStr,
	fs,
	path::{Path, PathBuf},
	thread::sleep,
	time::{Duration, SystemTime},
};

const HELP: &str = "\
Each binary of the crate or workspace becomes <name>.polkavm, which goes on chain, <name>.debug.polkavm, \
which has source lines, and <name>.abi.json, which describes entries and types. These are written to the \
folder, cargo's output to its `target`. It needs cargo and the sources of the standard library \
(`rustup component add rust-src`).

Examples:
  virt-node program build
  virt-node program build path/to/counter --watch";

/// The interval at which files are checked.
const INTERVAL: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct BuildCmd {
	/// The folder with the `Cargo.toml`.
	#[arg(default_value = ".")]
	folder: PathBuf,

	/// Rebuild when a file of the folder changes, until interrupted.
	#[arg(long)]
	watch: bool,
}

impl BuildCmd {
	pub fn run(self) -> Result<(), Failure> {
		if !self.watch {
			return build(&self.folder);
		}
		loop {
			let before = files(&self.folder);
			if let Err(failure) = build(&self.folder) {
				eprintln!("Error: {failure}");
			}
			eprintln!("Waiting for a change in {}", self.folder.display());
			while files(&self.folder) == before {
				sleep(INTERVAL);
			}
		}
	}
}

/// Builds the programs in a folder, and prints the path, size and code hash of each.
pub fn build(folder: &Path) -> Result<(), Failure> {
	let target = std::path::absolute(folder.join("target"))
		.map_err(|error| Failure::Usage(format!("{}: {error}", folder.display())))?;
	let programs = virt_builder::build(folder, &target, false).map_err(Failure::Program)?;
	let mut told = String::new();
	for program in &programs {
		program.write_to(folder).map_err(Failure::Usage)?;
		let path = folder.join(format!("{}.polkavm", program.name));
		told += &format!(
			"{}  {} bytes, code hash {:?}\n",
			path.display(),
			grouped(program.stripped.len()),
			pallet_virt::program::code_hash(&program.stripped),
		);
	}
	text::print(&told)
}

/// The modification times of the source files.
fn files(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
	let mut found = BTreeMap::new();
	let mut folders = vec![folder.to_path_buf()];
	while let Some(folder) = folders.pop() {
		for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
			let (path, name) = (entry.path(), entry.file_name());
			let hidden = name.to_string_lossy().starts_with('.');
			let Ok(about) = entry.metadata() else { continue };
			match about.is_dir() {
				true if !hidden && name != "target" => folders.push(path),
				false if !hidden && !is_output(&path) => {
					let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
					found.insert(path, changed);
				},
				_ => {},
			}
		}
	}
	found
}

/// Whether a file is an output of the build.
fn is_output(path: &Path) -> bool {
	let name = path.file_name().unwrap_or_default().to_string_lossy();
	let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
	ending == "polkavm" || ending == "new" || name.ends_with(".abi.json") || name == "Cargo.lock"
}
