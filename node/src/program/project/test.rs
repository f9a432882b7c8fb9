//! `test`: builds a project and runs its tests, each on a chain of this binary.

use super::{
	super::{
		blob,
		test_chain::{COVERAGE, PROGRAMS},
		text, Failure,
	},
	build::build,
	report::{self, Gas, Report, REPORT},
	snapshot::{self, Snapshot},
};
use clap::Args;
use std::{
	env,
	path::{Path, PathBuf},
};
use virt_trace::coverage::Coverage;

const HELP: &str = "\
The tests are a crate in the folder `tests`, written with `virt-testing`. The programs are built first. After \
a run, the gas of each entry is shown. `.gas-snapshot` has the gas of each test: --save-gas writes it, \
--check-gas compares it and fails where it differs.

Examples:
  virt-node program test
  virt-node program test path/to/counter --coverage lcov.info
  virt-node program test --check-gas
  virt-node program test -- increment --nocapture        arguments of cargo's test binaries

Exit status: 0 if all tests passed, 1 if not, or if gas differs, 2 if the command line is at fault.";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct TestCmd {
	/// The folder with the `Cargo.toml` of the programs.
	#[arg(default_value = ".")]
	folder: PathBuf,

	/// Write the gas of each test to `.gas-snapshot`.
	#[arg(long, conflicts_with = "check_gas")]
	save_gas: bool,

	/// Compare the gas of each test with `.gas-snapshot`.
	#[arg(long)]
	check_gas: bool,

	/// Show line coverage of the programs, and write it to this file in lcov's format.
	#[arg(long, value_name = "FILE")]
	coverage: Option<PathBuf>,

	/// Arguments of the test binaries: the name of a test, `--nocapture`.
	#[arg(last = true)]
	arguments: Vec<String>,
}

impl TestCmd {
	pub fn run(self) -> Result<(), Failure> {
		let tests = self.folder.join("tests").join("Cargo.toml");
		if !tests.is_file() {
			return Err(Failure::Usage(format!(
				"there are no tests: {} does not exist",
				tests.display()
			)));
		}
		if (self.save_gas || self.check_gas) && !self.arguments.is_empty() {
			return Err(Failure::Usage(
				"--save-gas and --check-gas run all tests: remove the arguments after --".into(),
			));
		}
		// Checked before the build, which takes minutes.
		let before = self.check_gas.then(|| Snapshot::read(&self.folder)).transpose()?;
		build(&self.folder)?;
		let folder = tempfile::tempdir()
			.map_err(|error| Failure::Usage(format!("a folder for reports: {error}")))?;
		let passed = self.tests(&tests, folder.path())?;
		let reports = Report::all(folder.path())?;
		text::print(&format!("\n{}", Gas::new(&reports)))?;
		if let Some(path) = &self.coverage {
			let mut coverage = Coverage::default();
			reports.iter().for_each(|report| coverage.merge(&report.coverage));
			text::print(&format!("\n{}", report::covered(&coverage)))?;
			blob::write(path, &coverage.to_string())?;
		}
		if !passed {
			return Err(Failure::Program("tests failed".into()));
		}
		let now = Snapshot::new(&reports);
		if self.save_gas {
			blob::write(&self.folder.join(snapshot::FILE), &now.to_string())?;
		}
		match before.and_then(|before| before.changes(&now)) {
			None => Ok(()),
			Some(changes) => {
				text::print(&format!("\n{changes}"))?;
				Err(Failure::Program(format!(
					"gas differs from {} (--save-gas updates it)",
					snapshot::FILE
				)))
			},
		}
	}

	/// Runs the tests, and returns whether all of them passed.
	fn tests(&self, manifest: &Path, reports: &Path) -> Result<bool, Failure> {
		let absolute = |path: &Path| {
			std::path::absolute(path)
				.map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
		};
		let node = env::current_exe().map_err(|error| Failure::Usage(error.to_string()))?;
		let mut command = virt_builder::cargo(&self.folder);
		command
			.args(["test", "--manifest-path"])
			.arg(absolute(manifest)?)
			.arg("--target-dir")
			.arg(absolute(&self.folder.join("target").join("tests"))?)
			.arg("--")
			.args(&self.arguments)
			.env(virt_testing::NODE, node)
			.env(PROGRAMS, absolute(&self.folder)?)
			.env(REPORT, reports);
		match self.coverage {
			Some(_) => command.env(COVERAGE, "1"),
			None => command.env_remove(COVERAGE),
		};
		let status = command
			.status()
			.map_err(|error| Failure::Usage(format!("cannot run cargo: {error}")))?;
		Ok(status.success())
	}
}
