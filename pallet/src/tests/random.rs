//! Thousands of random calls by several signers, after which nothing may be lost.

use super::{
	deposits::keeper,
	jobs::{next_block, run_to_end, BUDGET, SLOT},
	mock::*,
	script::Script,
};
use crate::{program, upgrade::UpgradeAuthority, Accounts, Jobs, NextJob, Owners, Programs, State};
use codec::Encode;
use frame_support::{
	dispatch::GetDispatchInfo,
	storage::with_storage_layer,
	traits::fungible::{Inspect, InspectHold},
};
use sp_core::H256;
use sp_runtime::{traits::Dispatchable, AccountId32};
use virt_fixtures::SLEEPER;

const STEPS: u32 = 4_000;

/// A pseudo-random generator with a fixed sequence for each seed.
pub struct Random(pub u64);

impl Random {
	pub fn below(&mut self, bound: u64) -> u64 {
		self.0 ^= self.0 << 13;
		self.0 ^= self.0 >> 7;
		self.0 ^= self.0 << 17;
		(self.0 >> 11) % bound
	}

	pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
		&from[self.below(from.len() as u64) as usize]
	}
}

/// A program that calls another one. `relay_<entry>` calls `entry` of the address in the first 32 bytes of the
/// input, with the next 32 bytes as the input, and ignores the result. `relay_set_twice` calls twice, and then
/// traps.
fn relay() -> Vec<u8> {
	let mut script = Script::new();
	let input = script.room(64);
	// No value, 60 million gas, any proof size and any deposit.
	let options = script.data(&(0u128, gas(60_000_000).ref_time(), 0u64, u128::MAX).encode());
	for (name, entry) in [
		("relay_set", "set"),
		("relay_set_and_trap", "set_and_trap"),
		("relay_remove", "remove"),
		("relay_end", "end"),
		("relay_set_twice", "set"),
	] {
		let (at, len) = (script.data(entry.as_bytes()), entry.len() as u64);
		let args = [input, at, len, input + 32, 32, options];
		script.entry(name).syscall("input", &[input, 0, 64]).syscall("call_program", &args);
		match name {
			"relay_set_twice" => script.syscall("call_program", &args).traps(),
			_ => script.ends(),
		};
	}
	script.entry("end").syscall("input", &[input, 0, 32]);
	script.syscall("terminate", &[input]).ends()
}

/// What the random calls choose from.
struct World {
	random: Random,
	codes: [Vec<u8>; 3],
	signers: [AccountId32; 3],
}

impl World {
	fn limit(&mut self) -> Option<u128> {
		(self.random.below(4) == 0).then(|| self.random.below(3_000).into())
	}

	fn code_hash(&mut self) -> H256 {
		program::code_hash(self.random.pick::<Vec<u8>>(&self.codes))
	}

	/// The address of an account program, or of no program if there is none.
	fn address(&mut self) -> AccountId32 {
		let accounts: Vec<_> = Accounts::<Test>::iter_keys().collect();
		let nowhere = vec![AccountId32::new([7; 32])];
		self.random.pick(if accounts.is_empty() { &nowhere } else { &accounts }).clone()
	}

	/// The id and the owner of a job.
	fn job(&mut self) -> (u64, AccountId32) {
		let jobs: Vec<_> = Jobs::<Test>::iter().map(|(id, job)| (id, job.owner)).collect();
		self.random.pick(if jobs.is_empty() { &[(0, ALICE)] } else { &jobs[..] }).clone()
	}

	fn authority(&mut self) -> UpgradeAuthority {
		*self.random.pick(&[
			UpgradeAuthority::Nobody,
			UpgradeAuthority::Program,
			UpgradeAuthority::Deployer,
		])
	}

	/// An entry of the account's program, and an input for the entry.
	fn entry(&mut self, address: &AccountId32, is_job: bool) -> (&'static str, Vec<u8>) {
		let hash = Accounts::<Test>::get(address).map(|info| info.code_hash);
		let of = |code: &Vec<u8>| hash == Some(program::code_hash(code));
		let ends = self.random.below(16) == 0;
		let beneficiary = match self.random.below(2) {
			0 => self.random.pick(&self.signers).clone(),
			_ => self.address(),
		}
		.encode();
		if of(&self.codes[2]) {
			let entries: &[&str] = match (ends, is_job) {
				(true, _) => &["end"],
				(false, true) => &[
					"blocks",
					"yields",
					"compute",
					"message_or_blocks",
					"trap_after_wait",
					"pages",
					"start",
					"top_up",
					"until",
				],
				(false, false) => &["count", "send", "start", "cancel", "blocks"],
			};
			let entry = *self.random.pick(entries);
			let small = self.random.below(5);
			let input = match entry {
				"end" => beneficiary,
				"blocks" => small.encode(),
				"yields" | "pages" => (small as u32).encode(),
				// Enough rounds for up to several slices.
				"compute" => (small * 4_000_000).encode(),
				"until" => (Timestamp::get() + small * SLOT).encode(),
				"message_or_blocks" => (b"topic".to_vec(), small).encode(),
				"send" => (self.address(), b"topic".to_vec(), vec![1u8; small as usize]).encode(),
				"start" => ("yields", 2u32.encode(), small * 300_000_000_000, 64u64 << 20).encode(),
				"cancel" => self.job().0.encode(),
				"top_up" => (small * 100_000_000_000).encode(),
				_ => vec![],
			};
			return (entry, input);
		}
		let relays = of(&self.codes[1]);
		let entries: &[&str] = match (ends, relays) {
			(true, true) => &["end", "relay_end"],
			(true, false) => &["end"],
			(false, true) => {
				&["relay_set", "relay_remove", "relay_set_and_trap", "relay_set_twice"]
			},
			(false, false) => &["set", "set", "remove", "set_and_trap", "set_and_revert"],
		};
		let entry = *self.random.pick(entries);
		let mut item = (self.random.below(6), self.random.below(300)).encode();
		item.resize(32, 0);
		let input = match entry {
			"end" => beneficiary,
			"relay_end" => [self.address().encode(), beneficiary].concat(),
			_ if entry.starts_with("relay") => [self.address().encode(), item].concat(),
			_ => item,
		};
		(entry, input)
	}

	/// A random call, and its origin.
	fn call(&mut self) -> (RuntimeCall, RuntimeOrigin) {
		let storage_deposit_limit = self.limit();
		let value = self.random.below(300).into();
		let weight_limit = *self.random.pick(&[PLENTY, PLENTY, gas(200_000)]);
		let mut signer = self.random.pick(&self.signers).clone();
		let call = match self.random.below(36) {
			0 | 1 => {
				let code = self.random.pick(&self.codes).clone();
				crate::Call::upload { code, storage_deposit_limit }
			},
			2 => crate::Call::remove { code_hash: self.code_hash() },
			3..=6 => crate::Call::instantiate_upgradable {
				code_hash: self.code_hash(),
				salt: vec![self.random.below(4) as u8],
				input: vec![],
				value,
				weight_limit,
				storage_deposit_limit,
				upgrade_authority: self.authority(),
			},
			7 | 8 => {
				let address = self.address();
				if let Some(info) = Accounts::<Test>::get(&address) {
					signer = info.deployer;
				}
				let code_hash = self.code_hash();
				crate::Call::set_code {
					address,
					code_hash,
					input: vec![],
					weight_limit,
					storage_deposit_limit,
				}
			},
			9 => {
				let (address, authority) = (self.address(), self.authority());
				crate::Call::restrict_upgrades { address, authority }
			},
			10..=14 => {
				let address = self.address();
				let (entry, input) = self.entry(&address, true);
				let budget = BUDGET / (1 + 20 * self.random.below(2));
				let entry = entry.into();
				let limit = storage_deposit_limit;
				let storage_deposit_limit = limit.map(|limit| limit * 100);
				crate::Call::start_job {
					address,
					entry,
					input,
					value,
					budget,
					storage_deposit_limit,
				}
			},
			15 => {
				let (job, owner) = self.job();
				signer = owner;
				crate::Call::cancel_job { job }
			},
			16 => {
				let (job, owner) = self.job();
				signer = owner;
				crate::Call::top_up_job { job, budget: BUDGET / 10 }
			},
			17 => {
				let (address, topic) = (self.address(), b"topic".to_vec());
				crate::Call::wake { address, topic, data: vec![2; 5] }
			},
			18 => crate::Call::advance_job { job: self.job().0, weight_limit: PLENTY },
			19 => {
				let paused = self.random.below(8) == 0;
				let call = RuntimeCall::Virt(crate::Call::set_paused { paused });
				return (call, RuntimeOrigin::root());
			},
			_ => {
				let address = self.address();
				let (entry, input) = self.entry(&address, false);
				let entry = entry.into();
				crate::Call::call {
					address,
					entry,
					input,
					value,
					weight_limit,
					storage_deposit_limit,
				}
			},
		};
		// The account of a program cannot sign a transaction, so another account does.
		if !self.signers.contains(&signer) {
			signer = self.signers[0].clone();
		}
		(RuntimeCall::Virt(call), signed(signer))
	}
}

/// Asserts that the balances of all accounts are the total issuance, which shrinks because fees of jobs are burnt.
fn assert_nothing_is_lost(at_start: u128) {
	let all: u128 = frame_system::Account::<Test>::iter_keys()
		.map(|account| Balances::total_balance(&account))
		.sum();
	assert_eq!(all, Balances::total_issuance());
	assert!(all <= at_start);
}

#[test]
fn thousands_of_mixed_calls_lose_nothing() {
	on_chain(|| {
		let poor = AccountId32::new([3; 32]);
		fund(&poor, 5_000);
		let mut world = World {
			random: Random(0x5eed),
			codes: [keeper(), relay(), SLEEPER.to_vec()],
			signers: [ALICE, BOB, poor],
		};
		let issuance = Balances::total_issuance();
		let (mut good, mut most, mut most_jobs, mut ended) = (0, 0, 0, 0);
		for step in 0..STEPS {
			let (call, origin) = world.call();
			let described = format!("{call:?}");
			let weight = call.get_dispatch_info().call_weight;
			// Rolls back a call that fails, as in a block.
			let result = with_storage_layer(|| call.dispatch(origin));
			good += u32::from(result.is_ok());
			let post_info = result.unwrap_or_else(|failure| failure.post_info);
			if let Some(taken) = post_info.actual_weight {
				assert!(weight.all_gte(taken), "{taken} of {weight}: {described:.200}");
			}
			most = most.max(State::<Test>::iter().count());
			most_jobs = most_jobs.max(Jobs::<Test>::iter().count());
			if step % 20 == 0 {
				let before = Jobs::<Test>::iter().count();
				next_block();
				ended += before.saturating_sub(Jobs::<Test>::iter().count());
			}
			if step % 50 == 0 {
				System::reset_events();
				assert_sound();
				assert_nothing_is_lost(issuance);
			}
		}
		println!(
			"{good} of {STEPS} calls were good; at most {most} items and {most_jobs} jobs, {ended} ended"
		);
		assert!(good > STEPS / 4 && most > 10, "{good} {most}");
		assert!(most_jobs > 5 && ended > 50, "{most_jobs} {ended}");

		// Everything can be removed, and then no deposits are held.
		Virt::set_paused(RuntimeOrigin::root(), false).expect("it is root");
		for (id, job) in Jobs::<Test>::iter().collect::<Vec<_>>() {
			if world.signers.contains(&job.owner) {
				Virt::cancel_job(signed(job.owner), id).expect("it is theirs");
			} else {
				let (entry, input) = (b"cancel".to_vec(), id.encode());
				Virt::call(signed(BOB), job.owner, entry, input, 0, PLENTY, None).expect("it ends");
			}
		}
		assert_eq!(Jobs::<Test>::iter().count(), 0);
		for (address, info) in Accounts::<Test>::iter().collect::<Vec<_>>() {
			let (entry, input) = (b"end".to_vec(), BOB.encode());
			if info.code_hash == program::code_hash(SLEEPER) {
				Virt::start_job(signed(BOB), address, entry, input, 0, BUDGET, None)
					.expect("it starts");
				run_to_end(NextJob::<Test>::get() - 1, 10);
			} else {
				Virt::call(signed(BOB), address, entry, input, 0, PLENTY, None).expect("it ends");
			}
		}
		for (code_hash, owner) in Owners::<Test>::iter_keys().collect::<Vec<_>>() {
			Virt::remove(signed(owner), code_hash).expect("nobody uses it");
		}
		assert_eq!((Accounts::<Test>::iter().count(), Programs::<Test>::iter().count()), (0, 0));
		for signer in &world.signers {
			assert_eq!(Balances::total_balance_on_hold(signer), 0);
		}
		assert_nothing_is_lost(issuance);
	});
}
