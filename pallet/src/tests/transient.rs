//! Transient storage, which lasts as long as a call.

use super::{
	mock::*,
	script::Script,
	syscalls::{call, faults, memory_after, result_of},
};
use crate::{
	limits::*,
	transient::{Transient, ITEM_OVERHEAD},
	Error, State,
};
use codec::{Decode, Encode};
use frame_support::assert_ok;
use virt_guest::Code;

#[test]
fn transient_works() {
	let mut script = Script::new();
	let (key, value, out) = (script.data(b"key"), script.data(b"value"), script.room(8));
	let get = [key, 3, out, 8];
	assert_eq!(result_of(&mut script.clone(), "transient_get", &get), Code::NOT_FOUND);
	assert_eq!(result_of(&mut script.clone(), "transient_remove", &[key, 3]), Code::NOT_FOUND);
	let set = [key, 3, value, 5];
	assert_eq!(result_of(&mut script.clone(), "transient_set", &set), Code::NOT_FOUND);
	script.syscall("transient_set", &set);
	assert_eq!(result_of(&mut script.clone(), "transient_set", &set), 5);
	assert_eq!(result_of(&mut script.clone(), "transient_get", &[key, 3, out, 2]), 5);
	let bytes = memory_after(&mut script.clone(), "transient_get", &get, out, 8);
	assert_eq!(bytes, b"value\0\0\0");
	assert_eq!(result_of(&mut script.clone(), "transient_remove", &[key, 3]), 5);
	// Transient storage is separate from persistent storage.
	assert_eq!(result_of(&mut script, "storage_contains", &[key, 3]), Code::NOT_FOUND);
}

#[test]
fn transient_is_gone_with_the_call() {
	let mut script = Script::new();
	let key = script.data(b"key");
	let code = script.returns("transient_set", &[key, 3, key, 3]).ends();
	on_both(|| {
		let address = deploy(&code, 0);
		for _ in 0..2 {
			let main = b"main".to_vec();
			assert_ok!(Virt::call(signed(BOB), address.clone(), main, vec![], 0, PLENTY, None));
			assert_eq!(output(), Code::NOT_FOUND.encode());
		}
		assert_eq!(State::<Test>::iter().count(), 0);
	});
}

/// All frames of an account share its transient storage, each account has its own, and the changes of a frame that
/// fails are rolled back.
#[test]
fn transient_follows_its_account_and_its_frames() {
	let mut script = Script::new();
	let (key, old, new, out) =
		(script.data(b"key"), script.data(b"old"), script.data(b"newer"), script.room(24));
	let libraries = [
		script.clone().syscall("transient_set", &[key, 3, new, 5]).ends(),
		script.clone().syscall("transient_set", &[key, 3, new, 5]).traps(),
		script.clone().syscall("transient_remove", &[key, 3]).traps(),
	];
	for (library, expected) in libraries.iter().zip([5, 3, 3]) {
		on_both(|| {
			let hash = upload(library);
			let mut script = script.clone();
			let (hash, main) = (script.data(hash.as_bytes()), script.data(b"main"));
			script
				.syscall("transient_set", &[key, 3, old, 3])
				.syscall("run_code", &[hash, main, 4, hash, 0, 0]);
			let code = script.returns("transient_get", &[key, 3, out, 8]).ends();
			assert_eq!(call(&code, b""), Ok(i64::encode(&expected)));
		});
	}
	// The callee is another account, with its own transient storage.
	on_both(|| {
		let callee = deploy(&libraries[0], 0);
		let mut script = script.clone();
		let (callee, main) = (script.data(&callee.encode()), script.data(b"main"));
		let options = script.data(&(0u128, 0u64, 0u128).encode());
		script
			.syscall("transient_set", &[key, 3, old, 3])
			.syscall("call_program", &[callee, main, 4, key, 0, options])
			.keep(out)
			.syscall("transient_get", &[key, 3, out + 16, 8])
			.keep(out + 8);
		let code = script.syscall("output", &[out, 16]).ends();
		let output = call(&code, b"").expect("it goes on");
		assert_eq!(<(i64, i64)>::decode(&mut &output[..]), Ok((0, 3)));
	});
}

#[test]
fn transient_key_and_value_at_limit_ok_and_over_limit_err() {
	let at = |key: u32, value: u32| [Script::memory(), key.into(), Script::memory(), value.into()];
	let at_limit = at(MAX_KEY, MAX_VALUE);
	assert_eq!(result_of(&mut Script::new(), "transient_set", &at_limit), Code::NOT_FOUND);
	let over = at(MAX_KEY, MAX_VALUE + 1);
	faults(&mut Script::new(), "transient_set", &over, Error::ValueTooLarge);
	for name in ["transient_set", "transient_get", "transient_remove"] {
		faults(&mut Script::new(), name, &at(MAX_KEY + 1, 1), Error::KeyTooLong);
	}
}

#[test]
fn transient_storage_at_limit_ok_and_over_limit_err() {
	let memory = Script::memory();
	let whole = ITEM_OVERHEAD + 4 + MAX_VALUE;
	let (count, rest) = (MAX_TRANSIENT / whole, MAX_TRANSIENT % whole);
	let mut script = Script::new();
	for number in 0..count {
		let key = script.data(&(number + 1).to_le_bytes());
		script.syscall("transient_set", &[key, 4, memory, MAX_VALUE.into()]);
	}
	let key = script.data(&[0xff; 4]);
	let last = |value: u32| [key, 4, memory, value.into()];
	let at_limit = last(rest - ITEM_OVERHEAD - 4);
	assert_eq!(result_of(&mut script.clone(), "transient_set", &at_limit), Code::NOT_FOUND);
	let over = last(rest - ITEM_OVERHEAD - 4 + 1);
	faults(&mut script, "transient_set", &over, Error::TransientFull);
}

#[test]
fn transient_storage_needs_an_account() {
	let memory = Script::memory();
	for name in ["transient_get", "transient_set", "transient_remove"] {
		let code = Script::new().syscall(name, &[memory, 1, memory, 1]).ends();
		let (result, _) = on_both(|| {
			upload(&code);
			run_once(&code, "main", b"", PLENTY)
		});
		assert_eq!(result, Err(Error::<Test>::NoAccount.into()), "{name}");
	}
}

#[test]
fn next_change_copies_what_a_frame_keeps() {
	let mut transient = Transient::<u8>::default();
	transient.set(&1, b"key".to_vec(), vec![0; 10]).expect("there is room");
	assert_eq!(transient.shared(), None);
	let kept = transient.clone();
	assert_eq!(transient.shared(), Some((1, u64::from(ITEM_OVERHEAD) + 3 + 10)));
	transient.set(&1, b"key".to_vec(), vec![1; 10]).expect("there is room");
	assert_eq!(transient.shared(), None);
	assert_eq!(kept.get(&1, b"key".to_vec()), Some(&[0; 10][..]));
}
