//! The runtime of the chain, as a node executes it, on a state in memory.

use codec::{Decode, Encode};
use frame_support::{
	dispatch::PerDispatchClass, storage::storage_prefix, traits::Currency, BoundedVec,
};
use pallet_virt::{
	benchmarking::{
		program::ENTRY,
		storms::{callee, STORED_KEY},
	},
	deposit::Deposit,
	limits::{MAX_DRY_RUN_WEIGHT, MAX_VALUE},
	Weight,
};
use sc_executor::WasmExecutor;
use sp_core::{
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
	Blake2Hasher, H256,
};
use sp_externalities::{Extensions, Externalities};
use sp_runtime::{traits::Header as _, BuildStorage};
use sp_state_machine::{Ext, OverlayedChanges};
use std::time::{Duration, Instant};
use virt_manager::{BackendChoice, Engine};
use virt_runtime::{
	configs::RuntimeBlockWeights, AccountId, Header, Runtime, RuntimeGenesisConfig, RuntimeOrigin,
	Virt, UNIT,
};

type Executor = WasmExecutor<(sp_io::SubstrateHostFunctions, virt_primitives::HostFunctions)>;

/// What a dry-run gave.
pub type Tried = pallet_virt::dry_run::DryRunOf<Runtime>;

/// Who calls: rich enough for any deposit.
pub const ALICE: AccountId = AccountId::new([1; 32]);

/// What runs programs.
#[derive(Clone, Copy, Debug)]
pub enum Form {
	/// The node, on both tiers.
	Tiered,
	/// The node, in the interpreter only.
	Interpreter,
	/// The runtime itself.
	Embedded,
}

impl Form {
	fn backend(self) -> BackendChoice {
		match self {
			Self::Tiered => BackendChoice::Tiered,
			Self::Interpreter | Self::Embedded => BackendChoice::Interpreter,
		}
	}

	fn runtime(self) -> Result<&'static [u8], String> {
		let wasm = match self {
			Self::Tiered | Self::Interpreter => virt_runtime::WASM_BINARY,
			Self::Embedded => virt_runtime::embedded::WASM_BINARY,
		};
		wasm.ok_or("it was built without its runtime".into())
	}
}

/// A chain with one account.
pub struct Chain {
	form: Form,
	engine: std::sync::Arc<Engine>,
	executor: Executor,
	ext: sp_io::TestExternalities,
}

impl Chain {
	/// A chain whose programs are run by this.
	pub fn new(form: Form) -> Result<Self, String> {
		let engine = Engine::new(form.backend(), None).map_err(|error| error.to_string())?;
		engine.warm_up();
		let storage = RuntimeGenesisConfig::default().build_storage()?;
		let mut chain =
			Self { form, engine, executor: Executor::builder().build(), ext: storage.into() };
		chain.block();
		chain.ext.execute_with(|| {
			frame_system::Pallet::<Runtime>::set_block_number(1);
			let _ = virt_runtime::Balances::deposit_creating(&ALICE, 1_000_000 * UNIT);
		});
		chain.deploy(&callee())?;
		Ok(chain)
	}

	/// Makes the node forget the programs that it knows.
	pub fn forget(&self) {
		self.engine.clear_cache();
	}

	/// A new manager, as for each block.
	fn block(&mut self) {
		self.ext.register_extension(self.engine.extension());
	}

	/// Stores a program; gives it an account.
	pub fn deploy(&mut self, code: &[u8]) -> Result<AccountId, String> {
		let hash = pallet_virt::program::code_hash(code);
		let made = self.ext.execute_with(|| {
			let address = Virt::address_of(&ALICE, hash, &[]);
			if pallet_virt::Accounts::<Runtime>::contains_key(address) {
				return Ok(());
			}
			Virt::upload(RuntimeOrigin::signed(ALICE), code.to_vec(), None)
				.map_err(|error| format!("{error:?}"))?;
			let origin = RuntimeOrigin::signed(ALICE);
			Virt::instantiate(origin, hash, vec![], vec![], UNIT, MAX_DRY_RUN_WEIGHT, None)
				.map(drop)
				.map_err(|failure| format!("{:?}", failure.error))
		});
		made?;
		let address = Virt::address_of(&ALICE, hash, &[]);
		self.ext.execute_with(|| {
			let key = BoundedVec::truncate_from(STORED_KEY.to_vec());
			let data = BoundedVec::truncate_from(vec![5; MAX_VALUE as usize]);
			let item = pallet_virt::Item { deposit: Deposit::none(), data, place: 0 };
			pallet_virt::State::<Runtime>::insert(&address, key, item);
		});
		// As it is in a block after the one that stored it.
		self.ext.commit_all()?;
		Ok(address)
	}

	/// Tries a call of an account program, in a block of its own; how long that took.
	pub fn try_call(
		&mut self,
		address: &AccountId,
		entry: &str,
		input: &[u8],
	) -> Result<(Tried, Duration), String> {
		let (weight_limit, deposit_limit) = (Option::<Weight>::None, Option::<u128>::None);
		let entry = entry.as_bytes();
		let arguments = (ALICE, address, entry, input, 0u128, weight_limit, deposit_limit);
		self.attempt("VirtApi_dry_run_call", arguments)
	}

	/// Tries an upload, in a block of its own; how long that took.
	pub fn try_upload(&mut self, code: &[u8]) -> Result<(Tried, Duration), String> {
		self.attempt("VirtApi_dry_run_upload", (ALICE, code, Option::<u128>::None))
	}

	/// How long a dry-run takes that runs no program, since there is none: a runtime is instantiated for
	/// each, with memory that it uses for the first time. The extrinsics of a block share one.
	pub fn overhead(&mut self) -> Result<Duration, String> {
		let (tried, took) = self.try_call(&ALICE, ENTRY, &[])?;
		match tried.result {
			Ok(_) => Err("there is a program where there should be none".into()),
			Err(_) => Ok(took),
		}
	}

	/// Changes the state, natively, as it is in a block after that.
	pub fn change<R>(&mut self, change: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
		self.block();
		let changed = self.ext.execute_with(|| {
			let changed = change();
			frame_system::Pallet::<Runtime>::reset_events();
			changed
		})?;
		self.ext.commit_all()?;
		Ok(changed)
	}

	/// The end of a block without transactions, of which nothing is kept: the weight of `on_idle`, and
	/// how long the end of the block took. A `full` block has no weight left for `on_idle`.
	pub fn end_of_block(&self, full: bool) -> Result<(Weight, Duration), String> {
		let mut overlay = OverlayedChanges::<Blake2Hasher>::default();
		let mut extensions = Extensions::new();
		extensions.register(self.engine.extension());
		let mut ext = Ext::new(&mut overlay, &self.ext.backend, Some(&mut extensions));
		let code = WrappedRuntimeCode(self.form.runtime()?.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		let context = CallContext::Onchain { import: true };
		let number = 2;
		let header =
			Header::new(number, H256::zero(), H256::zero(), H256::zero(), Default::default());
		let (done, _) =
			self.executor.call(&mut ext, &code, "Core_initialize_block", &header.encode(), context);
		done.map_err(|error| error.to_string())?;
		// As the inherent that sets the time leaves it.
		let updated = storage_prefix(b"Timestamp", b"DidUpdate");
		ext.place_storage(updated.to_vec(), Some(true.encode()));
		let key = frame_system::BlockWeight::<Runtime>::hashed_key().to_vec();
		if full {
			let weight = PerDispatchClass::new(|_| RuntimeBlockWeights::get().max_block);
			ext.place_storage(key.clone(), Some(weight.encode()));
		}
		let weight = |ext: &mut Ext<'_, _, _>| {
			let bytes = ext.storage(&key).unwrap_or_default();
			PerDispatchClass::<Weight>::decode(&mut &bytes[..])
				.map(|weight| weight.total())
				.map_err(|error| error.to_string())
		};
		let before = weight(&mut ext)?;
		let start = Instant::now();
		let (done, _) =
			self.executor.call(&mut ext, &code, "BlockBuilder_finalize_block", &[], context);
		let took = start.elapsed();
		done.map_err(|error| error.to_string())?;
		Ok((weight(&mut ext)?.saturating_sub(before), took))
	}

	fn attempt(
		&mut self,
		method: &str,
		arguments: impl Encode,
	) -> Result<(Tried, Duration), String> {
		self.block();
		let code = WrappedRuntimeCode(self.form.runtime()?.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		let (context, data) = (CallContext::Onchain { import: true }, arguments.encode());
		let mut ext = self.ext.ext();
		let start = Instant::now();
		let (result, _) = self.executor.call(&mut ext, &code, method, &data, context);
		let took = start.elapsed();
		let result = result.map_err(|error| error.to_string())?;
		let tried = Tried::decode(&mut &result[..]).map_err(|error| error.to_string())?;
		Ok((tried, took))
	}
}
