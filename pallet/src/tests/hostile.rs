//! Hostile programs: each ends with a typed error, pays for what it used, and behaves the same on both backends.

use super::{
	mock::*,
	script::{builder, with_code_section, Script},
};
use crate::{Error, Weight};
use polkavm_common::program::{asm, Instruction, Reg};
use sp_runtime::DispatchError;
use virt_fixtures::{ECHO, OOB, RECURSE, SHA256, SPIN, TRAP};

type Run = (Result<Vec<u8>, DispatchError>, Weight);

/// Uploads and runs `code`, and asserts that both backends behave the same. Returns `None` if it is refused.
#[track_caller]
fn same_on_both(code: &[u8], entry: &str, limit: Weight) -> Option<Run> {
	on_both(|| {
		Virt::upload(signed(ALICE), code.to_vec(), None).ok()?;
		Some(run_once(code, entry, b"", limit))
	})
}

#[track_caller]
fn fails_on_both(code: &[u8], entry: &str, error: Error<Test>) -> Weight {
	let (result, used) = same_on_both(code, entry, PLENTY).expect("the program is admitted");
	assert_eq!(result, Err(error.into()));
	used
}

#[test]
fn spin_runs_out_of_gas() {
	let used = fails_on_both(SPIN, "spin", Error::OutOfGas).ref_time();
	assert!(used > PLENTY.ref_time() - 1_000_000, "{used}");
}

#[test]
fn recursion_past_the_stack_traps() {
	assert!(fails_on_both(RECURSE, "recurse", Error::Trapped).all_lt(PLENTY));
}

#[test]
fn out_of_bounds_access_traps() {
	fails_on_both(OOB, "read", Error::Trapped);
	fails_on_both(OOB, "write", Error::Trapped);
	fails_on_both(OOB, "pointer", Error::OutOfBounds);
}

#[test]
fn panic_traps() {
	fails_on_both(TRAP, "trap", Error::Trapped);
}

#[test]
fn weight_0_exact_exact_less_one_and_max_in_either_part() {
	let run = |limit| same_on_both(SHA256, "sha256", limit).expect("the program is admitted");
	let (result, exact) = run(PLENTY);
	assert!(result.is_ok());
	assert_eq!(run(exact), (result.clone(), exact));
	let load = load_weight(SHA256);
	let (time, size) = (exact.ref_time(), exact.proof_size());
	for (limit, error) in [
		(Weight::zero(), Error::<Test>::OutOfGas),
		(Weight::from_parts(1, size), Error::OutOfGas),
		(Weight::from_parts(0, u64::MAX), Error::OutOfGas),
		(Weight::from_parts(u64::MAX, 0), Error::OutOfProofSize),
		(load - Weight::from_parts(1, 0), Error::OutOfGas),
		(load, Error::OutOfGas),
		(Weight::from_parts(u64::MAX, load.proof_size() - 1), Error::OutOfProofSize),
		(exact - Weight::from_parts(gas(1).ref_time(), 0), Error::OutOfGas),
		(exact - Weight::from_parts(0, 1), Error::OutOfProofSize),
	] {
		let (failed, used) = run(limit);
		assert_eq!(failed, Err(error.into()), "{limit}");
		assert!(used.all_lte(limit) && used != exact, "{limit}: {used}");
	}
	for max in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
		for limit in [(max, size), (time, max), (max, max)] {
			let (time, size) = limit;
			assert_eq!(run(Weight::from_parts(time, size)), (result.clone(), exact));
		}
	}
}

#[test]
fn ecalli_without_import_is_a_typed_fault_and_keeps_gas() {
	for index in [0, 1, 1_023, 1_024, i32::MAX, -1] {
		let code = Script::new().instruction(asm::ecalli(index)).ends();
		let used = fails_on_both(&code, "main", Error::UnknownSyscall);
		let read = Weight::from_parts(16_000_000, 6_000);
		let limit = (load_weight(&code) + read).saturating_add(gas(1_000).set_proof_size(0));
		assert!(used.all_lte(limit), "{used}");
	}
}

#[test]
fn code_may_end_anyhow() {
	let ends: [(&str, Vec<Instruction>); 6] = [
		("branch", vec![asm::branch_eq_imm(Reg::A0, 1, 0)]),
		("branch taken", vec![asm::branch_eq_imm(Reg::A0, 0, 0)]),
		("jump", vec![asm::jump(0)]),
		("ecalli", vec![asm::ecalli(0)]),
		("fallthrough", vec![asm::fallthrough()]),
		("load", vec![asm::load_imm(Reg::A0, 1)]),
	];
	for (name, code) in ends {
		let mut builder = builder();
		builder.add_import(b"input_len");
		builder.add_export_by_basic_block(0, b"main");
		builder.set_code(&code, &[]);
		let code = builder.to_vec().expect("the builder accepts it");
		let (result, _) = same_on_both(&code, "main", PLENTY).expect(name);
		assert!(result.is_err(), "{name}");
	}
}

/// A small program with many kinds of instructions.
fn assortment() -> Vec<u8> {
	let mut script = Script::new();
	let address = script.data(&[1, 2, 3, 4, 5, 6, 7, 8]);
	script
		.instruction(asm::load_imm(Reg::A1, 3))
		.instruction(asm::load_u64(Reg::A2, address as i32))
		.instruction(asm::add_64(Reg::A0, Reg::A1, Reg::A2))
		.instruction(asm::store_u64(Reg::A0, address as i32))
		.instruction(asm::branch_eq_imm(Reg::A0, 0, 0))
		.instruction(asm::load_indirect_u32(Reg::A3, Reg::SP, -8))
		.instruction(asm::mul_64(Reg::A4, Reg::A3, Reg::A0))
		.instruction(asm::store_imm_indirect_u8(Reg::SP, -1, 7))
		.syscall("gas_left", &[])
		.syscall("output", &[address, 8])
		.ends()
}

/// Covers what a list of cases would miss: register nibbles 13 to 15, branches to the end of the code and beyond,
/// other opcodes, other immediates.
#[test]
fn every_byte_of_a_small_program_set_to_many_values_is_the_same() {
	let good = assortment();
	assert!(same_on_both(&good, "main", gas(1_000_000)).expect("it is admitted").0.is_ok());
	let (mut admitted, mut failed) = (0, 0);
	for position in 0..good.len() {
		for value in [0, 1, 2, 13, 14, 15, 0x7f, 0x80, 0xd0, 0xef, 0xfe, 0xff]
			.into_iter()
			.chain((0..8).map(|bit| good[position] ^ (1 << bit)))
		{
			let mut code = good.clone();
			code[position] = value;
			if let Some((result, _)) = same_on_both(&code, "main", gas(1_000_000)) {
				admitted += 1;
				failed += u32::from(result.is_err());
			}
		}
	}
	println!("{} bytes: {admitted} variants admitted, {failed} of them failed", good.len());
	assert!(admitted > 300 && failed > 50, "{admitted} {failed}");
}

#[test]
fn bit_flips_of_a_real_program_are_the_same() {
	// Flips one bit of every byte. Which one depends on the position.
	for position in 0..ECHO.len() {
		let mut code = ECHO.to_vec();
		code[position] ^= 1 << ((position + position / 8) % 8);
		on_both(|| {
			Virt::upload(signed(ALICE), code.clone(), None).ok()?;
			Some(run_once(&code, "echo", b"input", gas(1_000_000)))
		});
	}
}

#[test]
fn branch_targets_at_and_past_the_end_are_the_same() {
	// The offset is patched into the blob, because the builder does not make such a branch.
	let mut builder = builder();
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::jump(1), asm::ret()], &[]);
	let good = builder.to_vec().unwrap();
	let blob = polkavm_common::program::ProgramBlob::parse((&good[..]).into()).unwrap();
	let jump = blob.code()[..2].to_vec();
	assert_eq!(jump[1], 2, "the offset of the second block");
	let position = good.windows(2).rposition(|window| window == jump).unwrap();
	let len = blob.code().len() as u8;
	for offset in [len, len + 1, len + 2, 0x7f, 0x80, 0xff] {
		let mut code = good.clone();
		code[position + 1] = offset;
		let (result, _) = same_on_both(&code, "main", gas(100_000)).expect("it is admitted");
		assert!(result.is_err(), "offset {offset}");
	}
}

/// The backends of PolkaVM 0.37 read this bit mask differently. For the interpreter, the jump to 32 has no valid
/// target; the recompiler takes the jump, and the program returns.
#[test]
fn code_that_reads_in_two_ways_is_refused() {
	let mut code = [0; 34];
	// At 0: `jump 32`. At 7: `load_imm`, 25 bytes long. At 32: `jump_indirect ra`.
	(code[0], code[7], code[8], code[9], code[32]) = (40, 51, 7, 1, 50);
	code[1] = 32;
	let section = [&[0, 0, 34][..], &code, &[0x81, 0, 0, 0, 1]].concat();
	let mut builder = builder();
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::ret()], &[]);
	let code = with_code_section(&builder.to_vec().unwrap(), &section);
	on_both(|| {
		let upload = Virt::upload(signed(ALICE), code.clone(), None);
		assert_eq!(upload, Err(Error::<Test>::InvalidProgram.into()));
	});
}

/// Passes each bad pointer as each pointer argument of each syscall.
#[test]
fn bad_pointers_are_faults() {
	let mut room = Script::new();
	let good = room.room(4_096);
	let calls: &[(&str, &[u64], &[usize])] = &[
		("input", &[good, 0, 5], &[0]),
		("output", &[good, 16], &[0]),
		("caller", &[good], &[0]),
		("address", &[good], &[0]),
		("value", &[good], &[0]),
		("balance", &[good, good], &[0, 1]),
		("transfer", &[good, good], &[0, 1]),
		("storage_set", &[good, 16, good, 16], &[0, 2]),
		("storage_get", &[good, 16, good, 16], &[0, 2]),
		("storage_contains", &[good, 16], &[0]),
		("storage_remove", &[good, 16], &[0]),
		("event", &[good, 16], &[0]),
		("log", &[good, 16], &[0]),
		("blake2_256", &[good, 16, good], &[0, 2]),
		("origin", &[good], &[0]),
		("code_hash", &[good], &[0]),
		("code_hash_of", &[good, good], &[0]),
		("block_hash", &[0, good], &[1]),
		("chain_id", &[good], &[0]),
		("existential_deposit", &[good], &[0]),
		("weight_left", &[good], &[0]),
		("deposit_left", &[good], &[0]),
		("blake2_128", &[good, 16, good], &[0, 2]),
		("keccak_256", &[good, 16, good], &[0, 2]),
		("sha2_256", &[good, 16, good], &[0, 2]),
		("sr25519_verify", &[good, good, 16, good], &[0, 1, 3]),
		("ed25519_verify", &[good, good, 16, good], &[0, 1, 3]),
		("secp256k1_recover", &[good, good, good], &[0, 1]),
		("transient_set", &[good, 16, good, 16], &[0, 2]),
		("transient_get", &[good, 16, good, 16], &[0, 2]),
		("transient_remove", &[good, 16], &[0]),
		("event_indexed", &[good, 32, good, 16], &[0, 2]),
		("call_program", &[good, good, 4, good, 4, good], &[0, 1, 3, 5]),
		("instantiate_program", &[good, good, 4, good, 4, good], &[0, 1, 3, 5]),
		("run_code", &[good, good, 4, good, 4, 0], &[0, 1, 3]),
		("dispatch", &[good, 16], &[0]),
		("terminate", &[good], &[0]),
	];
	let bad = [
		0,
		1,
		0xffff,
		Script::memory() - 1,
		// Only the first byte is in bounds.
		Script::memory_end() - 1,
		Script::memory_end(),
		u32::MAX.into(),
		u64::from(u32::MAX) + 1,
		// Would be in range if it were truncated to 32 bits.
		good + (1 << 32),
		u64::MAX,
	];
	for &(name, args, pointers) in calls {
		let call = |args: &[u64]| {
			let mut script = room.clone();
			match name {
				"storage_get" => script.syscall("storage_set", &[good, 16, good, 16]),
				"transient_get" => script.syscall("transient_set", &[good, 16, good, 16]),
				_ => &mut script,
			};
			let code = script.syscall(name, args).ends();
			on_both(|| {
				let address = deploy(&code, 1_000);
				let entry = b"main".to_vec();
				let input = b"input".to_vec();
				match Virt::call(signed(BOB), address, entry, input, 0, PLENTY, None) {
					Ok(_) => None,
					Err(failure) => Some(failure.error),
				}
			})
		};
		assert_eq!(call(args), None, "{name} with good pointers");
		for &pointer in pointers {
			for bad in bad {
				let mut args = args.to_vec();
				args[pointer] = bad;
				let error = Some(Error::<Test>::OutOfBounds.into());
				assert_eq!(call(&args), error, "{name}, argument {pointer}: {bad:#x}");
			}
		}
	}
}

#[test]
fn absurd_lengths_cost_nothing_but_gas() {
	for len in [1 << 20, u32::MAX.into(), 1 << 40, u64::MAX - 0xffff, u64::MAX] {
		for (name, args) in [
			("output", vec![Script::memory(), len]),
			("input", vec![Script::memory(), 0, len]),
			("event", vec![Script::memory(), len]),
			("log", vec![Script::memory(), len]),
			("blake2_256", vec![Script::memory(), len, Script::memory()]),
			("sr25519_verify", vec![Script::memory(), Script::memory(), len, Script::memory()]),
			("event_indexed", vec![Script::memory(), len, Script::memory(), len]),
			("run_code", vec![Script::memory(), Script::memory(), len, Script::memory(), len, 0]),
		] {
			let code = Script::new().syscall(name, &args).ends();
			let (result, _) = same_on_both(&code, "main", PLENTY).expect("it is admitted");
			let too_large = match name {
				"output" => Error::<Test>::OutputTooLarge,
				"event" => Error::EventTooLarge,
				"event_indexed" => Error::TooManyTopics,
				"log" => Error::LogTooLong,
				"run_code" => Error::EntryNotFound,
				_ => Error::TooMuchHashed,
			};
			match result {
				Err(error) => assert!(
					[Error::OutOfGas, too_large].map(Into::into).contains(&error),
					"{name} of {len}: {error:?}"
				),
				// `input` copies nothing, because the input is empty.
				Ok(_) => assert_eq!((name, len), ("input", 1 << 20)),
			}
		}
	}
}

#[test]
fn zero_length_is_allowed_anywhere() {
	for pointer in [0, 0xffff, u32::MAX.into()] {
		for (name, args) in [
			("output", vec![pointer, 0]),
			("event", vec![pointer, 0]),
			("input", vec![pointer, 0, 0]),
		] {
			let code = Script::new().syscall(name, &args).ends();
			let (result, _) = same_on_both(&code, "main", PLENTY).expect("it is admitted");
			assert!(result.is_ok(), "{name} at {pointer:#x}: {result:?}");
		}
	}
}

#[test]
fn writing_to_read_only_data_is_out_of_bounds() {
	let mut builder = builder();
	builder.add_import(b"caller");
	builder.set_ro_data_size(64);
	builder.set_ro_data(vec![1; 64]);
	builder.add_export_by_basic_block(0, b"main");
	// Read-only data begins at 0x10000.
	builder.set_code(&[asm::load_imm(Reg::A0, 0x10000), asm::ecalli(0), asm::ret()], &[]);
	fails_on_both(&builder.to_vec().unwrap(), "main", Error::OutOfBounds);
}
