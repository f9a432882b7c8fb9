//! Pages that show the output of `virt-node program` or the results of the benchmarks.

use std::{fs, path::Path, process::Command};
use virt_fixtures::{abi, debug, ALL};

/// The output of a command: standard output, then standard error. If the command ends in `| head -N`, only the
/// first `N` lines.
fn printed(folder: &Path, command: &str) -> Vec<String> {
	let (command, lines) = match command.split_once(" | head -") {
		Some((command, lines)) => (command, lines.parse().expect("a number")),
		None => (command, usize::MAX),
	};
	let arguments = command.split_whitespace().skip(1);
	let output = Command::new(env!("CARGO_BIN_EXE_virt-node"))
		.current_dir(folder)
		.args(arguments)
		.output()
		.expect("it runs");
	let text = [output.stdout, output.stderr].concat();
	let text = String::from_utf8(text).expect("it is text");
	text.trim_end().lines().take(lines).map(str::to_string).collect()
}

/// The pages show what `virt-node program` prints, and pictures that it makes.
#[test]
fn pages_show_what_is_printed() {
	let folder = tempfile::tempdir().expect("a folder can be made");
	let write = |name: &str, ending: &str, bytes: &[u8]| {
		let path = folder.path().join(format!("{name}{ending}"));
		fs::write(path, bytes).expect("it can be written");
	};
	ALL.iter().for_each(|(name, blob)| write(name, ".polkavm", blob));
	debug::ALL.iter().for_each(|(name, twin)| write(name, ".debug.polkavm", twin));
	abi::ALL.iter().for_each(|(name, abi)| write(name, ".abi.json", abi.as_bytes()));
	let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
	for (page, least) in [("debug-a-program.md", 8), ("write-a-program.md", 6)] {
		let page = docs.join(page);
		let text = fs::read_to_string(&page).expect("it is there");
		let (real, commands) = with_output(folder.path(), &text);
		assert!(commands >= least, "only {commands} commands were found in {}", page.display());
		is_real(&page, &real);
		// The pictures are files that the commands wrote.
		for name in pictures(&text) {
			let path = folder.path().join(name);
			let picture = fs::read_to_string(&path).expect("a command of the page writes it");
			is_real(&docs.join("pictures").join(name), &picture);
		}
	}
}

/// Asserts that a file has this content. With `WRITE_DOCS=1`, writes the content instead.
#[track_caller]
fn is_real(path: &Path, real: &str) {
	if std::env::var_os("WRITE_DOCS").is_some() {
		fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
		fs::write(path, real).expect("it can be written");
		return;
	}
	let text = fs::read_to_string(path).expect("it is there");
	let mut lines = text.lines().zip(real.lines());
	let other = lines.find(|(text, real)| text != real);
	assert!(text == real, "{}: run the test with WRITE_DOCS=1: {other:#?}", path.display());
}

/// The file names of a page's pictures.
fn pictures(text: &str) -> Vec<&str> {
	let names = text.split("](pictures/").skip(1);
	names.filter_map(|rest| rest.split_once(')').map(|(name, _)| name)).collect()
}

/// The page with the real output of its commands, and the number of commands.
fn with_output(folder: &Path, text: &str) -> (String, usize) {
	let mut real = String::new();
	let mut commands = 0;
	let mut lines = text.lines().peekable();
	while let Some(line) = lines.next() {
		real.push_str(line);
		real.push('\n');
		let command = line.strip_prefix("    $ ").filter(|it| it.starts_with("virt-node program"));
		let Some(command) = command else { continue };
		commands += 1;
		for printed in printed(folder, command) {
			real.push_str(format!("    {printed}").trim_end());
			real.push('\n');
		}
		// Skips the page's own output, up to the next command or the end of the block.
		let is_output = |line: &&str| {
			(line.starts_with("    ") && !line.starts_with("    $ ")) || line.is_empty()
		};
		let mut empty = 0;
		while let Some(line) = lines.next_if(is_output) {
			empty = if line.is_empty() { empty + 1 } else { 0 };
		}
		real.push_str(&"\n".repeat(empty));
	}
	(real, commands)
}

/// The comparison in README.md has the figures of docs/benchmarks.md.
#[test]
fn readme_compares_with_the_alternatives() {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
	let benchmarks = fs::read_to_string(root.join("docs/benchmarks.md")).expect("it is there");
	let peer = |row| [2, 5].map(|column| cell(&benchmarks, "native", row, column));
	let revive =
		|table, row| [1, 2].map(|column| microseconds(&cell(&benchmarks, table, row, column)));
	let rows: [(&str, [String; 2], bool); 8] = [
		("short call of a known program", peer("short call"), true),
		("25 nested programs", peer("25 nested programs"), true),
		("syscall with 32 bytes each way", peer("syscall, 32 B each way"), true),
		("3,000,000 steps of computing", peer("compute loop"), true),
		("memory of each live instance", peer("live instances: memory of each"), true),
		("call of a counter", revive("time, us", "counter"), false),
		("charged for it, ref time", revive("charged", "counter"), false),
		("5,000,000 steps of computing", revive("time, us", "5,000,000 steps of computing"), false),
	];
	let mut table = String::from(
		"| | `pallet-virt` | `sp-virtualization` 0.4 with `sc-virtualization` 0.3 | pallet-revive 0.20, PolkaVM side |\n\
		 |---|---:|---:|---:|\n\
		 | what it is | pallet, host functions, node, clients | host functions | pallet |\n\
		 | where programs run | node: interpreter, then native code | node: interpreter | runtime: interpreter in wasm |\n\
		 | a program can outlive its block | yes: [jobs](docs/jobs.md) | no | no |\n",
	);
	for (name, [ours, other], is_peer) in rows {
		let [peer, revive] = if is_peer { [other.as_str(), ""] } else { ["", other.as_str()] };
		table.push_str(&format!("| {name} | {ours} | {peer} | {revive} |\n"));
	}
	let path = root.join("README.md");
	let text = fs::read_to_string(&path).expect("it is there");
	let (before, rest) = text.split_once("<!-- comparison").expect("it has the table");
	let (marker, rest) = rest.split_once("-->\n").expect("the marker ends");
	let (_, after) = rest.split_once("<!-- end of comparison").expect("the table ends");
	let real =
		format!("{before}<!-- comparison{marker}-->\n\n{table}\n<!-- end of comparison{after}");
	is_real(&path, &real);
}

/// The text of a cell in the first table of `page` whose header has the `title`.
#[track_caller]
fn cell(page: &str, title: &str, row: &str, column: usize) -> String {
	let cells = |line: &str| line.split('|').map(|it| it.trim().to_string()).collect::<Vec<_>>();
	let lines = page.lines().skip_while(|line| !cells(line).iter().any(|it| it == title));
	let found = lines.map(cells).find(|cells| cells.get(1).is_some_and(|it| it == row));
	found.unwrap_or_else(|| panic!("no line {row:?} below {title:?}"))[column + 1].clone()
}

/// Formats a number of microseconds, in milliseconds if it is large.
fn microseconds(number: &str) -> String {
	let value: f64 = number.parse().expect("it is a number");
	if value < 1_000.0 {
		format!("{value:.1} us")
	} else {
		format!("{:.1} ms", value / 1_000.0)
	}
}
