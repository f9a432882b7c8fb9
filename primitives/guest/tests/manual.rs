//! `docs/guest-manual.md` is made from the syscall table: it fails here when it is not, and
//! `make manual` writes it anew.

use std::{env, fmt::Write, fs};

/// Set to write the manual instead of comparing it.
const WRITE: &str = "WRITE_MANUAL";
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guest-manual.md");

struct Row {
	docs: &'static [&'static str],
	name: &'static str,
	arguments: &'static [(&'static str, &'static str)],
	result: &'static str,
	base: &'static str,
	per_word: &'static str,
	scope: &'static str,
	buffers: &'static [(&'static str, &'static [&'static str])],
}

macro_rules! table {
	($(
		$(#[doc = $doc:literal])*
		$name:ident($($argument:ident: $type:ty),*) -> $result:ty,
		$base:literal + $per_word:literal, $scope:ident,
		[$($direction:tt ($($part:tt),*)),*];
	)*) => {
		const TABLE: &[Row] = &[$(Row {
			docs: &[$($doc),*],
			name: stringify!($name),
			arguments: &[$((stringify!($argument), stringify!($type))),*],
			result: stringify!($result),
			base: stringify!($base),
			per_word: stringify!($per_word),
			scope: stringify!($scope),
			buffers: &[$((stringify!($direction), &[$(stringify!($part)),*])),*],
		}),*];
	};
}

virt_guest::syscall_table!(table);

/// The lines of `//!` under a heading of a module's docs.
fn section(source: &str, heading: &str) -> String {
	let docs = source.lines().filter_map(|line| line.strip_prefix("//!"));
	let docs = docs.map(|line| line.strip_prefix(' ').unwrap_or(line));
	let lines = docs.skip_while(|line| *line != heading).skip(1);
	let lines: Vec<_> = lines.take_while(|line| !line.starts_with('#')).collect();
	lines.join("\n").trim().to_string()
}

/// Name, number and docs of every code.
fn codes() -> Vec<(String, i64, String)> {
	let mut docs = Vec::new();
	let mut found = Vec::new();
	for line in include_str!("../src/codes.rs").lines().map(str::trim) {
		if let Some(line) = line.strip_prefix("/// ") {
			docs.push(line);
			continue;
		}
		let constant = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": i64 = "));
		if let Some((name, number)) = constant {
			let number = number.trim_end_matches(';').parse().expect("a code is a number");
			found.push((name.to_string(), number, docs.join(" ")));
		}
		docs.clear();
	}
	found
}

fn manual() -> Result<String, std::fmt::Error> {
	let mut out = String::new();
	let conventions = section(include_str!("../src/table.rs"), "# Conventions");
	let conventions = conventions.replace("[`Code`](crate::Code)", "[code](#codes)");
	writeln!(
		out,
		"# Guest manual\n\n\
		Every syscall that a program may make: {} of them. This page is made from \
		[`table.rs`](../primitives/guest/src/table.rs) and \
		[`codes.rs`](../primitives/guest/src/codes.rs) by `make manual`; a test fails when it is stale.\n\n\
		In Rust, the wrappers of `virt-guest` (`env`, `storage`) come before these: they take slices \
		and give values. [Write a program](write-a-program.md) shows them at work.\n\n\
		## Conventions\n\n{conventions}\n\n## All syscalls\n\n\
		| syscall | gas | needs an account |\n|---|---:|---|",
		TABLE.len(),
	)?;
	for row in TABLE {
		let account = if row.scope == "account" { "yes" } else { "" };
		writeln!(out, "| [`{0}`](#{0}) | {1} | {account} |", row.name, price(row))?;
	}
	for row in TABLE {
		describe(&mut out, row)?;
	}
	writeln!(
		out,
		"\n## Codes\n\nNegative results, as constants of `virt_guest::Code`. The call goes on.\n\n\
		| code | | |\n|---|---:|---|"
	)?;
	for (name, number, docs) in codes() {
		writeln!(out, "| `{name}` | {number} | {docs} |")?;
	}
	Ok(out)
}

fn price(row: &Row) -> String {
	let (base, per_word) = (row.base.replace('_', ","), row.per_word.replace('_', ","));
	match per_word.as_str() {
		"0" => base,
		per_word => format!("{base} + {per_word} n"),
	}
}

fn describe(out: &mut String, row: &Row) -> std::fmt::Result {
	let arguments = row.arguments.iter().map(|(name, ty)| format!("{name}: {}", tidy(ty)));
	let result = match row.result {
		"()" => String::new(),
		result => format!(" -> {result}"),
	};
	let arguments = arguments.collect::<Vec<_>>().join(", ");
	writeln!(out, "\n### {}\n\n    {}({arguments}){result}\n", row.name, row.name)?;
	for line in row.docs {
		writeln!(out, "{}", line.trim())?;
	}
	if !row.buffers.is_empty() {
		writeln!(out)?;
	}
	for (direction, parts) in row.buffers {
		let verb = if *direction == "in" { "reads" } else { "writes" };
		match parts {
			[pointer, bytes] => writeln!(out, "- {verb} {bytes} bytes at `{pointer}`")?,
			[pointer, len, limit] => writeln!(
				out,
				"- {verb} `{len}` bytes at `{pointer}`; the limit is {}",
				limit.replace('_', ","),
			)?,
			other => panic!("{}: a buffer of {} parts", row.name, other.len()),
		}
	}
	Ok(())
}

/// A type without the spaces that the compiler puts between its tokens.
fn tidy(ty: &str) -> String {
	ty.replace("* const", "*const").replace("* mut", "*mut")
}

#[test]
fn guest_manual_is_made_from_the_table() {
	let manual = manual().expect("a string takes it");
	if env::var_os(WRITE).is_some() {
		fs::write(PATH, &manual).expect("the folder is there");
	}
	let committed = fs::read_to_string(PATH).unwrap_or_default();
	assert!(committed == manual, "docs/guest-manual.md is stale: run `make manual`");
}

#[test]
fn every_code_is_in_the_manual() {
	let codes = codes();
	let found = codes.iter().find(|(name, ..)| name == "NOT_FOUND").expect("it is a code");
	assert_eq!(found.1, virt_guest::Code::NOT_FOUND);
	assert!(!found.2.is_empty());
	let constants = include_str!("../src/codes.rs").matches("pub const ").count();
	assert_eq!(codes.len(), constants);
}
