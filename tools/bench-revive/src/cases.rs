//! The measured calls: the same work with both pallets.

use codec::Encode;
use frame_support::weights::Weight;
use pallet_revive::AddressMapper;
use sp_core::{H160, H256};
use sp_runtime::AccountId32;
use virt_bench_revive_runtime::{Balance, Runtime, RuntimeCall, Virt, ENDOWMENT, SIGNER};

macro_rules! built {
	($name:literal) => {
		include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".polkavm"))
	};
}

/// The same work with both pallets.
pub struct Case {
	/// The name of the work.
	pub name: &'static str,
	/// The calls that prepare it, in this order.
	pub setup: Vec<RuntimeCall>,
	/// The call of pallet-virt.
	pub virt: RuntimeCall,
	/// The call of pallet-revive.
	pub revive: RuntimeCall,
}

/// More than any call uses, and than a block has.
const WEIGHT: Weight = Weight::from_parts(10_000_000_000_000, 1 << 40);

/// The deposit limit of each call.
const DEPOSIT: Balance = ENDOWMENT / 100;

/// The calls that prepare all cases.
pub fn setup() -> Vec<RuntimeCall> {
	vec![pallet_revive::Call::map_account {}.into()]
}

/// All cases.
pub fn all() -> Vec<Case> {
	let recipient = AccountId32::new([2; 32]);
	let amount: u128 = 1;
	let steps: u32 = 5_000_000;
	let sizes = [built!("virt-padded").len(), built!("revive-padded").len()];
	eprintln!("padded: {} bytes beside {}", sizes[0], sizes[1]);
	vec![
		Case::of_account(
			"counter",
			(built!("virt-counter"), vec![], "increment", vec![]),
			(built!("revive-counter"), vec![]),
		),
		Case::of_account(
			"counter of 70 KiB",
			(built!("virt-padded"), vec![], "increment", vec![]),
			(built!("revive-padded"), vec![]),
		),
		Case::of_account(
			"token transfer",
			(
				virt_fixtures::TOKEN,
				1_000_000_000_u128.encode(),
				"transfer",
				(&recipient, amount).encode(),
			),
			(built!("revive-token"), ([2u8; 20], amount).encode()),
		)
		.after_empty_call(),
		Case::one_shot(
			"echo of 32 bytes",
			(virt_fixtures::ECHO, "echo"),
			built!("revive-echo"),
			vec![7; 32],
		),
		Case::of_account(
			"storage, read and written 100 times",
			(built!("virt-storage"), vec![], "storm", vec![]),
			(built!("revive-storage"), vec![]),
		),
		Case::one_shot(
			"SHA-256 of 1 KiB",
			(virt_fixtures::SHA256, "sha256"),
			built!("revive-sha256"),
			vec![7; 1_024],
		),
		Case::one_shot(
			"5,000,000 steps of computing",
			(built!("virt-compute"), "compute"),
			built!("revive-compute"),
			steps.encode(),
		),
	]
}

impl Case {
	/// A call of an account program: its code, the constructor's input, the entry, and the entry's
	/// input; and a contract's code and input.
	fn of_account(
		name: &'static str,
		(code, constructor, entry, input): (&[u8], Vec<u8>, &str, Vec<u8>),
		(contract, data): (&[u8], Vec<u8>),
	) -> Self {
		let (code_hash, upload) = upload(code);
		let instantiate = pallet_virt::Call::instantiate {
			code_hash,
			salt: vec![],
			input: constructor,
			value: 0,
			weight_limit: WEIGHT,
			storage_deposit_limit: None,
		};
		let (address, deploy) = deploy(contract);
		let virt = pallet_virt::Call::call {
			address: Virt::address_of(&SIGNER, code_hash, &[]),
			entry: entry.into(),
			input,
			value: 0,
			weight_limit: WEIGHT,
			storage_deposit_limit: None,
		};
		let setup = vec![upload, instantiate.into(), deploy];
		Self { name, setup, virt: virt.into(), revive: call(address, data) }
	}

	/// A run of a program without an account; and the call of a contract, which has one.
	fn one_shot(
		name: &'static str,
		(code, entry): (&[u8], &str),
		contract: &[u8],
		input: Vec<u8>,
	) -> Self {
		let (code_hash, upload) = upload(code);
		let (address, deploy) = deploy(contract);
		let virt = pallet_virt::Call::run {
			code_hash,
			entry: entry.into(),
			input: input.clone(),
			weight_limit: WEIGHT,
		};
		let setup = vec![upload, deploy];
		Self { name, setup, virt: virt.into(), revive: call(address, input) }
	}

	/// Calls the contract without input first.
	fn after_empty_call(mut self) -> Self {
		if let RuntimeCall::Revive(pallet_revive::Call::call { dest, .. }) = &self.revive {
			self.setup.push(call(*dest, vec![]));
		}
		self
	}
}

fn upload(code: &[u8]) -> (H256, RuntimeCall) {
	let call = pallet_virt::Call::upload { code: code.to_vec(), storage_deposit_limit: None };
	(pallet_virt::program::code_hash(code), call.into())
}

fn deploy(code: &[u8]) -> (H160, RuntimeCall) {
	let salt = [0; 32];
	let deployer = <Runtime as pallet_revive::Config>::AddressMapper::to_address(&SIGNER);
	let deploy = pallet_revive::Call::instantiate_with_code {
		value: 0,
		weight_limit: WEIGHT,
		storage_deposit_limit: DEPOSIT,
		code: code.to_vec(),
		data: vec![],
		salt: Some(salt),
	};
	(pallet_revive::create2(&deployer, code, &[], &salt), deploy.into())
}

fn call(dest: H160, data: Vec<u8>) -> RuntimeCall {
	let call = pallet_revive::Call::call {
		dest,
		value: 0,
		weight_limit: WEIGHT,
		storage_deposit_limit: DEPOSIT,
		data,
	};
	call.into()
}
