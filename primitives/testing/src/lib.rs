//! Tests of programs, on a chain in memory: the runtime, the limits and the prices of the dev chain.
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
//! Arguments are a tuple, encoded as the program's `entry!` decodes them. What a test expects ends the line:
//! [`returns`](Call::returns), [`emits`](Call::emits), [`reverts`](Call::reverts) and
//! [`fails`](Call::fails) panic when the call went otherwise. The message has what the programs logged and,
//! where the call failed, the tree of program calls, with source lines where `<name>.debug.polkavm` is known.
//! [`property`] has tests with random values and random sequences of calls.
//!
//! The chain is run by `virt-node`, in a process of its own for each [`Chain`]: this crate has few
//! dependencies. `virt-node program test` builds a project and runs its tests; it sets two variables, which
//! you may set yourself to use `cargo test`:
//!
//! - `VIRT_NODE`: the path of `virt-node`. Without it, the one on the `PATH`.
//! - `VIRT_PROGRAMS`: the folder with `<name>.polkavm`, `<name>.abi.json` and `<name>.debug.polkavm` of
//!   the programs, for the trees of failed calls. Without it, those have code hashes and offsets.

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

/// An account, as programs name it.
pub type AccountId = [u8; 32];

/// Uploads and instantiates, where a test does not say who.
pub const ALICE: AccountId = [1; 32];
/// Has [`FUNDS`] too.
pub const BOB: AccountId = [2; 32];
/// Has [`FUNDS`] too.
pub const CHARLIE: AccountId = [3; 32];

/// The chain's token, in its smallest unit.
pub const UNIT: u128 = 1_000_000_000_000;
/// Balance of each account at the start.
pub const FUNDS: u128 = 1_000_000 * UNIT;
/// What an account must keep to live.
pub const EXISTENTIAL_DEPOSIT: u128 = UNIT / 1_000;
/// What is held for each program, account program and storage item.
pub const DEPOSIT_PER_ITEM: u128 = UNIT / 10_000;
/// What is held for each byte of a program, and of a storage item's key and value.
pub const DEPOSIT_PER_BYTE: u128 = UNIT / 1_000_000;
/// Default weight limit of a call: half a second of ref time. The interpreter uses it up within the time that
/// a dry-run may take.
pub const WEIGHT: Weight = Weight::from_parts(500_000_000_000, u64::MAX);

/// What runs programs. Results and weights are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
	/// Starts fastest.
	#[default]
	Interpreter,
	/// Native code, for programs that compute for long.
	Recompiler,
	/// The interpreter first, then native code: as a node.
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

/// The chain. A clone is the same chain.
#[derive(Clone)]
pub struct Chain(Rc<Inner>);

struct Inner {
	node: RefCell<Node>,
	/// Accounts made so far: each has a salt of its own.
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
	/// A new chain, on the interpreter.
	///
	/// # Panics
	///
	/// When `virt-node` cannot be run.
	#[track_caller]
	pub fn new() -> Self {
		Self::with_backend(Backend::default())
	}

	/// A new chain on another backend.
	///
	/// # Panics
	///
	/// When `virt-node` cannot be run, or the backend not on this machine.
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

	/// Restores a snapshot of this chain: storage, balances, block and time. A snapshot can be restored
	/// more than once.
	///
	/// # Panics
	///
	/// When the snapshot is of another chain.
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
	/// When the program is not admitted.
	#[track_caller]
	pub fn upload(&self, code: &[u8]) -> Program {
		match self.try_upload(ALICE, code) {
			Ok(program) => program,
			Err(error) => panic!("the program is not admitted: {error}"),
		}
	}

	/// Uploads a program, or says why it is not admitted.
	#[track_caller]
	pub fn try_upload(&self, owner: AccountId, code: &[u8]) -> Result<Program, Error> {
		let uploaded: Result<_, Error> = self.ask(Request::Upload { owner, code: code.to_vec() });
		Ok(Program { chain: self.clone(), code_hash: uploaded? })
	}

	/// What `account` has, in the smallest unit, with the existential deposit and what is held.
	#[track_caller]
	pub fn balance(&self, account: AccountId) -> u128 {
		self.ask(Request::Balance(account))
	}

	/// What is held of `account`: deposits for what it stored.
	#[track_caller]
	pub fn held(&self, account: AccountId) -> u128 {
		self.ask(Request::Held(account))
	}

	/// Mints an amount for `account`.
	///
	/// # Panics
	///
	/// When it is less than what opens the account.
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

	/// Number of the block that calls are in.
	#[track_caller]
	pub fn block(&self) -> u64 {
		self.ask(Request::Block)
	}

	/// Goes on by so many blocks, with the jobs that run in them.
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
	/// BLAKE2b-256 of its blob.
	pub fn code_hash(&self) -> [u8; 32] {
		self.code_hash
	}

	/// Calls it once, without an account.
	pub fn run(&self, entry: &str, arguments: impl Encode) -> Call {
		let target = Target::Run { code_hash: self.code_hash, entry: entry.into() };
		Call::new(&self.chain, target, arguments)
	}

	/// Gives it an account, as [`ALICE`] and with no value.
	///
	/// # Panics
	///
	/// When the instantiation fails.
	#[track_caller]
	pub fn instantiate(&self, arguments: impl Encode) -> Account {
		self.instantiation(arguments).account()
	}

	/// An instantiation that is not made yet: set the caller and the value, and end with
	/// [`account`](Call::account).
	pub fn instantiation(&self, arguments: impl Encode) -> Call {
		let nth = self.chain.0.accounts.get();
		self.chain.0.accounts.set(nth + 1);
		let (code_hash, salt) = (self.code_hash, nth.encode());
		let target = Target::Instantiate { code_hash, salt, authority: UpgradeAuthority::Nobody };
		Call::new(&self.chain, target, arguments)
	}
}

/// A program's account on the chain.
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

	/// What it has, in the smallest unit.
	#[track_caller]
	pub fn balance(&self) -> u128 {
		self.chain.balance(self.address)
	}

	/// Replaces its program as its deployer, [`ALICE`] unless set otherwise, and calls the new program's
	/// `migrate`, if it has one.
	pub fn set_code(&self, program: &Program, arguments: impl Encode) -> Call {
		let target = Target::Upgrade { address: self.address, code_hash: program.code_hash };
		Call::new(&self.chain, target, arguments)
	}

	/// Calls it.
	pub fn call(&self, entry: &str, arguments: impl Encode) -> Call {
		let target = Target::Account { address: self.address, entry: entry.into() };
		Call::new(&self.chain, target, arguments)
	}
}
