//! Calls of the runtime that programs dispatch.

use super::{mock::*, script::Script, syscalls::call};
use crate::{limits::*, Error, State};
use codec::Encode;
use frame_support::{assert_ok, dispatch::GetDispatchInfo, traits::fungible::Inspect};
use virt_guest::Code;

/// A program that dispatches `calls`, and outputs the result of the last one.
fn dispatcher(calls: &[Vec<u8>]) -> Vec<u8> {
	let mut script = Script::new();
	let out = script.room(8);
	for call in calls {
		let at = script.data(call);
		script.syscall("dispatch", &[at, call.len() as u64]).keep(out);
	}
	script.syscall("output", &[out, 8]).ends()
}

#[track_caller]
fn dispatched(call_of_program: &RuntimeCall) -> i64 {
	let output = call(&dispatcher(&[call_of_program.encode()]), b"").expect("it goes on");
	i64::from_le_bytes(output.try_into().expect("a register has 8 bytes"))
}

fn transfer(value: u128) -> RuntimeCall {
	let dest = BOB;
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive { dest, value })
}

fn remark(len: usize) -> RuntimeCall {
	RuntimeCall::System(frame_system::Call::remark_with_event { remark: vec![1; len] })
}

#[test]
fn dispatch_works_with_the_programs_account() {
	on_both(|| {
		assert_eq!(dispatched(&transfer(300)), 0);
		assert_eq!(Balances::total_balance(&BOB), FUNDS - 50 + 300);
	});
}

#[test]
fn dispatch_that_fails_is_a_code_and_is_rolled_back() {
	on_both(|| {
		assert_eq!(dispatched(&transfer(2_000)), Code::DISPATCH_FAILED);
		let kill = frame_system::Call::kill_storage { keys: vec![] };
		assert_eq!(dispatched(&RuntimeCall::System(kill)), Code::DISPATCH_FAILED);
		assert_eq!(Balances::total_balance(&BOB), FUNDS - 100);
	});
}

#[test]
fn dispatch_of_what_the_filter_keeps_out_is_a_code() {
	on_both(|| {
		let set = pallet_timestamp::Call::set { now: NOW + 1 };
		assert_eq!(dispatched(&RuntimeCall::Timestamp(set)), Code::CALL_FILTERED);
	});
}

#[test]
fn dispatch_of_what_is_no_call_is_a_code() {
	on_both(|| {
		let good = transfer(1).encode();
		let cases = [
			vec![],
			vec![0xff; 10],
			good[..good.len() - 1].to_vec(),
			[&good[..], &[0]].concat(),
			vec![0xff; MAX_CALL as usize],
		];
		for bytes in cases {
			assert_eq!(call(&dispatcher(&[bytes]), b""), Ok(Code::INVALID_CALL.encode()));
		}
	});
}

#[test]
fn dispatch_of_the_pallets_own_calls_is_denied() {
	let code = dispatcher(&[]);
	let code_hash = crate::program::code_hash(&code);
	let address = Virt::address_of(&ALICE, code_hash, &[]);
	let (storage_deposit_limit, weight_limit) = (None, PLENTY);
	let (entry, input, salt) = (b"main".to_vec(), vec![], vec![1]);
	let calls = [
		crate::Call::upload { code: virt_fixtures::ECHO.to_vec(), storage_deposit_limit },
		crate::Call::remove { code_hash },
		crate::Call::run { code_hash, entry: entry.clone(), input: vec![], weight_limit },
		crate::Call::instantiate {
			code_hash,
			salt,
			input: vec![],
			value: 0,
			weight_limit: gas(100_000),
			storage_deposit_limit,
		},
		crate::Call::call {
			address,
			entry,
			input,
			value: 0,
			weight_limit: gas(100_000),
			storage_deposit_limit,
		},
	];
	for call in calls {
		on_both(|| {
			deploy(&code, 1_000);
			let call = RuntimeCall::Virt(call.clone());
			if call.encode().len() > MAX_CALL as usize {
				return;
			}
			// The weight of a call is charged before the dispatch.
			let paid = call.get_dispatch_info().call_weight.all_lt(PLENTY / 2);
			let result = super::syscalls::call(&dispatcher(&[call.encode()]), b"");
			match paid {
				true => assert_eq!(result, Ok(Code::DISPATCH_FAILED.encode())),
				false => assert!(
					[Error::<Test>::OutOfGas, Error::OutOfProofSize]
						.map(|error| Err(error.into()))
						.contains(&result),
					"{result:?}"
				),
			}
		});
	}
	on_chain(|| {
		crate::Locked::<Test>::put(crate::Lock::Running);
		let denied = Err(Error::<Test>::ReentrancyDenied.into());
		let uploaded = Virt::upload(signed(ALICE), code.clone(), None);
		assert_eq!(uploaded.unwrap_err().error, Error::<Test>::ReentrancyDenied.into());
		assert_eq!(Virt::remove(signed(ALICE), code_hash), denied);
		assert_eq!(
			run_once(&code, "main", b"", PLENTY).0,
			Err(Error::<Test>::ReentrancyDenied.into())
		);
		crate::Locked::<Test>::kill();
	});
}

#[test]
fn dispatch_charges_the_weight_before_and_gives_back_what_was_not_used() {
	on_both(|| {
		let cost = |calls: &[Vec<u8>]| {
			let code = dispatcher(calls);
			call(&code, b"").expect("it goes on");
			weight_used() - load_weight(&code)
		};
		let one = remark(1_000);
		let weight = one.get_dispatch_info().call_weight;
		let bytes = one.encode();
		let (none, first, second) =
			(cost(&[]), cost(std::slice::from_ref(&bytes)), cost(&[bytes.clone(), bytes]));
		assert!((first - none).all_gte(weight), "{none} {first} {weight}");
		assert!((second - first).all_gte(weight), "{first} {second} {weight}");
	});
	// Without enough ref time for the weight of the call, nothing is dispatched.
	on_both(|| {
		let call_of_program = remark(10_000);
		let weight = call_of_program.get_dispatch_info().call_weight;
		let code = dispatcher(&[call_of_program.encode()]);
		let address = deploy(&code, 0);
		let call = |limit| {
			Virt::call(signed(BOB), address.clone(), b"main".to_vec(), vec![], 0, limit, None)
		};
		let limit = (load_weight(&code) + weight).set_proof_size(PLENTY.proof_size());
		assert_fails(|| call(limit), Error::OutOfGas);
		assert_ok!(call(PLENTY));
	});
}

#[test]
fn dispatch_at_size_limit_ok_and_over_limit_err() {
	let room = MAX_CALL as usize - remark(1_000).encode().len() + 1_000 - 2;
	let at_limit =
		remark(room + 2 - usize::from(remark(room + 2).encode().len() > MAX_CALL as usize) * 2);
	on_both(|| {
		assert!(at_limit.encode().len() <= MAX_CALL as usize);
		assert!(at_limit.encode().len() > MAX_CALL as usize - 4);
		assert_eq!(dispatched(&at_limit), 0);
	});
	let over = vec![0; MAX_CALL as usize + 1];
	let code = dispatcher(&[over]);
	assert_eq!(on_both(|| call(&code, b"")), Err(Error::<Test>::CallTooLarge.into()));
}

#[test]
fn dispatch_at_depth_limit_ok_and_over_limit_is_a_code() {
	let nested = |depth: u32| {
		(0..depth).fold(remark(0), |call, _| {
			RuntimeCall::Sudo(pallet_sudo::Call::sudo { call: Box::new(call) })
		})
	};
	on_both(|| {
		// `sudo` fails because the program's account is not the sudo key, but it is dispatched.
		assert_eq!(dispatched(&nested(MAX_CALL_DEPTH)), Code::DISPATCH_FAILED);
		assert_eq!(dispatched(&nested(MAX_CALL_DEPTH + 1)), Code::INVALID_CALL);
	});
}

#[test]
fn dispatch_and_storage_of_one_call_are_undone_together() {
	let call_of_program = transfer(100).encode();
	let mut script = Script::new();
	let (key, at) = (script.data(b"key"), script.data(&call_of_program));
	script.syscall("storage_set", &[key, 3, key, 3]);
	let code = script.syscall("dispatch", &[at, call_of_program.len() as u64]).traps();
	on_both(|| {
		let address = deploy(&code, 1_000);
		let call = || Virt::call(signed(BOB), address, b"main".to_vec(), vec![], 0, PLENTY, None);
		assert_fails(call, Error::Trapped);
		assert_eq!(State::<Test>::iter().count(), 0);
		assert_eq!(Balances::total_balance(&BOB), FUNDS);
	});
}
