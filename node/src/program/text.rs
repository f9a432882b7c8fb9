//! Conversion of bytes, numbers and accounts from and to text.

use super::Failure;
use pallet_virt::Weight;
use serde::Serializer;
use sp_core::crypto::AccountId32;
use sp_keyring::Sr25519Keyring;
use std::io::{self, ErrorKind, Write};

pub use virt_trace::text::{grouped, hex, printable};

/// The bytes of hex, with or without `0x`.
pub fn bytes(text: &str) -> Result<Vec<u8>, String> {
	let digits = text.strip_prefix("0x").unwrap_or(text);
	let byte = |pair: &[u8]| {
		let pair = std::str::from_utf8(pair).ok().filter(|pair| !pair.starts_with('+'))?;
		u8::from_str_radix(pair, 16).ok()
	};
	let bytes = digits.as_bytes().chunks(2).map(byte).collect::<Option<Vec<_>>>();
	bytes.filter(|_| digits.len().is_multiple_of(2)).ok_or(format!("{text:?} is not hex"))
}

/// A development account by name, or any account by its address or its 32 bytes in hex.
pub fn account(text: &str) -> Result<AccountId32, String> {
	let named = |key: &Sr25519Keyring| key.to_string().eq_ignore_ascii_case(text);
	if let Some(key) = Sr25519Keyring::well_known().find(named) {
		return Ok(key.to_account_id());
	}
	text.parse().map_err(|_| {
		format!(
			"{text:?} is not an account: use alice, bob .., an SS58 address, or 32 bytes in hex"
		)
	})
}

/// `REF_TIME[,PROOF_SIZE]`, in picoseconds and bytes. The proof size defaults to the maximum.
pub fn weight(text: &str) -> Result<Weight, String> {
	let (ref_time, proof_size) = match text.split_once(',') {
		Some((ref_time, proof_size)) => (ref_time.parse().ok(), proof_size.parse().ok()),
		None => (text.parse().ok(), Some(u64::MAX)),
	};
	ref_time.zip(proof_size).map(|(time, size)| Weight::from_parts(time, size)).ok_or_else(|| {
		format!(
			"{text:?} is not a weight: use picoseconds, optionally followed by a comma and bytes"
		)
	})
}

/// A weight as text.
pub fn describe_weight(weight: &Weight) -> String {
	let ref_time = grouped(weight.ref_time());
	match weight.proof_size() {
		u64::MAX => format!("ref time {ref_time} ps, any proof size"),
		size => format!("ref time {ref_time} ps, proof size {} bytes", grouped(size)),
	}
}

/// Multi-line text with printable lines.
pub fn printable_lines(text: &str) -> String {
	text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// Prints to standard output. Closed standard output is not an error.
pub fn print(text: &str) -> Result<(), Failure> {
	match io::stdout().write_all(text.as_bytes()) {
		Err(error) if error.kind() != ErrorKind::BrokenPipe => {
			Err(Failure::Usage(format!("standard output: {error}")))
		},
		_ => Ok(()),
	}
}

/// A number as text: JSON numbers have at most 53 bits.
pub fn as_text<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
	to.serialize_str(&number.to_string())
}
