//! Builds blocks as a collator does, compares the size of their proofs with the charges of the calls, and validates
//! them as validators of a relay chain do: by `validate_block`, in an executor with only Substrate's host
//! functions.

use chain::{Chain, Executed};
use codec::Encode;
use cumulus_primitives_core::relay_chain::MAX_POV_SIZE;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie};
use sp_runtime::transaction_validity::InvalidTransaction;
use virt_fixtures::{COUNTER, ECHO, SHA256, TOKEN};
use virt_parachain_runtime::{
	configs::{MAX_BLOCK_WEIGHT, NORMAL_RATIO},
	AccountId, Runtime, RuntimeCall, UNIT,
};

mod chain;

const LIMIT: pallet_virt::Weight = pallet_virt::Weight::from_parts(400_000_000_000, 4 << 20);

fn upload(code: &[u8]) -> RuntimeCall {
	pallet_virt::Call::upload { code: code.to_vec(), storage_deposit_limit: None }.into()
}

fn instantiate(code: &[u8], input: &[u8]) -> RuntimeCall {
	pallet_virt::Call::instantiate {
		code_hash: pallet_virt::program::code_hash(code),
		salt: Vec::new(),
		input: input.to_vec(),
		value: 0,
		weight_limit: LIMIT,
		storage_deposit_limit: None,
	}
	.into()
}

fn address(code: &[u8]) -> AccountId {
	let hash = pallet_virt::program::code_hash(code);
	pallet_virt::Pallet::<Runtime>::address_of(&Alice.to_account_id(), hash, &[])
}

fn call(code: &[u8], entry: &str, input: &[u8]) -> RuntimeCall {
	pallet_virt::Call::call {
		address: address(code),
		entry: entry.into(),
		input: input.to_vec(),
		value: 0,
		weight_limit: LIMIT,
		storage_deposit_limit: None,
	}
	.into()
}

fn run(code: &[u8], entry: &str, input: &[u8]) -> RuntimeCall {
	pallet_virt::Call::run {
		code_hash: pallet_virt::program::code_hash(code),
		entry: entry.into(),
		input: input.to_vec(),
		weight_limit: LIMIT,
	}
	.into()
}

/// The number of accounts on the chain: with more accounts, the proof of each is longer.
const ACCOUNTS: u32 = 20_000;

/// A chain on which Alice signs all transactions, with consecutive nonces.
struct Author {
	chain: Chain,
	nonce: u32,
}

impl Author {
	/// Executes a call in its own block, and asserts that the block is valid and that the charge covers the proof.
	/// A call of another pallet goes first, which reads what every transaction reads.
	#[track_caller]
	fn check(&mut self, name: &str, call: RuntimeCall) -> Executed {
		let remark: RuntimeCall = frame_system::Call::remark { remark: Vec::new() }.into();
		let transactions = [
			self.chain.sign(Alice, self.nonce, remark),
			self.chain.sign(Alice, self.nonce + 1, call),
		];
		self.nonce += 2;
		let charged = self.chain.charges(&transactions).executed[1].charged;
		let mut built = self.chain.advance(&transactions);
		built.validate();
		let pov = built.pov().len() as u64;
		let executed = built.executed.remove(1);
		assert_eq!(executed.result, Ok(Ok(())), "{name}: {:?}", executed.events);
		let measured = executed.measured;
		println!(
			"{name:32} {charged:>9} {measured:>9} {:>6.2}x {pov:>9}",
			measured as f64 / charged as f64
		);
		assert!(measured <= charged, "{name}: took {measured} bytes, charged {charged}");
		assert!(built.weight >= pov, "{name}: a block of {} is a proof of {pov}", built.weight);
		executed
	}
}

#[test]
fn calls_take_at_most_the_proof_size_that_they_are_charged() {
	let mut author = Author { chain: Chain::new(ACCOUNTS), nonce: 0 };
	println!("{:32} {:>9} {:>9} {:>7} {:>9}", "call", "charged", "took", "", "PoV");
	for (name, code) in [("counter", COUNTER), ("echo", ECHO), ("sha256", SHA256), ("token", TOKEN)]
	{
		author.check(&format!("upload {name}"), upload(code));
	}
	author.check("upload again", upload(COUNTER));
	author.check("instantiate counter", instantiate(COUNTER, &[]));
	author.check("instantiate token", instantiate(TOKEN, &(1_000 * UNIT).encode()));
	for name in ["increment", "increment", "get"] {
		author.check(name, call(COUNTER, name, &[]));
	}
	for to in [Bob, Bob, Charlie] {
		let input = (to.to_account_id(), UNIT).encode();
		author.check("token transfer", call(TOKEN, "transfer", &input));
	}
	author.check("run echo of 16 KiB", run(ECHO, "echo", &[7; 16 << 10]));
	author.check("run sha256 of 4 KiB", run(SHA256, "sha256", &[7; 4 << 10]));
}

#[test]
fn a_full_block_of_calls_is_valid() {
	let mut chain = Chain::new(ACCOUNTS);
	let setup = [upload(COUNTER), instantiate(COUNTER, &[])];
	let setup: Vec<_> =
		(0..).zip(setup).map(|(nonce, call)| chain.sign(Alice, nonce, call)).collect();
	chain.advance(&setup).validate();

	let calls: Vec<_> =
		(0..2_000).map(|nonce| chain.sign(Bob, nonce, call(COUNTER, "increment", &[]))).collect();
	let built = chain.advance(&calls);
	let (count, pov) = (built.transactions(), built.pov().len());
	println!("{count} calls: a PoV of {pov} bytes, a block of {} bytes", built.weight);
	let last = built.executed.last().map(|executed| executed.result);
	assert_eq!(last, Some(Err(InvalidTransaction::ExhaustsResources.into())), "the block is full");
	assert!(count > 100, "only {count} calls are in it");
	let most = NORMAL_RATIO * MAX_BLOCK_WEIGHT.proof_size();
	assert!(pov as u64 <= most && built.weight <= MAX_BLOCK_WEIGHT.proof_size());
	assert!(pov <= MAX_POV_SIZE as usize);
	built.validate();
}
