//! `interface!` and `types!` for a program that calls this one.

use super::{
	super::abi::{is_byte, parse, Abi, Definition, EntryPoint, Ordered, Type},
	check, check_declared, class,
};
use std::fmt::Write;

/// Keywords that can be used as names with `r#`.
const KEYWORDS: &str =
	" abstract as async await become box break const continue do dyn else enum extern false \
	final fn for gen if impl in let loop macro match mod move mut override priv pub ref return static \
	struct trait true try type typeof unsafe unsized use virtual where while yield ";

const PRELUDE: &str = "use virt_guest::prelude::*;\n";
const PRELUDE_AND_ALLOC: &str = "extern crate alloc;\n\nuse virt_guest::prelude::*;\n";

pub fn module(abi: &Abi) -> Result<String, String> {
	let class = class(abi)?;
	let mut text = format!(
		"\
//! Made by `virt-node program bindings --rust {name}.abi.json`.

{PRELUDE}
",
		name = abi.name
	);
	if !abi.types.0.is_empty() {
		text += "types! {\n";
		for (nth, (name, definition)) in abi.types.0.iter().enumerate() {
			text += if nth > 0 { "\n" } else { "" };
			item(&mut text, abi, name, definition)?;
		}
		text += "}\n\n";
	}
	text += "interface! {\n";
	let _ = writeln!(text, "\t/// The program `{}`, at an address.", abi.name);
	let _ = writeln!(text, "\tpub {class} {{");
	for entry in &abi.entries {
		method(&mut text, abi, entry)?;
	}
	text += "\t}\n}\n";
	let uses_alloc = text.contains("alloc::");
	Ok(text.replace(PRELUDE, if uses_alloc { PRELUDE_AND_ALLOC } else { PRELUDE }))
}

fn method(text: &mut String, abi: &Abi, entry: &EntryPoint) -> Result<(), String> {
	// Constructors are not called, and entries with raw bytes have no types.
	if entry.name == "init"
		|| entry.result == "Raw"
		|| entry.arguments.iter().any(|it| it.ty == "Raw")
	{
		return Ok(());
	}
	docs(text, "\t\t", &entry.docs);
	let mut arguments = Vec::new();
	for argument in &entry.arguments {
		let ty = rust(abi, &parse(&argument.ty)?)?;
		let ty = if argument.optional { format!("virt_guest::Optional<{ty}>") } else { ty };
		arguments.push(format!("{}: {ty}", name(&argument.name)?));
	}
	let result = rust(abi, &parse(&entry.result)?)?;
	let result = match &entry.error {
		Some(error) => format!(" -> Result<{result}, {}>", rust(abi, &parse(error)?)?),
		None if result == "()" => String::new(),
		None => format!(" -> {result}"),
	};
	let _ = writeln!(text, "\t\tfn {}({}){result};", name(&entry.name)?, arguments.join(", "));
	Ok(())
}

fn item(text: &mut String, abi: &Abi, of: &str, definition: &Definition) -> Result<(), String> {
	let doc = |path: String| abi.docs.get(&path).map(String::as_str).unwrap_or_default();
	let of_type = name(of)?;
	docs(text, "\t", doc(of.into()));
	match definition {
		Definition::Alias(ty) => {
			let _ = writeln!(text, "\tpub type {of_type} = {};", rust(abi, &parse(ty)?)?);
		},
		Definition::Struct(Ordered(fields)) => {
			let _ = writeln!(text, "\tpub struct {of_type} {{");
			for (field, definition) in fields {
				docs(text, "\t\t", doc(format!("{of}.{field}")));
				let _ = writeln!(text, "\t\tpub {}: {},", name(field)?, alias(abi, definition)?);
			}
			text.push_str("\t}\n");
		},
		Definition::Enum { _enum: Ordered(variants) } => {
			let _ = writeln!(text, "\tpub enum {of_type} {{");
			for (variant, definition) in variants {
				docs(text, "\t\t", doc(format!("{of}.{variant}")));
				let fields = match definition {
					Definition::Alias(ty) => match parse(ty)? {
						Type::Named(ty, _) if ty == "Null" => String::new(),
						Type::Tuple(parts) => {
							let parts = parts
								.iter()
								.map(|ty| rust(abi, ty))
								.collect::<Result<Vec<_>, _>>()?;
							format!("({})", parts.join(", "))
						},
						ty => format!("({})", rust(abi, &ty)?),
					},
					Definition::Struct(Ordered(fields)) => {
						let field = |(field, definition): &(String, Definition)| {
							Ok(format!("{}: {}", name(field)?, alias(abi, definition)?))
						};
						let fields =
							fields.iter().map(field).collect::<Result<Vec<_>, String>>()?;
						format!(" {{ {} }}", fields.join(", "))
					},
					Definition::Enum { .. } => return Err(format!("{of}.{variant} has no name")),
				};
				let _ = writeln!(text, "\t\t{}{fields},", name(variant)?);
			}
			text.push_str("\t}\n");
		},
	}
	Ok(())
}

/// The type of a field, which has a name.
fn alias(abi: &Abi, definition: &Definition) -> Result<String, String> {
	match definition {
		Definition::Alias(ty) => rust(abi, &parse(ty)?),
		_ => Err("the type of a field has no name".into()),
	}
}

/// A type in Rust's syntax.
fn rust(abi: &Abi, ty: &Type) -> Result<String, String> {
	let rust = |ty: &Type| rust(abi, ty);
	let all = |types: &[Type]| types.iter().map(rust).collect::<Result<Vec<_>, _>>();
	Ok(match ty {
		Type::Tuple(types) => format!("({})", all(types)?.join(", ")),
		Type::Array(inner, len) => format!("[{}; {len}]", rust(inner)?),
		Type::Named(name, types) => match (name.as_str(), types.as_slice()) {
			("Null", []) => "()".into(),
			("Text", []) => "String".into(),
			("Bytes", []) => "Vec<u8>".into(),
			("Vec", [inner]) if is_byte(inner) => "Vec<u8>".into(),
			("BTreeSet" | "BTreeMap", types) => {
				format!("alloc::collections::{name}<{}>", all(types)?.join(", "))
			},
			("Compact", types) => format!("virt_guest::codec::Compact<{}>", all(types)?.join(", ")),
			("Vec" | "Option" | "Result", types) => format!("{name}<{}>", all(types)?.join(", ")),
			("AccountId" | "bool" | "u8" | "u16" | "u32" | "u64" | "u128", []) => name.clone(),
			("i8" | "i16" | "i32" | "i64" | "i128", []) => name.clone(),
			(declared, []) => {
				check_declared(abi, declared)?;
				self::name(declared)?
			},
			_ => return Err(format!("the type {ty} is not known")),
		},
	})
}

/// A name in Rust's syntax.
fn name(name: &str) -> Result<String, String> {
	check(name)?;
	Ok(match KEYWORDS.contains(&format!(" {name} ")) {
		true => format!("r#{name}"),
		false => name.into(),
	})
}

fn docs(text: &mut String, indent: &str, docs: &str) {
	for line in docs.lines() {
		let _ = writeln!(text, "{}", format!("{indent}/// {line}").trim_end());
	}
}
