//! Generates a TypeScript module: the program's types, and a class with a method per entry.

use super::{
	super::abi::{is_byte, parse, Abi, Argument, Definition, EntryPoint, Ordered, Type},
	camel, check, check_declared, class,
};
use std::fmt::Write;

/// The codecs and the clients.
const RUNTIME: &str = include_str!("runtime.ts");

/// Names that methods cannot have: reserved words, and the class's own members.
const TAKEN: [&str; 6] = ["address", "client", "constructor", "event", "prototype", "then"];

/// Names that parameters cannot have: keywords, and the variables of methods.
const KEYWORDS: &str = " Call ENTRIES accounts arguments await break case catch class const continue debugger default delete do else \
	enum eval export extends false finally for function if implements import in instanceof interface let new \
	null package private protected public return static super switch this throw true try typeof var void \
	while with yield ";

pub fn module(abi: &Abi) -> Result<String, String> {
	let class = class(abi)?;
	let types = Types { abi, class: &class };
	let mut text =
		format!("// Made by `virt-node program bindings --ts {}.abi.json`.\n\n", abi.name);
	for (name, definition) in &abi.types.0 {
		types.declare(&mut text, name, definition)?;
	}
	types.class(&mut text)?;
	for (name, definition) in &abi.types.0 {
		types.codec(&mut text, name, definition)?;
	}
	text += RUNTIME;
	// After the codecs that it uses.
	types.entries(&mut text)?;
	Ok(text)
}

struct Types<'a> {
	abi: &'a Abi,
	class: &'a str,
}

impl Types<'_> {
	/// The TypeScript name of a type: with the program's name, so that it does not shadow
	/// JavaScript's `Error`.
	fn name(&self, name: &str) -> Result<String, String> {
		check_declared(self.abi, name)?;
		// A type that already starts with it keeps its name, unless another type has that name
		// then.
		Ok(match name.strip_prefix(self.class) {
			Some(rest) if check_declared(self.abi, rest).is_err() && !rest.is_empty() => {
				name.into()
			},
			_ => format!("{}{name}", self.class),
		})
	}

	fn docs(&self, text: &mut String, indent: &str, docs: &str) {
		// The text must not end the comment.
		let docs = docs.replace("*/", "* /");
		match docs.lines().collect::<Vec<_>>().as_slice() {
			[] => {},
			[line] => {
				let _ = writeln!(text, "{indent}/** {line} */");
			},
			lines => {
				let _ = writeln!(text, "{indent}/**");
				for line in lines {
					let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
				}
				let _ = writeln!(text, "{indent} */");
			},
		}
	}

	fn doc(&self, path: &str) -> &str {
		self.abi.docs.get(path).map(String::as_str).unwrap_or_default()
	}

	fn declare(&self, text: &mut String, of: &str, definition: &Definition) -> Result<(), String> {
		let name = self.name(of)?;
		self.docs(text, "", self.doc(of));
		match definition {
			Definition::Alias(ty) => {
				let _ = writeln!(text, "export type {name} = {};\n", self.value(&parse(ty)?)?);
			},
			Definition::Struct(Ordered(fields)) => {
				let _ = writeln!(text, "export interface {name} {{");
				for (field, definition) in fields {
					check(field)?;
					self.docs(text, "\t", self.doc(&format!("{of}.{field}")));
					let _ = writeln!(text, "\t{field}: {};", self.value_of(definition)?);
				}
				text.push_str("}\n\n");
			},
			Definition::Enum { _enum: Ordered(variants) } => {
				let _ = write!(text, "export type {name} =");
				text.push_str(if variants.is_empty() { " never" } else { "" });
				for (variant, definition) in variants {
					check(variant)?;
					text.push('\n');
					self.docs(text, "\t", self.doc(&format!("{of}.{variant}")));
					let value = match is_null(definition)? {
						true => format!("'{variant}'"),
						false => format!("{{ {variant}: {} }}", self.value_of(definition)?),
					};
					let _ = write!(text, "\t| {value}");
				}
				text.push_str(";\n\n");
			},
		}
		Ok(())
	}

	fn value_of(&self, definition: &Definition) -> Result<String, String> {
		match definition {
			Definition::Alias(ty) => self.value(&parse(ty)?),
			Definition::Struct(Ordered(fields)) => {
				let field = |(name, definition): &(String, Definition)| {
					check(name)?;
					Ok(format!("{name}: {}", self.value_of(definition)?))
				};
				let fields = fields.iter().map(field).collect::<Result<Vec<_>, String>>()?;
				Ok(format!("{{ {} }}", fields.join("; ")))
			},
			Definition::Enum { .. } => Err("an enum has no name".into()),
		}
	}

	/// The TypeScript type of the values of a type.
	fn value(&self, ty: &Type) -> Result<String, String> {
		let all =
			|types: &[Type]| types.iter().map(|ty| self.value(ty)).collect::<Result<Vec<_>, _>>();
		Ok(match ty {
			Type::Tuple(types) => format!("[{}]", all(types)?.join(", ")),
			Type::Array(inner, _) if is_byte(inner) => "Uint8Array".into(),
			Type::Array(inner, _) => format!("Array<{}>", self.value(inner)?),
			Type::Named(name, types) => match (name.as_str(), types.as_slice()) {
				("Null", []) => "null".into(),
				("bool", []) => "boolean".into(),
				("u8" | "u16" | "u32" | "i8" | "i16" | "i32", []) => "number".into(),
				("u64" | "u128" | "i64" | "i128", []) | ("Compact", [_]) => "bigint".into(),
				("AccountId" | "Text", []) => "string".into(),
				("Bytes" | "Raw", []) => "Uint8Array".into(),
				("Option", [inner]) => format!("{} | null", self.value(inner)?),
				("Vec" | "BTreeSet", [inner]) => format!("Array<{}>", self.value(inner)?),
				("BTreeMap", [key, value]) => {
					format!("Map<{}, {}>", self.value(key)?, self.value(value)?)
				},
				("Result", [ok, error]) => {
					format!("{{ Ok: {} }} | {{ Err: {} }}", self.value(ok)?, self.value(error)?)
				},
				(declared, []) => self.name(declared)?,
				_ => return Err(format!("the type {ty} is not known")),
			},
		})
	}

	fn codec_of(&self, definition: &Definition) -> Result<String, String> {
		match definition {
			Definition::Alias(ty) => self.codec_name(&parse(ty)?),
			Definition::Struct(Ordered(fields)) => {
				let field = |(name, definition): &(String, Definition)| {
					Ok(format!("{name}: {}", self.codec_of(definition)?))
				};
				let fields = fields.iter().map(field).collect::<Result<Vec<_>, String>>()?;
				Ok(format!("struct({{ {} }})", fields.join(", ")))
			},
			Definition::Enum { _enum: Ordered(variants) } => {
				let variant = |(name, definition): &(String, Definition)| {
					let codec = match is_null(definition)? {
						true => "null".into(),
						false => self.codec_of(definition)?,
					};
					Ok(format!("['{name}', {codec}]"))
				};
				let variants = variants.iter().map(variant).collect::<Result<Vec<_>, String>>()?;
				Ok(format!("variants([{}])", variants.join(", ")))
			},
		}
	}

	/// The codec of a type: one of the runtime's, or of the program's types.
	fn codec_name(&self, ty: &Type) -> Result<String, String> {
		let all = |types: &[Type]| {
			types.iter().map(|ty| self.codec_name(ty)).collect::<Result<Vec<_>, _>>()
		};
		Ok(match ty {
			Type::Tuple(types) => format!("tuple<{}>({})", self.value(ty)?, all(types)?.join(", ")),
			Type::Array(inner, len) if is_byte(inner) => format!("byteArray({len})"),
			Type::Array(inner, len) => format!("array({}, {len})", self.codec_name(inner)?),
			Type::Named(name, types) => match (name.as_str(), types.as_slice()) {
				("Null", []) => "none".into(),
				("Text", []) => "text".into(),
				("AccountId", []) => "accountId".into(),
				("Bytes", []) => "bytes".into(),
				("Raw", []) => "raw".into(),
				("Compact", [_]) => "compact".into(),
				("bool" | "u8" | "u16" | "u32" | "u64" | "u128", []) => name.clone(),
				("i8" | "i16" | "i32" | "i64" | "i128", []) => name.clone(),
				("Option", [inner]) => format!("option({})", self.codec_name(inner)?),
				("Vec" | "BTreeSet", [inner]) => format!("list({})", self.codec_name(inner)?),
				("BTreeMap", types) => format!("map({})", all(types)?.join(", ")),
				("Result", [ok, error]) => format!(
					"variants<{}>([['Ok', {}], ['Err', {}]])",
					self.value(ty)?,
					self.codec_name(ok)?,
					self.codec_name(error)?
				),
				(declared, []) => format!("codec{}", self.name(declared)?),
				_ => return Err(format!("the type {ty} is not known")),
			},
		})
	}

	fn codec(&self, text: &mut String, of: &str, definition: &Definition) -> Result<(), String> {
		let name = self.name(of)?;
		let codec = self.codec_of(definition)?;
		let _ = writeln!(text, "const codec{name}: Codec<{name}> = lazy(() => {codec});\n");
		Ok(())
	}

	fn class(&self, text: &mut String) -> Result<(), String> {
		let class = self.class;
		let _ = writeln!(
			text,
			"\
/** The program `{}`, at an address. Amounts are in the chain's smallest unit. */
export class {class}<Tx> {{
	constructor(readonly client: Client<Tx>, readonly address: string) {{}}
",
			self.abi.name
		);
		for entry in &self.abi.entries {
			self.method(text, entry)?;
		}
		if self.abi.types.0.iter().any(|(name, _)| name == "Event") {
			let event = self.name("Event")?;
			let _ = writeln!(
				text,
				"	/** The data of an event of the program. Throws where it is none. */
	event(data: Uint8Array): {event} {{
		return decode(codec{event}, data, this.client);
	}}
"
			);
		}
		let end = text.trim_end().len();
		text.truncate(end);
		text.push_str("\n}\n\n");
		Ok(())
	}

	fn method(&self, text: &mut String, entry: &EntryPoint) -> Result<(), String> {
		let name = &entry.name;
		check(name)?;
		let mut parameters = Vec::new();
		let mut names = Vec::new();
		for Argument { name, ty, optional } in &entry.arguments {
			check(name)?;
			let is_taken = KEYWORDS.contains(&format!(" {name} "));
			names.push(if is_taken { format!("{name}_") } else { name.clone() });
			let mark = if *optional { "?" } else { "" };
			let parameter = names.last().expect("one was added; qed");
			parameters.push(format!("{parameter}{mark}: {}", self.value(&parse(ty)?)?));
		}
		let names = names.join(", ");
		// Constructors are not called.
		if name == "init" {
			let parameters = [vec!["accounts: Accounts".into()], parameters].concat().join(", ");
			self.docs(text, "\t", &format!("The input of the instantiation. {}", entry.docs));
			let _ = writeln!(
				text,
				"\
	static init({parameters}): Uint8Array {{
		return encodeAll(ENTRIES.init, [{names}], accounts);
	}}
"
			);
			return Ok(());
		}
		let mut method = camel(name);
		method.replace_range(..1, &method[..1].to_lowercase());
		if TAKEN.contains(&&*method) {
			method.push('_');
		}
		let result = self.value(&parse(&entry.result)?)?;
		let error = match &entry.error {
			Some(error) => self.value(&parse(error)?)?,
			None => "null".into(),
		};
		self.docs(text, "\t", &entry.docs);
		let _ = writeln!(
			text,
			"\
	{method}({}): Call<{result}, {error}, Tx> {{
		return new Call(this.client, this.address, '{name}', ENTRIES.{name}, [{names}]);
	}}
",
			parameters.join(", ")
		);
		Ok(())
	}

	/// The codecs of the arguments, result and error of each entry.
	fn entries(&self, text: &mut String) -> Result<(), String> {
		text.push_str("\nconst ENTRIES = {\n");
		for EntryPoint { name, arguments, result, error, .. } in &self.abi.entries {
			let codec = |ty: &str| self.codec_name(&parse(ty)?);
			let arguments = arguments.iter().map(|argument| codec(&argument.ty));
			let arguments = arguments.collect::<Result<Vec<_>, _>>()?.join(", ");
			let error = error.as_deref().map_or(Ok("none".into()), codec)?;
			let result = codec(result)?;
			let _ = writeln!(text, "\t{name}: entry([{arguments}], {result}, {error}),");
		}
		text.push_str("};\n");
		Ok(())
	}
}

fn is_null(definition: &Definition) -> Result<bool, String> {
	Ok(match definition {
		Definition::Alias(ty) => parse(ty)? == Type::Named("Null".into(), Vec::new()),
		_ => false,
	})
}
