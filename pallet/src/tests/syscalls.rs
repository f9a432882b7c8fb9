//! Every syscall, with valid and invalid arguments. For invalid pointers, see `bad_pointers_are_faults`.

use super::{mock::*, script::Script};
use crate::{deposit::Deposit, limits::*, Error, Event, Item, State};
use codec::Encode;
use frame_support::{assert_ok, traits::fungible::Inspect};
use sp_runtime::DispatchError;
use virt_guest::Code;

/// Deploys `code` with a balance of 1,000, and calls it as Bob with a value of 50.
#[track_caller]
pub fn call(code: &[u8], input: &[u8]) -> Result<Vec<u8>, DispatchError> {
	let address = deploy(code, 1_000);
	let call = Virt::call(signed(BOB), address, b"main".to_vec(), input.to_vec(), 50, PLENTY, None);
	call.map(|_| output()).map_err(|failure| failure.error)
}

/// The result of the syscall.
#[track_caller]
pub fn result_of(script: &mut Script, name: &str, args: &[u64]) -> i64 {
	let code = script.returns(name, args).ends();
	let output = on_both(|| call(&code, b"the input").expect("the call is good"));
	i64::from_le_bytes(output.try_into().expect("a register has 8 bytes"))
}

/// The `len` bytes at `address` after the syscall.
#[track_caller]
pub fn memory_after(
	script: &mut Script,
	name: &str,
	args: &[u64],
	address: u64,
	len: u64,
) -> Vec<u8> {
	let code = script.syscall(name, args).syscall("output", &[address, len]).ends();
	on_both(|| call(&code, b"the input").expect("the call is good"))
}

#[track_caller]
pub fn faults(script: &mut Script, name: &str, args: &[u64], error: Error<Test>) {
	let code = script.syscall(name, args).ends();
	assert_eq!(on_both(|| call(&code, b"the input")), Err(error.into()));
}

#[test]
fn input_len_works() {
	assert_eq!(result_of(&mut Script::new(), "input_len", &[]), 9);
}

#[test]
fn input_works() {
	let mut script = Script::new();
	let out = script.room(16);
	let mut expected = b"input".to_vec();
	expected.resize(16, 0);
	assert_eq!(memory_after(&mut script.clone(), "input", &[out, 4, 16], out, 16), expected);
	for (offset, len, copied) in
		[(0, 16, 9), (4, 16, 5), (0, 3, 3), (9, 16, 0), (10, 16, 0), (u64::MAX, 16, 0)]
	{
		assert_eq!(result_of(&mut script.clone(), "input", &[out, offset, len]), copied);
	}
}

#[test]
fn output_works_and_the_last_counts() {
	let mut script = Script::new();
	let (first, second) = (script.data(b"first"), script.data(b"second"));
	let output = memory_after(&mut script, "output", &[first, 5], second, 6);
	assert_eq!(output, b"second");
}

#[test]
fn output_at_limit_ok_and_over_limit_err() {
	let memory = Script::memory();
	let code = Script::new().syscall("output", &[memory, MAX_OUTPUT.into()]).ends();
	assert_eq!(on_chain(|| call(&code, b"")), Ok(vec![0; MAX_OUTPUT as usize]));
	let over = u64::from(MAX_OUTPUT) + 1;
	faults(&mut Script::new(), "output", &[memory, over], Error::OutputTooLarge);
}

#[test]
fn exit_works() {
	let mut script = Script::new();
	let data = script.data(b"before");
	let code = script.syscall("output", &[data, 6]).syscall("exit", &[0]).traps();
	assert_eq!(on_both(|| call(&code, b"")), Ok(b"before".to_vec()));
	faults(&mut Script::new(), "exit", &[1], Error::Reverted);
}

#[test]
fn exit_traps_on_unknown_flags() {
	for flags in [2, 3, u64::MAX] {
		faults(&mut Script::new(), "exit", &[flags], Error::InvalidArgument);
	}
}

#[test]
fn caller_works() {
	let mut script = Script::new();
	let out = script.room(32);
	assert_eq!(memory_after(&mut script, "caller", &[out], out, 32), BOB.encode());
}

#[test]
fn address_works() {
	let mut script = Script::new();
	let out = script.room(32);
	let code = script.syscall("address", &[out]).syscall("output", &[out, 32]).ends();
	let hash = crate::program::code_hash(&code);
	let address = Virt::address_of(&ALICE, hash, &[]);
	assert_eq!(on_both(|| call(&code, b"")), Ok(address.encode()));
}

#[test]
fn value_works() {
	let mut script = Script::new();
	let out = script.room(16);
	assert_eq!(memory_after(&mut script, "value", &[out], out, 16), 50u128.encode());
}

#[test]
fn balance_works() {
	let mut script = Script::new();
	let (bob, out) = (script.data(&BOB.encode()), script.room(16));
	let spendable = (FUNDS - 50 - ED).encode();
	assert_eq!(memory_after(&mut script, "balance", &[bob, out], out, 16), spendable);
}

#[test]
fn transfer_works() {
	let mut script = Script::new();
	let (bob, amount) = (script.data(&BOB.encode()), script.data(&300u128.encode()));
	let code = script.returns("transfer", &[bob, amount]).ends();
	on_both(|| {
		assert_eq!(call(&code, b""), Ok(0u64.encode()));
		let address = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
		assert_eq!(Balances::total_balance(&BOB), FUNDS - 50 + 300);
		assert_eq!(Balances::total_balance(&address), 1_000 + 50 - 300);
	});
}

#[test]
fn transfer_of_too_much_fails_with_a_code() {
	for amount in [1_050u128, 1_050 - ED + 1, u128::MAX] {
		let mut script = Script::new();
		let (bob, amount) = (script.data(&BOB.encode()), script.data(&amount.encode()));
		assert_eq!(result_of(&mut script, "transfer", &[bob, amount]), Code::TRANSFER_FAILED);
	}
}

#[test]
fn block_number_works() {
	assert_eq!(result_of(&mut Script::new(), "block_number", &[]), 7);
}

#[test]
fn now_works() {
	assert_eq!(result_of(&mut Script::new(), "now", &[]), NOW as i64);
}

#[test]
fn storage_works() {
	let mut script = Script::new();
	let (key, value, out) = (script.data(b"key"), script.data(b"value"), script.room(8));
	assert_eq!(result_of(&mut script.clone(), "storage_get", &[key, 3, out, 8]), Code::NOT_FOUND);
	assert_eq!(result_of(&mut script.clone(), "storage_contains", &[key, 3]), Code::NOT_FOUND);
	assert_eq!(result_of(&mut script.clone(), "storage_remove", &[key, 3]), Code::NOT_FOUND);
	let set = [key, 3, value, 5];
	assert_eq!(result_of(&mut script.clone(), "storage_set", &set), Code::NOT_FOUND);
	script.syscall("storage_set", &set);
	assert_eq!(result_of(&mut script.clone(), "storage_set", &set), 5);
	assert_eq!(result_of(&mut script.clone(), "storage_contains", &[key, 3]), 5);
	assert_eq!(result_of(&mut script.clone(), "storage_remove", &[key, 3]), 5);
	// `storage_get` returns the full length, and copies what fits.
	assert_eq!(result_of(&mut script.clone(), "storage_get", &[key, 3, out, 2]), 5);
	assert_eq!(
		memory_after(&mut script.clone(), "storage_get", &[key, 3, out, 8], out, 8),
		b"value\0\0\0"
	);
	assert_eq!(
		memory_after(&mut script.clone(), "storage_get", &[key, 3, out, 2], out, 8),
		b"va\0\0\0\0\0\0"
	);
	script.syscall("storage_remove", &[key, 3]);
	assert_eq!(result_of(&mut script, "storage_get", &[key, 3, out, 8]), Code::NOT_FOUND);
}

#[test]
fn storage_is_the_accounts_own() {
	let mut script = Script::new();
	let (key, value) = (script.data(b"key"), script.data(b"value"));
	let code = script.syscall("storage_set", &[key, 3, value, 5]).ends();
	on_both(|| {
		assert_ok!(call(&code, b""));
		let all: Vec<_> = State::<Test>::iter().collect();
		let address = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
		let deposit = Deposit { payer: Some(BOB), amount: PER_ITEM + 8 * PER_BYTE };
		let item = Item { deposit, data: b"value".to_vec().try_into().unwrap(), place: 0 };
		assert_eq!(all, [(address, b"key".to_vec().try_into().unwrap(), item)]);
	});
}

#[test]
fn storage_key_at_limit_ok_and_over_limit_err() {
	let at = |len: u32| [Script::memory(), len.into(), Script::memory(), 1];
	let mut script = Script::new();
	assert_eq!(result_of(&mut script, "storage_set", &at(MAX_KEY)), Code::NOT_FOUND);
	for name in ["storage_set", "storage_get", "storage_remove", "storage_contains"] {
		faults(&mut Script::new(), name, &at(MAX_KEY + 1), Error::KeyTooLong);
	}
}

#[test]
fn storage_value_at_limit_ok_and_over_limit_err() {
	let at = |len: u32| [Script::memory(), 1, Script::memory(), len.into()];
	let mut script = Script::new();
	assert_eq!(result_of(&mut script, "storage_set", &at(MAX_VALUE)), Code::NOT_FOUND);
	faults(&mut Script::new(), "storage_set", &at(MAX_VALUE + 1), Error::ValueTooLarge);
}

#[test]
fn event_works() {
	let mut script = Script::new();
	let data = script.data(b"something");
	let code = script.syscall("event", &[data, 9]).syscall("event", &[data, 4]).ends();
	on_both(|| {
		assert_ok!(call(&code, b""));
		assert_eq!(program_events(), [&b"something"[..], b"some"]);
		let code_hash = crate::program::code_hash(&code);
		let address = Some(Virt::address_of(&ALICE, code_hash, &[]));
		let data = b"some".to_vec();
		System::assert_has_event(Event::ProgramEvent { address, code_hash, data }.into());
	});
}

#[test]
fn event_data_at_limit_ok_and_over_limit_err() {
	let at = |len: u32| [Script::memory(), len.into()];
	assert_eq!(result_of(&mut Script::new(), "event", &at(MAX_EVENT)), 0);
	faults(&mut Script::new(), "event", &at(MAX_EVENT + 1), Error::EventTooLarge);
}

#[test]
fn events_at_limit_ok_and_over_limit_err() {
	let mut script = Script::new();
	for _ in 0..MAX_EVENTS {
		script.syscall("event", &[Script::memory(), 1]);
	}
	let at_limit = script.ends();
	assert_eq!(on_both(|| call(&at_limit, b"")), Ok(vec![]));
	let mut script = Script::new();
	for _ in 0..MAX_EVENTS {
		script.syscall("event", &[Script::memory(), 1]);
	}
	faults(&mut script, "event", &[Script::memory(), 1], Error::TooManyEvents);
}

#[test]
fn log_works_and_changes_nothing() {
	let mut script = Script::new();
	let text = script.data(b"hello \xff");
	assert_eq!(result_of(&mut script, "log", &[text, 7]), 0);
}

#[test]
fn log_at_limit_ok_and_over_limit_err() {
	let at = |len: u32| [Script::memory(), len.into()];
	assert_eq!(result_of(&mut Script::new(), "log", &at(MAX_LOG)), 0);
	faults(&mut Script::new(), "log", &at(MAX_LOG + 1), Error::LogTooLong);
}

#[test]
fn logs_at_limit_ok_and_over_limit_err() {
	let mut script = Script::new();
	for _ in 0..MAX_LOGS {
		script.syscall("log", &[Script::memory(), 1]);
	}
	let at_limit = script.clone().ends();
	assert_eq!(on_both(|| call(&at_limit, b"")), Ok(vec![]));
	faults(&mut script, "log", &[Script::memory(), 1], Error::TooManyLogs);
}

#[test]
fn gas_left_works() {
	let first = result_of(&mut Script::new(), "gas_left", &[]);
	assert!(first > 0 && first < PLENTY.ref_time() as i64);
	let later = result_of(Script::new().syscall("gas_left", &[]), "gas_left", &[]);
	// The second result is lower by the price of a syscall and its instructions.
	assert!(later < first - 250 && later > first - 10_000, "{first} {later}");
}

#[test]
fn blake2_256_works() {
	let mut script = Script::new();
	let (data, out) = (script.data(b"data"), script.room(32));
	let hash = sp_io::hashing::blake2_256(b"data");
	assert_eq!(memory_after(&mut script, "blake2_256", &[data, 4, out], out, 32), hash);
}

#[test]
fn blake2_256_at_limit_ok_and_over_limit_err() {
	let at = |len: u32| [Script::memory(), len.into(), Script::memory()];
	assert_eq!(result_of(&mut Script::new(), "blake2_256", &at(MAX_HASHED)), 0);
	faults(&mut Script::new(), "blake2_256", &at(MAX_HASHED + 1), Error::TooMuchHashed);
}

#[test]
fn account_syscalls_fault_in_a_one_shot_run() {
	let memory = Script::memory();
	for name in
		["address", "transfer", "storage_get", "storage_set", "storage_remove", "storage_contains"]
	{
		let code = Script::new().syscall(name, &[memory, 1, memory, 1]).ends();
		let (result, _) = on_both(|| {
			upload(&code);
			run_once(&code, "main", b"", PLENTY)
		});
		assert_eq!(result, Err(Error::<Test>::NoAccount.into()), "{name}");
	}
}

#[test]
fn every_syscall_costs_at_least_its_base() {
	let memory = Script::memory();
	let cost = |code: Vec<u8>| {
		on_chain(|| {
			let address = deploy(&code, 1_000);
			assert_ok!(Virt::call(signed(BOB), address, b"main".to_vec(), vec![], 0, PLENTY, None));
			weight_used()
		}) - load_weight(&code)
	};
	let (idle, input) =
		(cost(Script::new().ends()), cost(Script::new().syscall("input_len", &[]).ends()));
	let of = |units| gas(units).set_proof_size(0);
	assert!(input.all_gte(idle + of(1_300)), "{idle} {input}");
	let write = cost(Script::new().syscall("storage_set", &[memory, 3, memory, 100]).ends());
	assert!(write.all_gte(idle + of(3_500 + 40 * 5)), "{idle} {write}");
}
