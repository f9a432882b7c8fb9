//! The runtime API.

use crate::{
	presets, AccountId, Balance, Block, Executive, Grandpa, Hash, InherentDataExt, Nonce, Runtime,
	RuntimeCall, RuntimeEvent, RuntimeGenesisConfig, SessionKeys, System, TransactionPayment,
	SLOT_DURATION, VERSION,
};
use alloc::vec::Vec;
#[cfg(feature = "runtime-benchmarks")]
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use pallet_virt::{
	dry_run::{self, DryRun},
	jobs::{JobId, JobOf, Start},
};
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_genesis_builder::PresetId;
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}

		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block)
		}

		fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}

		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}

		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}

		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}

		fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}

		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: InherentData,
		) -> CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			transaction: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, transaction, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(
			owner: Vec<u8>,
			seed: Option<Vec<u8>>,
		) -> OpaqueGeneratedSessionKeys {
			SessionKeys::generate(&owner, seed).into()
		}

		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			sp_consensus_aura::SlotDuration::from_millis(SLOT_DURATION)
		}

		fn authorities() -> Vec<AuraId> {
			pallet_aura::Authorities::<Runtime>::get().into_inner()
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}

		fn current_set_id() -> sp_consensus_grandpa::SetId {
			pallet_grandpa::CurrentSetId::<Runtime>::get()
		}

		// Equivocations cannot be reported on this chain: see `pallet_grandpa::Config`.
		fn submit_report_equivocation_unsigned_extrinsic(
			_proof: sp_consensus_grandpa::EquivocationProof<
				<Block as BlockT>::Hash,
				NumberFor<Block>,
			>,
			_key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}

		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			_authority_id: sp_consensus_grandpa::AuthorityId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			None
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
		for Runtime
	{
		fn query_info(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(extrinsic, length)
		}

		fn query_fee_details(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> FeeDetails<Balance> {
			TransactionPayment::query_fee_details(extrinsic, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
		Block,
		Balance,
		RuntimeCall,
	> for Runtime
	{
		fn query_call_info(call: RuntimeCall, length: u32) -> RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, length)
		}

		fn query_call_fee_details(call: RuntimeCall, length: u32) -> FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, length)
		}

		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}

		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_virt::api::VirtApi<Block, AccountId, Balance, RuntimeEvent> for Runtime {
		fn dry_run_upload(
			origin: AccountId,
			code: Vec<u8>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, RuntimeEvent> {
			dry_run::upload::<Runtime>(origin, code, storage_deposit_limit)
		}

		fn dry_run(
			origin: AccountId,
			code_hash: Hash,
			entry: Vec<u8>,
			input: Vec<u8>,
			weight_limit: Option<Weight>,
		) -> DryRun<Balance, RuntimeEvent> {
			dry_run::run::<Runtime>(origin, code_hash, entry, input, weight_limit)
		}

		fn dry_run_instantiate(
			origin: AccountId,
			code_hash: Hash,
			salt: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, RuntimeEvent> {
			dry_run::instantiate::<Runtime>(
				origin, code_hash, salt, input, value, weight_limit, storage_deposit_limit,
			)
		}

		fn dry_run_call(
			origin: AccountId,
			address: AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, RuntimeEvent> {
			dry_run::call::<Runtime>(
				origin, address, entry, input, value, weight_limit, storage_deposit_limit,
			)
		}

		fn dry_run_set_code(
			origin: AccountId,
			address: AccountId,
			code_hash: Hash,
			input: Vec<u8>,
			weight_limit: Option<Weight>,
			storage_deposit_limit: Option<Balance>,
		) -> DryRun<Balance, RuntimeEvent> {
			dry_run::set_code::<Runtime>(
				origin, address, code_hash, input, weight_limit, storage_deposit_limit,
			)
		}

		fn dry_run_start_job(
			owner: AccountId,
			address: AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: Balance,
			budget: Weight,
			deposit_limit: Option<Balance>,
		) -> DryRun<Balance, RuntimeEvent> {
			let start = Start { owner, address, entry, input, value, budget, deposit_limit };
			dry_run::start_job::<Runtime>(start)
		}

		fn job(id: JobId) -> Option<JobOf<Runtime>> {
			pallet_virt::Jobs::<Runtime>::get(id)
		}

		fn program(code_hash: Hash) -> Option<pallet_virt::ProgramInfo> {
			pallet_virt::api::program::<Runtime>(code_hash)
		}

		fn owners(code_hash: Hash) -> Vec<(AccountId, Balance)> {
			pallet_virt::api::owners::<Runtime>(code_hash)
		}

		fn exports(code_hash: Hash) -> Option<Vec<Vec<u8>>> {
			pallet_virt::api::exports::<Runtime>(code_hash)
		}

		fn code_hash(address: AccountId) -> Option<Hash> {
			pallet_virt::api::code_hash::<Runtime>(&address)
		}

		fn storage(address: AccountId, key: Vec<u8>) -> Option<Vec<u8>> {
			pallet_virt::api::storage::<Runtime>(&address, key)
		}

		fn address_of(deployer: AccountId, code_hash: Hash, salt: Vec<u8>) -> AccountId {
			pallet_virt::Pallet::<Runtime>::address_of(&deployer, code_hash, &salt)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}

		fn get_preset(id: &Option<PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, presets::get_preset)
		}

		fn preset_names() -> Vec<PresetId> {
			presets::preset_names()
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			let weight = Executive::try_runtime_upgrade(checks).expect("the upgrade succeeds");
			(weight, crate::configs::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			Executive::try_execute_block(block, state_root_check, signature_check, select)
				.expect("the block is valid")
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use crate::benchmarks::*;
			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, crate::AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: BenchmarkConfig,
		) -> Result<Vec<BenchmarkBatch>, alloc::string::String> {
			use crate::benchmarks::*;
			let whitelist = crate::AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}
}
