//! A suspended execution as bytes: what another node, or another backend, needs to go on with it.

use crate::Gas;
use alloc::vec::Vec;
use codec::{Decode, DecodeAll, Encode, Error, Input};

/// The newest version of the encoding, its first byte.
pub const VERSION: u8 = 2;

/// Size of a page of a program's memory, in bytes.
pub const PAGE_SIZE: u32 = 4096;

/// Registers that a program has.
pub const REGISTERS: usize = 13;

/// What a suspended execution waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Waiting {
	/// To be run: it is prepared, or ran out of gas.
	ForGas,
	/// To be resumed with a syscall's result.
	ForResult,
}

/// Which price list an execution is charged by, and which engine it is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Tier {
	/// The interpreter's.
	One,
	/// Native code's.
	Two,
}

/// What decides the price of going on, beside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pricing {
	/// The execution's tier.
	pub tier: Tier,
	/// Gas on tier one that was spent since the last syscall, without that for translation.
	pub stretch: Gas,
	/// Gas on tier one that was paid for translation.
	pub translation_paid: Gas,
	/// Syscalls in a row on tier two after hardly any computing.
	pub short_stretches: u32,
}

impl Pricing {
	/// Whether an execution can have come to this.
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
	/// Gas that was left when it stopped. Whoever restores it says how much it may spend.
	pub gas_left: Gas,
	/// What going on costs.
	pub pricing: Pricing,
	/// Where it goes on: offset of the next instruction in the program's code.
	pub pc: u32,
	/// Its registers, in PolkaVM's order.
	pub registers: [u64; REGISTERS],
	/// The writable pages that differ from the program's initial memory, by rising address.
	pub pages: Vec<Page>,
}

/// A page of memory.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Page {
	/// Its address, divided by [`PAGE_SIZE`].
	pub number: u32,
	/// Its bytes, but for the zeros at its end.
	pub bytes: Vec<u8>,
}

/// Bytes are not a snapshot of a version that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
	/// The first byte is a version that is not known here.
	UnknownVersion(u8),
	/// The rest is not what that version says.
	Encoding,
}

impl Snapshot {
	/// The bytes of it, version first.
	pub fn to_bytes(&self) -> Vec<u8> {
		(VERSION, self).encode()
	}

	/// Decodes what [`Self::to_bytes`] gave. Allocates no more than `bytes` has.
	pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
		Self::decode_all(&mut content(bytes)?).map_err(|_| Malformed::Encoding)
	}

	/// What the execution in `bytes` waits for, and the gas that was left, without a look at the
	/// rest.
	pub fn peek(bytes: &[u8]) -> Result<(Waiting, Gas), Malformed> {
		let (_, waiting, gas_left) = <([u8; 32], Waiting, Gas)>::decode(&mut content(bytes)?)
			.map_err(|_| Malformed::Encoding)?;
		Ok((waiting, gas_left))
	}
}

/// What follows the version, if that is known.
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
		// One execution has one encoding.
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
