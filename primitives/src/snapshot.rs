//! Snapshots: the encoding of suspended executions, which other nodes and backends can resume.

use crate::Gas;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, Error, Input};

/// The current version of the encoding, which is its first byte.
pub const VERSION: u8 = 2;

/// The size of a page of a program's memory, in bytes.
pub const PAGE_SIZE: u32 = 4096;

/// The number of registers.
pub const REGISTERS: usize = 13;

/// What a suspended execution waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Waiting {
	/// To be run: it is prepared, or ran out of gas.
	ForGas,
	/// To be resumed with a syscall's result.
	ForResult,
}

/// The tier of an execution: its price list and engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Tier {
	/// The interpreter.
	One,
	/// Native code.
	Two,
}

/// The state that determines the price of continuing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pricing {
	/// The execution's tier.
	pub tier: Tier,
	/// The gas used on tier one that counts for moving up, without translation: each syscall
	/// subtracts from it.
	pub stretch: Gas,
	/// The gas paid for translation on tier one.
	pub translation_paid: Gas,
	/// The number of consecutive syscalls on tier two with little computation before each.
	pub short_stretches: u32,
}

impl Pricing {
	/// Whether an execution can have this state.
	fn is_valid(&self) -> bool {
		self.stretch >= 0 && self.translation_paid >= 0
	}
}

/// A suspended execution.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Snapshot {
	/// BLAKE2b-256 of the program's bytes.
	pub program: [u8; 32],
	/// What the execution waits for.
	pub waiting: Waiting,
	/// The gas that was left when it stopped. The caller of the restored execution chooses its gas.
	pub gas_left: Gas,
	/// The state that determines the price of continuing.
	pub pricing: Pricing,
	/// The offset of the next instruction in the program's code, in bytes.
	pub pc: u32,
	/// Its registers, in PolkaVM's order.
	pub registers: [u64; REGISTERS],
	/// The writable pages that differ from the program's initial memory, sorted by address.
	pub pages: Vec<Page>,
}

/// A page of memory.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Page {
	/// The address, divided by [`PAGE_SIZE`].
	pub number: u32,
	/// The content without trailing zeros.
	pub bytes: Vec<u8>,
}

/// The bytes are not a snapshot of a supported version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
	/// The first byte is an unsupported version.
	UnknownVersion(u8),
	/// The rest is invalid for that version.
	Encoding,
}

impl Snapshot {
	/// The encoding, starting with the version.
	pub fn to_bytes(&self) -> Vec<u8> {
		(VERSION, self).encode()
	}

	/// Decodes the result of [`Self::to_bytes`]. Allocates at most the length of `bytes`.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
		Self::decode_all(&mut content(bytes)?).map_err(|_| Malformed::Encoding)
	}

	/// What the execution in `bytes` waits for, and the gas that was left, without decoding the
	/// rest.
	pub fn peek(bytes: &[u8]) -> Result<(Waiting, Gas), Malformed> {
		let (_, waiting, gas_left) = <([u8; 32], Waiting, Gas)>::decode(&mut content(bytes)?)
			.map_err(|_| Malformed::Encoding)?;
		Ok((waiting, gas_left))
	}
}

/// The bytes after the version, if the version is supported.
fn content(bytes: &[u8]) -> Result<&[u8], Malformed> {
	match bytes.split_first() {
		Some((&VERSION, content)) => Ok(content),
		Some((&version, _)) => Err(Malformed::UnknownVersion(version)),
		None => Err(Malformed::Encoding),
	}
}

impl Decode for Snapshot {
	fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
		let snapshot = Self {
			program: Decode::decode(input)?,
			waiting: Decode::decode(input)?,
			gas_left: Decode::decode(input)?,
			pricing: Decode::decode(input)?,
			pc: Decode::decode(input)?,
			registers: Decode::decode(input)?,
			pages: Vec::<Page>::decode(input)?,
		};
		if snapshot.gas_left < 0 {
			return Err("negative gas".into());
		}
		if !snapshot.pricing.is_valid() {
			return Err("impossible pricing".into());
		}
		let rising = snapshot.pages.windows(2).all(|pair| pair[0].number < pair[1].number);
		let trimmed = snapshot.pages.iter().all(|page| {
			page.bytes.len() <= PAGE_SIZE as usize
				&& page.bytes.last().is_none_or(|byte| *byte != 0)
		});
		// Each execution has a single valid encoding.
		if !rising || !trimmed {
			return Err("pages out of order, or not trimmed".into());
		}
		Ok(snapshot)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::vec;

	fn snapshot() -> Snapshot {
		Snapshot {
			program: [7; 32],
			waiting: Waiting::ForResult,
			gas_left: 1_000,
			pricing: Pricing {
				tier: Tier::Two,
				stretch: 3,
				translation_paid: 400,
				short_stretches: 2,
			},
			pc: 17,
			registers: core::array::from_fn(|index| index as u64),
			pages: vec![
				Page { number: 0x20, bytes: vec![1, 0, 3] },
				Page { number: 0x21, bytes: vec![9; PAGE_SIZE as usize] },
				Page { number: 0xfffff, bytes: vec![] },
			],
		}
	}

	#[test]
	fn snapshot_survives_its_encoding() {
		let bytes = snapshot().to_bytes();
		assert_eq!(Snapshot::from_bytes(&bytes), Ok(snapshot()));
		assert_eq!(Snapshot::peek(&bytes), Ok((Waiting::ForResult, 1_000)));
	}

	#[test]
	fn snapshot_cut_short_or_with_more_after_it_is_refused() {
		let mut bytes = snapshot().to_bytes();
		for len in 0..bytes.len() {
			assert_eq!(Snapshot::from_bytes(&bytes[..len]), Err(Malformed::Encoding), "{len}");
		}
		bytes.push(0);
		assert_eq!(Snapshot::from_bytes(&bytes), Err(Malformed::Encoding));
	}

	#[test]
	fn snapshot_of_another_version_is_refused() {
		let mut bytes = snapshot().to_bytes();
		bytes[0] = VERSION + 1;
		assert_eq!(Snapshot::from_bytes(&bytes), Err(Malformed::UnknownVersion(VERSION + 1)));
		assert_eq!(Snapshot::peek(&bytes), Err(Malformed::UnknownVersion(VERSION + 1)));
	}

	#[test]
	fn second_encoding_of_one_execution_is_refused() {
		let refused = |change: fn(&mut Snapshot)| {
			let mut changed = snapshot();
			change(&mut changed);
			assert_eq!(Snapshot::from_bytes(&changed.to_bytes()), Err(Malformed::Encoding));
		};
		refused(|it| it.pages.swap(0, 1));
		refused(|it| it.pages[1].number = it.pages[0].number);
		refused(|it| it.pages[0].bytes.push(0));
		refused(|it| it.pages[1].bytes.push(1));
		refused(|it| it.gas_left = -1);
		refused(|it| it.pricing.stretch = -1);
		refused(|it| it.pricing.translation_paid = -1);
	}
}
