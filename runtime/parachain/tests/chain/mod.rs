//! A parachain without nodes: builds blocks in wasm on an in-memory state, with a storage proof.

use codec::{Decode, Encode};
use cumulus_primitives_core::{relay_chain::HeadData, ParachainBlockData, PersistedValidationData};
use cumulus_primitives_parachain_inherent::ParachainInherentData;
use cumulus_primitives_proof_size_hostfunction::storage_proof_size;
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use polkadot_parachain_primitives::primitives::{BlockData, ValidationParams, ValidationResult};
use sc_executor::{sp_wasm_interface::HostFunctions, HeapAllocStrategy, WasmExecutor};
use sp_consensus_aura::{digests::CompatibleDigestItem, sr25519::AuthoritySignature, Slot};
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_externalities::Extensions;
use sp_inherents::InherentData;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Digest, Era},
	traits::{BlakeTwo256, Block as _, Hash as _, Header as _},
	ApplyExtrinsicResult, BuildStorage, DigestItem, MultiSignature,
};
use sp_state_machine::{
	Backend, Ext, InMemoryBackend, OverlayedChanges, StorageProof, TrieBackendBuilder,
};
use sp_trie::{proof_size_extension::ProofSizeExt, recorder::Recorder};
use virt_parachain_runtime::{
	presets, AccountId, Block, Hash, Header, Nonce, Runtime, RuntimeCall, RuntimeEvent,
	RuntimeGenesisConfig, SignedPayload, TxExtension, UncheckedExtrinsic, SLOT_DURATION, UNIT,
	VERSION, WASM_BINARY,
};

type State = InMemoryBackend<BlakeTwo256>;

/// The host functions that a collator's node offers to a runtime.
type Collator = (storage_proof_size::HostFunctions, sp_io::SubstrateHostFunctions);
/// The host functions that a validator of the relay chain offers.
type Validator = sp_io::SubstrateHostFunctions;

/// The slot and the relay parent's number of the genesis. Each block adds one.
const START: u64 = 1_000;
const MAX_POV: u32 = cumulus_primitives_core::relay_chain::MAX_POV_SIZE;

pub struct Chain {
	state: State,
	head: Header,
	genesis: Hash,
	collator: WasmExecutor<Collator>,
}

/// The outcome of an extrinsic in a block.
pub struct Executed {
	pub result: ApplyExtrinsicResult,
	/// The growth of the proof, in bytes.
	pub measured: u64,
	/// The proof size of the weight in the extrinsic's event.
	pub charged: u64,
	pub events: Vec<RuntimeEvent>,
}

/// A block, and everything that a validator needs for it.
pub struct Built {
	pub executed: Vec<Executed>,
	/// The proof size of the whole block, as the runtime accounts it.
	pub weight: u64,
	block: Block,
	proof: StorageProof,
	parent: Header,
	relay_parent_number: u32,
	relay_root: Hash,
}

impl Chain {
	/// The genesis of the development preset, with `accounts` more accounts.
	pub fn new(accounts: u32) -> Self {
		let config = serde_json::from_value(complete(presets::development()))
			.expect("the preset is a genesis");
		let mut config: RuntimeGenesisConfig = config;
		config.balances.balances.extend(
			(0..accounts).map(|index| (AccountId::new(BlakeTwo256::hash(&index.encode()).0), UNIT)),
		);
		let mut storage = config.build_storage().expect("the genesis is valid");
		let code = WASM_BINARY.expect("it was built").to_vec();
		storage.top.insert(sp_core::storage::well_known_keys::CODE.to_vec(), code);
		let state = State::from((storage, VERSION.state_version()));
		let head = Header::new(
			0,
			BlakeTwo256::ordered_trie_root(Vec::new(), VERSION.extrinsics_root_state_version()),
			*state.root(),
			Hash::zero(),
			Digest::default(),
		);
		Self { state, genesis: head.hash(), head, collator: executor() }
	}

	/// Signs a transaction.
	pub fn sign(
		&self,
		signer: Sr25519Keyring,
		nonce: Nonce,
		call: RuntimeCall,
	) -> UncheckedExtrinsic {
		let extension = TxExtension::new((
			frame_system::CheckNonZeroSender::new(),
			frame_system::CheckSpecVersion::new(),
			frame_system::CheckTxVersion::new(),
			frame_system::CheckGenesis::new(),
			frame_system::CheckEra::from(Era::Immortal),
			frame_system::CheckNonce::from(nonce),
			frame_system::CheckWeight::new(),
			pallet_transaction_payment::ChargeTransactionPayment::from(0),
		));
		let (spec, transaction) = (VERSION.spec_version, VERSION.transaction_version);
		let implicit = ((), spec, transaction, self.genesis, self.genesis, (), (), ());
		let payload = SignedPayload::from_raw(call, extension, implicit);
		let signature = payload.using_encoded(|bytes| signer.sign(bytes));
		let (call, extension, _) = payload.deconstruct();
		let address = signer.to_account_id().into();
		UncheckedExtrinsic::new_signed(call, address, MultiSignature::from(signature), extension)
	}

	/// Builds a block of `transactions`, up to the first that is invalid or does not fit, and makes it the head.
	pub fn advance(&mut self, transactions: &[UncheckedExtrinsic]) -> Built {
		let (built, state) = self.build(transactions, true);
		self.state = state;
		self.head = built.block.header().clone();
		built
	}

	/// Builds a block as a node does that measures no proof: no weight is reclaimed. The head does not change.
	pub fn charges(&self, transactions: &[UncheckedExtrinsic]) -> Built {
		self.build(transactions, false).0
	}

	fn build(&self, transactions: &[UncheckedExtrinsic], measure: bool) -> (Built, State) {
		let number = self.head.number() + 1;
		let slot = Slot::from(START + u64::from(number));
		let relay_parent_number = START as u32 + number;
		let parent_head = HeadData(self.head.encode());
		let (relay_root, relay_chain_state) = RelayStateSproofBuilder {
			para_id: presets::PARA_ID.into(),
			included_para_head: Some(parent_head.clone()),
			current_slot: slot,
			..Default::default()
		}
		.into_state_root_and_proof();
		let parachain = ParachainInherentData {
			validation_data: PersistedValidationData {
				parent_head,
				relay_parent_number,
				relay_parent_storage_root: relay_root,
				max_pov_size: MAX_POV,
			},
			relay_chain_state,
			downward_messages: Default::default(),
			horizontal_messages: Default::default(),
			relay_parent_descendants: Default::default(),
			collator_peer_id: None,
		};
		let mut inherents = InherentData::new();
		let time = sp_timestamp::InherentType::new(*slot * SLOT_DURATION);
		inherents.put_data(sp_timestamp::INHERENT_IDENTIFIER, &time).expect("it is new");
		let parachain_system = cumulus_primitives_parachain_inherent::INHERENT_IDENTIFIER;
		inherents.put_data(parachain_system, &parachain).expect("it is new");

		let recorder = Recorder::<BlakeTwo256>::default();
		let proving = TrieBackendBuilder::wrap(&self.state).with_recorder(recorder.clone()).build();
		let mut overlay = OverlayedChanges::default();
		let mut extensions = Extensions::new();
		if measure {
			extensions.register(ProofSizeExt::new(recorder.clone()));
		}
		let mut call =
			|overlay: &mut OverlayedChanges<BlakeTwo256>, function: &str, input: Vec<u8>| {
				let code = WASM_BINARY.expect("it was built");
				let code_fetcher = WrappedRuntimeCode(code.into());
				let hash = b"the only one".to_vec();
				let code = RuntimeCode { code_fetcher: &code_fetcher, hash, heap_pages: None };
				overlay.enter_runtime().expect("it was left");
				let mut ext = Ext::new(overlay, &proving, Some(&mut extensions));
				let context = CallContext::Onchain { import: false };
				let (output, _) = self.collator.call(&mut ext, &code, function, &input, context);
				overlay.exit_runtime().expect("it was entered");
				output.unwrap_or_else(|error| panic!("{function}: {error}"))
			};

		let digest = Digest {
			logs: vec![<DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(
				slot,
			)],
		};
		let header = Header::new(number, Hash::zero(), Hash::zero(), self.head.hash(), digest);
		call(&mut overlay, "Core_initialize_block", header.encode());
		let inherents = call(&mut overlay, "BlockBuilder_inherent_extrinsics", inherents.encode());
		let inherents = Vec::<UncheckedExtrinsic>::decode(&mut &inherents[..]).expect("extrinsics");
		let inherent_count = inherents.len() as u32;

		let mut extrinsics = Vec::new();
		let mut outcomes = Vec::new();
		for extrinsic in inherents.into_iter().chain(transactions.iter().cloned()) {
			let before = recorder.estimate_encoded_size();
			overlay.start_transaction();
			let result = call(&mut overlay, "BlockBuilder_apply_extrinsic", extrinsic.encode());
			let result = ApplyExtrinsicResult::decode(&mut &result[..]).expect("a result");
			let measured = (recorder.estimate_encoded_size() - before) as u64;
			// An extrinsic that is invalid or does not fit is rolled back, and ends the block.
			if result.is_err() {
				overlay.rollback_transaction().expect("it was started");
				outcomes.push((None, result, measured));
				break;
			}
			overlay.commit_transaction().expect("it was started");
			outcomes.push((Some(extrinsics.len() as u32), result, measured));
			extrinsics.push(extrinsic);
		}
		let header = call(&mut overlay, "BlockBuilder_finalize_block", Vec::new());
		let mut header = Header::decode(&mut &header[..]).expect("a header");
		let seal = Sr25519Keyring::Alice.sign(header.hash().as_ref());
		let seal = CompatibleDigestItem::<AuthoritySignature>::aura_seal(seal.into());
		header.digest_mut().push(seal);

		let changes = overlay
			.drain_storage_changes(&proving, VERSION.state_version())
			.expect("the state is there");
		let mut state = State::default();
		state.clone_from(&self.state);
		state.apply_transaction(changes.transaction_storage_root, changes.transaction);

		let read = |key: &[u8]| state.storage(key).expect("it is in memory").unwrap_or_default();
		let events = frame_support::storage::storage_prefix(b"System", b"Events");
		type Records = Vec<Box<frame_system::EventRecord<RuntimeEvent, Hash>>>;
		let events = Records::decode(&mut &read(&events)[..]).expect("events");
		let executed = outcomes.into_iter().skip(inherent_count as usize);
		let executed = executed.map(|(index, result, measured)| {
			let phase = index.map(frame_system::Phase::ApplyExtrinsic);
			let events: Vec<_> = events
				.iter()
				.filter(|record| Some(&record.phase) == phase.as_ref())
				.map(|record| record.event.clone())
				.collect();
			Executed { result, measured, charged: charged(&events), events }
		});
		let executed = executed.collect();
		let weight = frame_system::BlockWeight::<Runtime>::hashed_key();
		let weight =
			frame_support::dispatch::PerDispatchClass::<frame_support::weights::Weight>::decode(
				&mut &read(&weight)[..],
			);
		let weight = weight.expect("a weight").total().proof_size();

		let block = Block::new(header, extrinsics);
		let proof = recorder.to_storage_proof();
		let parent = self.head.clone();
		let built =
			Built { executed, weight, block, proof, parent, relay_parent_number, relay_root };
		(built, state)
	}
}

impl Built {
	/// The encoded proof of validity, which a collator sends to validators.
	pub fn pov(&self) -> Vec<u8> {
		let proof = self
			.proof
			.clone()
			.into_compact_proof::<BlakeTwo256>(*self.parent.state_root())
			.expect("the proof is complete");
		ParachainBlockData::new(vec![self.block.clone()], proof, None).encode()
	}

	/// The number of transactions in the block.
	pub fn transactions(&self) -> usize {
		self.executed.iter().filter(|executed| executed.result.is_ok()).count()
	}

	/// Validates the block as validators of a relay chain do.
	///
	/// # Panics
	///
	/// If the block is invalid.
	pub fn validate(&self) {
		let params = ValidationParams {
			parent_head: HeadData(self.parent.encode()),
			block_data: BlockData(self.pov()),
			relay_parent_number: self.relay_parent_number,
			relay_parent_storage_root: self.relay_root,
		};
		let code = WASM_BINARY.expect("it was built");
		let blob = sc_executor_common::runtime_blob::RuntimeBlob::uncompress_if_needed(code)
			.expect("it is wasm");
		let mut ext = sp_state_machine::BasicExternalities::default();
		// Validators allow missing host functions. The one that measures proofs is missing: `validate_block`
		// replaces it, and those for storage.
		let missing = true;
		let output = executor::<Validator>()
			.uncached_call(blob, &mut ext, missing, "validate_block", &params.encode())
			.unwrap_or_else(|error| panic!("the block is not valid: {error}"));
		let result = ValidationResult::decode(&mut &output[..]).expect("a result");
		assert_eq!(result.head_data, HeadData(self.block.header().encode()));
	}
}

/// An executor with the memory that validators give to a runtime.
fn executor<H: HostFunctions>() -> WasmExecutor<H> {
	let pages = HeapAllocStrategy::Static { extra_pages: 2_048 };
	WasmExecutor::builder()
		.with_onchain_heap_alloc_strategy(pages)
		.with_offchain_heap_alloc_strategy(pages)
		.build()
}

/// The preset, merged into the default genesis.
fn complete(patch: serde_json::Value) -> serde_json::Value {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
	merge(&mut config, patch);
	config
}

/// A JSON merge patch for objects.
fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
	use serde_json::Value::Object;
	match (base, patch) {
		(Object(base), Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

fn charged(events: &[RuntimeEvent]) -> u64 {
	let weights = events.iter().filter_map(|event| match event {
		RuntimeEvent::System(frame_system::Event::ExtrinsicSuccess { dispatch_info })
		| RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_info, .. }) => {
			Some(dispatch_info.weight.proof_size())
		},
		_ => None,
	});
	weights.sum()
}
