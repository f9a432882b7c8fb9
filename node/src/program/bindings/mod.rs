//! `bindings`: typed clients of a program, generated from its ABI.
//!
//! [`typescript`] generates clients for scripts, based on `runtime.ts`; [`rust`] generates
//! interfaces for other programs. Both refer to types by their name in the ABI: see [`super::abi`].

mod rust;
mod typescript;

use super::{abi::Abi, blob, text, Failure};
use clap::Args;
use std::path::PathBuf;

const HELP: &str = "\
--ts prints a TypeScript module without imports: a class with a method for each entry, over polkadot-js or \
PAPI, and the program's types. --rust prints `types!` and `interface!` for a program that calls this one.

Examples:
  virt-node program bindings --ts token.abi.json > token.ts
  virt-node program bindings --rust token.abi.json > src/token.rs";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct BindingsCmd {
	/// The program's `<name>.abi.json`.
	file: PathBuf,

	/// Print TypeScript.
	#[arg(long, required_unless_present = "rust")]
	ts: bool,

	/// Print Rust.
	#[arg(long, conflicts_with = "ts")]
	rust: bool,
}

impl BindingsCmd {
	pub fn run(self) -> Result<(), Failure> {
		let wrong = |error| Failure::Usage(format!("{}: {error}", self.file.display()));
		let abi = Abi::parse(&blob::read(&self.file)?).map_err(wrong)?;
		let module = if self.ts { typescript::module(&abi) } else { rust::module(&abi) };
		text::print(&module.map_err(wrong)?)
	}
}

/// `my-token` as `MyToken`.
fn camel(name: &str) -> String {
	let words = name.split(['-', '_']).filter(|word| !word.is_empty());
	let word = |word: &str| {
		let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
		first.to_uppercase() + rest
	};
	words.map(word).collect()
}

/// The program's name as a type. It must be an identifier, because the file is untrusted.
fn class(abi: &Abi) -> Result<String, String> {
	let name = camel(&abi.name);
	check(&name)?;
	Ok(name)
}

/// A type name must be one that the program declares.
fn check_declared(abi: &Abi, name: &str) -> Result<(), String> {
	check(name)?;
	match abi.types.0.iter().any(|(known, _)| known == name) {
		true => Ok(()),
		false => Err(format!("the type {name} is not known")),
	}
}

/// Names in the generated module must be identifiers.
fn check(name: &str) -> Result<(), String> {
	let mut chars = name.chars();
	let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
	match chars.next().is_some_and(is_first) && chars.all(|c| is_first(c) || c.is_ascii_digit()) {
		true => Ok(()),
		false => Err(format!("{name:?} is not a valid name")),
	}
}
