//! Arguments and results of a program, according to its `<name>.abi.json`.
//!
//! Supports the types of such a file (see `fixtures/builder`) and their SCALE encoding. Values are
//! JSON: integers of more than 32 bits, accounts and bytes are strings; a variant is its name, or
//! `{ name: value }`; an absent value is `null`.

use super::text;
use codec::{Compact, Decode, Encode};
use serde::{
	de::{MapAccess, Visitor},
	Deserialize, Deserializer,
};
use serde_json::{json, Map, Value};
use sp_core::crypto::{AccountId32, Ss58Codec};
use std::{collections::HashMap, fmt};

/// The supported version of the file.
const VERSION: u32 = 1;

/// The maximal nesting depth of values: types may be recursive.
const MAX_DEPTH: u32 = 64;

/// The maximal number of values of length zero per byte, which would otherwise be unbounded.
const MAX_EMPTY: usize = 10_000;

/// A program's description.
#[derive(Debug, Deserialize)]
pub struct Abi {
	version: u32,
	/// The program's name.
	#[serde(default)]
	pub name: String,
	pub entries: Vec<EntryPoint>,
	/// The types that the program declares, in order.
	pub types: Ordered<Definition>,
	/// The docs of types, variants and fields, by `Type`, `Type.Variant` and so on.
	#[serde(default)]
	pub docs: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct EntryPoint {
	pub name: String,
	#[serde(default)]
	pub docs: String,
	pub arguments: Vec<Argument>,
	pub result: String,
	pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Argument {
	pub name: String,
	#[serde(rename = "type")]
	pub ty: String,
	pub optional: bool,
}

/// A type that the program declares.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Definition {
	/// Another type.
	Alias(String),
	Enum {
		_enum: Ordered<Definition>,
	},
	Struct(Ordered<Definition>),
}

/// The fields of a JSON object, in order: the order of variants and fields is part of their
/// encoding.
#[derive(Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		struct Fields<T>(std::marker::PhantomData<T>);
		impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
			type Value = Vec<(String, T)>;

			fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
				f.write_str("an object")
			}

			fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
				let mut fields = Vec::new();
				while let Some(field) = map.next_entry()? {
					fields.push(field);
				}
				Ok(fields)
			}
		}
		from.deserialize_map(Fields(std::marker::PhantomData)).map(Self)
	}
}

/// A type by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
	Named(String, Vec<Type>),
	Tuple(Vec<Type>),
	Array(Box<Type>, usize),
}

impl Abi {
	/// Reads an ABI.
	pub fn parse(json: &[u8]) -> Result<Self, String> {
		let abi: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
		match abi.version {
			VERSION => Ok(abi),
			other => Err(format!("expected an ABI of version {VERSION}, got {other}")),
		}
	}

	/// The entry with this name. Entries that were not made by `entry!` are not described.
	pub fn entry(&self, name: &str) -> Result<&EntryPoint, String> {
		let entry = self.entries.iter().find(|entry| entry.name == name);
		entry.ok_or_else(|| format!("the ABI does not describe the entry {name:?}"))
	}

	/// The input of a call, from arguments of a command line.
	pub fn encode(&self, entry: &str, arguments: &[String]) -> Result<Vec<u8>, String> {
		let EntryPoint { name, arguments: wanted, .. } = self.entry(entry)?;
		let least = wanted.iter().filter(|argument| !argument.optional).count();
		if arguments.len() < least || arguments.len() > wanted.len() {
			let list = wanted.iter().map(|Argument { name, ty, optional }| {
				format!("{name}{}: {ty}", if *optional { "?" } else { "" })
			});
			let list = list.collect::<Vec<_>>().join(", ");
			return Err(format!("{name}({list}) was given {} arguments", arguments.len()));
		}
		let mut input = Vec::new();
		for (Argument { name, ty, .. }, argument) in wanted.iter().zip(arguments) {
			self.write(&parse(ty)?, argument, &mut input)
				.map_err(|error| format!("{name}: {error}"))?;
		}
		Ok(input)
	}

	/// The names and values of the arguments in an input.
	pub fn arguments(&self, entry: &str, input: &[u8]) -> Result<Vec<(&str, Value)>, String> {
		let mut source = Source::new(input);
		let mut arguments = Vec::new();
		for Argument { name, ty, optional } in &self.entry(entry)?.arguments {
			if *optional && source.bytes.is_empty() {
				break;
			}
			arguments.push((&**name, self.read(&parse(ty)?, &mut source, MAX_DEPTH)?));
		}
		match source.bytes.is_empty() {
			true => Ok(arguments),
			false => Err(format!("{} is longer than the arguments", text::hex(input))),
		}
	}

	/// The output of a successful call of `entry`.
	pub fn result(&self, entry: &str, output: &[u8]) -> Result<Value, String> {
		self.decode(&self.entry(entry)?.result, output)
	}

	/// The error of a reverted call of `entry`; `None` if it has none.
	pub fn error(&self, entry: &str, output: &[u8]) -> Option<Result<Value, String>> {
		let error = self.entry(entry).ok()?.error.as_ref().filter(|_| !output.is_empty())?;
		Some(self.decode(error, output))
	}

	/// The data of an event, if the program declares a type with that name and it decodes.
	pub fn event(&self, data: &[u8]) -> Option<Value> {
		self.decode("Event", data).ok()
	}

	/// Decodes a value of this type from all of the bytes.
	pub fn decode(&self, ty: &str, bytes: &[u8]) -> Result<Value, String> {
		let mut source = Source::new(bytes);
		let value = self.read(&parse(ty)?, &mut source, MAX_DEPTH)?;
		match source.bytes.is_empty() {
			true => Ok(value),
			false => Err(format!("{} is longer than a {ty}", text::hex(bytes))),
		}
	}

	fn definition(&self, name: &str) -> Option<&Definition> {
		self.types.0.iter().find(|(known, _)| known == name).map(|(_, definition)| definition)
	}

	/// An argument: plain text if that is unambiguous, otherwise JSON.
	fn write(&self, ty: &Type, argument: &str, to: &mut Vec<u8>) -> Result<(), String> {
		let is_text = *ty == Type::Named("Text".into(), Vec::new());
		let json = serde_json::from_str(argument).ok().filter(|json| match json {
			Value::Object(_) | Value::Array(_) | Value::Null => !is_text,
			// Large numbers would be rounded.
			_ => false,
		});
		self.encode_value(ty, &json.unwrap_or_else(|| argument.into()), to, MAX_DEPTH)
	}

	fn encode_value(
		&self,
		ty: &Type,
		value: &Value,
		to: &mut Vec<u8>,
		depth: u32,
	) -> Result<(), String> {
		let depth = depth.checked_sub(1).ok_or("the value is nested too deep")?;
		let wrong = || format!("{value} is not of type {ty}");
		match ty {
			Type::Tuple(types) => {
				let values = list(value).filter(|values| values.len() == types.len());
				for (ty, value) in types.iter().zip(values.ok_or_else(wrong)?) {
					self.encode_value(ty, value, to, depth)?;
				}
				Ok(())
			},
			Type::Array(ty, len) => {
				if let (true, Some(text)) = (is_byte(ty), value.as_str()) {
					let bytes = text::bytes(text)?;
					to.extend(Some(bytes).filter(|bytes| bytes.len() == *len).ok_or_else(wrong)?);
					return Ok(());
				}
				let values = list(value).filter(|values| values.len() == *len).ok_or_else(wrong)?;
				values.iter().try_for_each(|value| self.encode_value(ty, value, to, depth))
			},
			Type::Named(name, parameters) => match (name.as_str(), parameters.as_slice()) {
				("Null", []) => value.is_null().then_some(()).ok_or_else(wrong),
				("bool", []) => {
					let text = value.as_str().and_then(|text| text.parse().ok());
					value.as_bool().or(text).ok_or_else(wrong)?.encode_to(to);
					Ok(())
				},
				("Text", []) => {
					value.as_str().ok_or_else(wrong)?.encode_to(to);
					Ok(())
				},
				("AccountId", []) => {
					text::account(value.as_str().ok_or_else(wrong)?)?.encode_to(to);
					Ok(())
				},
				("Bytes", []) => {
					text::bytes(value.as_str().ok_or_else(wrong)?)?.encode_to(to);
					Ok(())
				},
				("Raw", []) => {
					to.extend(text::bytes(value.as_str().ok_or_else(wrong)?)?);
					Ok(())
				},
				("Option", [_]) if value.is_null() => {
					to.push(0);
					Ok(())
				},
				("Option", [inner]) => {
					to.push(1);
					self.encode_value(inner, value, to, depth)
				},
				("Vec" | "BTreeSet", [inner]) => {
					let values = list(value).ok_or_else(wrong)?;
					Compact(values.len() as u32).encode_to(to);
					values.iter().try_for_each(|value| self.encode_value(inner, value, to, depth))
				},
				("BTreeMap", [key, inner]) => {
					let pair = Type::Tuple(vec![key.clone(), inner.clone()]);
					let values = list(value).ok_or_else(wrong)?;
					Compact(values.len() as u32).encode_to(to);
					values.iter().try_for_each(|value| self.encode_value(&pair, value, to, depth))
				},
				("Result", [ok, error]) => {
					let (variant, value) = variant(value).ok_or_else(wrong)?;
					let (index, ty) = match variant {
						"Ok" => (0, ok),
						"Err" => (1, error),
						_ => return Err(wrong()),
					};
					to.push(index);
					self.encode_value(ty, value, to, depth)
				},
				("Compact", [_]) => {
					let number = number(value).ok_or_else(wrong)?;
					Compact(number).encode_to(to);
					Ok(())
				},
				(name, []) => match (integer(name), self.definition(name)) {
					(Some((signed, bytes)), _) => {
						let number = in_range(value, signed, bytes).ok_or_else(wrong)?;
						to.extend(&number[..bytes]);
						Ok(())
					},
					(_, Some(definition)) => self.encode_declared(definition, value, to, depth),
					_ => Err(format!("the type {ty} is not known")),
				},
				_ => Err(format!("the type {ty} is not known")),
			},
		}
	}

	fn encode_declared(
		&self,
		definition: &Definition,
		value: &Value,
		to: &mut Vec<u8>,
		depth: u32,
	) -> Result<(), String> {
		let depth = depth.checked_sub(1).ok_or("the value is nested too deep")?;
		match definition {
			Definition::Alias(name) => self.encode_value(&parse(name)?, value, to, depth),
			Definition::Struct(Ordered(fields)) => {
				let names = || fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
				let wrong = || format!("{value} has not the fields {}", names().join(", "));
				let object = value.as_object().filter(|object| object.len() == fields.len());
				let object = object.ok_or_else(wrong)?;
				fields.iter().try_for_each(|(name, field)| {
					let value = object.get(name).ok_or_else(wrong)?;
					self.encode_declared(field, value, to, depth)
				})
			},
			Definition::Enum { _enum: Ordered(variants) } => {
				let wrong = || {
					let names: Vec<_> = variants.iter().map(|(name, _)| name.as_str()).collect();
					format!("{value} is none of {}", names.join(", "))
				};
				let (name, value) = variant(value).ok_or_else(wrong)?;
				let index = variants.iter().position(|(known, _)| known == name);
				let index = index.ok_or_else(wrong)?;
				to.push(index as u8);
				self.encode_declared(&variants[index].1, value, to, depth)
			},
		}
	}

	fn read(&self, ty: &Type, from: &mut Source<'_>, depth: u32) -> Result<Value, String> {
		let depth = depth.checked_sub(1).ok_or("the value is nested too deep")?;
		from.values = from.values.checked_sub(1).ok_or("it has too many values")?;
		match ty {
			Type::Tuple(types) => {
				types.iter().map(|ty| self.read(ty, from, depth)).collect::<Result<_, _>>()
			},
			Type::Array(inner, len) if is_byte(inner) => Ok(text::hex(from.take(*len)?).into()),
			Type::Array(inner, len) => self.read_all(inner, *len, from, depth),
			Type::Named(name, parameters) => match (name.as_str(), parameters.as_slice()) {
				("Null", []) => Ok(Value::Null),
				("bool", []) => from.scale::<bool>().map(Value::from),
				("Text", []) => from.scale::<String>().map(Value::from),
				("AccountId", []) => {
					from.scale::<AccountId32>().map(|account| account.to_ss58check().into())
				},
				("Bytes", []) => from.scale::<Vec<u8>>().map(|bytes| text::hex(&bytes).into()),
				("Raw", []) => Ok(text::hex(from.take(from.bytes.len())?).into()),
				("Option", [inner]) => match from.take(1)? {
					[0] => Ok(Value::Null),
					[1] => self.read(inner, from, depth),
					_ => Err("an Option is 0 or 1".into()),
				},
				("Vec" | "BTreeSet", [inner]) => {
					let len = from.scale::<Compact<u32>>()?.0 as usize;
					self.read_all(inner, len, from, depth)
				},
				("BTreeMap", [key, inner]) => {
					let pair = Type::Tuple(vec![key.clone(), inner.clone()]);
					let len = from.scale::<Compact<u32>>()?.0 as usize;
					self.read_all(&pair, len, from, depth)
				},
				("Result", [ok, error]) => match from.take(1)? {
					[0] => Ok(json!({ "Ok": self.read(ok, from, depth)? })),
					[1] => Ok(json!({ "Err": self.read(error, from, depth)? })),
					_ => Err("a Result is 0 or 1".into()),
				},
				("Compact", [_]) => Ok(from.scale::<Compact<u128>>()?.0.to_string().into()),
				(name, []) => match (integer(name), self.definition(name)) {
					(Some((signed, bytes)), _) => Ok(plain(from.take(bytes)?, signed)),
					(_, Some(definition)) => self.read_declared(definition, from, depth),
					_ => Err(format!("the type {ty} is not known")),
				},
				_ => Err(format!("the type {ty} is not known")),
			},
		}
	}

	fn read_all(
		&self,
		ty: &Type,
		len: usize,
		from: &mut Source<'_>,
		depth: u32,
	) -> Result<Value, String> {
		// Each element takes at least a byte: a length of elements without bytes could be huge.
		if len > from.bytes.len() {
			return Err("it ends too soon".into());
		}
		(0..len).map(|_| self.read(ty, from, depth)).collect()
	}

	fn read_declared(
		&self,
		definition: &Definition,
		from: &mut Source<'_>,
		depth: u32,
	) -> Result<Value, String> {
		let depth = depth.checked_sub(1).ok_or("the value is nested too deep")?;
		from.values = from.values.checked_sub(1).ok_or("it has too many values")?;
		match definition {
			Definition::Alias(name) => self.read(&parse(name)?, from, depth),
			Definition::Struct(Ordered(fields)) => {
				let mut object = Map::new();
				for (name, field) in fields {
					object.insert(name.clone(), self.read_declared(field, from, depth)?);
				}
				Ok(object.into())
			},
			Definition::Enum { _enum: Ordered(variants) } => {
				let index = usize::from(from.take(1)?[0]);
				let (name, inner) = variants.get(index).ok_or("there is no such variant")?;
				match self.read_declared(inner, from, depth)? {
					Value::Null => Ok(name.as_str().into()),
					value => Ok(json!({ name.as_str(): value })),
				}
			},
		}
	}
}

impl fmt::Display for Type {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let all = |types: &[Self]| types.iter().map(Self::to_string).collect::<Vec<_>>().join(", ");
		match self {
			Self::Named(name, types) if types.is_empty() => f.write_str(name),
			Self::Named(name, types) => write!(f, "{name}<{}>", all(types)),
			Self::Tuple(types) => write!(f, "({})", all(types)),
			Self::Array(ty, len) => write!(f, "[{ty}; {len}]"),
		}
	}
}

/// The type with a name such as `Vec<(u32, AccountId)>`.
pub fn parse(name: &str) -> Result<Type, String> {
	let mut rest = name;
	let ty = parse_type(&mut rest, MAX_DEPTH).filter(|_| rest.trim().is_empty());
	ty.ok_or_else(|| format!("{name:?} is not a type"))
}

fn parse_type(rest: &mut &str, depth: u32) -> Option<Type> {
	let depth = depth.checked_sub(1)?;
	if eat(rest, '(') {
		return Some(Type::Tuple(parse_types(rest, ')', depth)?));
	}
	if eat(rest, '[') {
		let ty = parse_type(rest, depth)?;
		let len = if eat(rest, ';') { word(rest).parse().ok()? } else { return None };
		return eat(rest, ']').then(|| Type::Array(Box::new(ty), len));
	}
	let name = Some(word(rest)).filter(|name| !name.is_empty())?.to_string();
	let types = if eat(rest, '<') { parse_types(rest, '>', depth)? } else { Vec::new() };
	Some(Type::Named(name, types))
}

fn parse_types(rest: &mut &str, end: char, depth: u32) -> Option<Vec<Type>> {
	let mut types = vec![parse_type(rest, depth)?];
	while !eat(rest, end) {
		types.push(eat(rest, ',').then(|| parse_type(rest, depth))??);
	}
	Some(types)
}

fn eat(rest: &mut &str, wanted: char) -> bool {
	let found = rest.trim_start().strip_prefix(wanted);
	if let Some(after) = found {
		*rest = after;
	}
	found.is_some()
}

fn word<'a>(rest: &mut &'a str) -> &'a str {
	let text = rest.trim_start();
	let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
	let (word, after) = text.split_at(end);
	*rest = after;
	word
}

pub fn is_byte(ty: &Type) -> bool {
	*ty == Type::Named("u8".into(), Vec::new())
}

/// Whether an integer type is signed, and its size in bytes.
fn integer(name: &str) -> Option<(bool, usize)> {
	let signed = name.starts_with('i');
	let bits = name.strip_prefix(['i', 'u'])?;
	["8", "16", "32", "64", "128"].contains(&bits).then_some(())?;
	Some((signed, bits.parse::<usize>().ok()? / 8))
}

/// Sign and magnitude: a `u128` is not an `i128`.
fn signed_magnitude(value: &Value) -> Option<(bool, u128)> {
	let text = match value {
		Value::Number(number) => number.to_string(),
		Value::String(text) => text.replace('_', ""),
		_ => return None,
	};
	let (negative, digits) = match text.strip_prefix('-') {
		Some(digits) => (true, digits),
		None => (false, text.as_str()),
	};
	let (digits, radix) = digits.strip_prefix("0x").map_or((digits, 10), |digits| (digits, 16));
	let magnitude =
		(!digits.starts_with('+')).then(|| u128::from_str_radix(digits, radix).ok())??;
	Some((negative, magnitude))
}

fn number(value: &Value) -> Option<u128> {
	signed_magnitude(value).filter(|(negative, _)| !negative).map(|(_, magnitude)| magnitude)
}

/// The little-endian bytes of a number, if it is in the range of the type.
fn in_range(value: &Value, signed: bool, bytes: usize) -> Option<[u8; 16]> {
	let (negative, magnitude) = signed_magnitude(value)?;
	let bits = bytes as u32 * 8 - u32::from(signed);
	let most = u128::MAX >> (128 - bits);
	let fits = match negative {
		false => magnitude <= most,
		true => magnitude == 0 || (signed && magnitude - 1 <= most),
	};
	let number = if negative { magnitude.wrapping_neg() } else { magnitude };
	fits.then(|| number.to_le_bytes())
}

/// Integers of up to 32 bits are numbers; JSON readers would round longer ones.
fn plain(bytes: &[u8], signed: bool) -> Value {
	let negative = signed && bytes.last().is_some_and(|byte| *byte >= 0x80);
	let mut whole = if negative { [0xff; 16] } else { [0; 16] };
	whole[..bytes.len()].copy_from_slice(bytes);
	let number = i128::from_le_bytes(whole);
	match i64::try_from(number) {
		Ok(number) if bytes.len() <= 4 => number.into(),
		_ if signed => number.to_string().into(),
		_ => u128::from_le_bytes(whole).to_string().into(),
	}
}

fn list(value: &Value) -> Option<&[Value]> {
	value.as_array().map(Vec::as_slice)
}

/// The name and the value of a variant.
fn variant(value: &Value) -> Option<(&str, &Value)> {
	match value {
		Value::String(name) => Some((name, &Value::Null)),
		Value::Object(object) if object.len() == 1 => {
			object.iter().next().map(|(name, value)| (name.as_str(), value))
		},
		_ => None,
	}
}

/// The rest of the bytes to decode, and of the allowed number of values.
struct Source<'a> {
	bytes: &'a [u8],
	values: usize,
}

impl<'a> Source<'a> {
	fn new(bytes: &'a [u8]) -> Self {
		Self { bytes, values: bytes.len() * MAX_DEPTH as usize + MAX_EMPTY }
	}

	fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
		let (taken, rest) = self.bytes.split_at_checked(len).ok_or("it ends too soon")?;
		self.bytes = rest;
		Ok(taken)
	}

	fn scale<T: Decode>(&mut self) -> Result<T, String> {
		T::decode(&mut self.bytes).map_err(|error| error.to_string())
	}
}
