//! `runtime/src/configs/mod.rs` of the chain.

use super::{
	AccountId, Balance, Balances, Block, PalletInfo, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System,
};
use frame_support::{
	derive_impl,
	traits::{ConstU128, ConstU64, ConstU8, VariantCountOf},
	weights::IdentityFee,
};
use pallet_transaction_payment::FungibleAdapter;

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId;
	type Block = Block;
	type Lookup = sp_runtime::traits::AccountIdLookup<AccountId, ()>;
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
	type ExistentialDeposit = ConstU128<1_000_000_000>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
}

impl pallet_transaction_payment::Config for Runtime {
	type FeeMultiplierUpdate = ();
	type LengthToFee = IdentityFee<Balance>;
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type WeightToFee = IdentityFee<Balance>;
}
