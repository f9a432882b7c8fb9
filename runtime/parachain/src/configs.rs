//! The configuration of each pallet.

use crate::{
	AccountId, Aura, Balance, Balances, Block, Nonce, PalletInfo, Runtime, RuntimeCall,
	RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin, RuntimeTask, System,
	Timestamp, TransactionPayment, SLOT_DURATION, UNIT, VERSION,
};
use cumulus_pallet_parachain_system::RelayNumberMonotonicallyIncreases;
use cumulus_primitives_core::relay_chain::MAX_POV_SIZE;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstBool, ConstU128, ConstU32, ConstU64, ConstU8, VariantCountOf},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, IdentityFee, Weight},
};
use frame_system::{limits::BlockWeights, EnsureRoot, EnsureSigned};
use pallet_transaction_payment::FungibleAdapter;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{traits::AccountIdLookup, Perbill};
use sp_version::RuntimeVersion;

/// Two seconds of computation, and the proof size that a relay chain accepts.
pub const MAX_BLOCK_WEIGHT: Weight =
	Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, MAX_POV_SIZE as u64);

/// The share of a block for signed transactions.
pub const NORMAL_RATIO: Perbill = Perbill::from_percent(75);

/// The maximal number of blocks that wait for the relay chain, and the number between two of its
/// blocks.
const UNINCLUDED_SEGMENT_CAPACITY: u32 = 3;
const BLOCK_PROCESSING_VELOCITY: u32 = 1;
const RELAY_CHAIN_SLOT_DURATION: u32 = 6_000;

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights =
		BlockWeights::with_sensible_defaults(MAX_BLOCK_WEIGHT, NORMAL_RATIO);
	pub const NoWeight: Weight = Weight::zero();
	/// A tenth of a block's time. Most of its proof size is for a job with the maximal memory: a
	/// block can resume one such job, or many small ones.
	pub const JobSlice: Weight =
		Weight::from_parts(MAX_BLOCK_WEIGHT.ref_time() / 10, MAX_BLOCK_WEIGHT.proof_size() / 4 * 3);
	/// The share of a block that jobs may use.
	pub const JobShare: Perbill = Perbill::from_percent(75);
}

#[derive_impl(frame_system::config_preludes::ParaChainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId;
	type Block = Block;
	type BlockWeights = RuntimeBlockWeights;
	type Lookup = AccountIdLookup<AccountId, ()>;
	type Nonce = Nonce;
	type OnSetCode = cumulus_pallet_parachain_system::ParachainSetCode<Self>;
	type SS58Prefix = frame_support::traits::ConstU16<42>;
	type Version = Version;
}

impl cumulus_pallet_parachain_system::Config for Runtime {
	type CheckAssociatedRelayNumber = RelayNumberMonotonicallyIncreases;
	type ConsensusHook = ConsensusHook;
	type DmpQueue = frame_support::traits::EnqueueWithOrigin<(), sp_core::ConstU8<0>>;
	type OnSystemEvent = ();
	type OutboundXcmpMessageSource = ();
	type RelayParentOffset = ConstU32<0>;
	type ReservedDmpWeight = NoWeight;
	type ReservedXcmpWeight = NoWeight;
	type RuntimeEvent = RuntimeEvent;
	type SchedulingSignatureVerifier = ();
	type SelfParaId = parachain_info::Pallet<Runtime>;
	type WeightInfo = ();
	type XcmpMessageHandler = ();
}

pub type ConsensusHook = cumulus_pallet_aura_ext::FixedVelocityConsensusHook<
	Runtime,
	RELAY_CHAIN_SLOT_DURATION,
	BLOCK_PROCESSING_VELOCITY,
	UNINCLUDED_SEGMENT_CAPACITY,
>;

impl cumulus_pallet_weight_reclaim::Config for Runtime {
	type WeightInfo = ();
}

impl parachain_info::Config for Runtime {}

impl pallet_timestamp::Config for Runtime {
	type MinimumPeriod = ConstU64<0>;
	type Moment = u64;
	type OnTimestampSet = Aura;
	type WeightInfo = ();
}

impl pallet_aura::Config for Runtime {
	type AllowMultipleBlocksPerSlot = ConstBool<true>;
	type AuthorityId = AuraId;
	type DisabledValidators = ();
	type MaxAuthorities = ConstU32<32>;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl cumulus_pallet_aura_ext::Config for Runtime {}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<{ UNIT / 1_000 }>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ();
	type ReserveIdentifier = [u8; 8];
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type FeeMultiplierUpdate = ();
	type LengthToFee = IdentityFee<Balance>;
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = ();
	type WeightToFee = IdentityFee<Balance>;
}

impl pallet_virt::Config for Runtime {
	type CallFilter = frame_support::traits::Nothing;
	type Currency = Balances;
	type DepositPerByte = ConstU128<{ UNIT / 1_000_000 }>;
	type DepositPerItem = ConstU128<{ UNIT / 10_000 }>;
	type Extension = ();
	type InstantiateOrigin = EnsureSigned<AccountId>;
	type JobFees = ();
	type JobShare = JobShare;
	type JobSlice = JobSlice;
	type PauseOrigin = EnsureRoot<AccountId>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type UploadOrigin = EnsureSigned<AccountId>;
	type WeightInfo = pallet_virt::weights::SubstrateWeight<Runtime>;
	type WeightPrice = TransactionPayment;
}
