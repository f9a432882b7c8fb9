//! The RPC methods `virt_traceCall` and `virt_traceTransaction`.
//!
//! The runtime's functions are executed with a VM that records: see [`virt_trace`]. No state is
//! written, and other executions are not affected.

use crate::{
	client::{Backend, Block, Client, Executor, Hash},
	program::syscalls,
};
use codec::Encode;
use jsonrpsee::{
	core::RegisterMethodError,
	proc_macros::rpc,
	types::{ErrorObject, ErrorObjectOwned},
	RpcModule,
};
use sc_client_api::{Backend as _, BlockBackend, HeaderBackend, TrieCacheContext};
use serde::Serialize;
use sp_core::{
	traits::{CallContext, CodeExecutor},
	Bytes,
};
use sp_externalities::Extensions;
use sp_runtime::traits::{BlakeTwo256, Block as _, Header as _};
use sp_state_machine::{
	backend::{BackendRuntimeCode, TryPendingCode},
	Ext, OverlayedChanges,
};
use std::{
	sync::{Arc, Mutex, MutexGuard, TryLockError},
	time::Duration,
};
use virt_manager::Engine;
use virt_primitives::VirtExt;
use virt_trace::{record, Program};

/// The error codes.
pub mod codes {
	/// The block does not exist here, or its state was pruned.
	pub const UNKNOWN_BLOCK: i32 = 6201;
	/// The block has no such transaction.
	pub const UNKNOWN_TRANSACTION: i32 = 6202;
	/// The function cannot be traced.
	pub const NOT_A_DRY_RUN: i32 = 6203;
	/// The runtime failed, or programs ran for longer than [`super::TIME`].
	pub const FAILED: i32 = 6204;
	/// Another trace is running.
	pub const BUSY: i32 = 6205;
}

/// The time limit of programs.
pub const TIME: Duration = Duration::from_secs(10);

/// The functions of the runtime API that can be traced, with the names and arguments of
/// `state_call`.
pub const DRY_RUNS: [&str; 3] =
	["VirtApi_dry_run", "VirtApi_dry_run_call", "VirtApi_dry_run_instantiate"];

/// The result of a trace.
#[derive(Clone, Debug, Serialize)]
pub struct Traced {
	/// The encoded return value of the runtime's function: a `DryRun`, or an
	/// `ApplyExtrinsicResult`.
	pub output: Bytes,
	/// The programs that were called directly, with their callees inside. A dry-run of a call that
	/// reads the remaining weight may try several limits; the first is that of the call.
	pub programs: Vec<Program>,
}

#[rpc(server)]
pub trait TraceApi {
	/// Traces a dry-run. `function` and `arguments` are those of `state_call`, on the state of the
	/// best block, or of `at`.
	#[method(name = "virt_traceCall", blocking)]
	fn trace_call(
		&self,
		function: String,
		arguments: Bytes,
		at: Option<Hash>,
	) -> Result<Traced, ErrorObjectOwned>;

	/// Traces transaction `index` of a block. Earlier transactions of the block are executed first,
	/// on the state of its parent.
	#[method(name = "virt_traceTransaction", blocking)]
	fn trace_transaction(&self, block: Hash, index: u32) -> Result<Traced, ErrorObjectOwned>;
}

struct Trace {
	client: Arc<Client>,
	backend: Arc<Backend>,
	executor: Executor,
	engine: Arc<Engine>,
	/// Locked during a trace: each may use a core for as long as [`TIME`].
	busy: Mutex<()>,
}

/// The RPC methods.
pub fn create(
	client: Arc<Client>,
	backend: Arc<Backend>,
	executor: Executor,
	engine: Arc<Engine>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	let trace = Trace { client, backend, executor, engine, busy: Mutex::new(()) };
	module.merge(trace.into_rpc())?;
	Ok(module)
}

fn error(code: i32, message: impl ToString) -> ErrorObjectOwned {
	ErrorObject::owned(code, message.to_string(), None::<()>)
}

fn failed(reason: impl ToString) -> ErrorObjectOwned {
	error(codes::FAILED, reason)
}

/// The state of a block, with the changes since.
struct State<S> {
	backend: S,
	changes: OverlayedChanges<BlakeTwo256>,
}

impl Trace {
	/// A permit to make a trace. Requests do not wait for one, because waiting requests would block
	/// threads that other methods need.
	fn permit(&self) -> Result<MutexGuard<'_, ()>, ErrorObjectOwned> {
		match self.busy.try_lock() {
			Ok(permit) => Ok(permit),
			Err(TryLockError::Poisoned(permit)) => Ok(permit.into_inner()),
			Err(TryLockError::WouldBlock) => {
				Err(error(codes::BUSY, "another trace is running; try again"))
			},
		}
	}

	fn state(
		&self,
		at: Hash,
	) -> Result<State<<Backend as sc_client_api::Backend<Block>>::State>, ErrorObjectOwned> {
		let backend = self
			.backend
			.state_at(at, TrieCacheContext::Untrusted)
			.map_err(|reason| error(codes::UNKNOWN_BLOCK, reason))?;
		Ok(State { backend, changes: OverlayedChanges::default() })
	}

	/// Executes a function of the runtime with this VM.
	fn execute<S: sc_client_api::StateBackend<BlakeTwo256>>(
		&self,
		state: &mut State<S>,
		vm: VirtExt,
		function: &str,
		arguments: &[u8],
		context: CallContext,
	) -> Result<Vec<u8>, ErrorObjectOwned> {
		let code = BackendRuntimeCode::new(&state.backend, TryPendingCode::No);
		let code = code.runtime_code().map_err(failed)?;
		let mut extensions = Extensions::new();
		extensions.register(vm);
		let mut ext = Ext::new(&mut state.changes, &state.backend, Some(&mut extensions));
		let (result, _) = self.executor.call(&mut ext, &code, function, arguments, context);
		result.map_err(failed)
	}

	/// Executes a function of the runtime, and records its programs.
	fn record<S: sc_client_api::StateBackend<BlakeTwo256>>(
		&self,
		state: &mut State<S>,
		function: &str,
		arguments: &[u8],
		context: CallContext,
	) -> Result<Traced, ErrorObjectOwned> {
		let (vm, recorded) = record::start(syscalls::names, TIME).map_err(failed)?;
		let output = self.execute(state, vm, function, arguments, context)?;
		Ok(Traced { output: output.into(), programs: recorded.take() })
	}
}

impl TraceApiServer for Trace {
	fn trace_call(
		&self,
		function: String,
		arguments: Bytes,
		at: Option<Hash>,
	) -> Result<Traced, ErrorObjectOwned> {
		if !DRY_RUNS.contains(&&*function) {
			let known = DRY_RUNS.join(", ");
			let reason = format!("{function:?} is not one of {known}");
			return Err(error(codes::NOT_A_DRY_RUN, reason));
		}
		let _permit = self.permit()?;
		let mut state = self.state(at.unwrap_or_else(|| self.client.info().best_hash))?;
		self.record(&mut state, &function, &arguments, CallContext::Offchain)
	}

	fn trace_transaction(&self, block: Hash, index: u32) -> Result<Traced, ErrorObjectOwned> {
		let unknown =
			|| error(codes::UNKNOWN_BLOCK, format!("block {block:?} does not exist here"));
		let (header, transactions) =
			self.client.block(block).map_err(failed)?.ok_or_else(unknown)?.block.deconstruct();
		let (before, from_here) =
			transactions.split_at_checked(index as usize).unwrap_or((&[], &[]));
		let Some(transaction) = from_here.first() else {
			let reason = format!("the block has {} transactions, no {index}", transactions.len());
			return Err(error(codes::UNKNOWN_TRANSACTION, reason));
		};
		let _permit = self.permit()?;
		let mut state = self.state(*header.parent_hash())?;
		let context = CallContext::Onchain { import: false };
		let mut calls = vec![("Core_initialize_block", header.encode())];
		calls.extend(before.iter().map(|it| (APPLY, it.encode())));
		for (function, arguments) in calls {
			self.execute(&mut state, self.engine.extension(), function, &arguments, context)?;
		}
		self.record(&mut state, APPLY, &transaction.encode(), context)
	}
}

const APPLY: &str = "BlockBuilder_apply_extrinsic";
