//! Applies the lines of `docs/add-to-your-chain.md` to the plain chain, each at the place that the
//! paragraph before it names.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

const PAGE: &str = "../../docs/add-to-your-chain.md";
/// What the page wants copied, and from where.
const API: &str = "impl pallet_virt::api::VirtApi";
const APIS: &str = "../../runtime/src/apis.rs";
/// Files of a chain, as the page names them, and as they are here.
const FILES: [(&str, &str); 6] = [
	("node/src/command.rs", "node/command.rs"),
	("node/src/rpc.rs", "node/rpc.rs"),
	("node/src/service.rs", "node/service.rs"),
	("runtime/src/apis.rs", "runtime/apis.rs"),
	("runtime/src/configs/mod.rs", "runtime/configs.rs"),
	("runtime/src/lib.rs", "runtime.rs"),
];
/// Names of the modules, as in `src/plain.rs`. A file that is included may not start with a comment of its own.
const MODULES: &str = "pub mod node;\npub mod runtime;\n";

fn main() {
	for path in ["src/plain", PAGE, APIS] {
		println!("cargo:rerun-if-changed={path}");
	}
	let plain = |file: &str| read(&format!("src/plain/{file}"));
	let mut files: BTreeMap<_, _> = FILES.iter().map(|(name, file)| (*name, plain(file))).collect();

	for (paragraph, block) in blocks(&read(PAGE)) {
		// What is said before is for people.
		let step = paragraph.rfind("In `").unwrap_or_else(|| panic!("no file in: {paragraph}"));
		let paragraph = &paragraph[step..];
		let names: Vec<_> = paragraph.split('`').skip(1).step_by(2).collect();
		// A test compares the dependencies: paths differ.
		if names[0].ends_with("Cargo.toml") {
			continue;
		}
		let text = files.get_mut(names[0]).unwrap_or_else(|| panic!("no such file: {paragraph}"));
		*text = place(text, paragraph, names.get(1), &block)
			.unwrap_or_else(|| panic!("no such place: {paragraph}"));
	}

	let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it; qed"));
	let write = |file: &str, text: &str| {
		let path = out.join(file);
		fs::create_dir_all(path.parent().expect("it is in a folder; qed")).expect("it can be made");
		fs::write(path, text).expect("it can be written");
	};
	for (name, file) in FILES {
		write(file, &files[name]);
	}
	write("node.rs", &plain("node.rs"));
	write("applied.rs", MODULES);
}

fn read(path: &str) -> String {
	fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The page's code, each with the paragraph before it.
fn blocks(page: &str) -> Vec<(String, String)> {
	let mut found = Vec::new();
	let mut paragraph = String::new();
	let mut lines = page.lines();
	while let Some(line) = lines.next() {
		if line.starts_with("```") {
			let block = lines.by_ref().take_while(|line| *line != "```");
			found.push((paragraph, block.map(|line| format!("{line}\n")).collect()));
			paragraph = String::new();
		} else if !line.is_empty() {
			paragraph = format!("{paragraph}{line} ");
		} else if paragraph.contains(&format!("a copy of `{API}`")) {
			found.push((paragraph, item(&read(APIS), API).expect("our runtime has it")));
			paragraph = String::new();
		} else if !paragraph.ends_with(": ") {
			paragraph.clear();
		}
	}
	found
}

/// `text` with the block where the paragraph says.
fn place(text: &str, paragraph: &str, name: Option<&&str>, block: &str) -> Option<String> {
	if paragraph.contains("`, at the top") {
		let at = text.find("use ")?;
		return Some(format!("{}{block}{}", &text[..at], &text[at..]));
	}
	if paragraph.contains("`, at the end") {
		return Some(format!("{text}\n{block}"));
	}
	let name = name?;
	if paragraph.contains("`, in place of `") {
		let count = if paragraph.contains("`, which is there twice") { 2 } else { 1 };
		return (text.matches(name).count() == count).then(|| text.replace(name, block.trim()));
	}
	let at = text.find(name)?;
	let end = if paragraph.contains("`, after `") {
		at + text[at..].find(";\n")? + 2
	} else if paragraph.contains("`, in `") {
		at + text[at..].find("\n}\n")? + 1
	} else {
		return None;
	};
	Some(format!("{}{block}{}", &text[..end], &text[end..]))
}

/// The item within a block that starts like this.
fn item(text: &str, start: &str) -> Option<String> {
	let at = text.find(start)?;
	let end = at + text[at..].find("\n\t}\n")? + 4;
	Some(text[at..end].into())
}
