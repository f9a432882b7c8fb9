//! `virt-node program new`, `build` and `test` with a real compiler, as an author uses them.

use std::{
	fs,
	io::{BufRead, BufReader},
	os::unix::fs::symlink,
	path::Path,
	process::{Command, Output, Stdio},
	sync::{Arc, Mutex, PoisonError, Weak},
};
use tempfile::TempDir;

fn folder() -> TempDir {
	tempfile::tempdir().expect("a folder can be made")
}

/// Links a project's target folder to one for all projects, so that the standard library is built once. It
/// is removed with the last user.
fn share_target(project: &Path) -> Arc<TempDir> {
	static SHARED: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
	let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
	let target = shared.upgrade().unwrap_or_else(|| Arc::new(self::folder()));
	*shared = Arc::downgrade(&target);
	symlink(target.path(), project.join("target")).expect("it can be linked");
	target
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_virt-node"));
	command.current_dir(folder).arg("program").args(arguments);
	command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
	program(folder, arguments).output().expect("the node starts")
}

/// Runs a command that must succeed. Returns all of its output.
#[track_caller]
fn succeeds(folder: &Path, arguments: &[&str]) -> String {
	let output = run(folder, arguments);
	assert!(output.status.success(), "{arguments:?}:\n{}", text(&output));
	text(&output)
}

/// Runs a command that must end with `status`. Returns all of its output.
#[track_caller]
fn fails(folder: &Path, arguments: &[&str], status: i32) -> String {
	let output = run(folder, arguments);
	assert_eq!(output.status.code(), Some(status), "{arguments:?}:\n{}", text(&output));
	text(&output)
}

fn text(output: &Output) -> String {
	String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into()
}

fn read(path: &Path) -> String {
	fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn write(path: &Path, text: &str) {
	fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
	fs::write(path, text).expect("it can be written");
}

/// Replaces the only occurrence of `from` in a file.
#[track_caller]
fn replace(path: &Path, from: &str, to: &str) {
	let text = read(path);
	assert_eq!(text.matches(from).count(), 1, "{from:?} in {text}");
	write(path, &text.replace(from, to));
}

/// A new project is built and tested, its gas is measured, and its tests find a bug.
#[test]
fn project_is_made_built_tested_and_measured() {
	let outer = folder();
	let said = succeeds(outer.path(), &["new", "my-counter"]);
	assert!(said.contains("virt-node program test my-counter"), "{said}");
	let project = outer.path().join("my-counter");
	let _target = share_target(&project);
	assert!(read(&project.join("README.md")).lines().count() <= 12);
	assert!(fails(outer.path(), &["new", "my-counter"], 2).contains("my-counter: File exists"));

	// All options at once: the tests pass, and gas and coverage are reported.
	let said = succeeds(&project, &["test", "--save-gas", "--coverage", "lcov.info"]);
	assert!(said.contains("test result: ok. 4 passed"), "{said}");
	let row = said.lines().find(|line| line.starts_with("my-counter::increment ")).expect("a row");
	assert!(row.split_whitespace().count() == 6, "{row}");
	let row = said.lines().find(|line| line.starts_with("./src/main.rs ")).expect("a row");
	assert!(row.ends_with("100.0 %"), "{said}");
	let lcov = read(&project.join("lcov.info"));
	assert!(lcov.starts_with("SF:./src/main.rs\n") && lcov.contains("\nDA:"), "{lcov}");
	assert_eq!(lcov.matches("SF:").count(), 1, "only its own files");

	// The snapshot has the gas of each test, except of the random ones.
	let snapshot = read(&project.join(".gas-snapshot"));
	let names: Vec<_> = snapshot.lines().filter_map(|line| line.split(" (gas: ").next()).collect();
	let wanted = [
		"increment_adds_the_step_and_says_so",
		"step_that_is_no_number_reverts_and_changes_nothing",
	];
	assert_eq!(names, wanted);
	succeeds(&project, &["test", "--check-gas"]);

	// A change that increases the gas is reported.
	let source = project.join("src/main.rs");
	replace(&source, "the counter is {count} now", "the counter is, after a step, {count} now");
	let said = fails(&project, &["test", "--check-gas"], 1);
	let changed = said.split_once("\ngas changed ").expect("there is a table").1;
	assert!(
		changed.contains("increment_adds_the_step_and_says_so ") && changed.contains(" +"),
		"{said}"
	);
	assert!(said.contains("gas differs from .gas-snapshot"), "{said}");
	let said = fails(&project, &["test", "--check-gas", "--", "increment"], 2);
	assert!(said.contains("run all tests"), "{said}");

	// A random sequence finds a bug. The report has the shortest failing sequence, the trace with lines of the
	// source, and the seed, which reproduces it.
	replace(
		&source,
		"COUNT.set(&count);",
		"assert!(count < 5_000, \"too high\");\n\t\tCOUNT.set(&count);",
	);
	let said = fails(&project, &["test"], 1);
	let found = |said: &str| -> (String, String) {
		let rest = said.split_once("found by the seed ").expect("a seed is told").1;
		let (seed, rest) = rest.split_once(' ').expect("it goes on");
		let sequence = rest.split_once("finds it again): \n").expect("the sequence follows").1;
		(seed.into(), sequence.lines().take(2).collect::<Vec<_>>().join("\n"))
	};
	let (seed, sequence) = found(&said);
	let (first, second) = sequence.split_once('\n').expect("two lines");
	assert_eq!(first, "  1. 5000", "{said}");
	assert!(second.ends_with("the call failed: Trapped"), "{said}");
	assert!(said.contains("my-counter::increment(step: 5000)  gas "), "{said}");
	assert!(said.contains("panic at src/main.rs:"), "{said}");
	assert!(said.contains("(./src/main.rs:"), "{said}");
	let again = program(&project, &["test"]).env("VIRT_SEED", &seed).output().expect("it starts");
	assert_eq!(found(&text(&again)), (seed, sequence));

	// `build --watch` builds again after each change.
	let mut watch = program(&project, &["build", "--watch"])
		.stdout(Stdio::piped())
		.stderr(Stdio::null())
		.spawn()
		.expect("it starts");
	let mut lines = BufReader::new(watch.stdout.take().expect("it is piped")).lines();
	let mut next = || lines.next().expect("it goes on").expect("it is text");
	let before = next();
	assert!(before.contains("my-counter.polkavm  "), "{before}");
	// The watcher would not notice a change before its first look at the files.
	std::thread::sleep(std::time::Duration::from_secs(2));
	replace(&source, "too high", "much too high");
	assert_ne!(next(), before, "it has another code hash");
	watch.kill().expect("it is there");
	watch.wait().expect("it was killed");

	for template in ["token", "empty"] {
		succeeds(outer.path(), &["new", template, "--template", template]);
		let other = outer.path().join(template);
		let _target = share_target(&other);
		let said = succeeds(&other, &["test"]);
		assert!(said.contains("test result: ok."), "{said}");
	}
}

/// Workspaces, build scripts, proc macros and bindings of another program are built; other projects are refused.
#[test]
fn workspace_is_built_or_refused_in_one_line() {
	let outer = folder();
	let root = outer.path();
	let _target = share_target(root);
	let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
	let guest = checkout.join("primitives/guest").canonicalize().expect("it is there");
	write(
		&root.join("Cargo.toml"),
		"[workspace]\nresolver = \"2\"\nmembers = [\"plain\", \"made\", \"macros\"]\n",
	);
	let manifest = |name: &str, more: &str| {
		format!(
			"[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}\n[dependencies]\n"
		)
	};
	let linked = format!("virt-guest = {{ path = {guest:?}, default-features = false }}\n");
	write(&root.join("plain/Cargo.toml"), &(manifest("plain", "") + &linked));
	let source = "#![no_std]\n#![no_main]\nuse virt_guest::prelude::*;\n";
	write(
		&root.join("plain/src/main.rs"),
		&format!("{source}entry! {{ fn one() -> u8 {{ 1 }} }}\n"),
	);
	// A proc macro, a build script, and bindings of the program `token`.
	write(&root.join("macros/Cargo.toml"), &manifest("macros", "[lib]\nproc-macro = true\n"));
	write(
		&root.join("macros/src/lib.rs"),
		"#[proc_macro]\npub fn two(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n\
			\"2u8\".parse().unwrap()\n}\n",
	);
	write(
		&root.join("made/Cargo.toml"),
		&(manifest("made", "build = \"build.rs\"\n")
			+ &linked + "macros = { path = \"../macros\" }\n"),
	);
	write(
		&root.join("made/build.rs"),
		"fn main() {\n\tlet out = std::env::var(\"OUT_DIR\").unwrap();\n\
			\tstd::fs::write(out + \"/three.rs\", \"pub const THREE: u8 = 3;\").unwrap();\n}\n",
	);
	write(&root.join("token.abi.json"), find("token"));
	write(
		&root.join("made/src/token.rs"),
		&succeeds(root, &["bindings", "--rust", "token.abi.json"]),
	);
	write(
		&root.join("made/src/main.rs"),
		&format!(
			"{source}mod token;\ninclude!(concat!(env!(\"OUT_DIR\"), \"/three.rs\"));\nentry! {{\n\
			\tfn five() -> u8 {{ macros::two!() + THREE }}\n\
			\tfn pay(token: AccountId, amount: u128) -> Result<(), token::Error> {{\n\
			\t\tmatch token::Token(token).transfer(env::caller(), amount).call() {{\n\
			\t\t\tErr(CallError::Reverted(error)) => Err(error),\n\t\t\t_ => Ok(()),\n\t\t}}\n\t}}\n}}\n"
		),
	);
	let said = succeeds(root, &["build"]);
	assert!(said.contains("made.polkavm  ") && said.contains("plain.polkavm  "), "{said}");
	let run = ["run", "made.polkavm", "five", "--vm-backend", "interpreter"];
	assert!(succeeds(root, &run).contains("output    5\n"));
	assert!(read(&root.join("made.abi.json")).contains("\"TooLittle\""));

	write(
		&root.join("plain/src/bin/made.rs"),
		&format!("{source}entry! {{ fn one() -> u8 {{ 1 }} }}\n"),
	);
	let said = fails(root, &["build"], 1);
	assert!(said.contains("both have a binary made: rename one"), "{said}");
	assert!(fails(&root.join("macros"), &["build"], 1).contains("macros has no binary target"));
	assert!(fails(root, &["build", "nowhere"], 1).contains("cannot open nowhere"));
	fs::create_dir(root.join("empty")).expect("it can be made");
	assert!(fails(&root.join("empty"), &["build"], 1).contains("has no Cargo.toml"));
	assert!(
		fails(root, &["test"], 2).contains("there are no tests: ./tests/Cargo.toml does not exist")
	);
	assert!(fails(root, &["new", "2fast"], 2).contains("a program cannot be called \"2fast\""));
	assert!(fails(root, &["new", "other", "--guest", "macros"], 2).contains("use a checkout"));
	assert!(fails(root, &["test", "--check-gas", "plain"], 2).contains("there are no tests"));
}

/// A project can use the libraries of a checkout.
#[test]
fn project_may_use_the_libraries_of_a_checkout() {
	let outer = folder();
	let checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
	succeeds(outer.path(), &["new", "counter", "--guest", checkout]);
	let project = outer.path().join("counter");
	assert!(!project.join("virt").exists());
	for (manifest, library) in [("Cargo.toml", "guest"), ("tests/Cargo.toml", "testing")] {
		let manifest = read(&project.join(manifest));
		assert!(manifest.contains(&format!("/primitives/{library}\"")), "{manifest}");
	}
}

fn find(name: &str) -> &'static str {
	virt_fixtures::abi::ALL.iter().find(|(known, _)| *known == name).expect("there is one").1
}
