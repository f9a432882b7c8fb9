//! A chain of the dev runtime whose blocks are authored and imported as a node does.

use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use sp_consensus_aura::{digests::CompatibleDigestItem, sr25519::AuthoritySignature, Slot};
use sp_core::{
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	Blake2Hasher, H256,
};
use sp_externalities::Extensions;
use sp_inherents::InherentData;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{Block as _, Header as _},
	ApplyExtrinsicResult, Digest, DigestItem,
};
use sp_state_machine::{Ext, InMemoryBackend, OverlayedChanges};
use std::{
	sync::Arc,
	time::{Duration, Instant},
};
use virt_manager::{executor::VirtExecutor, BackendChoice, Engine};
use virt_runtime::{
	native::{genesis, signed},
	Block, Header, RuntimeCall, UncheckedExtrinsic, SLOT_DURATION, VERSION,
};

type Executor =
	VirtExecutor<WasmExecutor<(sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions)>>;

/// The slot of the genesis. Any will do.
const START: u64 = 850_000_000;

/// The accounts that sign.
pub const SIGNERS: [Sr25519Keyring; 6] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];

/// The state after a block, and the node's engine and executor.
#[derive(Clone)]
pub struct Chain {
	engine: Arc<Engine>,
	executor: Executor,
	state: Arc<InMemoryBackend<Blake2Hasher>>,
	genesis: H256,
	head: Header,
	nonces: [u32; SIGNERS.len()],
}

/// A block that was authored.
pub struct Authored {
	/// The block.
	pub block: Block,
	/// The time from the start of the block to its header.
	pub took: Duration,
	/// The number of transactions, without inherents.
	pub transactions: usize,
	state: InMemoryBackend<Blake2Hasher>,
}

impl Chain {
	/// A chain at its genesis.
	pub fn new() -> Result<Self, String> {
		let mut storage = genesis(SIGNERS.map(|key| key.to_account_id()));
		let code = virt_runtime::WASM_BINARY.ok_or("built without its runtime")?;
		storage.top.insert(sp_core::storage::well_known_keys::CODE.to_vec(), code.to_vec());
		let state = InMemoryBackend::from((storage, VERSION.state_version()));
		let head = Header::new(0, H256::zero(), *state.root(), H256::zero(), Digest::default());
		Ok(Self {
			engine: engine()?,
			executor: VirtExecutor::new(WasmExecutor::builder().build()),
			state: Arc::new(state),
			genesis: head.hash(),
			head,
			nonces: Default::default(),
		})
	}

	/// The same chain after a restart of the node: its caches are empty.
	pub fn restarted(&self) -> Result<Self, String> {
		Ok(Self { engine: engine()?, ..self.clone() })
	}

	/// Signs a transaction with the next nonce of a signer.
	pub fn sign(&mut self, signer: usize, call: RuntimeCall) -> UncheckedExtrinsic {
		let nonce = self.nonces[signer];
		self.nonces[signer] += 1;
		signed(call, SIGNERS[signer], nonce, self.genesis)
	}

	/// Authors a block of these, up to the first for which it has no room.
	pub fn author(&self, transactions: &[UncheckedExtrinsic]) -> Result<Authored, String> {
		let number = self.head.number() + 1;
		let slot = Slot::from(START + u64::from(number));
		let mut inherents = InherentData::new();
		let time = sp_timestamp::InherentType::new(*slot * SLOT_DURATION);
		inherents
			.put_data(sp_timestamp::INHERENT_IDENTIFIER, &time)
			.map_err(|error| error.to_string())?;
		let digest =
			<DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(slot);
		let header = Header::new(
			number,
			H256::zero(),
			H256::zero(),
			self.head.hash(),
			Digest { logs: vec![digest] },
		);

		let mut run = Run::new(self, false);
		let start = Instant::now();
		run.call("Core_initialize_block", &header)?;
		let encoded = run.call("BlockBuilder_inherent_extrinsics", &inherents)?;
		let mut extrinsics: Vec<UncheckedExtrinsic> = decode(&encoded)?;
		let inherent_count = extrinsics.len();
		for inherent in &extrinsics {
			run.call("BlockBuilder_apply_extrinsic", inherent)?;
		}
		for transaction in transactions {
			run.overlay.start_transaction();
			let encoded = run.call("BlockBuilder_apply_extrinsic", transaction)?;
			match decode::<ApplyExtrinsicResult>(&encoded)? {
				Ok(Ok(())) => run.overlay.commit_transaction().map_err(|_| "no transaction")?,
				Ok(Err(error)) => return Err(format!("a transaction failed: {error:?}")),
				Err(invalid) if invalid.exhausted_resources() => {
					run.overlay.rollback_transaction().map_err(|_| "no transaction")?;
					break;
				},
				Err(invalid) => return Err(format!("a transaction is invalid: {invalid:?}")),
			}
			extrinsics.push(transaction.clone());
		}
		let header: Header = decode(&run.call("BlockBuilder_finalize_block", &())?)?;
		let took = start.elapsed();

		let changes = run
			.overlay
			.drain_storage_changes(&*self.state, VERSION.state_version())
			.map_err(|error| format!("{error:?}"))?;
		let mut state = (*self.state).clone();
		state.apply_transaction(changes.transaction_storage_root, changes.transaction);
		let transactions = extrinsics.len() - inherent_count;
		Ok(Authored { block: Block::new(header, extrinsics), took, transactions, state })
	}

	/// Executes a block as an importing node does. Returns the time.
	pub fn import(&self, authored: &Authored) -> Result<Duration, String> {
		let mut run = Run::new(self, true);
		let start = Instant::now();
		run.call("Core_execute_block", &authored.block)?;
		Ok(start.elapsed())
	}

	/// Continues after this block.
	pub fn advance(&mut self, authored: Authored) {
		self.head = authored.block.header().clone();
		self.state = Arc::new(authored.state);
	}

	/// Calls a function of the runtime on the state, as an RPC method does.
	pub fn query(&self, function: &str, arguments: &impl Encode) -> Result<Vec<u8>, String> {
		let mut run = Run::new(self, false);
		run.context = CallContext::Offchain;
		run.call(function, arguments)
	}
}

fn engine() -> Result<Arc<Engine>, String> {
	let engine = Engine::new(BackendChoice::Auto, None).map_err(|error| error.to_string())?;
	engine.warm_up();
	Ok(engine)
}

fn decode<T: Decode>(bytes: &[u8]) -> Result<T, String> {
	T::decode(&mut &bytes[..]).map_err(|error| error.to_string())
}

/// Runtime calls on a state with changes.
struct Run<'a> {
	chain: &'a Chain,
	overlay: OverlayedChanges<Blake2Hasher>,
	extensions: Extensions,
	context: CallContext,
}

impl<'a> Run<'a> {
	fn new(chain: &'a Chain, import: bool) -> Self {
		let mut extensions = Extensions::new();
		extensions.register(chain.engine.extension());
		let context = CallContext::Onchain { import };
		Self { chain, overlay: OverlayedChanges::default(), extensions, context }
	}

	fn call(&mut self, function: &str, arguments: &impl Encode) -> Result<Vec<u8>, String> {
		let wasm = virt_runtime::WASM_BINARY.ok_or("built without its runtime")?;
		let code = WrappedRuntimeCode(wasm.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		self.overlay.enter_runtime().map_err(|_| "in the runtime")?;
		let mut ext = Ext::new(&mut self.overlay, &*self.chain.state, Some(&mut self.extensions));
		let (result, _) =
			self.chain.executor.call(&mut ext, &code, function, &arguments.encode(), self.context);
		self.overlay.exit_runtime().map_err(|_| "not in the runtime")?;
		result.map_err(|error| format!("{function}: {error}"))
	}
}
