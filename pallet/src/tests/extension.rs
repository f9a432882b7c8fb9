//! Syscalls that a chain adds.

use super::{
	mock::*,
	script::Script,
	syscalls::{call, faults, memory_after, result_of},
};
use crate::{extension::Access, Error};
use codec::Encode;

macro_rules! table {
	($callback:path) => {
		$callback! {
			/// Writes the bytes at `data` in reverse to `out`.
			reverse(data: *const u8, len: u64, out: *mut u8) -> u64, 2_000 + 10, any,
				[in(data, len, 16), out(out, len, 16)];
			/// A number that only this chain has.
			answer() -> u64, 1_000 + 0, any, [];
			/// Writes the program's account to `out`.
			whoami(out: *mut u8) -> (), 1_000 + 1, account, [out(out, 32)];
			/// The sum of the four bytes at `data`.
			sum(data: *const u8) -> u64, 1_000 + 1, any, [in(data, 4)];
		}
	};
}

table!(crate::extension);

impl Handlers<Test> for Syscalls {
	fn reverse(
		mut access: Access<'_, '_, Test>,
		data: u64,
		len: u64,
		out: u64,
	) -> Result<u64, Error<Test>> {
		let mut bytes = access.read(data, len)?;
		bytes.reverse();
		access.write(out, &bytes)?;
		Ok(len)
	}

	fn answer(_: Access<'_, '_, Test>) -> Result<u64, Error<Test>> {
		Ok(42)
	}

	fn whoami(mut access: Access<'_, '_, Test>, out: u64) -> Result<u64, Error<Test>> {
		let account = access.account().encode();
		access.write(out, &account[1..])?;
		Ok(0)
	}

	fn sum(access: Access<'_, '_, Test>, data: u64) -> Result<u64, Error<Test>> {
		Ok(access.read_array::<4>(data)?.into_iter().map(u64::from).sum())
	}
}

/// Every line of code in the page is in this file, or in the configuration of the mock.
#[test]
fn page_shows_what_this_file_runs() {
	let page = include_str!("../../../docs/own-syscalls.md");
	let code = include_str!("extension.rs");
	let mock = include_str!("mock.rs").replace("super::extension::Syscalls", "Syscalls");
	let blocks: Vec<_> = page.split("```rust\n").skip(1).collect();
	assert_eq!(blocks.len(), 3);
	for block in blocks {
		let (block, _) = block.split_once("```").expect("a block ends");
		let mut rest = code;
		for line in block.lines().map(str::trim).filter(|line| line.len() > 1) {
			if mock.contains(line) && !code.contains(line) {
				continue;
			}
			// The lines must be in the order of the page.
			let at = rest.find(line).unwrap_or_else(|| panic!("not here, or not in order: {line}"));
			rest = &rest[at..];
		}
	}
}

#[test]
fn extension_works_beside_the_pallets_own_syscalls() {
	assert_eq!(result_of(&mut Script::new(), "answer", &[]), 42);
	let mut script = Script::new();
	let (data, out) = (script.data(b"abc"), script.room(3));
	script.syscall("answer", &[]).syscall("block_number", &[]);
	assert_eq!(memory_after(&mut script, "reverse", &[data, 3, out], out, 3), b"cba");
	let mut script = Script::new();
	let data = script.data(&[1, 20, 3, 4]);
	assert_eq!(result_of(&mut script, "sum", &[data]), 28);
	faults(&mut Script::new(), "sum", &[Script::memory_end() - 3], Error::OutOfBounds);
}

#[test]
fn extension_traps_as_the_pallets_own_syscalls_do() {
	let memory = Script::memory();
	let at = |len: u64| [memory, len, memory];
	assert_eq!(result_of(&mut Script::new(), "reverse", &at(16)), 16);
	faults(&mut Script::new(), "reverse", &at(17), Error::BufferTooLarge);
	faults(&mut Script::new(), "reverse", &at(u64::MAX), Error::OutOfGas);
	for bad in [0, Script::memory_end(), memory + (1 << 32), u64::MAX] {
		faults(&mut Script::new(), "reverse", &[bad, 3, memory], Error::OutOfBounds);
		faults(&mut Script::new(), "reverse", &[memory, 3, bad], Error::OutOfBounds);
	}
}

#[test]
fn extension_is_charged_by_its_row() {
	let memory = Script::memory();
	let cost = |len| {
		on_chain(|| {
			let code = Script::new().syscall("reverse", &[memory, len, memory]).ends();
			call(&code, b"").expect("it ends");
			weight_used() - load_weight(&code)
		})
	};
	// The lengths of both buffers are charged.
	let of = |units| gas(units).set_proof_size(0);
	assert_eq!(cost(16) - cost(0), of(10));
	assert!(cost(0).all_gte(of(2_000)));
}

#[test]
fn extension_can_need_an_account() {
	let mut script = Script::new();
	let out = script.room(32);
	let code = script.syscall("whoami", &[out]).syscall("output", &[out, 32]).ends();
	let address = Virt::address_of(&ALICE, crate::program::code_hash(&code), &[]);
	assert_eq!(on_both(|| call(&code, b"")), Ok(address.encode()));
	on_both(|| {
		upload(&code);
		let result = run_once(&code, "main", b"", PLENTY).0;
		assert_eq!(result, Err(Error::<Test>::NoAccount.into()));
	});
}

#[test]
fn runtime_without_an_extension_has_the_pallets_table() {
	use crate::{extension::Extension, syscalls};
	assert!(<() as Extension<Test>>::SPECS.is_empty());
	let more = <Syscalls as Extension<Test>>::TABLE;
	assert_eq!(*syscalls::table::<Test>(), [syscalls::TABLE.0, more].concat());
}
