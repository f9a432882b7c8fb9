//! The RPC methods of a development chain, `dev_*` and `engine_*`.
//!
//! They are unsafe methods. The `engine_*` methods of Substrate have no such check, and report
//! blocks as final that are not.

use super::{
	revert::RevertError,
	sealer::{Command, SealBlock, SetTimeError},
};
use crate::client::{Client, Hash};
use futures::{
	channel::{mpsc, oneshot},
	SinkExt,
};
use jsonrpsee::{
	core::{async_trait, RegisterMethodError},
	proc_macros::rpc,
	types::{ErrorObject, ErrorObjectOwned},
	Extensions, RpcModule,
};
use sc_consensus_manual_seal::{CreatedBlock, Error as SealError};
use sc_rpc_api::check_if_safe;
use sp_blockchain::{Error as ClientError, HeaderBackend};
use sp_core::Bytes;
use sp_timestamp::Timestamp;
use std::sync::Arc;
use virt_runtime::BlockNumber;

/// The error codes. Substrate's own `dev_*` methods use those from 6001 on.
pub mod codes {
	/// `dev_revert` with a block that is not in the best chain.
	pub const UNKNOWN_SNAPSHOT: i32 = 6101;
	/// `dev_setTime` with a time out of range.
	pub const TIME_OUT_OF_RANGE: i32 = 6102;
	/// An internal error of the node.
	pub const FAILED: i32 = 6103;
}

#[rpc(server)]
pub trait DevApi {
	/// Returns the id of the current state of the chain, for `dev_revert`: the best block's hash.
	#[method(name = "dev_snapshot", with_extensions)]
	fn snapshot(&self) -> Result<Hash, ErrorObjectOwned>;

	/// Reverts to a snapshot. Returns the number of reverted blocks.
	#[method(name = "dev_revert", with_extensions)]
	async fn revert(&self, id: Hash) -> Result<BlockNumber, ErrorObjectOwned>;

	/// Sets the timestamp of the next block, in milliseconds since 1970. Time continues from there.
	#[method(name = "dev_setTime", with_extensions)]
	async fn set_time(&self, milliseconds: u64) -> Result<(), ErrorObjectOwned>;

	/// Makes a block on top of the best one or of `parent`.
	#[method(name = "engine_createBlock", with_extensions)]
	async fn create_block(
		&self,
		create_empty: bool,
		finalize: bool,
		parent: Option<Hash>,
	) -> Result<CreatedBlock<Hash>, ErrorObjectOwned>;

	/// Finalizes a block and its ancestors. The justification is ignored.
	#[method(name = "engine_finalizeBlock", with_extensions)]
	async fn finalize_block(
		&self,
		block: Hash,
		justification: Option<Bytes>,
	) -> Result<bool, ErrorObjectOwned>;
}

struct Dev {
	client: Arc<Client>,
	sealer: mpsc::Sender<Command>,
}

pub fn create(
	client: Arc<Client>,
	sealer: mpsc::Sender<Command>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	module.merge(Dev { client, sealer }.into_rpc())?;
	Ok(module)
}

impl Dev {
	async fn ask<T, E: Into<ErrorObjectOwned>>(
		&self,
		ext: &Extensions,
		command: impl FnOnce(oneshot::Sender<Result<T, E>>) -> Command,
	) -> Result<T, ErrorObjectOwned> {
		check_if_safe(ext)?;
		let (done, answer) = oneshot::channel();
		self.sealer.clone().send(command(done)).await.map_err(SealError::from)?;
		answer.await.map_err(SealError::from)?.map_err(Into::into)
	}
}

#[async_trait]
impl DevApiServer for Dev {
	fn snapshot(&self, ext: &Extensions) -> Result<Hash, ErrorObjectOwned> {
		check_if_safe(ext)?;
		Ok(self.client.info().best_hash)
	}

	async fn revert(&self, ext: &Extensions, id: Hash) -> Result<BlockNumber, ErrorObjectOwned> {
		self.ask(ext, |done| Command::Revert { to: id, done }).await
	}

	async fn set_time(&self, ext: &Extensions, milliseconds: u64) -> Result<(), ErrorObjectOwned> {
		let time = Timestamp::new(milliseconds);
		self.ask(ext, |done| Command::SetTime { time, done }).await
	}

	async fn create_block(
		&self,
		ext: &Extensions,
		create_empty: bool,
		finalize: bool,
		parent: Option<Hash>,
	) -> Result<CreatedBlock<Hash>, ErrorObjectOwned> {
		let block = SealBlock { create_empty, finalize, parent };
		self.ask(ext, |done| Command::Seal { block, done }).await
	}

	async fn finalize_block(
		&self,
		ext: &Extensions,
		block: Hash,
		_: Option<Bytes>,
	) -> Result<bool, ErrorObjectOwned> {
		self.ask(ext, |done| Command::Finalize { block, done }).await.map(|()| true)
	}
}

impl From<RevertError> for ErrorObjectOwned {
	fn from(error: RevertError) -> Self {
		match error {
			RevertError::UnknownSnapshot { id, best } => ErrorObject::owned(
				codes::UNKNOWN_SNAPSHOT,
				format!("{id:?} is not a block of the best chain, from #1 to #{best}"),
				Some(serde_json::json!({ "id": id, "best": best })),
			),
			RevertError::Client(error) => failed(&error),
		}
	}
}

impl From<SetTimeError> for ErrorObjectOwned {
	fn from(error: SetTimeError) -> Self {
		match error {
			SetTimeError::OutOfRange { earliest, latest } => {
				let [earliest, latest] = [earliest, latest].map(|time| time.as_millis());
				ErrorObject::owned(
					codes::TIME_OUT_OF_RANGE,
					format!("The time of the next block must be from {earliest} to {latest}"),
					Some(serde_json::json!({ "earliest": earliest, "latest": latest })),
				)
			},
			SetTimeError::Client(error) => failed(&error),
		}
	}
}

fn failed(error: &ClientError) -> ErrorObjectOwned {
	ErrorObject::owned(codes::FAILED, error.to_string(), None::<()>)
}
