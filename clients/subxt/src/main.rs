//! A program's life through subxt: a client that nobody here wrote, with nothing generated. All that
//! it knows of the chain it has from the node's metadata.
//!
//! Usage: `virt-subxt counter.polkavm`, with the node's address as `VIRT_URL`. `make subxt` does it.

use scale_decode::DecodeAsType;
use scale_encode::EncodeAsType;
use subxt::{
	dynamic,
	error::{DispatchError, TransactionEventsError, TransactionFinalizedSuccessError},
	events::DecodeAsEvent,
	tx::Payload,
	utils::{AccountId32, H256},
	OnlineClient, PolkadotConfig,
};
use subxt_signer::sr25519::dev;

type Failure = Box<dyn std::error::Error>;

/// Enough for a call that is expected to work.
const GENEROUS: Weight = Weight { ref_time: 70_000_000_000, proof_size: 4 << 20 };

/// Too little for any call.
const LITTLE: Weight = Weight { ref_time: 1, proof_size: 4 << 20 };

/// The pallet's name in the metadata.
const PALLET: &str = "Virt";

/// A weight, or a limit of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, DecodeAsType, EncodeAsType)]
struct Weight {
	/// In picoseconds.
	#[codec(compact)]
	ref_time: u64,
	/// In bytes.
	#[codec(compact)]
	proof_size: u64,
}

/// What a dry-run tells, as far as it is looked at here: subxt skips the other fields by their names.
#[derive(DecodeAsType)]
struct DryRun {
	result: Result<(), Refusal>,
	output: Vec<u8>,
	weight_consumed: Weight,
	weight_required: Weight,
	logs: Vec<Vec<u8>>,
}

/// A dispatch error that is a pallet's.
#[derive(Debug, DecodeAsType)]
enum Refusal {
	Module(ModuleError),
}

#[derive(Debug, DecodeAsType)]
struct ModuleError {
	index: u8,
	error: [u8; 4],
}

/// Events of the pallet, again with the fields that are looked at.
macro_rules! events {
	($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
		#[derive(Debug, DecodeAsType)]
				struct $name { $($field: $type),* }

		impl DecodeAsEvent for $name {
			fn is_event(pallet: &str, event: &str) -> bool {
				pallet == PALLET && event == stringify!($name)
			}
		}
	)*};
}

events! {
	ProgramStored { code_hash: H256, owner: AccountId32, size: u32 }
	Instantiated { address: AccountId32, weight_used: Weight }
	ProgramEvent { address: Option<AccountId32>, data: Vec<u8> }
	Called { entry: Vec<u8>, weight_used: Weight, output: Vec<u8> }
}

struct Chain {
	api: OnlineClient<PolkadotConfig>,
}

impl Chain {
	/// Signs as Alice, submits and waits for finality; gives the only event `E`.
	async fn submit<E: DecodeAsEvent>(&self, call: impl Payload) -> Result<E, Failure> {
		let events = self
			.api
			.transactions()
			.await?
			.sign_and_submit_then_watch_default(&call, &dev::alice())
			.await?
			.wait_for_finalized_success()
			.await?;
		Ok(events.find_first::<E>().ok_or("the event is missing")??)
	}

	/// Submits what is to fail; gives the pallet's error as `Pallet::Error`, and its docs.
	async fn refused(&self, call: impl Payload) -> Result<(String, String), Failure> {
		let progress = self
			.api
			.transactions()
			.await?
			.sign_and_submit_then_watch_default(&call, &dev::alice())
			.await?;
		match progress.wait_for_finalized_success().await {
			Err(TransactionFinalizedSuccessError::SuccessError(
				TransactionEventsError::ExtrinsicFailed(DispatchError::Module(error)),
			)) => Ok((error.details_string(), error.details()?.variant.docs.join(" "))),
			Err(error) => Err(error.into()),
			Ok(_) => Err("it succeeded".into()),
		}
	}

	async fn dry_run_call(
		&self,
		address: &AccountId32,
		entry: &[u8],
		input: &[u8],
		weight_limit: Option<Weight>,
	) -> Result<DryRun, Failure> {
		let alice = dev::alice().public_key().to_account_id();
		let no_limit = Option::<u128>::None;
		let arguments =
			(alice, *address, entry.to_vec(), input.to_vec(), 0_u128, weight_limit, no_limit);
		let call = dynamic::runtime_api_call::<_, DryRun>("VirtApi", "dry_run_call", arguments);
		Ok(self.api.at_current_block().await?.runtime_apis().call(call).await?)
	}

	/// The name of a pallet's error.
	async fn name(&self, ModuleError { index, error }: ModuleError) -> Result<String, Failure> {
		let at = self.api.at_current_block().await?;
		let pallet = at.metadata_ref().pallet_by_error_index(index).ok_or("no such pallet")?;
		let variant = pallet.error_variant_by_index(error[0]).ok_or("no such error")?;
		Ok(format!("{}::{}", pallet.name(), variant.name))
	}
}

/// A call of the account program at `address`.
fn call(address: &AccountId32, entry: &[u8], input: &[u8], weight_limit: Weight) -> impl Payload {
	let no_limit = Option::<u128>::None;
	let arguments = (*address, entry.to_vec(), input.to_vec(), 0_u128, weight_limit, no_limit);
	dynamic::transaction(PALLET, "call", arguments)
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
	let path = std::env::args().nth(1).ok_or("usage: virt-subxt counter.polkavm")?;
	let url = std::env::var("VIRT_URL").unwrap_or("ws://127.0.0.1:9944".into());
	let code = std::fs::read(path)?;
	let chain = Chain { api: OnlineClient::from_insecure_url(url).await? };

	let length = code.len();
	let upload = dynamic::transaction(PALLET, "upload", (code, Option::<u128>::None));
	let stored: ProgramStored = chain.submit(upload).await?;
	assert_eq!(stored.owner, dev::alice().public_key().to_account_id());
	assert_eq!(stored.size as usize, length);
	println!("stored as {:?}, {} bytes", stored.code_hash, stored.size);

	let (salt, start) = (b"subxt".to_vec(), 40_u32.to_le_bytes().to_vec());
	let arguments = (stored.code_hash, salt, start, 0_u128, GENEROUS, Option::<u128>::None);
	let instantiate = dynamic::transaction(PALLET, "instantiate", arguments);
	let made: Instantiated = chain.submit(instantiate).await?;
	assert!(made.weight_used.ref_time > 0);
	println!("instantiated at {}", made.address);

	let step = 2_u32.to_le_bytes();
	let tried = chain.dry_run_call(&made.address, b"increment", &step, None).await?;
	tried.result.map_err(|refusal| format!("{refusal:?}"))?;
	assert_eq!(tried.output, 42_u32.to_le_bytes());
	let logs: Vec<_> = tried.logs.iter().map(|line| String::from_utf8_lossy(line)).collect();
	assert_eq!(logs, ["the counter is 42 now"]);
	println!("dry-run: {:?}, output {:?}, logs {logs:?}", tried.weight_consumed, tried.output);

	let increment = || call(&made.address, b"increment", &step, tried.weight_required);
	let called: Called = chain.submit(increment()).await?;
	assert_eq!(called.entry, b"increment");
	assert_eq!(called.output, tried.output);
	assert_eq!(called.weight_used, tried.weight_consumed);
	println!("called: {:?}, output {:?}", called.weight_used, called.output);
	let said: ProgramEvent = chain.submit(increment()).await?;
	assert_eq!(said.address.as_ref(), Some(&made.address));
	assert_eq!(said.data, 44_u32.to_le_bytes());
	println!("the program's event: {:?}", said.data);

	let tried = chain.dry_run_call(&made.address, b"get", b"", Some(LITTLE)).await?;
	let Err(Refusal::Module(error)) = tried.result else { return Err("it succeeded".into()) };
	assert_eq!(chain.name(error).await?, "Virt::OutOfGas");
	let (error, docs) = chain.refused(call(&made.address, b"get", b"", LITTLE)).await?;
	assert_eq!(error, "Virt::OutOfGas");
	println!("refused: {error}: {docs}");
	Ok(())
}
