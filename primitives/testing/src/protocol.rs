//! What a test and `virt-node program test-chain` say to each other.
//!
//! The test writes a [`Request`], the node its answer, over the node's standard input and output. Each is
//! SCALE-encoded, after its length: four bytes, little-endian. The answer's type is named at each request.

use crate::{AccountId, Error, UpgradeAuthority, Weight};
use codec::{Decode, DecodeAll, Encode};
use std::io::{self, Read, Write};

/// Both sides have to be of one version: they come from one checkout.
pub const VERSION: u32 = 3;

/// Size of the longest message, in bytes. A program is far smaller.
const MAX_MESSAGE: u32 = 256 << 20;

/// What a test asks of the chain.
#[derive(Debug, Encode, Decode)]
pub enum Request {
	/// The first: this side's version, and the name of the test. Answer: the version of the other side.
	Start { version: u32, test: String },
	/// Upload a program. Answer: `Result<[u8; 32], Error>`, its code hash.
	Upload { owner: AccountId, code: Vec<u8> },
	/// Call a program. Answer: `(Outcome, Option<AccountId>)`; the account is that of an instantiation.
	Call(Call),
	/// Answer: `u128`, what the account has, with what is held of it.
	Balance(AccountId),
	/// Answer: `u128`, what is held of the account.
	Held(AccountId),
	/// Mint this much for the account. Answer: `Result<(), Error>`.
	Give(AccountId, u128),
	/// Set the account's free balance. Answer: `()`.
	SetBalance(AccountId, u128),
	/// Answer: `u64`, the number of the block.
	Block,
	/// Begin the next block, so many times. Answer: `()`.
	Skip(u32),
	/// Keep the state. Answer: `u32`, which names the copy.
	Snapshot,
	/// Restore a copy of the state. Answer: `()`.
	RollBack(u32),
	/// Forget a copy of the state. Answer: `()`.
	Forget(u32),
	/// Start a job with a call of an account. Answer: `Result<u64, Error>`, its id.
	StartJob(Call),
	/// Answer: [`JobState`], of the job of this id.
	Job(u64),
	/// Send a message to the jobs at an address. Answer: `Result<(), Error>`.
	Send { sender: AccountId, address: AccountId, topic: Vec<u8>, data: Vec<u8> },
}

/// What a job does, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum JobState {
	/// It runs in the next block that has room for it.
	Ready,
	/// It waits for a deadline or a message.
	Waiting,
	/// Its budget does not pay for another slice.
	Starved,
	/// Its entry returned.
	Finished { output: Vec<u8> },
	/// It failed.
	Failed { error: Error },
	/// It was cancelled, or there never was one.
	Gone,
}

/// A call of a program.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Call {
	/// What is called.
	pub target: Target,
	/// The input.
	pub input: Vec<u8>,
	/// Who calls.
	pub caller: AccountId,
	/// Amount that is transferred with it, in the smallest unit.
	pub value: u128,
	/// Weight limit.
	pub weight: Weight,
	/// What the caller may be held for, in the smallest unit.
	pub deposit_limit: Option<u128>,
	/// Whether the call is one of a property test: its gas differs from run to run.
	pub random: bool,
}

/// What is called.
#[derive(Clone, Debug, Encode, Decode)]
pub enum Target {
	/// A program, once, without an account.
	Run { code_hash: [u8; 32], entry: String },
	/// A program, which gets an account.
	Instantiate { code_hash: [u8; 32], salt: Vec<u8>, authority: UpgradeAuthority },
	/// The migration of a program, which an account gets in place of its own.
	Upgrade { address: AccountId, code_hash: [u8; 32] },
	/// An account of a program.
	Account { address: AccountId, entry: String },
}

/// Writes a message.
pub fn write(to: &mut impl Write, message: &impl Encode) -> io::Result<()> {
	let bytes = message.encode();
	to.write_all(&(bytes.len() as u32).to_le_bytes())?;
	to.write_all(&bytes)?;
	to.flush()
}

/// Reads a message: none where the other side has ended.
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
