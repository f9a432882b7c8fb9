//! The runtime of the benchmark: pallet-virt and pallet-revive side by side, each with its
//! published weights, and the weights of ParityDB for both.
//!
//! It exports one function, `dispatch`, which dispatches calls in one block and returns the time of
//! each.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;
// Not used: pinned for pallet-revive.
use alloy_trie as _;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

/// The runtime with the embedded form of pallet-virt.
#[cfg(feature = "std")]
pub mod embedded {
	include!(concat!(env!("OUT_DIR"), "/virt_bench_revive_embedded"));
}

pub mod clock;

use alloc::{format, string::String, vec::Vec};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	dispatch::GetDispatchInfo,
	traits::{ConstU128, ConstU64, Nothing},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		Weight,
	},
};
use frame_system::{limits::BlockWeights, EnsureRoot, EnsureSigned};
use pallet_revive::{ExecConfig, TransactionLimits};
use pallet_virt::Event;
use sp_core::parameter_types;
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Dispatchable, IdentityLookup},
	AccountId32, MultiSignature, Perbill,
};

/// The smallest unit of balance.
pub type Balance = u128;

/// The signer of all calls.
pub const SIGNER: AccountId32 = AccountId32::new([1; 32]);

/// The signer's balance: enough for all deposits.
pub const ENDOWMENT: Balance = 1_000_000_000_000_000_000;

const MICRO: Balance = 1_000_000;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;

	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;

	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(3)]
	pub type Virt = pallet_virt;

	#[runtime::pallet_index(4)]
	pub type Revive = pallet_revive;
}

type UncheckedExtrinsic = generic::UncheckedExtrinsic<AccountId32, RuntimeCall, MultiSignature, ()>;
type Block = generic::Block<generic::Header<u32, BlakeTwo256>, UncheckedExtrinsic>;

parameter_types! {
	/// Two seconds of ref time, as in the bundled runtime.
	pub RuntimeBlockWeights: BlockWeights = BlockWeights::with_sensible_defaults(
		Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX),
		Perbill::from_percent(75),
	);
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId32;
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type DbWeight = ParityDbWeight;
	type Lookup = IdentityLookup<AccountId32>;
}

impl pallet_timestamp::Config for Runtime {
	type MinimumPeriod = ConstU64<1>;
	type Moment = u64;
	type OnTimestampSet = ();
	type WeightInfo = ();
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<MICRO>;
}

parameter_types! {
	pub const JobShare: Perbill = Perbill::from_percent(50);
	pub const JobSlice: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND / 5, 16 << 20);
}

impl pallet_virt::Config for Runtime {
	type CallFilter = Nothing;
	type Currency = Balances;
	type DepositPerByte = ConstU128<MICRO>;
	type DepositPerItem = ConstU128<{ 100 * MICRO }>;
	type Extension = ();
	type JobFees = ();
	type JobShare = JobShare;
	type JobSlice = JobSlice;
	type InstantiateOrigin = EnsureSigned<AccountId32>;
	type PauseOrigin = EnsureRoot<AccountId32>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type UploadOrigin = EnsureSigned<AccountId32>;
	type WeightInfo = pallet_virt::weights::SubstrateWeight<Runtime>;
	type WeightPrice = pallet_virt::jobs::RefTimePrice;
}

#[derive_impl(pallet_revive::config_preludes::TestDefaultConfig)]
impl pallet_revive::Config for Runtime {
	type AddressMapper = pallet_revive::AccountId32Mapper<Self>;
	type Balance = Balance;
	type Currency = Balances;
	type DepositPerByte = ConstU128<MICRO>;
	type DepositPerChildTrieItem = ConstU128<{ 100 * MICRO }>;
	type DepositPerItem = ConstU128<{ 100 * MICRO }>;
	type InstantiateOrigin = EnsureSigned<AccountId32>;
	type Time = Timestamp;
	type UploadOrigin = EnsureSigned<AccountId32>;
	type WeightInfo = pallet_revive::weights::SubstrateWeight<Runtime>;
}

/// A dispatched call.
#[derive(Debug, Encode, Decode)]
pub struct Dispatched {
	/// Its time, in nanoseconds.
	pub nanoseconds: u64,
	/// Its charged weight, including the base weight.
	pub charged: Weight,
	/// Its error, if it failed.
	pub failed: Option<String>,
}

/// Dispatches calls in one block.
pub fn dispatch(calls: Vec<RuntimeCall>) -> Vec<Dispatched> {
	begin_block();
	calls.into_iter().map(dispatch_one).collect()
}

/// No events are deposited before the first block.
fn begin_block() {
	System::reset_events();
	System::initialize(&(System::block_number() + 1), &Default::default(), &Default::default());
}

fn dispatch_one(call: RuntimeCall) -> Dispatched {
	let info = call.get_dispatch_info();
	let start = clock::clock::now();
	let result = call.dispatch(RuntimeOrigin::signed(SIGNER));
	let nanoseconds = clock::clock::now() - start;
	let failed = result.as_ref().err().map(|failure| format!("{:?}", failure.error));
	let post_info = result.unwrap_or_else(|failure| failure.post_info);
	Dispatched { nanoseconds, charged: post_info.calc_actual_weight(&info), failed }
}

/// The output of a program or contract.
pub fn output(call: RuntimeCall) -> Result<Vec<u8>, String> {
	if let RuntimeCall::Revive(pallet_revive::Call::call {
		dest,
		value,
		weight_limit,
		storage_deposit_limit,
		data,
	}) = call
	{
		let limits = TransactionLimits::WeightAndDeposit {
			weight_limit,
			deposit_limit: storage_deposit_limit,
		};
		let origin = RuntimeOrigin::signed(SIGNER);
		let config = ExecConfig::new_substrate_tx();
		let result = Revive::bare_call(origin, dest, value.into(), limits, data, &config).result;
		return result.map(|done| done.data).map_err(|error| format!("{error:?}"));
	}
	begin_block();
	let failed = dispatch_one(call).failed;
	let output = System::read_events_no_consensus().find_map(|record| match record.event {
		RuntimeEvent::Virt(Event::Executed { output, .. } | Event::Called { output, .. }) => {
			Some(output)
		},
		_ => None,
	});
	output.ok_or_else(|| failed.unwrap_or_else(|| "no program was called".into()))
}

#[cfg(not(feature = "std"))]
mod exports {
	use super::{Dispatched, RuntimeCall};
	use alloc::{string::String, vec::Vec};

	sp_core::wasm_export_functions! {
		fn dispatch(calls: Vec<RuntimeCall>) -> Vec<Dispatched> {
			super::dispatch(calls)
		}

		fn output(call: RuntimeCall) -> Result<Vec<u8>, String> {
			super::output(call)
		}
	}
}
