//! Tests of programs on a chain in memory, with the runtime, the limits and the prices of the dev chain.
//!
//! ```no_run
//! use virt_testing::*;
//! # const COUNTER: &[u8] = &[];
//!
//! let chain = Chain::new();
//! let counter = chain.upload(COUNTER).instantiate((40u32,));
//! assert_eq!(counter.call("increment", ()).by(BOB).returns::<u32>(), 41);
//! assert_eq!(counter.call("increment", (1_000u32,)).returns::<u32>(), 1_041);
//! ```
//!
//! Arguments are a tuple, encoded as the program's `entry!` decodes them. An expectation ends a call:
//! [`returns`](Call::returns), [`emits`](Call::emits), [`reverts`](Call::reverts) and
//! [`fails`](Call::fails) panic if it is not met. The message contains the log lines of programs and, if the
//! call failed, the tree of program calls, with source lines if `<name>.debug.polkavm` is available.
//! [`property`] has property tests with random values and sequences of calls.
//!
//! `virt-node` runs each [`Chain`] in a separate process, so this crate has few dependencies. `virt-node
//! program test` builds a project and runs its tests. To use `cargo test`, set two variables:
//!
//! - `VIRT_NODE`: the path of `virt-node`. The default is the one on the `PATH`.
//! - `VIRT_PROGRAMS`: the folder with `<name>.polkavm`, `<name>.abi.json` and `<name>.debug.polkavm` of
//!   the programs, for the trees of failed calls. Without it, these contain code hashes and offsets.

#![warn(missing_docs)]

mod call;
mod error;
mod job;
mod node;
pub mod property;
pub mod protocol;
mod weight;

pub use call::{Call, Outcome};
pub use error::Error;
pub use job::Job;
pub use node::NODE;
pub use proptest;
pub use protocol::JobState;
pub use virt_guest::{self as guest, UpgradeAuthority};
pub use weight::Weight;

use codec::{Decode, Encode};
use node::Node;
use protocol::{Request, Target};
use std::{
	cell::{Cell, RefCell},
	rc::Rc,
};

/// An account id, as in programs.
pub type AccountId = [u8; 32];

/// The default account that uploads and instantiates.
pub const ALICE: AccountId = [1; 32];
/// An account with [`FUNDS`].
pub const BOB: AccountId = [2; 32];
/// An account with [`FUNDS`].
pub const CHARLIE: AccountId = [3; 32];

/// An amount of the chain's token, in its smallest unit.
pub const UNIT: u128 = 1_000_000_000_000;
/// The initial balance of each account.
pub const FUNDS: u128 = 1_000_000 * UNIT;
/// The minimal balance of an account.
pub const EXISTENTIAL_DEPOSIT: u128 = UNIT / 1_000;
/// The deposit per program, account program and storage item.
pub const DEPOSIT_PER_ITEM: u128 = UNIT / 10_000;
/// The deposit per byte of a program, and of a storage item's key and value.
pub const DEPOSIT_PER_BYTE: u128 = UNIT / 1_000_000;
/// The default weight limit of a call: half a second of ref time. The interpreter uses it up within
/// the time limit of a dry-run.
pub const WEIGHT: Weight = Weight::from_parts(500_000_000_000, u64::MAX);

/// The backend that runs programs. Results and weights are the same on all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
	/// The interpreter, which starts fastest.
	#[default]
	Interpreter,
	/// Native code, for long computations.
	Recompiler,
	/// The interpreter first, then native code, like a node.
	Tiered,
}

impl Backend {
	fn name(self) -> &'static str {
		match self {
			Self::Interpreter => "interpreter",
			Self::Recompiler => "recompiler",
			Self::Tiered => "tiered",
		}
	}
}

/// A chain in memory. A clone refers to the same chain.
#[derive(Clone)]
pub struct Chain(Rc<Inner>);

struct Inner {
	node: RefCell<Node>,
	/// The number of instantiated accounts: each has its own salt.
	accounts: Cell<u32>,
}

/// A copy of a chain's state: see [`Chain::snapshot`].
pub struct Snapshot {
	chain: Chain,
	copy: u32,
	accounts: u32,
}

impl Drop for Snapshot {
	fn drop(&mut self) {
		if !std::thread::panicking() {
			self.chain.ask::<()>(Request::Forget(self.copy));
		}
	}
}

impl Default for Chain {
	fn default() -> Self {
		Self::new()
	}
}

impl Chain {
	/// A new chain with the interpreter.
	///
	/// # Panics
	///
	/// If `virt-node` cannot be run.
	#[track_caller]
	pub fn new() -> Self {
		Self::with_backend(Backend::default())
	}

	/// A new chain with another backend.
	///
	/// # Panics
	///
	/// If `virt-node` cannot be run, or this machine does not support the backend.
	#[track_caller]
	pub fn with_backend(backend: Backend) -> Self {
		Self(Rc::new(Inner { node: RefCell::new(Node::start(backend)), accounts: Cell::new(0) }))
	}

	#[track_caller]
	fn ask<T: Decode>(&self, request: Request) -> T {
		self.0.node.borrow_mut().ask(&request)
	}

	/// Copies the state, for [`Self::roll_back`].
	#[track_caller]
	pub fn snapshot(&self) -> Snapshot {
		let (chain, accounts) = (self.clone(), self.0.accounts.get());
		Snapshot { chain, copy: self.ask(Request::Snapshot), accounts }
	}

	/// Restores a snapshot of this chain: storage, balances, block and time. A snapshot can be
	/// restored many times.
	///
	/// # Panics
	///
	/// If the snapshot is of another chain.
	#[track_caller]
	pub fn roll_back(&self, snapshot: &Snapshot) {
		assert!(Rc::ptr_eq(&self.0, &snapshot.chain.0), "the snapshot is of another chain");
		self.0.accounts.set(snapshot.accounts);
		self.ask(Request::RollBack(snapshot.copy))
	}

	/// Uploads a program as [`ALICE`].
	///
	/// # Panics
	///
	/// If the program is rejected.
	#[track_caller]
	pub fn upload(&self, code: &[u8]) -> Program {
		match self.try_upload(ALICE, code) {
			Ok(program) => program,
			Err(error) => panic!("the program is not admitted: {error}"),
		}
	}

	/// Uploads a program. Returns the error if it is rejected.
	#[track_caller]
	pub fn try_upload(&self, owner: AccountId, code: &[u8]) -> Result<Program, Error> {
		let uploaded: Result<_, Error> = self.ask(Request::Upload { owner, code: code.to_vec() });
		Ok(Program { chain: self.clone(), code_hash: uploaded? })
	}

	/// The balance of `account`, in the smallest unit, including the existential deposit and holds.
	#[track_caller]
	pub fn balance(&self, account: AccountId) -> u128 {
		self.ask(Request::Balance(account))
	}

	/// The deposits that are held from `account`.
	#[track_caller]
	pub fn held(&self, account: AccountId) -> u128 {
		self.ask(Request::Held(account))
	}

	/// Mints an amount for `account`.
	///
	/// # Panics
	///
	/// If a new account would be below the existential deposit.
	#[track_caller]
	pub fn give(&self, account: AccountId, amount: u128) {
		let given: Result<(), Error> = self.ask(Request::Give(account, amount));
		if let Err(error) = given {
			panic!("{amount} cannot be minted: {error}");
		}
	}

	/// Sets the free balance of `account`. Below [`EXISTENTIAL_DEPOSIT`], the account is removed.
	#[track_caller]
	pub fn set_balance(&self, account: AccountId, amount: u128) {
		self.ask(Request::SetBalance(account, amount))
	}

	/// The number of the current block.
	#[track_caller]
	pub fn block(&self) -> u64 {
		self.ask(Request::Block)
	}

	/// Makes this many blocks, and runs jobs in them.
	#[track_caller]
	pub fn skip(&self, blocks: u32) {
		self.ask(Request::Skip(blocks))
	}
}

/// A program on the chain.
#[derive(Clone)]
pub struct Program {
	chain: Chain,
	code_hash: [u8; 32],
}

impl Program {
	/// The code hash: the BLAKE2b-256 hash of its blob.
	pub fn code_hash(&self) -> [u8; 32] {
		self.code_hash
	}

	/// Runs it once without an account.
	pub fn run(&self, entry: &str, arguments: impl Encode) -> Call {
		let target = Target::Run { code_hash: self.code_hash, entry: entry.into() };
		Call::new(&self.chain, target, arguments)
	}

	/// Instantiates it, as [`ALICE`] and without a value.
	///
	/// # Panics
	///
	/// If the instantiation fails.
	#[track_caller]
	pub fn instantiate(&self, arguments: impl Encode) -> Account {
		self.instantiation(arguments).account()
	}

	/// An instantiation to be made: set the caller and the value, and end with
	/// [`account`](Call::account).
	pub fn instantiation(&self, arguments: impl Encode) -> Call {
		let nth = self.chain.0.accounts.get();
		self.chain.0.accounts.set(nth + 1);
		let (code_hash, salt) = (self.code_hash, nth.encode());
		let target = Target::Instantiate { code_hash, salt, authority: UpgradeAuthority::Nobody };
		Call::new(&self.chain, target, arguments)
	}
}

/// An account program on the chain.
#[derive(Clone)]
pub struct Account {
	chain: Chain,
	address: AccountId,
}

impl Account {
	/// Its address.
	pub fn address(&self) -> AccountId {
		self.address
	}

	/// Its balance, in the smallest unit.
	#[track_caller]
	pub fn balance(&self) -> u128 {
		self.chain.balance(self.address)
	}

	/// Replaces its program as its deployer, [`ALICE`] unless set otherwise, and runs the new
	/// program's `migrate`, if it has one.
	pub fn set_code(&self, program: &Program, arguments: impl Encode) -> Call {
		let target = Target::Upgrade { address: self.address, code_hash: program.code_hash };
		Call::new(&self.chain, target, arguments)
	}

	/// A call of one of its entries.
	pub fn call(&self, entry: &str, arguments: impl Encode) -> Call {
		let target = Target::Account { address: self.address, entry: entry.into() };
		Call::new(&self.chain, target, arguments)
	}
}
