//! `new`: creates a project.
//!
//! Programs and tests are examples of this repository, with the path of the blob instead of the
//! fixture. The required libraries are copied to the folder `virt`, in the layout of a checkout.

use super::super::{text, Failure};
use clap::{Args, ValueEnum};
use include_dir::{include_dir, Dir};
use std::{
	fs,
	path::{Path, PathBuf},
};
use toml::{Table, Value};

const HELP: &str = "\
The folder has a crate with the program, its tests in `tests`, and in `virt` the libraries that both use: no \
checkout of this project is needed.

Examples:
  virt-node program new counter
  virt-node program new my-token --template token
  cd my-token && virt-node program test";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct NewCmd {
	/// The folder to create. Its name becomes the program's name.
	path: PathBuf,

	/// The initial program.
	#[arg(long, value_enum, default_value_t)]
	template: Template,

	/// Use the libraries of a checkout of this repository instead of copies.
	#[arg(long, value_name = "CHECKOUT")]
	guest: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Template {
	/// A number in the account's storage.
	#[default]
	Counter,
	/// A fungible token: balances, allowances, typed errors and events.
	Token,
	/// One entry.
	Empty,
}

impl Template {
	/// The program, its test, and the fixture that the test uses.
	fn sources(self) -> [&'static str; 3] {
		macro_rules! example {
			($name:literal, $fixture:literal) => {
				[
					include_str!(concat!("../../../../fixtures/programs/", $name, "/src/main.rs")),
					include_str!(concat!("../../../../primitives/testing/tests/", $name, ".rs")),
					$fixture,
				]
			};
		}
		match self {
			Self::Counter => example!("counter", "COUNTER"),
			Self::Token => example!("token", "TOKEN"),
			Self::Empty => [
				include_str!("templates/empty.rs"),
				include_str!("templates/empty_test.rs"),
				"EMPTY",
			],
		}
	}
}

/// A library that is copied.
struct Library {
	/// Its path in a checkout.
	path: &'static str,
	manifest: &'static str,
	sources: Dir<'static>,
}

const LIBRARIES: [Library; 2] = [
	Library {
		path: "primitives/guest",
		manifest: include_str!("../../../../primitives/guest/Cargo.toml"),
		sources: include_dir!("$CARGO_MANIFEST_DIR/../primitives/guest/src"),
	},
	Library {
		path: "primitives/testing",
		manifest: include_str!("../../../../primitives/testing/Cargo.toml"),
		sources: include_dir!("$CARGO_MANIFEST_DIR/../primitives/testing/src"),
	},
];
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");
const LICENSE: &str = include_str!("../../../../LICENSE");

impl NewCmd {
	pub fn run(self) -> Result<(), Failure> {
		let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
		virt_builder::check_name(&name).map_err(Failure::Usage)?;
		let wrong =
			|path: &Path, error: String| Failure::Usage(format!("{}: {error}", path.display()));
		let virt = match &self.guest {
			Some(path) => {
				let path = path.canonicalize().map_err(|error| wrong(path, error.to_string()))?;
				for library in &LIBRARIES {
					let manifest = path.join(library.path).join("Cargo.toml");
					if !manifest.is_file() {
						return Err(wrong(&manifest, "does not exist: use a checkout".into()));
					}
				}
				path
			},
			None => PathBuf::from("virt"),
		};
		fs::create_dir(&self.path).map_err(|error| wrong(&self.path, error.to_string()))?;
		for (path, text) in self.files(&name, &virt) {
			let path = self.path.join(path);
			let folder = path.parent().expect("it is in the project; qed");
			fs::create_dir_all(folder)
				.and_then(|()| fs::write(&path, text))
				.map_err(|error| wrong(&path, error.to_string()))?;
		}
		let path = self.path.display();
		text::print(&format!(
			"Created {path}. Next:\n  virt-node program build {path}\n  virt-node program test {path}\n"
		))
	}

	/// All files, by their path in the project. `virt` is the folder of the libraries.
	fn files(&self, name: &str, virt: &Path) -> Vec<(PathBuf, Vec<u8>)> {
		let [program, test, fixture] = self.template.sources();
		let blob = format!("const {fixture}: &[u8] = include_bytes!(\"../{name}.polkavm\");");
		let test = test.replace(&format!("use virt_fixtures::{fixture};\n"), "");
		// A constant follows the imports.
		let at = test.rfind("\nuse ").map_or(0, |at| at + 1);
		let at = test[at..].find(";\n").map_or(0, |end| at + end + 2);
		let test = format!("{}\n{blob}\n{}", &test[..at], &test[at..]);
		let mut files: Vec<(PathBuf, Vec<u8>)> = vec![
			("Cargo.toml".into(), manifest(name, virt).into()),
			("src/main.rs".into(), program.into()),
			("tests/Cargo.toml".into(), test_manifest(name, virt).into()),
			(format!("tests/{name}.rs").into(), test.into()),
			("README.md".into(), readme(name).into()),
			(".gitignore".into(), GITIGNORE.into()),
		];
		if self.guest.is_none() {
			files.extend(libraries());
		}
		files
	}
}

const GITIGNORE: &str = "\
target
*.polkavm
*.abi.json
";

fn manifest(name: &str, virt: &Path) -> String {
	let guest = Value::from(virt.join(LIBRARIES[0].path).to_string_lossy().into_owned());
	format!(
		"\
[package]
name = \"{name}\"
version = \"0.1.0\"
edition = \"2021\"
publish = false
# The tests are a crate of their own: it is not compiled for the PolkaVM target.
autotests = false

[workspace]
exclude = [\"tests\", \"virt\"]

[dependencies]
virt-guest = {{ path = {guest}, default-features = false }}

[profile.release]
codegen-units = 1
"
	)
}

fn test_manifest(name: &str, virt: &Path) -> String {
	let path = |library: &Library| {
		let virt = if virt.is_absolute() { virt.to_path_buf() } else { Path::new("..").join(virt) };
		Value::from(virt.join(library.path).to_string_lossy().into_owned())
	};
	format!(
		"\
[package]
name = \"{name}-tests\"
version = \"0.1.0\"
edition = \"2021\"
publish = false

[workspace]

[dependencies]
virt-testing = {{ path = {} }}

[[test]]
name = \"{name}\"
path = \"{name}.rs\"
",
		path(&LIBRARIES[1])
	)
}

fn readme(name: &str) -> String {
	format!(
		"\
# {name}

A program for PolkaVM: `src/main.rs`. Its tests: `tests/{name}.rs`.

    virt-node program build             # {name}.polkavm, .debug.polkavm and .abi.json
    virt-node program test              # the tests, each on a chain in memory, and the gas of each entry
    virt-node program inspect {name}.polkavm

    virt-node --dev                     # a node, and then in another terminal:
    virt-node program run --url http://127.0.0.1:9944 {name}.polkavm ENTRY

The libraries are in `virt`.
"
	)
}

/// The libraries, in a workspace with the items that they inherit.
fn libraries() -> Vec<(PathBuf, Vec<u8>)> {
	let parse = |text: &str| text.parse::<Table>().expect("it was read by cargo; qed");
	let root = parse(WORKSPACE);
	let root = root["workspace"].as_table().expect("it is a workspace; qed");
	let mut dependencies = Table::new();
	let mut files = vec![(PathBuf::from("virt/LICENSE"), LICENSE.into())];
	for library in &LIBRARIES {
		let folder = Path::new("virt").join(library.path);
		let mut manifest = parse(library.manifest);
		manifest.remove("dev-dependencies");
		for name in inherited(&manifest) {
			dependencies.insert(name.clone(), root["dependencies"][&name].clone());
		}
		files.push((folder.join("Cargo.toml"), manifest.to_string().into()));
		let mut folders = vec![&library.sources];
		while let Some(sources) = folders.pop() {
			folders.extend(sources.dirs());
			files.extend(
				sources
					.files()
					.map(|file| (folder.join("src").join(file.path()), file.contents().to_vec())),
			);
		}
	}
	let mut workspace = Table::new();
	workspace.insert("resolver".into(), root["resolver"].clone());
	workspace.insert("members".into(), LIBRARIES.map(|library| library.path).to_vec().into());
	for key in ["package", "lints"] {
		workspace.insert(key.into(), root[key].clone());
	}
	workspace.insert("dependencies".into(), dependencies.into());
	let manifest = Table::from_iter([("workspace".to_string(), Value::from(workspace))]);
	files.push(("virt/Cargo.toml".into(), manifest.to_string().into()));
	files
}

/// The dependencies that a manifest inherits from its workspace.
fn inherited(manifest: &Table) -> Vec<String> {
	let of = |table: &Table| -> Vec<String> {
		let dependencies = table.get("dependencies").and_then(Value::as_table);
		dependencies.into_iter().flat_map(Table::keys).cloned().collect()
	};
	let targets = manifest.get("target").and_then(Value::as_table);
	let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
	of(manifest).into_iter().chain(targets.flat_map(of)).collect()
}
