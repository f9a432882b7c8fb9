use crate::{self as pallet_virt, Error, Event};
use frame_support::{
	derive_impl,
	dispatch::DispatchResultWithPostInfo,
	parameter_types,
	traits::{ConstU128, ConstU64, Contains, EnsureOrigin, OnGenesis},
	weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned};
use sp_core::{storage::StateVersion, H256};
use sp_io::TestExternalities;
use sp_runtime::{traits::Convert, AccountId32, BuildStorage, DispatchError, Perbill};
use std::sync::{Arc, LazyLock};
use virt_manager::{BackendChoice, Engine};

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(3)]
	pub type Virt = pallet_virt;
	#[runtime::pallet_index(4)]
	pub type Sudo = pallet_sudo;
}

type Block = frame_system::mocking::MockBlockU32<Test>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = sp_runtime::traits::IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u128>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
}

impl pallet_timestamp::Config for Test {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

impl pallet_sudo::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = ();
}

/// Allows calls of all pallets except `Timestamp`, including calls back into this pallet.
pub struct Filter;

impl Contains<RuntimeCall> for Filter {
	fn contains(call: &RuntimeCall) -> bool {
		!matches!(call, RuntimeCall::Timestamp(_))
	}
}

parameter_types! {
	pub const JobShare: Perbill = Perbill::from_percent(50);
	pub const JobSlice: Weight = Weight::from_parts(200_000_000_000, 16 << 20);
}

/// One unit of balance for each microsecond of ref time.
pub struct WeightPrice;

impl Convert<Weight, u128> for WeightPrice {
	fn convert(weight: Weight) -> u128 {
		u128::from(weight.ref_time() / 1_000_000)
	}
}

impl pallet_virt::Config for Test {
	type CallFilter = Filter;
	type Currency = Balances;
	type DepositPerByte = ConstU128<PER_BYTE>;
	type DepositPerItem = ConstU128<PER_ITEM>;
	type Extension = super::extension::Syscalls;
	type InstantiateOrigin = NotEve;
	type PauseOrigin = EnsureRoot<AccountId32>;
	type UploadOrigin = NotEve;
	type RuntimeHoldReason = RuntimeHoldReason;
	type JobFees = ();
	type JobShare = JobShare;
	type JobSlice = JobSlice;
	type Time = Timestamp;
	type WeightPrice = WeightPrice;
	type WeightInfo = pallet_virt::weights::SubstrateWeight<Test>;
}

/// Every account except [`EVE`].
pub struct NotEve;

impl EnsureOrigin<RuntimeOrigin> for NotEve {
	type Success = AccountId32;

	fn try_origin(origin: RuntimeOrigin) -> Result<AccountId32, RuntimeOrigin> {
		let account = EnsureSigned::try_origin(origin)?;
		if account == EVE {
			Err(signed(account))
		} else {
			Ok(account)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Ok(signed(ALICE))
	}
}

pub const ALICE: AccountId32 = AccountId32::new([1; 32]);
pub const BOB: AccountId32 = AccountId32::new([2; 32]);
/// An account that may neither upload nor instantiate.
pub const EVE: AccountId32 = AccountId32::new([5; 32]);
pub const ED: u128 = 10;
pub const FUNDS: u128 = 1_000_000_000;
pub const PER_BYTE: u128 = 3;
pub const PER_ITEM: u128 = 100;
pub const NOW: u64 = 1_700_000_000_000;
/// Enough weight for every program that ends.
pub const PLENTY: Weight = Weight::from_parts(280_000_000_000, 64 << 20);

/// A weight limit of `units` of gas, with enough proof size.
pub fn gas(units: u64) -> Weight {
	crate::gas::to_weight(units).set_proof_size(PLENTY.proof_size())
}

static INTERPRETER: LazyLock<Arc<Engine>> = LazyLock::new(|| start(BackendChoice::Interpreter));
static RECOMPILER: LazyLock<Arc<Engine>> = LazyLock::new(|| start(BackendChoice::Recompiler));

fn start(choice: BackendChoice) -> Arc<Engine> {
	Engine::new(choice, None).expect("the backend works on this machine")
}

fn externalities(engine: &Arc<Engine>) -> TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = vec![(ALICE, FUNDS), (BOB, FUNDS)];
	pallet_balances::GenesisConfig::<Test> { balances, ..Default::default() }
		.assimilate_storage(&mut storage)
		.unwrap();
	let mut ext = TestExternalities::new(storage);
	ext.register_extension(engine.extension());
	ext.execute_with(|| {
		<AllPalletsWithSystem as OnGenesis>::on_genesis();
		System::set_block_number(7);
		Timestamp::set_timestamp(NOW);
	});
	ext
}

/// A new chain that runs programs on the interpreter.
pub fn on_interpreter() -> TestExternalities {
	externalities(&INTERPRETER)
}

/// Runs `test` on a new chain, on the interpreter.
pub fn on_chain<R>(test: impl FnOnce() -> R) -> R {
	on_interpreter().execute_with(|| {
		let result = test();
		assert_sound();
		result
	})
}

/// Checks the invariants of the pallet's storage.
#[track_caller]
pub fn assert_sound() {
	crate::try_state::check::<Test>().expect("the pallet's storage is sound");
}

/// Runs `test` on a new chain on each backend. The results and the states afterwards must be the same.
#[track_caller]
pub fn on_both<R: PartialEq + std::fmt::Debug>(test: impl Fn() -> R) -> R {
	let run = |engine| {
		externalities(engine).execute_with(|| {
			let result = test();
			assert_sound();
			(result, state_root())
		})
	};
	let (interpreted, recompiled) = (run(&INTERPRETER), run(&RECOMPILER));
	assert_eq!(interpreted, recompiled, "interpreter, recompiler");
	interpreted.0
}

/// The storage root.
pub fn state_root() -> H256 {
	H256::from_slice(&sp_io::storage::root(StateVersion::V1))
}

pub fn signed(account: AccountId32) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

/// Mints `amount` for `account`.
pub fn fund(account: &AccountId32, amount: u128) {
	use frame_support::traits::fungible::Mutate;
	Balances::mint_into(account, amount).expect("it is enough to live");
}

/// Uploads `code` as Alice.
#[track_caller]
pub fn upload(code: &[u8]) -> H256 {
	Virt::upload(signed(ALICE), code.to_vec(), None).expect("the program is admitted");
	crate::program::code_hash(code)
}

/// The weight to load `code`.
#[track_caller]
pub fn load_weight(code: &[u8]) -> Weight {
	let memory = crate::admission::check::<Test>(code).expect("the program is admitted");
	crate::gas::load(code.len() as u32, memory)
}

/// Uploads and instantiates `code` as Alice, with an empty input for the constructor.
#[track_caller]
pub fn deploy(code: &[u8], value: u128) -> AccountId32 {
	let hash = upload(code);
	Virt::instantiate(signed(ALICE), hash, vec![], vec![], value, PLENTY, None).expect("it is new");
	Virt::address_of(&ALICE, hash, &[])
}

/// Runs `entry` of `code` once as Alice, without an account. Returns the result and the used weight.
pub fn run_once(
	code: &[u8],
	entry: &str,
	input: &[u8],
	weight_limit: Weight,
) -> (Result<Vec<u8>, DispatchError>, Weight) {
	let code_hash = crate::program::code_hash(code);
	let stack = &mut crate::stack::Stack::new(crate::stack::Caller::Account(ALICE));
	let outcome = crate::run::execute::<Test>(
		stack,
		crate::frame::Request {
			callee: crate::frame::Callee::Code { code_hash, entry: entry.into() },
			input,
			value: 0,
			weight_limit,
			deposit_limit: None,
		},
	);
	(outcome.result.map(|()| outcome.output), outcome.weight_used)
}

/// The output of the last call, from its event.
#[track_caller]
pub fn output() -> Vec<u8> {
	match System::events().pop().expect("a call deposits an event").event {
		RuntimeEvent::Virt(
			Event::Executed { output, .. }
			| Event::Called { output, .. }
			| Event::Instantiated { output, .. },
		) => output,
		other => panic!("expected the event of a call, got {other:?}"),
	}
}

/// The weight that the last call used, from its event.
#[track_caller]
pub fn weight_used() -> Weight {
	match System::events().pop().expect("a call deposits an event").event {
		RuntimeEvent::Virt(Event::Called { weight_used, .. }) => weight_used,
		other => panic!("expected `Called`, got {other:?}"),
	}
}

/// The events that programs deposited, in order.
pub fn program_events() -> Vec<Vec<u8>> {
	let data = |record: frame_system::EventRecord<RuntimeEvent, H256>| match record.event {
		RuntimeEvent::Virt(Event::ProgramEvent { data, .. }) => Some(data),
		_ => None,
	};
	System::events().into_iter().filter_map(data).collect()
}

/// Asserts that the call fails with `error`, changes nothing, and returns the used weight.
#[track_caller]
pub fn assert_fails(
	call: impl FnOnce() -> DispatchResultWithPostInfo,
	error: Error<Test>,
) -> Weight {
	use frame_support::storage::{with_transaction, TransactionOutcome};
	let before = state_root();
	// Rolls back a failed call, as the dispatcher does.
	let result = with_transaction(|| -> TransactionOutcome<Result<_, DispatchError>> {
		match call() {
			Ok(info) => TransactionOutcome::Commit(Ok(Ok(info))),
			Err(failure) => TransactionOutcome::Rollback(Ok(Err(failure))),
		}
	})
	.expect("there are not too many layers");
	let failure = result.expect_err("expected the call to fail");
	assert_eq!(failure.error, error.into());
	assert_eq!(state_root(), before, "a failed call changes nothing");
	failure.post_info.actual_weight.expect("a failed call says what it took")
}
