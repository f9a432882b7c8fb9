//! Calls between programs.

use super::{
	mock::*,
	script::Script,
	syscalls::{call, faults},
};
use crate::{limits::*, Accounts, Error, Event, Programs, State};
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::fungible::Inspect};
use sp_core::H256;
use sp_runtime::AccountId32;
use virt_guest::Code;

/// The options of a call between programs.
#[derive(Encode)]
pub struct Options {
	value: u128,
	/// Ref time and proof size.
	weight: (u64, u64),
	deposit: u128,
}

pub const ALL: Options = Options { value: 0, weight: (0, 0), deposit: u128::MAX };

/// Adds `call_program` of `entry` at `address` to a script.
pub fn calls<'a>(
	script: &'a mut Script,
	address: &AccountId32,
	entry: &str,
	input: &[u8],
	options: Options,
) -> &'a mut Script {
	let address = script.data(&address.encode());
	let (at, data) = (script.data(entry.as_bytes()), script.data(input));
	let options = script.data(&options.encode());
	let args = [address, at, entry.len() as u64, data, input.len() as u64, options];
	script.syscall("call_program", &args)
}

/// Calls `main` of `callee` as Bob, through a program of Alice. Returns the code that this program got, and the
/// output that was returned to it.
#[track_caller]
fn relayed(callee: &AccountId32, input: &[u8], options: Options) -> (i64, Vec<u8>) {
	let mut script = Script::new();
	let out = script.room(64);
	calls(&mut script, callee, "main", input, options);
	let code = script
		.keep(out)
		.syscall("returned", &[out + 16, 0, 48])
		.syscall("returned_len", &[])
		.keep(out + 8)
		.syscall("output", &[out, 64])
		.ends();
	let output = call(&code, b"").expect("the caller goes on");
	let (code, len, data) = <(i64, u64, [u8; 48])>::decode(&mut &output[..]).unwrap();
	(code, data[..(len as usize).min(48)].to_vec())
}

/// A program that outputs its input.
fn echo() -> Vec<u8> {
	let mut script = Script::new();
	let room = script.room(32);
	script.syscall("input", &[room, 0, 32]).syscall("output", &[room, 32]).ends()
}

#[test]
fn call_program_works() {
	on_both(|| {
		let callee = deploy(&echo(), 0);
		let (code, output) = relayed(&callee, &[7; 32], ALL);
		assert_eq!((code, output), (0, vec![7; 32]));
	});
}

#[test]
fn callee_sees_its_caller_value_and_origin() {
	let mut script = Script::new();
	let out = script.room(48);
	let callee = script
		.syscall("caller", &[out])
		.syscall("value", &[out + 32])
		.syscall("output", &[out, 48])
		.ends();
	let mut script = Script::new();
	let out = script.room(48);
	let origin = script
		.syscall("origin", &[out])
		.syscall("caller_is_origin", &[])
		.keep(out + 32)
		.syscall("caller_is_root", &[])
		.keep(out + 40)
		.syscall("output", &[out, 48])
		.ends();
	on_both(|| {
		let callee = deploy(&callee, 0);
		let (code, output) = relayed(&callee, b"", Options { value: 77, ..ALL });
		let (caller, value) = <(AccountId32, u128)>::decode(&mut &output[..]).unwrap();
		assert_eq!((code, value), (0, 77));
		assert!(Accounts::<Test>::contains_key(&caller), "the relay");
		assert_eq!(Balances::total_balance(&callee), 77);
		assert_eq!(Balances::total_balance(&caller), 1_050 - 77);

		let origin = deploy(&origin, 0);
		let call =
			|| Virt::call(signed(BOB), origin.clone(), b"main".to_vec(), vec![], 0, PLENTY, None);
		assert_ok!(call());
		assert_eq!(output_of::<(AccountId32, u64, u64)>(), (BOB, 1, 0));
	});
	on_both(|| {
		let address = deploy(&origin, 0);
		let relay = {
			let mut script = Script::new();
			let out = script.room(48);
			calls(&mut script, &address, "main", b"", ALL);
			script.syscall("returned", &[out, 0, 48]).syscall("output", &[out, 48]).ends()
		};
		assert_ok!(call(&relay, b""));
		assert_eq!(output_of::<(AccountId32, u64, u64)>(), (BOB, 0, 0));
		let root = RuntimeOrigin::root();
		assert_ok!(Virt::call(root, address, b"main".to_vec(), vec![], 0, PLENTY, None));
		assert_eq!(output_of::<(AccountId32, u64, u64)>(), (AccountId32::new([0; 32]), 1, 1));
	});
}

fn output_of<T: Decode>() -> T {
	T::decode(&mut &output()[..]).expect("it is what the program gives")
}

#[test]
fn callee_that_fails_is_a_code_and_is_rolled_back() {
	let mut script = Script::new();
	let (key, value) = (script.data(b"key"), script.data(b"value"));
	let (bob, amount) = (script.data(&BOB.encode()), script.data(&100u128.encode()));
	script
		.syscall("output", &[value, 5])
		.syscall("storage_set", &[key, 3, value, 5])
		.syscall("transient_set", &[key, 3, value, 5])
		.syscall("event", &[value, 5])
		.syscall("transfer", &[bob, amount]);
	use polkavm_common::program::asm;
	let ends = [
		(script.clone().traps(), Code::CALLEE_TRAPPED),
		(script.clone().syscall("exit", &[1]).ends(), Code::CALLEE_REVERTED),
		(script.clone().instruction(asm::ecalli(99)).ends(), Code::CALLEE_TRAPPED),
		(script.clone().syscall("output", &[0, 1]).ends(), Code::CALLEE_TRAPPED),
		(script.clone().spins(), Code::OUT_OF_GAS),
	];
	on_both(|| {
		for (callee, expected) in &ends {
			let callee = deploy(callee, 1_000);
			let funds = Balances::total_balance(&BOB);
			let (code, output) = relayed(
				&callee,
				b"",
				Options { weight: (gas(30_000_000).ref_time(), 0), value: 5, ..ALL },
			);
			assert_eq!(code, *expected);
			// The output from before the end is available, however the callee ended.
			assert_eq!(output, b"value");
			assert_eq!(State::<Test>::iter().count(), 0);
			assert_eq!(program_events(), Vec::<Vec<u8>>::new());
			assert_eq!(Balances::total_balance(&callee), 1_000);
			assert_eq!(Balances::total_balance(&BOB), funds - 50);
		}
	});
}

#[test]
fn callee_takes_no_more_gas_than_it_is_given() {
	let callee = Script::new().spins();
	on_both(|| {
		let callee = deploy(&callee, 0);
		let cost = |units: u64| {
			let mut script = Script::new();
			calls(
				&mut script,
				&callee,
				"main",
				&[units as u8, (units >> 8) as u8],
				Options { weight: (gas(units).ref_time(), 0), ..ALL },
			);
			let address = deploy(&script.ends(), 0);
			let entry = b"main".to_vec();
			assert_ok!(Virt::call(signed(BOB), address, entry, vec![], 0, PLENTY, None));
			weight_used().ref_time() / crate::gas::REF_TIME_PER_GAS
		};
		let (less, more) = (cost(5_000_000), cost(6_000_000));
		let difference = more.abs_diff(less);
		assert!(difference > 990_000 && difference < 1_010_000, "{less} {more}");
	});
}

#[test]
fn callee_that_is_given_all_gas_leaves_the_caller_none() {
	let callee = Script::new().spins();
	on_both(|| {
		let callee = deploy(&callee, 0);
		for time in [0, u64::MAX, PLENTY.ref_time()] {
			let mut script = Script::new();
			calls(&mut script, &callee, "main", b"", Options { weight: (time, 0), ..ALL });
			let address = deploy(&script.syscall("gas_left", &[]).ends(), 0);
			let main = || b"main".to_vec();
			let call = || Virt::call(signed(BOB), address.clone(), main(), vec![], 0, PLENTY, None);
			assert_fails(call, Error::OutOfGas);
		}
	});
}

#[test]
fn call_of_nothing_is_a_code() {
	on_both(|| {
		assert_eq!(relayed(&BOB, b"", ALL).0, Code::NOT_FOUND);
		let callee = deploy(&echo(), 0);
		for (entry, expected) in [("nain", Code::NOT_FOUND), ("init", Code::NOT_FOUND)] {
			let mut script = Script::new();
			let out = script.room(8);
			calls(&mut script, &callee, entry, b"", ALL);
			let code = script.keep(out).syscall("output", &[out, 8]).ends();
			assert_eq!(call(&code, b""), Ok(expected.encode()));
		}
	});
}

#[test]
fn value_that_cannot_be_paid_is_a_code() {
	on_both(|| {
		let callee = deploy(&echo(), 0);
		for value in [1_051, u128::MAX] {
			let options = Options { value, ..ALL };
			assert_eq!(relayed(&callee, &value.encode(), options).0, Code::TRANSFER_FAILED);
		}
	});
}

#[test]
fn constructor_is_not_an_entry() {
	on_chain(|| {
		let address = deploy(virt_fixtures::COUNTER, 0);
		let init = || Virt::call(signed(BOB), address, b"init".to_vec(), vec![], 0, PLENTY, None);
		assert_fails(init, Error::EntryNotFound);
	});
	// The export name for re-entry does not make the constructor callable, either.
	let code = Script::new().entry("init").entry("reentrant:init").entry("main").ends();
	on_chain(|| {
		let address = deploy(&code, 0);
		for (entry, good) in [("init", false), ("reentrant:init", false), ("main", true)] {
			let call =
				Virt::call(signed(BOB), address.clone(), entry.into(), vec![], 0, PLENTY, None);
			assert_eq!(call.is_ok(), good, "{entry}");
		}
	});
}

#[test]
fn guest_library_exports_for_re_entry() {
	on_both(|| {
		let address = deploy(virt_fixtures::REENTRANT, 0);
		let start = b"start".to_vec();
		assert_ok!(Virt::call(signed(BOB), address.clone(), start, vec![], 0, PLENTY, None));
		assert_eq!(output_of::<(bool, bool)>(), (true, true), "open is open, closed is denied");
		assert_ok!(Virt::call(signed(BOB), address, b"depth".to_vec(), vec![], 0, PLENTY, None));
		assert_eq!(output_of::<u32>(), MAX_DEPTH);
	});
}

/// A program that calls itself at `main`, until an error code stops it. It outputs the number of frames, and that
/// code.
fn recursive(entries: &[&str]) -> Vec<u8> {
	use polkavm_common::program::{asm, Reg};
	let mut script = Script::new();
	for entry in entries {
		script.entry(entry);
	}
	let (address, count, main) = (script.room(32), script.room(16), script.data(b"main"));
	let options = script.data(&ALL.encode());
	script
		.syscall("address", &[address])
		.syscall("call_program", &[address, main, 4, address, 0, options])
		.instruction(asm::store_u64(Reg::A0, count as i32 + 8))
		.syscall("returned", &[count, 0, 16])
		.instruction(asm::load_u64(Reg::A0, count as i32))
		.instruction(asm::add_imm_64(Reg::A0, Reg::A0, 1))
		.instruction(asm::store_u64(Reg::A0, count as i32))
		.syscall("output", &[count, 16])
		.ends()
}

#[test]
fn calls_at_depth_limit_ok_and_over_limit_is_a_code() {
	// Each frame adds itself to the number. The code is the one that the innermost frame got.
	on_both(|| {
		let output = call(&recursive(&["main", "reentrant:main"]), b"").expect("it ends");
		let (frames, code) = <(u64, i64)>::decode(&mut &output[..]).unwrap();
		assert_eq!((frames, code), (MAX_DEPTH.into(), Code::DEPTH_EXCEEDED));
	});
}

#[test]
fn re_entry_needs_an_export_for_it() {
	on_both(|| {
		let output = call(&recursive(&["main"]), b"").expect("it ends");
		let (frames, code) = <(u64, i64)>::decode(&mut &output[..]).unwrap();
		assert_eq!((frames, code), (1, Code::REENTRANCY_DENIED));
	});
}

#[test]
fn re_entry_by_way_of_another_program_is_denied_too() {
	// The callee calls its caller.
	let mut script = Script::new();
	let (caller, main, out) = (script.room(32), script.data(b"main"), script.room(8));
	let options = script.data(&ALL.encode());
	script
		.syscall("caller", &[caller])
		.syscall("call_program", &[caller, main, 4, caller, 0, options]);
	let callee = script.keep(out).syscall("output", &[out, 8]).ends();
	on_both(|| {
		let callee = deploy(&callee, 0);
		let (code, output) = relayed(&callee, b"", ALL);
		assert_eq!((code, output), (0, Code::REENTRANCY_DENIED.encode()));
	});
}

#[test]
fn deposit_limit_of_a_nested_call_at_limit_ok_and_over_limit_is_a_code() {
	let mut script = Script::new();
	let key = script.data(b"key");
	let callee = script.syscall("storage_set", &[key, 3, key, 3]).ends();
	let needed = PER_ITEM + 6 * PER_BYTE;
	on_both(|| {
		let callee = deploy(&callee, 0);
		for (deposit, expected) in [
			(0, Code::DEPOSIT_FAILED),
			(needed - 1, Code::DEPOSIT_FAILED),
			(needed, 0),
			// The item is stored already, so no deposit is needed.
			(0, 0),
		] {
			let salt = (deposit, expected).encode();
			assert_eq!(relayed(&callee, &salt, Options { deposit, ..ALL }).0, expected);
		}
	});
	// A nested call cannot exceed the deposit limit of the whole call, and its deposits count towards it.
	on_both(|| {
		let callee = deploy(&callee, 0);
		let mut script = Script::new();
		let key = script.data(b"key");
		calls(&mut script, &callee, "main", b"", ALL);
		let relay = script.syscall("storage_set", &[key, 3, key, 3]).ends();
		let relay = deploy(&relay, 0);
		let call = |limit| {
			let main = b"main".to_vec();
			Virt::call(signed(BOB), relay.clone(), main, vec![], 0, PLENTY, Some(limit))
		};
		assert_fails(|| call(2 * needed - 1), Error::DepositLimitExceeded);
		assert_ok!(call(2 * needed));
	});
}

/// Adds `instantiate_program` of `hash` to a script. The result is at `out`.
fn instantiates<'a>(
	script: &'a mut Script,
	hash: H256,
	salt: &[u8],
	input: &[u8],
	value: u128,
	out: u64,
) -> &'a mut Script {
	let (hash, at, data) = (script.data(hash.as_bytes()), script.data(salt), script.data(input));
	let options = script.data(&Options { value, ..ALL }.encode());
	let args = [hash, at, salt.len() as u64, data, input.len() as u64, options];
	script.syscall("instantiate_program", &args).keep(out)
}

#[test]
fn instantiate_program_works() {
	on_both(|| {
		let hash = upload(virt_fixtures::COUNTER);
		let mut script = Script::new();
		let out = script.room(48);
		instantiates(&mut script, hash, b"salt", &9u32.encode(), 100, out);
		instantiates(&mut script, hash, b"salt", &9u32.encode(), 100, out + 8);
		// The second instantiation fails, and returns no output.
		let code =
			script.syscall("returned_len", &[]).keep(out + 16).syscall("output", &[out, 24]).ends();
		let output = call(&code, b"").expect("it goes on");
		assert_eq!(output, (0u64, Code::ACCOUNT_EXISTS, 0u64).encode());
		let deployer = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
		let address = Virt::address_of(&deployer, hash, b"salt");
		let info = Accounts::<Test>::get(&address).unwrap();
		assert_eq!((info.code_hash, info.deployer, info.items), (hash, deployer, 1));
		assert_eq!(info.deposit.payer, Some(BOB));
		let instantiated = |record: frame_system::EventRecord<RuntimeEvent, H256>| matches!(record.event, RuntimeEvent::Virt(Event::Instantiated { address: new, .. }) if new == address);
		assert_eq!(System::events().into_iter().filter(|it| instantiated(it.clone())).count(), 1);
		assert_eq!(Balances::total_balance(&address), 100);
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 1);
		assert_ok!(Virt::call(signed(BOB), address, b"get".to_vec(), vec![], 0, PLENTY, None));
		assert_eq!(output_of::<u32>(), 9);
	});
}

#[test]
fn instantiate_program_returns_the_address() {
	on_both(|| {
		let hash = upload(virt_fixtures::COUNTER);
		let mut script = Script::new();
		let out = script.room(40);
		instantiates(&mut script, hash, b"", b"", 0, out);
		let code = script.syscall("returned", &[out, 0, 40]).syscall("output", &[out, 32]).ends();
		let deployer = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
		assert_eq!(call(&code, b""), Ok(Virt::address_of(&deployer, hash, b"").encode()));
	});
}

#[test]
fn instantiate_program_that_fails_leaves_no_account() {
	on_both(|| {
		let hash = upload(virt_fixtures::COUNTER);
		for (hash, input, expected) in [
			// The constructor takes four bytes or none, so it reverts.
			(hash, &[1, 2, 3][..], Code::CALLEE_REVERTED),
			(H256::zero(), &[], Code::NOT_FOUND),
		] {
			let mut script = Script::new();
			let out = script.room(8);
			instantiates(&mut script, hash, b"", input, 0, out);
			let code = script.syscall("output", &[out, 8]).ends();
			assert_eq!(call(&code, b""), Ok(expected.encode()));
		}
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 0);
		assert_eq!(Accounts::<Test>::iter().count(), 2);
	});
}

/// Adds `run_code` of `main` of `hash` to a script. The result is at `out`.
pub fn runs(script: &mut Script, hash: H256, out: u64) -> &mut Script {
	let (hash, main) = (script.data(hash.as_bytes()), script.data(b"main"));
	script.syscall("run_code", &[hash, main, 4, hash, 0, 0]).keep(out)
}

#[test]
fn run_code_works_over_the_callers_storage_and_account() {
	let mut script = Script::new();
	let (key, out) = (script.data(b"key"), script.room(80));
	let library = script
		.syscall("storage_set", &[key, 3, key, 3])
		.syscall("caller", &[out])
		.syscall("address", &[out + 32])
		.syscall("value", &[out + 64])
		.syscall("output", &[out, 80])
		.ends();
	on_both(|| {
		let hash = upload(&library);
		let mut script = Script::new();
		let out = script.room(80);
		runs(&mut script, hash, out);
		let code = script.syscall("returned", &[out, 0, 80]).syscall("output", &[out, 80]).ends();
		let address = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
		// The library sees the caller's own values, and the value is not transferred again.
		assert_eq!(call(&code, b""), Ok((BOB, &address, 50u128).encode()));
		assert_eq!(Balances::total_balance(&address), 1_050);
		assert_eq!(State::<Test>::iter_prefix(&address).count(), 1);
		assert_eq!(Accounts::<Test>::get(&address).unwrap().items, 1);
		assert_eq!(Programs::<Test>::get(hash).unwrap().references, 0);
	});
}

#[test]
fn run_code_of_what_fails_is_a_code_and_is_rolled_back() {
	let mut script = Script::new();
	let key = script.data(b"key");
	let library = script.syscall("storage_set", &[key, 3, key, 3]).traps();
	on_both(|| {
		for (hash, expected) in
			[(upload(&library), Code::CALLEE_TRAPPED), (H256::zero(), Code::NOT_FOUND)]
		{
			let mut script = Script::new();
			let out = script.room(8);
			let code = runs(&mut script, hash, out).syscall("output", &[out, 8]).ends();
			assert_eq!(call(&code, b""), Ok(expected.encode()));
			assert_eq!(State::<Test>::iter().count(), 0);
		}
	});
}

#[test]
fn run_code_works_in_a_one_shot_run() {
	on_both(|| {
		let hash = upload(&echo());
		let mut script = Script::new();
		let out = script.room(8);
		let code = runs(&mut script, hash, out).syscall("output", &[out, 8]).ends();
		upload(&code);
		assert_eq!(run_once(&code, "main", b"", PLENTY).0, Ok(0u64.encode()));
	});
}

#[test]
fn returned_works_in_parts() {
	on_both(|| {
		let callee = deploy(&echo(), 0);
		for (offset, len, copied) in
			[(0, 32, 32), (30, 32, 2), (32, 1, 0), (u64::MAX, 8, 0), (0, 0, 0)]
		{
			let mut script = Script::new();
			let out = script.room(40);
			calls(&mut script, &callee, "main", &offset.encode(), ALL);
			let code = script.returns("returned", &[out, offset, len]).ends();
			assert_eq!(call(&code, b""), Ok(u64::encode(&copied)), "{offset} {len}");
		}
		// Before the first call, there is no returned output.
		let mut script = Script::new();
		assert_eq!(call(&script.returns("returned_len", &[]).ends(), b""), Ok(0u64.encode()));
	});
}

#[test]
fn input_and_entry_of_a_nested_call_at_limit_ok_and_over_limit_err() {
	let memory = Script::memory();
	for (entry, input, good) in [
		(MAX_ENTRY, 0, true),
		(MAX_ENTRY + 1, 0, false),
		(4, MAX_INPUT, true),
		(4, MAX_INPUT + 1, false),
	] {
		let mut script = Script::new();
		let options = script.data(&ALL.encode());
		let args = [memory, memory, entry.into(), memory, input.into(), options];
		for name in ["call_program", "run_code"] {
			let mut args = args;
			args[5] = if name == "run_code" { 0 } else { args[5] };
			if good {
				let code = script.clone().returns(name, &args).ends();
				let output = on_both(|| call(&code, b""));
				assert_eq!(output, Ok(Code::NOT_FOUND.encode()), "{name}");
			} else {
				let error =
					if entry > MAX_ENTRY { Error::EntryNotFound } else { Error::InputTooLarge };
				faults(&mut script.clone(), name, &args, error);
			}
		}
	}
	let mut script = Script::new();
	let options = script.data(&ALL.encode());
	let salt = |len: u32| [memory, memory, len.into(), memory, 0, options];
	let code = script.clone().returns("instantiate_program", &salt(MAX_SALT)).ends();
	assert_eq!(on_both(|| call(&code, b"")), Ok(Code::NOT_FOUND.encode()));
	faults(&mut script, "instantiate_program", &salt(MAX_SALT + 1), Error::SaltTooLong);
}

#[test]
fn events_and_logs_of_all_frames_count_together() {
	for (name, limit) in [("event", MAX_EVENTS), ("log", MAX_LOGS)] {
		let mut script = Script::new();
		for _ in 0..limit / 2 {
			script.syscall(name, &[Script::memory(), 1]);
		}
		let half = script.ends();
		on_both(|| {
			let half = deploy(&half, 0);
			for (rest, expected) in [(0, 0), (1, Code::CALLEE_TRAPPED)] {
				let mut script = Script::new();
				let out = script.room(8);
				for _ in 0..limit / 2 - limit % 2 + rest {
					script.syscall(name, &[Script::memory(), 1]);
				}
				calls(&mut script, &half, "main", b"", ALL);
				let code = script.keep(out).syscall("output", &[out, 8]).ends();
				assert_eq!(call(&code, b""), Ok(i64::encode(&expected)), "{name}");
			}
		});
	}
}

#[test]
fn nested_calls_need_an_account() {
	let memory = Script::memory();
	for name in ["call_program", "instantiate_program", "dispatch", "terminate"] {
		let code = Script::new().syscall(name, &[memory, memory, 1, memory, 1, memory]).ends();
		let (result, _) = on_both(|| {
			upload(&code);
			run_once(&code, "main", b"", PLENTY)
		});
		assert_eq!(result, Err(Error::<Test>::NoAccount.into()), "{name}");
	}
}
