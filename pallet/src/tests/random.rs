//! Thousands of calls of all kinds by several signers, at random: nothing may be lost.

use super::{deposits::keeper, mock::*, script::Script};
use crate::{Accounts, HoldReason, Programs, State};
use codec::Encode;
use frame_support::{
	dispatch::GetDispatchInfo,
	traits::fungible::{Inspect, InspectHold},
};
use sp_runtime::{traits::Dispatchable, AccountId32};

const STEPS: u32 = 4_000;

/// A generator of numbers that are the same each time.
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

/// Calls another: `relay_<entry>` of the address in the first 32 bytes of the input gives the next 32
/// on. What came of it is not looked at; `relay_set_twice` traps after it.
fn relay() -> Vec<u8> {
	let mut script = Script::new();
	let input = script.room(64);
	// No value, 60 million gas, any proof size and deposit.
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

fn random_call(random: &mut Random, codes: &[Vec<u8>], signers: &[AccountId32]) -> RuntimeCall {
	let accounts: Vec<_> = Accounts::<Test>::iter_keys().collect();
	let code = random.pick(codes);
	let code_hash = crate::program::code_hash(code);
	let storage_deposit_limit = match random.below(4) {
		0 => Some(random.below(3_000).into()),
		_ => None,
	};
	let (value, weight_limit) =
		(random.below(300).into(), *random.pick(&[PLENTY, PLENTY, gas(200_000)]));
	RuntimeCall::Virt(match random.below(20) {
		0 => crate::Call::upload { code: code.clone(), storage_deposit_limit },
		1 => crate::Call::remove { code_hash },
		2 | 3 => {
			let salt = vec![random.below(4) as u8];
			let input = vec![];
			crate::Call::instantiate {
				code_hash,
				salt,
				input,
				value,
				weight_limit,
				storage_deposit_limit,
			}
		},
		kind => {
			let nowhere = vec![AccountId32::new([7; 32])];
			let known = if accounts.is_empty() { &nowhere } else { &accounts };
			let address = random.pick(known).clone();
			let relays = Accounts::<Test>::get(&address)
				.is_some_and(|info| info.code_hash == crate::program::code_hash(&codes[1]));
			let entries: &[&str] = match kind {
				4 if relays => &["end", "relay_end"],
				4 => &["end"],
				_ if relays => {
					&["relay_set", "relay_remove", "relay_set_and_trap", "relay_set_twice"]
				},
				_ => &["set", "set", "remove", "set_and_trap", "set_and_revert"],
			};
			let entry = *random.pick(entries);
			let beneficiary = random.pick(&[signers, known].concat()).encode();
			let mut item = (random.below(6), random.below(300)).encode();
			item.resize(32, 0);
			let input = match entry {
				"end" => beneficiary,
				"relay_end" => [random.pick(known).encode(), beneficiary].concat(),
				_ if entry.starts_with("relay") => [random.pick(known).encode(), item].concat(),
				_ => item,
			};
			let entry = entry.into();
			crate::Call::call { address, entry, input, value, weight_limit, storage_deposit_limit }
		},
	})
}

#[test]
fn thousands_of_mixed_calls_lose_nothing() {
	on_chain(|| {
		let poor = AccountId32::new([3; 32]);
		fund(&poor, 5_000);
		let signers = [ALICE, BOB, poor];
		let codes = [keeper(), relay()];
		let issuance = Balances::total_issuance();
		let mut random = Random(0x5eed);
		let (mut good, mut most) = (0, 0);
		for step in 0..STEPS {
			let call = random_call(&mut random, &codes, &signers);
			let weight = call.get_dispatch_info().call_weight;
			let origin = signed(random.pick(&signers).clone());
			let result = call.dispatch(origin);
			good += u32::from(result.is_ok());
			let post_info = result.unwrap_or_else(|failure| failure.post_info);
			assert!(post_info.actual_weight.is_none_or(|taken| weight.all_gte(taken)));
			most = most.max(State::<Test>::iter().count());
			if step % 50 == 0 {
				System::reset_events();
				assert_sound();
				assert_eq!(Balances::total_issuance(), issuance);
			}
		}
		println!("{good} of {STEPS} calls were good; at most {most} items");
		assert!(good > STEPS / 4 && most > 10, "{good} {most}");

		// What is left can be taken apart, by anybody, and then nothing is held.
		for address in Accounts::<Test>::iter_keys().collect::<Vec<_>>() {
			let (entry, input) = (b"end".to_vec(), BOB.encode());
			Virt::call(signed(BOB), address, entry, input, 0, PLENTY, None).expect("it ends");
		}
		for (code_hash, info) in Programs::<Test>::iter().collect::<Vec<_>>() {
			Virt::remove(signed(info.owner), code_hash).expect("nobody uses it");
		}
		for signer in &signers {
			for reason in [HoldReason::Program, HoldReason::Account, HoldReason::Storage] {
				assert_eq!(Balances::balance_on_hold(&reason.into(), signer), 0);
			}
		}
		let all: u128 = signers.iter().map(Balances::total_balance).sum();
		assert_eq!((all, Balances::total_issuance()), (issuance, issuance));
	});
}
