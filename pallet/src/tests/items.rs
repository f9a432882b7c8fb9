//! The cache of storage items: programs see the same items as without it, and pay only for real reads and writes.

use super::{
	mock::*,
	programs::{calls, ALL},
	random::Random,
	script::Script,
};
use crate::{
	benchmarking::{program::ENTRY, storms},
	deposit::DepositMeter,
	gas::REF_TIME_PER_GAS,
	items::{ItemCache, Key, Value},
	limits::{MAX_CACHED, MAX_VALUE},
	program::code_hash,
	syscalls::storage::{GAS_OF_READ, GAS_OF_WRITE},
	weights::PROOF_PER_READ,
	State,
};
use frame_support::{storage::with_storage_layer, weights::constants::ParityDbWeight};
use sp_runtime::AccountId32;
use std::collections::BTreeMap;

/// The items of accounts, without a cache and without storage transactions.
type Model = BTreeMap<(AccountId32, Key), Value>;

struct Case {
	random: Random,
	accounts: Vec<AccountId32>,
	items: ItemCache<Test>,
	meter: DepositMeter<Test>,
	flushes: u32,
}

impl Case {
	fn place(&mut self) -> (AccountId32, Key) {
		let key = self.random.below(100).to_le_bytes().to_vec().repeat(2);
		(self.random.pick(&self.accounts).clone(), key.try_into().expect("it is short"))
	}

	/// Runs random operations as a frame, whose changes are lost if it is rolled back.
	fn frame(&mut self, model: &mut Model, depth: u32) {
		for _ in 0..self.random.below(600) {
			let place = self.place();
			let (account, key) = &place;
			let cached = self.items.find(account, key).is_some();
			match self.random.below(800) {
				0..5 if depth < 4 => {
					let mut inner = model.clone();
					let fails = self.random.below(3) == 0;
					self.items.write_back();
					let result = with_storage_layer(|| {
						self.frame(&mut inner, depth + 1);
						if fails {
							return Err("rolled back");
						}
						self.items.write_back();
						Ok(())
					});
					match result {
						Ok(()) => *model = inner,
						Err(_) => self.items.forget(),
					}
				},
				5 => self.items.flush(),
				6..100 => {
					let slot = self.items.load(account, key);
					self.items.remove(&mut self.meter, account, slot).expect("it is there");
					model.remove(&place);
				},
				100..500 => {
					let len = self.random.below(u64::from(MAX_VALUE) + 1) as usize;
					let byte = self.random.below(256) as u8;
					let value = Value::try_from(vec![byte; len]).expect("it is at the limit");
					let slot = self.items.load(account, key);
					self.items
						.set(&mut self.meter, account, key.clone(), slot, value.clone())
						.expect("there is room for it");
					model.insert(place, value);
				},
				_ => {
					let others = self.place();
					let is_other_cached = self.items.find(&others.0, &others.1).is_some();
					let slot = self.items.load(account, key);
					let value = self.items.get(slot).map(|item| &item.data);
					assert_eq!(value, model.get(&place));
					// An item that is no longer cached was removed to make room for this one.
					let other = self.items.find(&others.0, &others.1).is_some();
					self.flushes += u32::from(!cached && is_other_cached && !other);
				},
			}
		}
	}
}

#[test]
fn cached_items_are_those_of_the_state_whatever_is_rolled_back() {
	on_chain(|| {
		let code = super::deposits::keeper();
		let hash = upload(&code);
		let accounts = [1, 2, 3].map(|salt: u8| {
			let salt = vec![salt];
			Virt::instantiate(signed(ALICE), hash, salt.clone(), vec![], 0, PLENTY, None)
				.expect("it is new");
			Virt::address_of(&ALICE, hash, &salt)
		});
		let mut case = Case {
			random: Random(0x9e37_79b9_7f4a_7c15),
			accounts: accounts.to_vec(),
			items: ItemCache::default(),
			meter: DepositMeter::new(None),
			flushes: 0,
		};
		let mut model = Model::new();
		for _ in 0..100 {
			case.frame(&mut model, 0);
			case.items.write_back();
			let state: Model = State::<Test>::iter()
				.map(|(account, key, item)| ((account, key), item.data))
				.collect();
			assert_eq!(state, model);
			assert_sound();
		}
		assert!(case.flushes > 10, "the cache was full {} times", case.flushes);
	});
}

#[test]
fn full_cache_is_written_back_and_emptied() {
	on_chain(|| {
		let account = deploy(&super::deposits::keeper(), 0);
		let mut items = ItemCache::<Test>::default();
		let mut meter = DepositMeter::new(None);
		let key = |number: u32| Key::try_from(number.to_le_bytes().to_vec()).expect("it is short");
		let value = Value::try_from(vec![1; MAX_VALUE as usize]).expect("it is at the limit");
		let each = 256 + 4 + MAX_VALUE;
		let most = MAX_CACHED.div_ceil(each);
		for number in 0..most {
			let slot = items.load(&account, &key(number));
			items.set(&mut meter, &account, key(number), slot, value.clone()).expect("it fits");
		}
		assert!(items.find(&account, &key(0)).is_some());
		assert_eq!(State::<Test>::iter().count(), 0);
		items.load(&account, &key(most));
		assert!(items.find(&account, &key(0)).is_none());
		assert!(items.find(&account, &key(most)).is_some());
		assert_eq!(State::<Test>::iter().count() as u32, most);
	});
}

/// The gas that `code` uses in a call, after an item of 32 bytes was stored under its key.
fn gas_of(code: impl Fn(&mut Script)) -> u64 {
	let time = |script: &Script, entry: &str| {
		on_chain(|| {
			upload(&storms::callee());
			let address = deploy(&script.blob(), 1_000);
			for entry in ["before", entry] {
				let entry = entry.as_bytes().to_vec();
				Virt::call(signed(BOB), address.clone(), entry, vec![], 0, PLENTY, None)
					.expect("it ends");
			}
			weight_used().ref_time()
		})
	};
	let mut script = Script::new();
	let memory = Script::memory();
	script.entry("before").syscall("storage_set", &[memory, 3, memory, 32]).ends();
	script.entry("nothing").ends();
	script.entry("main");
	code(&mut script);
	script.ends();
	(time(&script, "main") - time(&script, "nothing")) / REF_TIME_PER_GAS
}

#[test]
fn what_is_cached_costs_neither_a_read_nor_a_write() {
	let memory = Script::memory();
	let get = |script: &mut Script| {
		script.syscall("storage_get", &[memory, 3, memory, 32]);
	};
	let set = |script: &mut Script| {
		script.syscall("storage_set", &[memory, 3, memory, 32]);
	};
	let call = |script: &mut Script, callee: &[u8]| {
		let (hash, entry) = (script.data(callee), script.data(ENTRY.as_bytes()));
		script.syscall("run_code", &[hash, entry, ENTRY.len() as u64, memory, 0, 0]);
	};
	let (a_get, a_set) = (2_500 + 20 * 2, 3_500 + 40 * 3);
	// The gas of the instructions around the syscall, and of their translation.
	let around = 1_000;
	let is = |gas: u64, expected: u64| {
		assert!(
			(expected..expected + around).contains(&gas),
			"{gas} where {expected} was expected"
		);
	};
	let gets = |n: u32| gas_of(|script| (0..n).for_each(|_| get(script)));
	let sets = |n: u32| gas_of(|script| (0..n).for_each(|_| set(script)));
	is(gets(3) - gets(2), a_get);
	is(sets(3) - sets(2), a_set);
	// The first access of an item also pays for reading it, and for writing it if it is a set.
	assert!(gets(1) > a_get + GAS_OF_READ);
	assert!(sets(1) > a_set + GAS_OF_READ + GAS_OF_WRITE);
	// A set after a get pays for the write, but not for another read.
	let get_and_set = gas_of(|script| {
		get(script);
		set(script);
	});
	assert!((GAS_OF_WRITE + a_set..GAS_OF_WRITE + GAS_OF_READ).contains(
		&(
			// The ref time of the database write is not part of the syscall's gas.
			get_and_set - gets(1) - DB_WRITE / REF_TIME_PER_GAS
		)
	));
	let calls = |callee: &[u8], and_set: bool| {
		gas_of(|script| {
			set(script);
			call(script, callee);
			if and_set {
				set(script);
			}
		})
	};
	// A call writes the item back, so a later set pays for a write again. After a failed call it pays for a read,
	// too.
	let callee = code_hash(&storms::callee());
	is(calls(&callee.0, true) - calls(&callee.0, false), a_set + GAS_OF_WRITE);
	is(calls(&[0; 32], true) - calls(&[0; 32], false), a_set + GAS_OF_WRITE + GAS_OF_READ);
}

/// The ref time of a database write, in picoseconds.
const DB_WRITE: u64 = ParityDbWeight::get().write;

#[test]
fn change_of_a_deposit_is_charged_once_for_each_payer() {
	let memory = Script::memory();
	let set = |lens: &[u64]| {
		gas_of(|script| {
			for len in lens {
				script.syscall("storage_set", &[memory, 3, memory, *len]);
			}
		})
	};
	// The holds and the balance of the payer are read and written.
	let accesses = ParityDbWeight::get().reads_writes(2, 2).ref_time() / REF_TIME_PER_GAS;
	assert!(set(&[40]) - set(&[32]) >= accesses);
	assert!(set(&[40, 48]) - set(&[40]) < accesses);
}

/// The proof size of a call that calls a program several times. The program reads an item, and then ends by `end`.
fn proof_size_of_calls(times: usize, end: fn(&mut Script) -> Vec<u8>) -> u64 {
	on_chain(|| {
		let memory = Script::memory();
		let callee =
			deploy(&end(Script::new().syscall("storage_get", &[memory, 3, memory, 32])), 0);
		let mut script = Script::new();
		for _ in 0..times {
			calls(&mut script, &callee, "main", b"", ALL);
		}
		let caller = deploy(&script.ends(), 0);
		Virt::call(signed(BOB), caller, b"main".to_vec(), vec![], 0, PLENTY, None)
			.expect("it ends");
		weight_used().proof_size()
	})
}

#[test]
fn read_of_a_call_that_was_rolled_back_is_charged_again() {
	let of_the_second = |end| proof_size_of_calls(2, end) - proof_size_of_calls(1, end);
	// The caller's code is somewhat longer with two calls.
	assert!(of_the_second(Script::ends) < PROOF_PER_READ);
	assert!(of_the_second(Script::traps) >= PROOF_PER_READ);
}
