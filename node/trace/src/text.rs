//! Bytes and numbers as text.

use serde::{de::Error, Deserialize, Deserializer, Serialize, Serializer};

/// `0x` and hex.
pub fn hex(bytes: &[u8]) -> String {
	format!("0x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The bytes of hex, with or without `0x`.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
	let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
	let digit = |digit: &u8| char::from(*digit).to_digit(16);
	let byte = |pair: &[u8]| Some((digit(&pair[0])? << 4 | digit(pair.get(1)?)?) as u8);
	digits.chunks(2).map(byte).collect()
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: impl ToString) -> String {
	let number = number.to_string();
	let (sign, digits) = match number.strip_prefix('-') {
		Some(digits) => ("-", digits),
		None => ("", &*number),
	};
	let mut grouped = String::from(sign);
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			grouped.push(',');
		}
		grouped.push(digit);
	}
	grouped
}

/// Untrusted text for a terminal: without line breaks and control characters.
pub fn printable(text: &str) -> String {
	let escape = |c: char| match c.is_control() {
		true => c.escape_debug().to_string(),
		false => c.into(),
	};
	text.chars().map(escape).collect()
}

/// The maximal number of bytes that are shown in text for people.
const SHOWN: usize = 64;

/// Bytes as quoted text if they are printable ASCII, otherwise as hex; long ones with their length.
pub fn readable(bytes: &[u8]) -> String {
	let shown = &bytes[..bytes.len().min(SHOWN)];
	let is_text = !bytes.is_empty() && bytes.iter().all(|byte| (b' '..=b'~').contains(byte));
	let text = match is_text {
		true => format!("{:?}", String::from_utf8_lossy(shown)),
		false => hex(shown),
	};
	match bytes.len() - shown.len() {
		0 => text,
		_ => format!("{text}.. ({} bytes)", grouped(bytes.len())),
	}
}

/// Bytes as hex, for serde.
pub mod hex_bytes {
	use super::*;

	/// Writes hex.
	pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
		hex(bytes).serialize(to)
	}

	/// Reads hex.
	pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
		let text = String::deserialize(from)?;
		unhex(&text).ok_or_else(|| D::Error::custom("bytes that are not hex"))
	}
}

/// Bytes as hex, or `null`, for serde.
pub mod optional_hex {
	use super::*;

	/// Writes hex.
	pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
		bytes.as_deref().map(hex).serialize(to)
	}

	/// Reads hex.
	pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
		let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
		unhex(&text).map(Some).ok_or_else(|| D::Error::custom("bytes that are not hex"))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hex_survives() {
		assert_eq!(unhex(&hex(&[0, 1, 254])), Some(vec![0, 1, 254]));
		assert_eq!(unhex("0xabc"), None);
		assert_eq!(unhex("0xzz"), None);
	}

	#[test]
	fn numbers_are_grouped() {
		assert_eq!(grouped(1_234_567), "1,234,567");
		assert_eq!(grouped(-123), "-123");
	}

	#[test]
	fn bytes_are_readable() {
		assert_eq!(readable(b"count"), "\"count\"");
		assert_eq!(readable(&[0, 1]), "0x0001");
		assert!(readable(&[7; 100]).ends_with(".. (100 bytes)"));
	}
}
