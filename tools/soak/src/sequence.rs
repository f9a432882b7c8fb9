//! Generates sequences of calls: programs are uploaded, instantiated, called, upgraded and removed;
//! jobs are started, woken and cancelled; blocks end; calls are rolled back; the runtime is upgraded.

use crate::{
	known::{Known, SIGNERS},
	program::{self, ENTRIES},
};
use pallet_virt::{program::code_hash, Call, UpgradeAuthority, Weight};
use sp_core::H256;
use virt_differential::source::Source;
use virt_runtime::{AccountId, Runtime, RuntimeCall, Virt};

/// The maximal number of programs in a sequence.
const PROGRAMS: usize = 3;

/// The maximal number of steps after the first calls.
const STEPS: usize = 40;

/// The weight limit of most calls.
const PLENTY: Weight = Weight::from_parts(50_000_000_000, 4 << 20);

/// A weight limit that is enough to start, but not to do much.
const LITTLE: Weight = Weight::from_parts(300_000_000, 60_000);

/// A step of a sequence.
#[derive(Clone, Debug)]
pub enum Step {
	/// A signer makes a call.
	Call {
		/// The index of the signer in [`SIGNERS`].
		signer: usize,
		/// The call.
		call: Call<Runtime>,
		/// Whether the caller's storage transaction is rolled back afterwards, even if the call succeeded.
		rolled_back: bool,
	},
	/// Programs are paused or unpaused.
	Pause(bool),
	/// The block ends, and the next begins.
	Block,
	/// The block ends, and the next begins after a runtime upgrade.
	RuntimeUpgrade,
}

/// Generates the sequence that `bytes` choose.
pub fn generate(bytes: &[u8]) -> Vec<Step> {
	let source = &mut Source::new(bytes);
	let mut known = Known {
		// The first hash belongs to no program.
		hashes: vec![H256::zero()],
		accounts: SIGNERS.map(AccountId::new).into(),
		calls: vec![],
	};
	let mut steps = Vec::new();
	for number in 0..=source.below(PROGRAMS) {
		known.calls = vec![
			frame_system::Call::remark_with_event { remark: vec![1; 40] }.into(),
			RuntimeCall::Virt(any_call(source, &known)),
		];
		let code = match source.below(16) {
			0 => source.bytes(200).to_vec(),
			_ => program::generate(source, &known),
		};
		let hash = code_hash(&code);
		known.hashes.push(hash);
		let salt = vec![number as u8; 32];
		known.accounts.push(Virt::address_of(&SIGNERS[0].into(), hash, &salt));
		steps.push(call(0, Call::upload { code, storage_deposit_limit: None }));
		steps.push(call(
			0,
			Call::instantiate_upgradable {
				code_hash: hash,
				salt,
				input: vec![0; 32],
				value: 1_000_000_000_000,
				weight_limit: PLENTY,
				storage_deposit_limit: None,
				upgrade_authority: UpgradeAuthority::Deployer,
			},
		));
	}
	for _ in 0..=source.below(STEPS) {
		steps.push(match source.below(24) {
			0..=3 => Step::Block,
			4 => match source.below(4) {
				0 => Step::RuntimeUpgrade,
				_ => Step::Pause(source.chance(32)),
			},
			_ => Step::Call {
				signer: source.pick(&[0, 0, 0, 1, 2]),
				call: any_call(source, &known),
				rolled_back: source.chance(16),
			},
		});
	}
	// Unpauses programs, and lets jobs continue.
	steps.extend([Step::Pause(false), Step::Block, Step::Block]);
	steps
}

fn call(signer: usize, call: Call<Runtime>) -> Step {
	Step::Call { signer, call, rolled_back: false }
}

fn any_call(source: &mut Source<'_>, known: &Known) -> Call<Runtime> {
	let code_hash = source.pick(&known.hashes);
	let address = known.accounts[known.account(source)].clone();
	let entry = match source.below(8) {
		0 => source.pick(&ENTRIES),
		_ => source.pick(&ENTRIES[..3]),
	};
	let entry = entry.as_bytes().to_vec();
	let input = vec![7; source.pick(&[0, 32, 100, 3_000])];
	let weight_limit = source.pick(&[PLENTY, PLENTY, PLENTY, LITTLE]);
	let value = source.pick(&[0, 0, 1_000_000_000, u128::MAX]);
	let storage_deposit_limit = source.pick(&[None, None, None, Some(0), Some(500_000_000)]);
	let salt = vec![source.below(4) as u8; 32];
	let topic = vec![source.below(6) as u8; 32];
	let job = source.below(4) as u64;
	let authority = source.pick(&[
		UpgradeAuthority::Deployer,
		UpgradeAuthority::Program,
		UpgradeAuthority::Nobody,
	]);
	match source.below(24) {
		0 | 1 => Call::run { code_hash, entry, input, weight_limit },
		2 => Call::remove { code_hash },
		3 => {
			Call::instantiate { code_hash, salt, input, value, weight_limit, storage_deposit_limit }
		},
		4 => Call::instantiate_upgradable {
			code_hash,
			salt,
			input,
			value,
			weight_limit,
			storage_deposit_limit,
			upgrade_authority: authority,
		},
		5 => Call::set_code { address, code_hash, input, weight_limit, storage_deposit_limit },
		6 => Call::restrict_upgrades { address, authority },
		7..=10 => Call::start_job {
			address,
			entry,
			input,
			value,
			budget: weight_limit.saturating_mul(4),
			storage_deposit_limit,
		},
		11 => Call::cancel_job { job },
		12 => Call::top_up_job { job, budget: LITTLE },
		13 => Call::wake { address, topic, data: input },
		14 => Call::advance_job { job, weight_limit },
		_ => Call::call { address, entry, input, value, weight_limit, storage_deposit_limit },
	}
}
