//! The protocol between a test and `virt-node program test-chain`.
//!
//! The test writes a [`Request`] and the node writes its answer, over the node's standard input and
//! output. Each message is SCALE-encoded after its length: four bytes, little-endian. Each request
//! documents the type of its answer.

// The docs of a variant describe its fields.
#![allow(missing_docs)]

use crate::{AccountId, Error, UpgradeAuthority, Weight};
use codec::{Decode, DecodeAll, Encode};
use std::io::{self, Read, Write};

/// Both sides must have the same version.
pub const VERSION: u32 = 3;

/// The maximal length of a message, in bytes. A program is much smaller.
const MAX_MESSAGE: u32 = 256 << 20;

/// A request to the chain.
#[derive(Debug, Encode, Decode)]
pub enum Request {
	/// The first request: the version of this side, and the name of the test. Answer: the version
	/// of the other side.
	Start { version: u32, test: String },
	/// Upload a program. Answer: `Result<[u8; 32], Error>`, its code hash.
	Upload { owner: AccountId, code: Vec<u8> },
	/// Call a program. Answer: `(Outcome, Option<AccountId>)`; the account is that of an instantiation.
	Call(Call),
	/// Answer: `u128`, the account's balance including holds.
	Balance(AccountId),
	/// Answer: `u128`, the account's holds.
	Held(AccountId),
	/// Mint this much for the account. Answer: `Result<(), Error>`.
	Give(AccountId, u128),
	/// Set the account's free balance. Answer: `()`.
	SetBalance(AccountId, u128),
	/// Answer: `u64`, the number of the block.
	Block,
	/// Make this many blocks. Answer: `()`.
	Skip(u32),
	/// Save the state. Answer: `u32`, the id of the copy.
	Snapshot,
	/// Restore a copy of the state. Answer: `()`.
	RollBack(u32),
	/// Remove a copy of the state. Answer: `()`.
	Forget(u32),
	/// Start a job with a call of an account. Answer: `Result<u64, Error>`, its id.
	StartJob(Call),
	/// Answer: [`JobState`] of the job with this id.
	Job(u64),
	/// Send a message to the jobs at an address. Answer: `Result<(), Error>`.
	Send { sender: AccountId, address: AccountId, topic: Vec<u8>, data: Vec<u8> },
}

/// The status of a job, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum JobState {
	/// It is ready, and runs in the next block that has room for it.
	Ready,
	/// It waits for a deadline or a message.
	Waiting,
	/// Its budget is too small for another slice.
	Starved,
	/// Its entry returned.
	Finished { output: Vec<u8> },
	/// It failed.
	Failed { error: Error },
	/// It was cancelled, or does not exist.
	Gone,
}

/// A call of a program.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Call {
	/// The callee.
	pub target: Target,
	/// The input.
	pub input: Vec<u8>,
	/// The caller.
	pub caller: AccountId,
	/// The value to transfer, in the smallest unit.
	pub value: u128,
	/// Weight limit.
	pub weight: Weight,
	/// The limit of deposits from the caller, in the smallest unit.
	pub deposit_limit: Option<u128>,
	/// Whether the call is part of a property test: its gas differs between runs.
	pub random: bool,
}

/// A callee.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Target {
	/// A program without an account.
	Run { code_hash: [u8; 32], entry: String },
	/// An instantiation of a program.
	Instantiate { code_hash: [u8; 32], salt: Vec<u8>, authority: UpgradeAuthority },
	/// An upgrade of an account to a program.
	Upgrade { address: AccountId, code_hash: [u8; 32] },
	/// An account program.
	Account { address: AccountId, entry: String },
}

/// Writes a message.
pub fn write(to: &mut impl Write, message: &impl Encode) -> io::Result<()> {
	let bytes = message.encode();
	to.write_all(&(bytes.len() as u32).to_le_bytes())?;
	to.write_all(&bytes)?;
	to.flush()
}

/// Reads a message; `None` if the other side has ended.
pub fn read<T: Decode>(from: &mut impl Read) -> io::Result<Option<T>> {
	let mut length = [0; 4];
	match from.read_exact(&mut length) {
		Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
		other => other?,
	}
	let length = u32::from_le_bytes(length);
	if length > MAX_MESSAGE {
		return Err(io::Error::other(format!("a message of {length} bytes")));
	}
	let mut bytes = vec![0; length as usize];
	from.read_exact(&mut bytes)?;
	T::decode_all(&mut &bytes[..]).map(Some).map_err(io::Error::other)
}
