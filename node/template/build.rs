//! Applies the lines of `docs/add-to-your-chain.md` to the plain chain, each at the place that the
//! paragraph before it names.

use std::{
	collections::BTreeMap,
	env, fs,
	path::{Path, PathBuf},
};

const PAGE: &str = "../../docs/add-to-your-chain.md";
/// What the page wants copied, and from where.
const API: &str = "impl pallet_virt::api::VirtApi";
const APIS: &str = "../../runtime/src/apis.rs";
/// Files of a chain, as the page names them, and as they are here.
const FILES: [(&str, &str); 3] = [
	("node/src/extensions.rs", "extensions.rs"),
	("node/src/service.rs", "service.rs"),
	("runtime/src/lib.rs", "runtime.rs"),
];

fn main() {
	for path in ["src/plain", PAGE, APIS] {
		println!("cargo:rerun-if-changed={path}");
	}
	let plain = |file| fs::read_to_string(Path::new("src/plain").join(file)).unwrap_or_default();
	let mut files: BTreeMap<_, _> = FILES.iter().map(|(name, file)| (*name, plain(file))).collect();

	for (paragraph, block) in blocks(&read(PAGE)) {
		let names: Vec<_> = paragraph.split('`').skip(1).step_by(2).collect();
		// A test compares the dependencies: paths differ.
		if names[0].ends_with("Cargo.toml") {
			continue;
		}
		let text = files.get_mut(names[0]).unwrap_or_else(|| panic!("no such file: {paragraph}"));
		*text = place(text, &paragraph, names.get(1), &block)
			.unwrap_or_else(|| panic!("no such place: {paragraph}"));
	}

	let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it; qed"));
	for (name, file) in FILES {
		fs::write(out.join(file), &files[name]).expect("it can be written");
	}
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
	if text.is_empty() {
		return paragraph.starts_with("A new file").then(|| block.into());
	}
	if paragraph.contains("`, at the top") {
		return Some(format!("{block}{text}"));
	}
	if paragraph.contains("`, at the end") {
		return Some(format!("{text}\n{block}"));
	}
	let name = name?;
	let at = text.find(name)?;
	let (from, to) = if paragraph.contains("`, in place of `") {
		(at, at + name.len() + 1)
	} else if paragraph.contains("`, after `") {
		let end = at + text[at..].find(";\n")? + 2;
		(end, end)
	} else if paragraph.contains("`, in `") {
		let end = at + text[at..].find("\n}\n")? + 1;
		(end, end)
	} else {
		return None;
	};
	Some(format!("{}{block}{}", &text[..from], &text[to..]))
}

/// The item within a block that starts like this.
fn item(text: &str, start: &str) -> Option<String> {
	let at = text.find(start)?;
	let end = at + text[at..].find("\n\t}\n")? + 4;
	Some(text[at..end].into())
}
