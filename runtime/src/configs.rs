//! The configuration of each pallet.

use crate::{
	AccountId, Aura, Balance, Balances, Block, Migrations, Nonce, OriginCaller, PalletInfo,
	Runtime, RuntimeCall, RuntimeEvent, RuntimeFreezeReason, RuntimeHoldReason, RuntimeOrigin,
	RuntimeTask, System, Timestamp, TransactionPayment, EXISTENTIAL_DEPOSIT, MICRO_UNIT,
	SLOT_DURATION, VERSION,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	derive_impl,
	dispatch::DispatchClass,
	migrations::FreezeChainOnFailedMigration,
	parameter_types,
	traits::{
		ConstBool, ConstU128, ConstU32, ConstU64, ConstU8, Contains, InstanceFilter, VariantCountOf,
	},
	weights::{
		constants::{ParityDbWeight, WEIGHT_REF_TIME_PER_SECOND},
		ConstantMultiplier, IdentityFee, Weight,
	},
};
use frame_system::{
	limits::{BlockLength, BlockWeights},
	EnsureRoot, EnsureSigned,
};
use pallet_transaction_payment::{ConstFeeMultiplier, FungibleAdapter, Multiplier};
use scale_info::TypeInfo;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{
	traits::{BlakeTwo256, One},
	Perbill,
};
use sp_version::RuntimeVersion;

/// The share of a block for signed transactions; the rest is for inherents and root.
const NORMAL_RATIO: Perbill = Perbill::from_percent(75);

/// Two seconds of computation. There is no relay chain, so proof size is not limited.
const MAX_BLOCK_WEIGHT: Weight = Weight::from_parts(2 * WEIGHT_REF_TIME_PER_SECOND, u64::MAX);

/// The total length of a block's transactions, in bytes.
const MAX_BLOCK_LENGTH: u32 = 5 * 1024 * 1024;

parameter_types! {
	pub const Version: RuntimeVersion = VERSION;
	pub RuntimeBlockWeights: BlockWeights =
		BlockWeights::with_sensible_defaults(MAX_BLOCK_WEIGHT, NORMAL_RATIO);
	pub RuntimeBlockLength: BlockLength = BlockLength::builder()
		.max_length(MAX_BLOCK_LENGTH)
		.modify_max_length_for_class(DispatchClass::Normal, |max| *max = NORMAL_RATIO * *max)
		.build();
	pub FeeMultiplier: Multiplier = Multiplier::one();
	/// A tenth of a block: enough for a job of 4 MiB, and for several jobs per block.
	pub const JobSlice: Weight = Weight::from_parts(WEIGHT_REF_TIME_PER_SECOND / 5, 16 << 20);
	/// Half of a block, so that slow nodes finish blocks of jobs in time.
	pub const JobShare: Perbill = Perbill::from_percent(50);
	/// Half of a block, for storage migrations: no transactions are included then.
	pub const MigrationWeight: Weight =
		Weight::from_parts(MAX_BLOCK_WEIGHT.ref_time() / 2, MAX_BLOCK_WEIGHT.proof_size());
}

#[derive_impl(frame_system::config_preludes::SolochainDefaultConfig)]
impl frame_system::Config for Runtime {
	type AccountData = pallet_balances::AccountData<Balance>;
	type AccountId = AccountId;
	type Block = Block;
	type BlockLength = RuntimeBlockLength;
	type BlockWeights = RuntimeBlockWeights;
	type DbWeight = ParityDbWeight;
	type ExtensionsWeightInfo = frame_system::SubstrateExtensionsWeight<Runtime>;
	type Nonce = Nonce;
	type MultiBlockMigrator = Migrations;
	type SS58Prefix = frame_support::traits::ConstU16<42>;
	type SystemWeightInfo = frame_system::weights::SubstrateWeight<Runtime>;
	type Version = Version;
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = Aura;
	// As small as possible: with instant sealing, a chain can make a block per transaction, all in
	// wall-clock time. With Aura, slots separate blocks.
	type MinimumPeriod = ConstU64<1>;
	type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = AuraId;
	// For the same reason as `MinimumPeriod`. With Aura, the runtime then does not prevent an
	// authority from making several blocks in its slot. A node's import queue checks the slot and
	// its author, and honest nodes make one block per slot. A chain whose authorities do not trust
	// each other should use `false`.
	type AllowMultipleBlocksPerSlot = ConstBool<true>;
	type DisabledValidators = ();
	type MaxAuthorities = ConstU32<32>;
	type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl pallet_grandpa::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	// The set of authorities never changes, so offences cannot be punished.
	type EquivocationReportSystem = ();
	type KeyOwnerProof = sp_core::Void;
	type MaxAuthorities = ConstU32<32>;
	type MaxNominators = ConstU32<0>;
	type MaxSetIdSessionEntries = ConstU64<0>;
	type WeightInfo = ();
}

impl pallet_balances::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ();
	type ReserveIdentifier = [u8; 8];
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Runtime>;
}

impl pallet_transaction_payment::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	// Fees are burnt.
	type OnChargeTransaction = FungibleAdapter<Balances, ()>;
	// A constant, so that a call costs the same in every block.
	type FeeMultiplierUpdate = ConstFeeMultiplier<FeeMultiplier>;
	// A picosecond of ref time costs the smallest amount: a second costs one unit, a call of a
	// millisecond a thousandth. That is visible, but small for an account of a million units.
	type WeightToFee = IdentityFee<Balance>;
	// A megabyte of transaction costs one unit, too.
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<MICRO_UNIT>>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

impl pallet_sudo::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type WeightInfo = pallet_sudo::weights::SubstrateWeight<Runtime>;
}

impl pallet_utility::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type PalletsOrigin = OriginCaller;
	type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

/// The deposit for a storage entry of so many bytes, like that of programs.
const fn deposit(items: Balance, bytes: Balance) -> Balance {
	(100 * items + bytes) * MICRO_UNIT
}

impl pallet_multisig::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type BlockNumberProvider = System;
	type Currency = Balances;
	type DepositBase = ConstU128<{ deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ deposit(0, 32) }>;
	type MaxSignatories = ConstU32<100>;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
}

/// The types of proxies.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Calls of `Virt`: to upload, run and upgrade programs, and to start jobs. Calls can transfer
	/// the account's balance to a program.
	Programs,
	/// To reject announced calls of other proxies.
	CancelProxy,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match self {
			Self::Any => true,
			Self::Programs => matches!(call, RuntimeCall::Virt(_)),
			Self::CancelProxy => {
				matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. }))
			},
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		self == &Self::Any || self == other
	}
}

impl pallet_proxy::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeCall = RuntimeCall;
	type AnnouncementDepositBase = ConstU128<{ deposit(1, 8) }>;
	type AnnouncementDepositFactor = ConstU128<{ deposit(0, 68) }>;
	type BlockNumberProvider = System;
	type CallHasher = BlakeTwo256;
	type Currency = Balances;
	type MaxPending = ConstU32<32>;
	type MaxProxies = ConstU32<32>;
	type ProxyDepositBase = ConstU128<{ deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ deposit(0, 37) }>;
	type ProxyType = ProxyType;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
}

impl pallet_migrations::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type CursorMaxLen = ConstU32<1024>;
	type FailedMigrationHandler = FreezeChainOnFailedMigration;
	type IdentifierMaxLen = ConstU32<64>;
	type MaxServiceWeight = MigrationWeight;
	type MigrationStatusHandler = ();
	#[cfg(not(feature = "runtime-benchmarks"))]
	type Migrations =
		(pallet_virt::migrations::V0ToV1<Runtime>, pallet_virt::migrations::V1ToV2<Runtime>);
	#[cfg(feature = "runtime-benchmarks")]
	type Migrations = pallet_migrations::mock_helpers::MockedMigrations;
	type WeightInfo = pallet_migrations::weights::SubstrateWeight<Runtime>;
}

/// The calls that programs may dispatch: transfers of their own balance, and remarks.
pub struct CallsOfPrograms;

impl Contains<RuntimeCall> for CallsOfPrograms {
	fn contains(call: &RuntimeCall) -> bool {
		use frame_system::Call::{remark, remark_with_event};
		match call {
			RuntimeCall::Balances(_) => true,
			RuntimeCall::System(call) => matches!(call, remark { .. } | remark_with_event { .. }),
			_ => false,
		}
	}
}

impl pallet_virt::Config for Runtime {
	type CallFilter = CallsOfPrograms;
	type Currency = Balances;
	// The deposit for a program of half a megabyte is half a unit, for a small storage item a
	// ten-thousandth.
	type DepositPerByte = ConstU128<MICRO_UNIT>;
	type DepositPerItem = ConstU128<{ 100 * MICRO_UNIT }>;
	type Extension = crate::extension::Syscalls;
	// The fees of jobs are burnt, like all fees.
	type JobFees = ();
	type JobShare = JobShare;
	type JobSlice = JobSlice;
	type InstantiateOrigin = EnsureSigned<AccountId>;
	type PauseOrigin = EnsureRoot<AccountId>;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Time = Timestamp;
	type UploadOrigin = EnsureSigned<AccountId>;
	type WeightInfo = pallet_virt::weights::SubstrateWeight<Runtime>;
	type WeightPrice = TransactionPayment;
}
