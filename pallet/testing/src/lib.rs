//! A chain in memory to test programs in: the pallet and the manager are the real ones, and there is
//! no node.
//!
//! ```
//! use virt_testing::*;
//! # use virt_fixtures::COUNTER;
//!
//! let chain = Chain::new();
//! let counter = chain.upload(COUNTER).instantiate((40u32,));
//! assert_eq!(counter.call("increment", ()).by(BOB).returns::<u32>(), 41);
//! assert_eq!(counter.call("increment", (1_000u32,)).returns::<u32>(), 1_041);
//! ```
//!
//! Arguments are a tuple, encoded as the program's `entry!` decodes them. What a test expects ends
//! the line: [`returns`](Call::returns), [`reverts`](Call::reverts) and [`fails`](Call::fails) panic
//! when it went otherwise, and say how: with what the program logged, and the tree of program calls where
//! the call failed. [`Chain::debug_info`] adds names and source lines to it.

mod call;
mod known;
mod runtime;

pub use call::{Call, Outcome};
pub use frame_support::weights::Weight;
pub use pallet_virt;
pub use runtime::*;
pub use virt_guest as guest;
pub use virt_manager::BackendChoice;

use call::What;
use codec::Encode;
use frame_support::traits::fungible::{Inspect, InspectHold, Mutate};
use sp_core::{Blake2Hasher, H256};
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, BuildStorage, DispatchError};
use sp_state_machine::InMemoryBackend;
use std::{
	cell::{Cell, RefCell},
	rc::Rc,
	sync::{Arc, LazyLock},
	time::Duration,
};
use virt_manager::Engine;

/// An account, as programs name it.
pub type AccountId = [u8; 32];

/// Why a call failed, as the pallet says it: `Error::Trapped`.
pub type Error = pallet_virt::Error<Runtime>;

/// Uploads and instantiates, where a test does not say who.
pub const ALICE: AccountId = [1; 32];
/// Has [`FUNDS`] too.
pub const BOB: AccountId = [2; 32];
/// Has [`FUNDS`] too.
pub const CHARLIE: AccountId = [3; 32];

/// Balance of each account at the start.
pub const FUNDS: u128 = 1_000_000_000;
/// What an account must keep to live.
pub const EXISTENTIAL_DEPOSIT: u128 = 10;
/// What is held for each program, account program and storage item.
pub const DEPOSIT_PER_ITEM: u128 = 100;
/// What is held for each byte of a program, and of a storage item's key and value.
pub const DEPOSIT_PER_BYTE: u128 = 1;
/// Weight limit of a call that does not say how much: that of a dry-run.
pub const WEIGHT: Weight = pallet_virt::limits::MAX_DRY_RUN_WEIGHT;

/// How long programs may run where they are traced.
const TRACED_FOR: Duration = Duration::from_secs(600);

/// The first block's number and time. See [`Chain::skip`].
const FIRST_BLOCK: u32 = 1;
const FIRST_TIME: u64 = 1_700_000_000_000;
const BLOCK_TIME: u64 = 6_000;

static INTERPRETER: LazyLock<Arc<Engine>> = LazyLock::new(|| engine(BackendChoice::Interpreter));

fn engine(choice: BackendChoice) -> Arc<Engine> {
	Engine::new(choice, None).expect("the backend works on this machine")
}

/// The chain. A clone is the same chain.
#[derive(Clone)]
pub struct Chain(Rc<Inner>);

struct Inner {
	ext: RefCell<TestExternalities>,
	engine: Arc<Engine>,
	/// Accounts made so far: each has a salt of its own.
	accounts: Cell<u32>,
	/// Debug information of programs.
	known: RefCell<known::Known>,
}

/// A chain's state at some time: see [`Chain::snapshot`].
pub struct Snapshot {
	state: InMemoryBackend<Blake2Hasher>,
	accounts: u32,
}

impl Default for Chain {
	fn default() -> Self {
		Self::new()
	}
}

impl Chain {
	/// A new chain, on the interpreter: it starts fastest.
	pub fn new() -> Self {
		Self::on(&INTERPRETER)
	}

	/// A new chain on another backend. Results and weights are the same.
	pub fn with_backend(choice: BackendChoice) -> Self {
		Self::on(&engine(choice))
	}

	fn on(engine: &Arc<Engine>) -> Self {
		let mut storage = frame_system::GenesisConfig::<Runtime>::default()
			.build_storage()
			.expect("the genesis of the system is good; qed");
		let balances = [ALICE, BOB, CHARLIE].map(|account| (account.into(), FUNDS)).to_vec();
		pallet_balances::GenesisConfig::<Runtime> { balances, ..Default::default() }
			.assimilate_storage(&mut storage)
			.expect("the genesis of the balances is good; qed");
		let mut ext = TestExternalities::new(storage);
		ext.register_extension(engine.extension());
		ext.execute_with(|| {
			System::set_block_number(FIRST_BLOCK);
			Timestamp::set_timestamp(FIRST_TIME);
		});
		Self(Rc::new(Inner {
			ext: RefCell::new(ext),
			engine: engine.clone(),
			accounts: Cell::new(0),
			known: RefCell::default(),
		}))
	}

	/// Registers a program's debug information, the bytes of `<name>.debug.polkavm`. The panic of a call
	/// that fails then has function names and source lines. `name` is the program's name in it.
	///
	/// # Panics
	///
	/// When the bytes are not a PolkaVM program.
	#[track_caller]
	pub fn debug_info(&self, name: &str, twin: &[u8]) {
		self.0.known.borrow_mut().add(name, twin);
	}

	/// Copies the state, for [`Self::roll_back`].
	pub fn snapshot(&self) -> Snapshot {
		let mut ext = self.0.ext.borrow_mut();
		ext.commit_all().expect("no transaction is open between two calls; qed");
		Snapshot { state: ext.backend.clone(), accounts: self.0.accounts.get() }
	}

	/// Restores a snapshot of this chain: storage, balances, block and time. A snapshot can be restored more
	/// than once.
	pub fn roll_back(&self, snapshot: &Snapshot) {
		let mut ext = self.0.ext.borrow_mut();
		ext.commit_all().expect("no transaction is open between two calls; qed");
		ext.backend = snapshot.state.clone();
		self.0.accounts.set(snapshot.accounts);
	}

	/// Runs `f` on the chain, and returns the program calls in it.
	fn traced(&self, f: impl FnOnce()) -> Vec<virt_trace::Program> {
		let (vm, recorded) = virt_trace::record::start(virt_trace::names::of_pallet, TRACED_FOR)
			.expect("the interpreter works on every machine");
		self.0.ext.borrow_mut().register_extension(vm);
		self.execute(f);
		self.0.ext.borrow_mut().register_extension(self.0.engine.extension());
		recorded.take()
	}

	/// Runs anything on the chain: calls of other pallets, reads of storage.
	pub fn execute<R>(&self, f: impl FnOnce() -> R) -> R {
		self.0.ext.borrow_mut().execute_with(f)
	}

	/// Uploads a program as [`ALICE`].
	#[track_caller]
	pub fn upload(&self, code: &[u8]) -> Program {
		match self.try_upload(ALICE, code) {
			Ok(program) => program,
			Err(error) => panic!("the program is not admitted: {}", name(&error)),
		}
	}

	/// Uploads a program, or says why it is not admitted.
	pub fn try_upload(&self, owner: AccountId, code: &[u8]) -> Result<Program, DispatchError> {
		let call = pallet_virt::Call::upload { code: code.to_vec(), storage_deposit_limit: None };
		self.dispatch(owner, call)?;
		self.0.known.borrow_mut().uploaded(code);
		Ok(Program { chain: self.clone(), code_hash: pallet_virt::program::code_hash(code) })
	}

	fn dispatch(
		&self,
		caller: AccountId,
		call: pallet_virt::Call<Runtime>,
	) -> Result<(), DispatchError> {
		let origin = RuntimeOrigin::signed(caller.into());
		let result = self.execute(|| RuntimeCall::Virt(call).dispatch(origin));
		result.map(drop).map_err(|failure| failure.error)
	}

	/// What `account` has, the existential deposit and what is held included.
	pub fn balance(&self, account: AccountId) -> u128 {
		self.execute(|| Balances::total_balance(&account.into()))
	}

	/// What is held of `account`: deposits for what it stored.
	pub fn held(&self, account: AccountId) -> u128 {
		self.execute(|| Balances::total_balance_on_hold(&account.into()))
	}

	/// Gives `account` something, out of nothing.
	#[track_caller]
	pub fn give(&self, account: AccountId, amount: u128) {
		self.execute(|| Balances::mint_into(&account.into(), amount)).expect("it can be minted");
	}

	/// Sets the free balance of `account`. Below [`EXISTENTIAL_DEPOSIT`], the account is removed.
	pub fn set_balance(&self, account: AccountId, amount: u128) {
		self.execute(|| Balances::set_balance(&account.into(), amount));
	}

	/// Number of the block that calls are in.
	pub fn block(&self) -> u64 {
		self.execute(System::block_number).into()
	}

	/// Goes on by so many blocks, of 6 seconds each.
	pub fn skip(&self, blocks: u32) {
		self.execute(|| {
			System::set_block_number(System::block_number() + blocks);
			Timestamp::set_timestamp(Timestamp::get() + u64::from(blocks) * BLOCK_TIME);
		});
	}
}

/// A program on the chain.
#[derive(Clone)]
pub struct Program {
	chain: Chain,
	code_hash: H256,
}

impl Program {
	/// BLAKE2b-256 of its blob.
	pub fn code_hash(&self) -> [u8; 32] {
		self.code_hash.into()
	}

	/// Calls it once, without an account.
	pub fn run(&self, entry: &str, arguments: impl Encode) -> Call {
		self.call(What::Run { code_hash: self.code_hash, entry: entry.into() }, arguments)
	}

	/// Gives it an account, as [`ALICE`] and with no value.
	#[track_caller]
	pub fn instantiate(&self, arguments: impl Encode) -> Account {
		self.instantiation(arguments).account()
	}

	/// Gives it an account, by whom and with what is still to be said: end in
	/// [`account`](Call::account).
	pub fn instantiation(&self, arguments: impl Encode) -> Call {
		let nth = self.chain.0.accounts.get();
		self.chain.0.accounts.set(nth + 1);
		let salt = nth.encode();
		self.call(What::Instantiate { code_hash: self.code_hash, salt }, arguments)
	}

	fn call(&self, what: What, arguments: impl Encode) -> Call {
		Call::new(&self.chain, what, arguments)
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

	/// What it has.
	pub fn balance(&self) -> u128 {
		self.chain.balance(self.address)
	}

	/// Calls it.
	pub fn call(&self, entry: &str, arguments: impl Encode) -> Call {
		let what = What::Call { address: self.address, entry: entry.into() };
		Call::new(&self.chain, what, arguments)
	}
}

/// An error by its name, where it is a pallet's.
fn name(error: &DispatchError) -> String {
	match error {
		DispatchError::Module(module) => module.message.unwrap_or("an error of a pallet").into(),
		other => format!("{other:?}"),
	}
}
