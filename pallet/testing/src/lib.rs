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
//! when it went otherwise, and say how, with what the program logged.

mod logs;
mod runtime;

pub use pallet_virt;
pub use runtime::*;
pub use virt_guest as guest;
pub use virt_manager::BackendChoice;

use codec::{DecodeAll, Encode};
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	traits::fungible::{Inspect, InspectHold, Mutate},
};
use pallet_virt::{
	run::{self, Callee, Request},
	stack::Caller,
};
use sp_core::H256;
use sp_io::TestExternalities;
use sp_runtime::{traits::Dispatchable, BuildStorage, DispatchError};
use std::{
	cell::{Cell, RefCell},
	rc::Rc,
	sync::{Arc, LazyLock},
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
/// Gas of a call that does not say how much.
pub const GAS: u64 = 500_000_000;

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
	/// Accounts made so far: each has a salt of its own.
	accounts: Cell<u32>,
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

	/// A new chain on another backend. Results and gas are the same.
	pub fn with_backend(choice: BackendChoice) -> Self {
		Self::on(&engine(choice))
	}

	fn on(engine: &Arc<Engine>) -> Self {
		logs::listen();
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
		Self(Rc::new(Inner { ext: RefCell::new(ext), accounts: Cell::new(0) }))
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

/// A call to come: by [`ALICE`], with no value and plenty of gas unless it is said otherwise.
#[must_use = "nothing is called until it is said what is expected"]
pub struct Call {
	chain: Chain,
	what: What,
	input: Vec<u8>,
	caller: AccountId,
	value: u128,
	gas: u64,
	deposit: Option<u128>,
}

#[derive(Clone)]
enum What {
	Run { code_hash: H256, entry: Vec<u8> },
	Instantiate { code_hash: H256, salt: Vec<u8> },
	Call { address: AccountId, entry: Vec<u8> },
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// Why it failed, if it did.
	pub error: Option<DispatchError>,
	/// What the program gave, also where it reverted.
	pub output: Vec<u8>,
	/// Gas that it took.
	pub gas_used: u64,
	/// Data of the program's events, in order.
	pub events: Vec<Vec<u8>>,
	/// What was logged, a line each.
	pub log: Vec<String>,
}

impl Call {
	fn new(chain: &Chain, what: What, arguments: impl Encode) -> Self {
		let input = arguments.encode();
		let (chain, caller) = (chain.clone(), ALICE);
		Self { chain, what, input, caller, value: 0, gas: GAS, deposit: None }
	}

	/// By another caller.
	pub fn by(mut self, caller: AccountId) -> Self {
		self.caller = caller;
		self
	}

	/// With this amount transferred.
	pub fn value(mut self, value: u128) -> Self {
		self.value = value;
		self
	}

	/// With this gas limit.
	pub fn gas(mut self, gas: u64) -> Self {
		self.gas = gas;
		self
	}

	/// With the caller held for this much at most. Without it, for anything.
	pub fn deposit_limit(mut self, limit: u128) -> Self {
		self.deposit = Some(limit);
		self
	}

	/// Calls, whatever comes of it.
	pub fn outcome(self) -> Outcome {
		let trial = self.chain.execute(|| self.trial());
		let before = self.chain.execute(System::event_count) as usize;
		logs::take();
		let call = self.extrinsic();
		let error = self.chain.dispatch(self.caller, call).err();
		let events = self.chain.execute(|| {
			pallet_virt::try_state::check::<Runtime>().expect("the pallet's storage is sound");
			let new = System::events().into_iter().skip(before);
			new.filter_map(|record| match record.event {
				RuntimeEvent::Virt(pallet_virt::Event::ProgramEvent { data, .. }) => Some(data),
				_ => None,
			})
			.collect()
		});
		let (output, gas_used) = (trial.output, trial.gas_used);
		Outcome { error, output, gas_used, events, log: logs::take() }
	}

	/// The call has to succeed, and its output to be a `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(self) -> T {
		self.succeeds().decode()
	}

	/// The call has to succeed.
	#[track_caller]
	pub fn succeeds(self) -> Outcome {
		let outcome = self.outcome();
		match &outcome.error {
			None => outcome,
			Some(error) => panic!("the call failed: {}{}", name(error), outcome.details()),
		}
	}

	/// The call has to revert, with an `E`.
	#[track_caller]
	pub fn reverts<E: DecodeAll>(self) -> E {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) if error == Error::Reverted.into() => outcome.decode(),
			Some(error) => {
				panic!("the call did not revert, but {}{}", name(&error), outcome.details())
			},
			None => panic!("the call did not revert, but succeeded{}", outcome.details()),
		}
	}

	/// The call has to fail: `assert_eq!(call.fails(), Error::Trapped.into())`.
	#[track_caller]
	pub fn fails(self) -> DispatchError {
		let outcome = self.outcome();
		match outcome.error {
			Some(error) => error,
			None => panic!("the call succeeded{}", outcome.details()),
		}
	}

	/// The instantiation has to succeed.
	#[track_caller]
	pub fn account(self) -> Account {
		let What::Instantiate { code_hash, salt } = self.what.clone() else {
			panic!("only an instantiation makes an account")
		};
		let chain = self.chain.clone();
		let address =
			pallet_virt::Pallet::<Runtime>::address_of(&self.caller.into(), code_hash, &salt);
		self.succeeds();
		Account { chain, address: address.into() }
	}

	fn extrinsic(&self) -> pallet_virt::Call<Runtime> {
		let Self { input, value, gas: gas_limit, deposit: storage_deposit_limit, .. } = self;
		let (input, value, gas_limit) = (input.clone(), *value, *gas_limit);
		let storage_deposit_limit = *storage_deposit_limit;
		match self.what.clone() {
			What::Run { code_hash, entry } => {
				pallet_virt::Call::run { code_hash, entry, input, gas_limit }
			},
			What::Instantiate { code_hash, salt } => pallet_virt::Call::instantiate {
				code_hash,
				salt,
				input,
				value,
				gas_limit,
				storage_deposit_limit,
			},
			What::Call { address, entry } => {
				let address = address.into();
				pallet_virt::Call::call {
					address,
					entry,
					input,
					value,
					gas_limit,
					storage_deposit_limit,
				}
			},
		}
	}

	/// What the call gives and takes, changing nothing: an extrinsic that fails says neither.
	fn trial(&self) -> run::Outcome {
		let callee = match self.what.clone() {
			What::Run { code_hash, entry } => Callee::Code { code_hash, entry },
			What::Instantiate { code_hash, salt } => Callee::New { code_hash, salt },
			What::Call { address, entry } => Callee::Account { address: address.into(), entry },
		};
		let request = Request::<Runtime> {
			origin: Caller::Account(self.caller.into()),
			callee,
			input: &self.input,
			value: self.value,
			gas_limit: self.gas,
			deposit_limit: self.deposit,
		};
		with_transaction(|| {
			TransactionOutcome::Rollback(Ok::<_, DispatchError>(run::execute(request)))
		})
		.expect("there are not too many layers; qed")
	}
}

impl Outcome {
	/// The output as a `T`.
	#[track_caller]
	pub fn decode<T: DecodeAll>(&self) -> T {
		match T::decode_all(&mut &self.output[..]) {
			Ok(value) => value,
			Err(_) => panic!(
				"the output {:?} is no {}{}",
				self.output,
				std::any::type_name::<T>(),
				self.details(),
			),
		}
	}

	fn details(&self) -> String {
		let log = self.log.iter().map(|line| format!("\n  log: {line}"));
		format!(
			"\n  gas: {}\n  output: {:?}{}",
			self.gas_used,
			self.output,
			log.collect::<String>()
		)
	}
}

/// An error by its name, where it is a pallet's.
fn name(error: &DispatchError) -> String {
	match error {
		DispatchError::Module(module) => module.message.unwrap_or("an error of a pallet").into(),
		other => format!("{other:?}"),
	}
}
