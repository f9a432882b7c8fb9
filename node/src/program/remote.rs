//! A running node, over JSON-RPC: `program run --url`.
//!
//! Its runtime must be that of this binary, because types are encoded accordingly. Only development
//! accounts sign.

use super::{
	chain::{Endpoint, Fault, Made, Trial},
	text::{self, hex},
	Failure,
};
use codec::{Decode, Encode};
use frame_system::{EventRecord, Phase};
use pallet_virt::Call;
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Value};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use std::{
	thread::sleep,
	time::{Duration, Instant},
};
use virt_runtime::{
	native::signed, AccountId, Runtime, RuntimeCall, RuntimeEvent, UncheckedExtrinsic, VERSION,
};
use virt_trace::Program;

/// How long to wait for a transaction to be included in a block.
const PATIENCE: Duration = Duration::from_secs(120);
/// The interval at which the node is asked for a new block.
const INTERVAL: Duration = Duration::from_millis(100);
/// The timeout of a request: a trace takes at most ten seconds.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The maximal size of a response, in bytes.
const MAX_ANSWER: u64 = 64 << 20;

/// A transaction in the encoding of nodes: the SDK's `OpaqueExtrinsic` writes this encoding, and
/// reads another.
#[derive(Deserialize)]
#[serde(untagged)]
enum Transaction {
	Hex(String),
	Bytes(Vec<u8>),
}

impl Transaction {
	fn is(&self, bytes: &[u8]) -> bool {
		match self {
			Self::Hex(text) => *text == hex(bytes),
			Self::Bytes(own) => own == bytes,
		}
	}
}

/// A running node.
pub struct Node {
	url: String,
	agent: ureq::Agent,
	genesis: H256,
}

impl Node {
	/// # Errors
	///
	/// If there is no node, or it has another runtime.
	pub fn connect(url: &str) -> Result<Self, Failure> {
		if !url.starts_with("http://") {
			return Err(Failure::Usage(format!(
				"--url needs an address like http://127.0.0.1:9944, got {url}"
			)));
		}
		let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build();
		let mut node = Self { url: url.into(), agent: config.into(), genesis: H256::zero() };
		let version: Value = node.ask("state_getRuntimeVersion", json!([]))?;
		let theirs = (version["specName"].as_str(), version["specVersion"].as_u64());
		if theirs != (Some(&*VERSION.spec_name), Some(VERSION.spec_version.into())) {
			let (name, number) = (&version["specName"], &version["specVersion"]);
			return Err(Failure::Usage(format!(
				"the runtime at {url} is {name} {number}, and this binary only supports {:?} {}: use another client",
				VERSION.spec_name, VERSION.spec_version,
			)));
		}
		node.genesis = node.ask("chain_getBlockHash", json!([0]))?;
		Ok(node)
	}

	fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, Failure> {
		let wrong = |reason: String| Failure::Program(format!("{} {method}: {reason}", self.url));
		let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
		let answer = self
			.agent
			.post(&self.url)
			.header("content-type", "application/json")
			.send(request.to_string())
			.map_err(|error| wrong(error.to_string()))?;
		let answer = answer.into_body().into_with_config().limit(MAX_ANSWER).read_to_vec();
		let answer = answer.map_err(|error| wrong(error.to_string()))?;
		let mut answer: Value =
			serde_json::from_slice(&answer).map_err(|error| wrong(error.to_string()))?;
		if let Some(error) = answer.get("error") {
			let message = error["message"].as_str().unwrap_or_default();
			return Err(wrong(match error.get("data") {
				Some(data) => format!("{message}: {data}"),
				None => message.into(),
			}));
		}
		serde_json::from_value(answer["result"].take()).map_err(|error| wrong(error.to_string()))
	}

	fn storage(&self, key: &[u8], at: Option<H256>) -> Result<Option<Vec<u8>>, Failure> {
		let value: Option<String> = self.ask("state_getStorage", json!([hex(key), at]))?;
		value.map(|value| text::bytes(&value).map_err(Failure::Program)).transpose()
	}

	fn sign(&self, caller: &AccountId, call: RuntimeCall) -> Result<UncheckedExtrinsic, Failure> {
		let mut keys = Sr25519Keyring::well_known();
		let key = keys.find(|key| key.to_account_id() == *caller).ok_or_else(|| {
			Failure::Usage("only development accounts sign: name one with --caller".into())
		})?;
		let nonce: u32 = self.ask("system_accountNextIndex", json!([key.to_account_id()]))?;
		Ok(signed(call, key, nonce, self.genesis))
	}

	/// Finds the block with the transaction among those after `latest`: number, hash, and the
	/// transaction's index.
	fn find(&self, transaction: &[u8], latest: u32) -> Result<(u32, H256, u32), Failure> {
		let start = Instant::now();
		let mut next = latest + 1;
		while start.elapsed() < PATIENCE {
			let hash: Option<H256> = self.ask("chain_getBlockHash", json!([next]))?;
			let Some(hash) = hash else {
				sleep(INTERVAL);
				continue;
			};
			let mut block: Value = self.ask("chain_getBlock", json!([hash]))?;
			let transactions: Vec<Transaction> =
				serde_json::from_value(block["block"]["extrinsics"].take()).map_err(|error| {
					Failure::Program(format!("{} chain_getBlock: {error}", self.url))
				})?;
			if let Some(index) = transactions.iter().position(|it| it.is(transaction)) {
				return Ok((next, hash, index as u32));
			}
			next += 1;
		}
		let hash = hex(&sp_io::hashing::blake2_256(transaction));
		Err(Failure::Program(format!(
			"the transaction {hash} was not included in a block within {PATIENCE:?}"
		)))
	}
}

/// The function of the runtime API that dry-runs a call, and its arguments.
fn dry_run(caller: &AccountId, call: &Call<Runtime>) -> (&'static str, Vec<u8>) {
	match call {
		Call::upload { code, storage_deposit_limit } => {
			("VirtApi_dry_run_upload", (caller, code, storage_deposit_limit).encode())
		},
		Call::run { code_hash, entry, input, weight_limit } => {
			("VirtApi_dry_run", (caller, code_hash, entry, input, Some(weight_limit)).encode())
		},
		Call::instantiate {
			code_hash,
			salt,
			input,
			value,
			weight_limit,
			storage_deposit_limit,
		} => {
			let limits = (Some(weight_limit), storage_deposit_limit);
			(
				"VirtApi_dry_run_instantiate",
				(caller, code_hash, salt, input, value, limits).encode(),
			)
		},
		Call::call { address, entry, input, value, weight_limit, storage_deposit_limit } => {
			let limits = (Some(weight_limit), storage_deposit_limit);
			("VirtApi_dry_run_call", (caller, address, entry, input, value, limits).encode())
		},
		other => unreachable!("{other:?} has no dry-run, and is never passed here; qed"),
	}
}

impl Endpoint for Node {
	fn has_program(&mut self, code_hash: H256) -> Result<bool, Failure> {
		let key = pallet_virt::Programs::<Runtime>::hashed_key_for(code_hash);
		Ok(self.storage(&key, None)?.is_some())
	}

	fn has_account(&mut self, address: &AccountId) -> Result<bool, Failure> {
		let key = pallet_virt::Accounts::<Runtime>::hashed_key_for(address);
		Ok(self.storage(&key, None)?.is_some())
	}

	fn attempt(&mut self, caller: &AccountId, call: &Call<Runtime>) -> Result<Trial, Failure> {
		let (function, arguments) = dry_run(caller, call);
		let answer: String = self.ask("state_call", json!([function, hex(&arguments)]))?;
		let answer = text::bytes(&answer).map_err(Failure::Program)?;
		Trial::decode(&mut &answer[..])
			.map_err(|error| Failure::Program(format!("{} {function}: {error}", self.url)))
	}

	fn trace(
		&mut self,
		caller: &AccountId,
		call: &Call<Runtime>,
	) -> Result<Option<Program>, Failure> {
		let (function, arguments) = dry_run(caller, call);
		let mut traced: Value = self.ask("virt_traceCall", json!([function, hex(&arguments)]))?;
		let programs: Vec<Program> = serde_json::from_value(traced["programs"].take())
			.map_err(|error| Failure::Program(format!("{} virt_traceCall: {error}", self.url)))?;
		// A dry-run may try several limits. The first is that of the call.
		Ok(programs.into_iter().next())
	}

	fn make(
		&mut self,
		caller: &AccountId,
		call: Call<Runtime>,
	) -> Result<Result<Option<Made>, Fault>, Failure> {
		let header: Value = self.ask("chain_getHeader", json!([]))?;
		let latest = header["number"].as_str().and_then(|number| number.strip_prefix("0x"));
		let latest = latest.and_then(|number| u32::from_str_radix(number, 16).ok());
		let latest =
			latest.ok_or_else(|| Failure::Program(format!("{}: no best block", self.url)))?;
		let transaction = self.sign(caller, RuntimeCall::Virt(call))?.encode();
		let _: H256 = self.ask("author_submitExtrinsic", json!([hex(&transaction)]))?;
		let (number, hash, index) = self.find(&transaction, latest)?;
		let events = self
			.storage(&frame_support::storage::storage_prefix(b"System", b"Events"), Some(hash))?;
		let events =
			Vec::<EventRecord<RuntimeEvent, H256>>::decode(&mut &events.unwrap_or_default()[..])
				.map_err(|error| {
					Failure::Program(format!("the events of block {number}: {error}"))
				})?;
		let mut fee = 0;
		let own = events.into_iter().filter(|it| it.phase == Phase::ApplyExtrinsic(index));
		for EventRecord { event, .. } in own {
			match event {
				RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
					dispatch_error,
					..
				}) => {
					return Ok(Err(dispatch_error.into()));
				},
				RuntimeEvent::TransactionPayment(
					pallet_transaction_payment::Event::TransactionFeePaid { actual_fee, .. },
				) => fee = actual_fee,
				_ => {},
			}
		}
		Ok(Ok(Some(Made { block: number, index, fee })))
	}
}
