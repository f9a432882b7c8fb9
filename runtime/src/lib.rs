//! The runtime with `pallet-virt`: Aura, GRANDPA, balances, fees, sudo, utility, multisig and
//! proxy.
//!
//! This file has the types, constants and the list of pallets. [`configs`] configures the pallets,
//! [`apis`] implements the runtime API, [`presets`] has the genesis, and [`extension`] the
//! additional syscalls.

#![cfg_attr(not(feature = "std"), no_std)]
// The two composition macros expand deeply.
#![recursion_limit = "512"]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

/// The embedded form: it needs no host functions.
#[cfg(feature = "std")]
pub mod embedded {
	include!(concat!(env!("OUT_DIR"), "/virt_runtime_embedded"));
}

// Before the rest, which uses its macros.
#[cfg(feature = "runtime-benchmarks")]
#[macro_use]
mod benchmarks;

pub mod apis;
pub mod configs;
pub mod extension;
#[cfg(feature = "std")]
pub mod native;
pub mod presets;

use alloc::{borrow::Cow, vec::Vec};
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use apis::{RuntimeApi, RUNTIME_API_VERSIONS};

/// Sr25519, ed25519 or ecdsa: any of these keys can sign a transaction.
pub type Signature = MultiSignature;
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
pub type Address = MultiAddress<AccountId, ()>;
pub type Balance = u128;
pub type BlockNumber = u32;
pub type Hash = sp_core::H256;
pub type Nonce = u32;

pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type UncheckedExtrinsic =
	generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// The transaction extensions.
///
/// polkadot-js knows each of them by name. It would encode an unknown one as nothing, and the
/// transaction would be rejected: check polkadot-js before adding one.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	// Last, so that it measures what the others and the call did not use.
	frame_system::WeightReclaim<Runtime>,
);

pub type Executive = frame_executive::Executive<
	Runtime,
	Block,
	frame_system::ChainContext<Runtime>,
	Runtime,
	AllPalletsWithSystem,
>;

impl_opaque_keys! {
	pub struct SessionKeys {
		pub aura: Aura,
		pub grandpa: Grandpa,
	}
}

#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: Cow::Borrowed("virt"),
	impl_name: Cow::Borrowed("virt-node"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// The length of an Aura slot in milliseconds: 1.5 times the time that a block may compute.
pub const SLOT_DURATION: u64 = 3_000;

/// One unit of the chain's currency: twelve decimals.
pub const UNIT: Balance = 1_000_000_000_000;
pub const MILLI_UNIT: Balance = UNIT / 1_000;
pub const MICRO_UNIT: Balance = UNIT / 1_000_000;

/// The existential deposit: an account with less is removed.
pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_UNIT;

/// The storage key of the latest block's timestamp.
///
/// A node that seals without slots needs it, because the next block's timestamp must be later.
pub fn timestamp_key() -> Vec<u8> {
	pallet_timestamp::Now::<Runtime>::hashed_key().to_vec()
}

// The indices are part of every encoded call, event and error: never renumber.
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
	pub type Aura = pallet_aura;

	#[runtime::pallet_index(3)]
	pub type Grandpa = pallet_grandpa;

	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;

	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;

	#[runtime::pallet_index(6)]
	pub type Sudo = pallet_sudo;

	#[runtime::pallet_index(7)]
	pub type Utility = pallet_utility;

	#[runtime::pallet_index(8)]
	pub type Multisig = pallet_multisig;

	#[runtime::pallet_index(9)]
	pub type Proxy = pallet_proxy;

	#[runtime::pallet_index(10)]
	pub type Virt = pallet_virt;

	#[runtime::pallet_index(11)]
	pub type Migrations = pallet_migrations;
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::traits::TransactionExtension;

	#[test]
	fn transaction_extensions_are_those_that_polkadot_js_knows() {
		let names: Vec<_> = <TxExtension as TransactionExtension<RuntimeCall>>::metadata()
			.into_iter()
			.map(|extension| extension.identifier)
			.collect();
		assert_eq!(
			names,
			[
				"CheckNonZeroSender",
				"CheckSpecVersion",
				"CheckTxVersion",
				"CheckGenesis",
				"CheckMortality",
				"CheckNonce",
				"CheckWeight",
				"ChargeTransactionPayment",
				"CheckMetadataHash",
				"WeightReclaim",
			],
		);
	}

	#[test]
	fn metadata_14_15_and_16_are_served() {
		assert_eq!(Runtime::metadata_versions(), [14, 15, 16]);
		for version in [14, 15, 16] {
			let metadata = Runtime::metadata_at_version(version).expect("listed above");
			assert_eq!(metadata[..4], *b"meta");
			assert_eq!(u32::from(metadata[4]), version);
		}
	}

	#[test]
	fn timestamp_key_is_where_the_time_is() {
		sp_io::TestExternalities::default().execute_with(|| {
			pallet_timestamp::Now::<Runtime>::put(7);
			let stored = sp_io::storage::get(&timestamp_key()).expect("just written");
			assert_eq!(stored, 7u64.to_le_bytes().to_vec());
		});
	}
}
