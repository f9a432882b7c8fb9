//! Which programs may be stored.

use super::{
	mock::*,
	script::{builder, Script},
};
use crate::{limits::*, Error, WeightInfo};
use frame_support::{assert_noop, dispatch::GetDispatchInfo};
use polkavm_common::{
	program::{asm, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};
use sp_runtime::traits::Dispatchable;

fn minimal(change: impl FnOnce(&mut ProgramBlobBuilder)) -> Vec<u8> {
	let mut builder = builder();
	builder.set_code(&[asm::ret()], &[]);
	change(&mut builder);
	builder.to_vec().expect("the builder accepts it")
}

#[track_caller]
fn admitted(code: &[u8]) {
	on_chain(|| upload(code));
}

#[track_caller]
fn refused(code: &[u8], error: Error<Test>) {
	on_chain(|| {
		assert_noop!(Virt::upload(signed(ALICE), code.to_vec(), None), error);
	});
}

#[test]
fn every_fixture_is_admitted() {
	for (name, code) in virt_fixtures::ALL {
		if !["bench", "chain", "conformance", "peer", "unknown_import"].contains(name) {
			println!("{name}: {} bytes", code.len());
			admitted(code);
		}
	}
}

/// A program of `len` bytes, most of which are `filling`.
fn padded(len: u32, filling: u8) -> Vec<u8> {
	let with_data = |len| {
		minimal(|builder| {
			builder.set_ro_data_size(len as u32);
			builder.set_ro_data(vec![filling; len]);
			builder.add_export_by_basic_block(0, b"main");
		})
	};
	// The overhead of the blob is the same for slightly less data.
	let len = len as usize;
	with_data(len - (with_data(len - 64).len() - (len - 64)))
}

#[test]
fn blob_at_limit_ok_and_over_limit_err() {
	let at_limit = padded(MAX_CODE, 1);
	assert_eq!(at_limit.len(), MAX_CODE as usize);
	admitted(&at_limit);
	refused(&padded(MAX_CODE + 1, 1), Error::ProgramTooLarge);
}

#[test]
fn a_hundred_programs_of_the_largest_size_in_one_block_are_each_charged_and_run() {
	let used = on_both(|| {
		fund(&ALICE, FUNDS);
		let used = (1..=100).map(|filling| {
			let code = padded(MAX_CODE, filling);
			upload(&code);
			let (result, used) = run_once(&code, "main", b"", PLENTY);
			assert_eq!(result, Ok(vec![]));
			assert!(used.all_gte(load_weight(&code)));
			used
		});
		used.collect::<Vec<_>>()
	});
	assert!(used.iter().all(|gas| *gas == used[0]), "{used:?}");
}

#[test]
fn an_invalid_program_again_and_again_is_charged_each_time() {
	on_chain(|| {
		let mut code = padded(MAX_CODE, 1);
		code[0] ^= 0xff;
		for _ in 0..100 {
			let call =
				crate::Call::<Test>::upload { code: code.clone(), storage_deposit_limit: None };
			let weight = call.get_dispatch_info().call_weight;
			assert_eq!(weight, crate::weights::SubstrateWeight::<Test>::upload(MAX_CODE));
			let failure =
				RuntimeCall::Virt(call).dispatch(signed(ALICE)).expect_err("it is invalid");
			assert_eq!(failure.error, Error::<Test>::InvalidProgram.into());
			// No weight is refunded.
			assert_eq!(failure.post_info.actual_weight, None);
		}
	});
}

#[test]
fn empty_blob_is_refused() {
	refused(&[], Error::InvalidProgram);
}

#[test]
fn blob_truncated_at_every_byte_is_refused() {
	let code = virt_fixtures::ECHO;
	on_chain(|| {
		for len in 0..code.len() {
			let truncated = code[..len].to_vec();
			assert_noop!(
				Virt::upload(signed(ALICE), truncated, None),
				Error::<Test>::InvalidProgram
			);
		}
	});
}

#[test]
fn other_instruction_sets_are_refused() {
	for other in
		[InstructionSetKind::Latest32, InstructionSetKind::Latest64, InstructionSetKind::JamV1]
	{
		let mut builder = ProgramBlobBuilder::new(other);
		builder.set_code(&[asm::ret()], &[]);
		refused(&builder.to_vec().unwrap(), Error::UnsupportedInstructionSet);
	}
}

#[test]
fn other_blob_versions_are_refused() {
	let code = minimal(|_| ());
	let mut errors = 0;
	for version in 0..=u8::MAX {
		let mut other = code.clone();
		// The format begins with four bytes of magic, then the version.
		if std::mem::replace(&mut other[4], version) != version {
			errors += 1;
			on_chain(|| {
				assert!(Virt::upload(signed(ALICE), other, None).is_err(), "version {version}")
			});
		}
	}
	assert_eq!(errors, 255);
}

#[test]
fn memory_at_limit_ok_and_over_limit_err() {
	let stack = |size| minimal(|builder| builder.set_stack_size(size));
	admitted(&stack(MAX_MEMORY));
	refused(&stack(MAX_MEMORY + 1), Error::MemoryTooLarge);
	let data = |size| minimal(|builder| builder.set_rw_data_size(size));
	admitted(&data(MAX_MEMORY));
	refused(&data(MAX_MEMORY + 1), Error::MemoryTooLarge);
	let together = |ro, rw, stack| {
		minimal(|builder| {
			builder.set_ro_data_size(ro);
			builder.set_rw_data_size(rw);
			builder.set_stack_size(stack);
		})
	};
	let third = MAX_MEMORY / 4;
	admitted(&together(third, third, 2 * third));
	refused(&together(third, third + 1, 2 * third), Error::MemoryTooLarge);
}

#[test]
fn gigabytes_of_memory_are_refused() {
	let gib = 1 << 30;
	refused(&minimal(|builder| builder.set_rw_data_size(gib)), Error::MemoryTooLarge);
	let all = minimal(|builder| {
		builder.set_ro_data_size(gib);
		builder.set_rw_data_size(2 * gib);
		builder.set_stack_size(2 * gib);
	});
	refused(&all, Error::MemoryTooLarge);
}

fn exporting(names: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
	minimal(|builder| names.for_each(|name| builder.add_export_by_basic_block(0, &name)))
}

#[test]
fn exports_at_limit_ok_and_over_limit_err() {
	let numbered = |count: u32| exporting((0..count).map(|n| n.to_string().into_bytes()));
	admitted(&numbered(MAX_EXPORTS));
	refused(&numbered(MAX_EXPORTS + 1), Error::TooManyExports);
}

#[test]
fn a_million_exports_are_refused() {
	let code = exporting((0..1_000_000u32).map(|_| vec![]));
	refused(&code, Error::ProgramTooLarge);
	let code = exporting((0..100_000u32).map(|n| (n as u16).to_le_bytes().to_vec()));
	assert!(code.len() <= MAX_CODE as usize);
	refused(&code, Error::TooManyExports);
}

#[test]
fn export_name_at_limit_ok_and_over_limit_err() {
	let named = |len| exporting(std::iter::once(vec![b'x'; len]));
	admitted(&named(MAX_ENTRY as usize));
	refused(&named(MAX_ENTRY as usize + 1), Error::ExportTooLong);
}

#[test]
fn duplicate_export_is_refused() {
	refused(&exporting([b"twice".to_vec(), b"twice".to_vec()].into_iter()), Error::DuplicateExport);
}

fn importing(names: &[&str]) -> Vec<u8> {
	minimal(|builder| names.iter().for_each(|name| builder.add_import(name.as_bytes())))
}

#[test]
fn imports_at_limit_ok_and_over_limit_err() {
	let repeated = |count| importing(&vec!["input_len"; count]);
	admitted(&repeated(MAX_IMPORTS as usize));
	refused(&repeated(MAX_IMPORTS as usize + 1), Error::TooManyImports);
}

#[test]
fn more_imports_than_the_format_allows_are_refused() {
	let code = importing(&vec!["input_len"; 1_025]);
	on_chain(|| assert!(Virt::upload(signed(ALICE), code, None).is_err()));
}

#[test]
fn unknown_import_is_refused() {
	refused(virt_fixtures::UNKNOWN_IMPORT, Error::UnknownImport);
	for name in ["", "Input", "input\0", "inpu", "input_len_", &"x".repeat(33), &"x".repeat(1_000)]
	{
		refused(&importing(&[name]), Error::UnknownImport);
	}
}

#[test]
fn basic_block_at_limit_ok_and_over_limit_err() {
	let block = |len: u32| {
		let mut script = Script::new();
		for _ in 1..len {
			script.instruction(asm::add_imm_64(Reg::A0, Reg::A0, 1));
		}
		script.ends()
	};
	admitted(&block(MAX_BASIC_BLOCK));
	refused(&block(MAX_BASIC_BLOCK + 1), Error::BasicBlockTooLong);
}

#[test]
fn jump_table_at_limit_ok_and_over_limit_err() {
	// The entries refer to the second block, because a table of only zeros is stored without its entries.
	let blocks = [asm::fallthrough(), asm::ret()];
	let table = |len: u32| minimal(|builder| builder.set_code(&blocks, &vec![1; len as usize]));
	admitted(&table(MAX_JUMP_TABLE));
	refused(&table(MAX_JUMP_TABLE + 1), Error::JumpTableTooLong);
}

#[test]
fn growing_memory_is_not_in_the_instruction_set() {
	let mut builder = builder();
	builder.set_code(&[asm::sbrk(Reg::A0, Reg::A0), asm::ret()], &[]);
	assert!(builder.to_vec().unwrap_err().contains("'sbrk' is not available"));
}

#[test]
fn export_into_the_middle_of_a_block_is_refused() {
	let code = minimal(|builder| {
		builder.set_code(&[asm::load_imm(Reg::A0, 1), asm::ret()], &[]);
		builder.add_export_by_instruction(1, b"main");
	});
	refused(&code, Error::InvalidProgram);
}
