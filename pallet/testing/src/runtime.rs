//! The runtime of the chain in memory: the pallet, and what it needs around it.

use frame_support::{
	derive_impl,
	traits::{ConstU128, ConstU64, Everything},
};
use sp_runtime::AccountId32;

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
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(3)]
	pub type Virt = pallet_virt;
}

type Block = frame_system::mocking::MockBlockU32<Runtime>;

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = Block;
	type AccountId = AccountId32;
	type Lookup = sp_runtime::traits::IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
	type Balance = u128;
	type ExistentialDeposit = ConstU128<{ crate::EXISTENTIAL_DEPOSIT }>;
	type AccountStore = System;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = ();
}

impl pallet_virt::Config for Runtime {
	type CallFilter = Everything;
	type Currency = Balances;
	type DepositPerByte = ConstU128<{ crate::DEPOSIT_PER_BYTE }>;
	type DepositPerItem = ConstU128<{ crate::DEPOSIT_PER_ITEM }>;
	type Extension = ();
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type WeightInfo = pallet_virt::weights::SubstrateWeight<Runtime>;
}
