//! What the published suite leaves open: each way in which the peer's interface and ours differ.

mod common;

use common::{engine, externalities, Externalities, BACKENDS};
use polkavm_common::{
	program::{asm, InstructionSetKind},
	writer::ProgramBlobBuilder,
};
use sc_virtualization::VirtManager;
use sp_externalities::TransactionType;
use sp_virtualization::{
	CompileStatus, DestroyError, ExecBuffer, ExecError, ExecStatus, InstanceId, InstantiateError,
	MemoryError, Module, ModuleError, ModuleId, VirtManagerExt,
};
use std::{any::TypeId, time::Duration};
use virt_fixtures::{CONFORMANCE, PEER};
use virt_manager::{limits, BackendChoice, Manager};
use virt_primitives::Backend;
use virt_sp_virtualization::PeerExt;

/// Enough for every program that ends.
const PLENTY: i64 = 100_000_000;

/// The extension as the host functions find it.
fn found(ext: &mut Externalities) -> &mut VirtManagerExt {
	ext.extensions
		.get_mut(TypeId::of::<VirtManagerExt>())
		.and_then(|ext| ext.downcast_mut())
		.expect("it is registered")
}

/// The peer's own, which must keep the same claims.
fn original() -> VirtManagerExt {
	VirtManagerExt::new(VirtManager::default())
}

/// Calls the trait's methods, which say more than the runtime's side does, on each backend.
fn on_each_backend(claim: impl Fn(&mut VirtManagerExt)) {
	claim(&mut original());
	for choice in BACKENDS {
		claim(found(&mut externalities(&engine(choice))));
	}
}

/// Acts as a runtime.
fn as_runtime(claim: impl Fn()) {
	let mut ext = Externalities::default();
	ext.register_extension(original());
	ext.execute_with(&claim);
	as_our_runtime(claim);
}

/// Acts as a runtime where the peer's backend does something else.
fn as_our_runtime(claim: impl FnOnce()) {
	externalities(&engine(BackendChoice::Interpreter)).execute_with(claim)
}

fn instance(peer: &mut VirtManagerExt, program: &[u8]) -> InstanceId {
	let module = peer.compile_from_bytes(program, None).expect("the program is valid");
	peer.instantiate(module).expect("there is room")
}

fn prepared(peer: &mut VirtManagerExt, program: &[u8], entry: &str) -> InstanceId {
	let instance = instance(peer, program);
	peer.prepare(instance, entry.as_bytes()).expect("the entry point is exported");
	instance
}

#[track_caller]
fn finished(result: Result<(ExecStatus, ExecBuffer), ExecError>) -> i64 {
	let (status, buffer) = result.expect("the instance is prepared");
	assert_eq!(status, ExecStatus::Finished);
	buffer.gas_left
}

#[track_caller]
fn at_syscall(result: Result<(ExecStatus, ExecBuffer), ExecError>, symbol: &str) -> ExecBuffer {
	let (status, buffer) = result.expect("the instance is prepared");
	assert_eq!(status, ExecStatus::Syscall);
	assert_eq!(buffer.syscall_symbol.as_ref(), symbol.as_bytes());
	buffer
}

/// Idle is what can be prepared, and neither run nor read.
#[track_caller]
fn assert_idle(peer: &mut VirtManagerExt, instance: InstanceId) {
	assert_eq!(peer.run(instance, PLENTY, 0).unwrap_err(), ExecError::InvalidInstance);
	assert_no_memory(peer, instance);
}

#[track_caller]
fn assert_no_memory(peer: &mut VirtManagerExt, instance: InstanceId) {
	// Not even none of it.
	for mut bytes in [vec![], vec![0; 8]] {
		let read = peer.read_memory(instance, 0x10000, &mut bytes);
		assert_eq!(read, Err(MemoryError::InvalidInstance));
		let written = peer.write_memory(instance, 0x10000, &bytes);
		assert_eq!(written, Err(MemoryError::InvalidInstance));
	}
}

#[test]
fn a0_is_the_first_argument_and_then_each_syscalls_result() {
	on_each_backend(|peer| {
		let mut used = |rounds| {
			let instance = prepared(peer, CONFORMANCE, "work");
			PLENTY - finished(peer.run(instance, PLENTY, rounds))
		};
		let (none, ten, twenty) = (used(0), used(10), used(20));
		assert!(none < ten && ten < twenty, "{none} {ten} {twenty}");

		let instance = prepared(peer, CONFORMANCE, "syscalls");
		let stop = at_syscall(peer.run(instance, PLENTY, 99), "sum6");
		assert_eq!([stop.a0, stop.a1, stop.a2, stop.a3, stop.a4, stop.a5], [1, 2, 3, 4, 5, 6]);
		let stop = at_syscall(peer.run(instance, stop.gas_left, 21), "sum6");
		assert_eq!([stop.a0, stop.a1, stop.a2, stop.a3, stop.a4, stop.a5], [21, 2, 3, 4, 5, 6]);
		finished(peer.run(instance, stop.gas_left, 0));
		assert_idle(peer, instance);
	});
}

#[test]
fn failed_execution_leaves_an_idle_instance_with_its_memory() {
	/// What `offset` adds: one more than at the last call.
	fn offset(peer: &mut VirtManagerExt, instance: InstanceId) -> u64 {
		peer.prepare(instance, b"offset").expect("the instance is idle");
		let stop = at_syscall(peer.run(instance, PLENTY, 0), "increment_counter");
		let mut amount = [0; 8];
		peer.read_memory(instance, stop.a0 as u32, &mut amount).expect("it points to the amount");
		finished(peer.run(instance, stop.gas_left, 2 << 56));
		u64::from_le_bytes(amount)
	}

	on_each_backend(|peer| {
		let instance = instance(peer, PEER);
		assert_eq!(offset(peer, instance), 3);
		for (expected, (entry, gas, error)) in (4..).zip([
			("do_panic", PLENTY, ExecError::Trap),
			("increment_forever", 0, ExecError::OutOfGas),
			("increment_forever", 1_000, ExecError::OutOfGas),
			("do_panic", -1, ExecError::OutOfGas),
			("do_panic", i64::MIN, ExecError::OutOfGas),
		]) {
			peer.prepare(instance, entry.as_bytes()).expect("the instance is idle");
			assert_eq!(peer.run(instance, gas, 0).unwrap_err(), error, "{entry} with {gas}");
			assert_idle(peer, instance);
			assert_eq!(offset(peer, instance), expected, "after {entry} with {gas}");
		}

		// Also when it fails on the way.
		peer.prepare(instance, b"increment_forever").expect("the instance is idle");
		at_syscall(peer.run(instance, PLENTY, 0), "increment_counter");
		let error = peer.run(instance, 0, 2 << 56).unwrap_err();
		assert_eq!(error, ExecError::OutOfGas);
		assert_idle(peer, instance);
		peer.prepare(instance, b"increment_forever").expect("the instance is idle");
		at_syscall(peer.run(instance, PLENTY, 0), "increment_counter");
		assert_eq!(peer.run(instance, PLENTY, 0).unwrap_err(), ExecError::Trap);
		assert_idle(peer, instance);
	});
}

#[test]
fn gas_can_be_all_there_is_and_less_than_none() {
	on_each_backend(|peer| {
		let instance = prepared(peer, CONFORMANCE, "add");
		let used = i64::MAX - finished(peer.run(instance, i64::MAX, 0));
		for gas in [used, used + 1, PLENTY] {
			peer.prepare(instance, b"add").expect("the instance is idle");
			assert_eq!(finished(peer.run(instance, gas, 0)), gas - used);
		}

		// What is paid for needs no gas; but a runtime that charged more than there was is told.
		for (gas, expected) in [(0, Ok(0)), (-1, Err(ExecError::OutOfGas))] {
			let instance = prepared(peer, PEER, "do_subcall");
			at_syscall(peer.run(instance, PLENTY, 0), "subcall");
			let result = peer.run(instance, gas, 0).map(|(_, buffer)| buffer.gas_left);
			assert_eq!(result, expected);
			assert_idle(peer, instance);
			peer.prepare(instance, b"do_subcall").expect("the instance is idle");
			at_syscall(peer.run(instance, PLENTY, 0), "subcall");
		}
	});
}

#[test]
fn missing_export_is_reported_by_prepare_and_leaves_the_instance_idle() {
	on_each_backend(|peer| {
		let instance = instance(peer, CONFORMANCE);
		for entry in [&b"no_such_entry"[..], b"", b"add\0"] {
			assert_eq!(peer.prepare(instance, entry), Err(ExecError::InvalidImage));
			assert_idle(peer, instance);
		}
		assert_eq!(peer.prepare(instance, b"add"), Ok(()));
	});
}

#[test]
fn busy_instance_cannot_be_prepared_and_goes_on_undisturbed() {
	on_each_backend(|peer| {
		let instance = prepared(peer, CONFORMANCE, "syscalls");
		assert_eq!(peer.prepare(instance, b"add"), Err(ExecError::InvalidInstance));
		let stop = at_syscall(peer.run(instance, PLENTY, 0), "sum6");
		assert_eq!(peer.prepare(instance, b"add"), Err(ExecError::InvalidInstance));
		at_syscall(peer.run(instance, stop.gas_left, 0), "sum6");
	});
}

#[test]
fn missing_import_is_an_invalid_image() {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::ecalli(7), asm::ret()], &[]);
	let program = builder.to_vec().expect("two instructions make a program");
	on_each_backend(|peer| {
		let instance = prepared(peer, &program, "main");
		assert_eq!(peer.run(instance, PLENTY, 0).unwrap_err(), ExecError::InvalidImage);
		assert_idle(peer, instance);
	});
}

#[test]
fn memory_is_there_from_prepare_on_and_no_more_than_there_is() {
	on_each_backend(|peer| {
		let instance = instance(peer, CONFORMANCE);
		assert_idle(peer, instance);
		peer.prepare(instance, b"exchange").expect("it is exported");
		peer.read_memory(instance, 0, &mut []).expect("nothing is everywhere");
		let stop = at_syscall(peer.run(instance, PLENTY, 0), "exchange");
		let address = stop.a0 as u32;
		let mut bytes = [0; 64];
		peer.read_memory(instance, address, &mut bytes).expect("the buffer can be read");
		assert!(bytes.into_iter().eq(0..64));
		peer.write_memory(instance, address, &[7; 64]).expect("the buffer can be written");
		peer.read_memory(instance, address, &mut bytes).expect("the buffer can be read");
		assert_eq!(bytes, [7; 64]);
		for outside in [0, 0xffff, u32::MAX] {
			let out_of_bounds = Err(MemoryError::OutOfBounds);
			assert_eq!(peer.read_memory(instance, outside, &mut [0; 2]), out_of_bounds);
			assert_eq!(peer.write_memory(instance, outside, &[0; 2]), out_of_bounds);
		}
	});
}

#[test]
fn destroyed_instance_is_invalid() {
	on_each_backend(|peer| {
		let idle = instance(peer, CONFORMANCE);
		let ready = prepared(peer, CONFORMANCE, "add");
		let stopped = prepared(peer, CONFORMANCE, "syscalls");
		at_syscall(peer.run(stopped, PLENTY, 0), "sum6");
		for instance in [idle, ready, stopped] {
			assert_eq!(peer.destroy(instance), Ok(()));
			assert_eq!(peer.destroy(instance), Err(DestroyError::InvalidInstance));
			assert_eq!(peer.prepare(instance, b"add"), Err(ExecError::InvalidInstance));
			assert_idle(peer, instance);
		}
	});
}

#[test]
fn unknown_ids_and_images_are_refused() {
	on_each_backend(|peer| {
		let unknown = peer.instantiate(ModuleId::from(u32::MAX)).unwrap_err();
		assert_eq!(unknown, InstantiateError::InvalidModule);
		for image in [&[][..], b"PVM", b"not a program at all", &PEER[..PEER.len() / 2]] {
			let identifier = Some(&b"image"[..]);
			let refused = peer.compile_from_bytes(image, identifier).unwrap_err();
			assert_eq!(refused, ModuleError::InvalidImage);
			assert_eq!(peer.lookup(b"image").unwrap_err(), ModuleError::NotCached);
		}
	});
}

#[track_caller]
fn assert_status(result: Result<(Module, CompileStatus), ModuleError>, expected: CompileStatus) {
	let (module, status) = result.expect("it is the program");
	assert_eq!(status, expected);
	let instance = module.instantiate().expect("the module is valid");
	instance.prepare(b"counter").expect("it is the program");
}

fn not_cached(identifier: &[u8]) -> bool {
	matches!(Module::lookup(identifier), Err(ModuleError::NotCached))
}

#[test]
fn identifier_finds_what_was_compiled_under_it() {
	as_runtime(|| {
		assert!(not_cached(b"id"));
		assert_status(Module::from_bytes(PEER, None), CompileStatus::Compiled);
		assert!(not_cached(b"id"), "nothing was said about it");
		assert_status(Module::from_bytes(PEER, Some(b"id")), CompileStatus::Compiled);
		assert_status(Module::from_bytes(PEER, Some(b"id")), CompileStatus::Cached);
		assert_status(Module::from_bytes(b"is not looked at", Some(b"id")), CompileStatus::Cached);
		assert_status(Module::from_storage_key(b"id", b""), CompileStatus::Cached);
		assert!(Module::lookup(b"id").is_ok());
		assert!(not_cached(b"") && not_cached(b"i") && not_cached(b"id2"));
		assert_status(Module::from_bytes(PEER, Some(b"")), CompileStatus::Compiled);
		assert!(!not_cached(b""));
	});
}

#[test]
fn storage_key_finds_the_program_in_the_main_and_in_a_child_trie() {
	as_runtime(|| {
		sp_io::storage::set(b"main", PEER);
		sp_io::default_child_storage::set(b"child", b"key", PEER);
		sp_io::storage::set(b"other", b"not a program");
		let missing = |key: &[u8], trie: &[u8]| {
			matches!(Module::from_storage_key(key, trie), Err(ModuleError::NotFound))
		};
		assert!(missing(b"key", b"") && missing(b"main", b"child"));
		for status in [CompileStatus::Compiled, CompileStatus::Cached] {
			assert_status(Module::from_storage_key(b"main", b""), status);
			assert_status(Module::from_storage_key(b"key", b"child"), status);
		}
		let invalid = Module::from_storage_key(b"other", b"");
		assert!(matches!(invalid, Err(ModuleError::InvalidImage)));
	});
}

#[test]
fn rollback_takes_along_what_the_transaction_made() {
	as_our_runtime(|| {
		let (before, _) = Module::from_bytes(PEER, Some(b"before")).expect("it is valid");
		let outer = before.instantiate().expect("there is room");
		sp_io::storage::start_transaction();
		assert_status(Module::from_bytes(PEER, Some(b"within")), CompileStatus::Compiled);
		sp_io::storage::start_transaction();
		sp_io::storage::commit_transaction();
		let (module, _) = Module::from_bytes(PEER, None).expect("it is valid");
		let inner = module.instantiate().expect("there is room");
		sp_io::storage::rollback_transaction();

		assert!(not_cached(b"within"));
		assert!(matches!(module.instantiate(), Err(InstantiateError::InvalidModule)));
		let (inner, error) = inner.prepare(b"counter").err().expect("it is gone");
		assert_eq!(error, ExecError::InvalidInstance);
		// Dropped before its id is given again.
		drop(inner);
		assert!(outer.prepare(b"counter").is_ok());
		assert_status(Module::from_bytes(PEER, Some(b"before")), CompileStatus::Cached);
		assert_status(Module::from_bytes(PEER, Some(b"within")), CompileStatus::Compiled);
	});
}

#[test]
fn author_and_importer_find_the_same() {
	/// An extrinsic that names what it compiles.
	fn extrinsic(identifier: &'static [u8]) -> impl Fn() {
		move || {
			sp_io::storage::start_transaction();
			assert_status(Module::from_bytes(PEER, Some(identifier)), CompileStatus::Compiled);
			sp_io::storage::commit_transaction();
		}
	}
	fn in_call(ext: &mut Externalities, ok: bool, call: impl FnOnce()) {
		ext.extensions.start_transaction(TransactionType::Host);
		ext.execute_with(call);
		match ok {
			true => ext.extensions.commit_transaction(TransactionType::Host),
			false => ext.extensions.rollback_transaction(TransactionType::Host),
		}
	}
	fn state() -> [bool; 3] {
		[b"a", b"b", b"c"].map(|identifier| not_cached(identifier))
	}

	let engine = engine(BackendChoice::Interpreter);
	// A call for each extrinsic, of which one turns out invalid.
	let mut author = externalities(&engine);
	in_call(&mut author, true, extrinsic(b"a"));
	in_call(&mut author, false, extrinsic(b"b"));
	in_call(&mut author, true, extrinsic(b"c"));
	// One call for the block.
	let mut importer = externalities(&engine);
	in_call(&mut importer, true, || {
		extrinsic(b"a")();
		extrinsic(b"c")();
	});
	assert_eq!(author.execute_with(state), importer.execute_with(state));
	assert_eq!(author.execute_with(state), [false, true, false]);
}

#[test]
fn modules_are_not_limited_and_instances_are() {
	as_our_runtime(|| {
		for _ in 0..=limits::HOST.modules {
			assert_status(Module::from_bytes(PEER, None), CompileStatus::Compiled);
		}
		let (module, _) = Module::from_bytes(PEER, None).expect("it is valid");
		let mut instances: Vec<_> = (0..limits::HOST.instances)
			.map(|_| module.instantiate().expect("there is room"))
			.collect();
		assert!(matches!(module.instantiate(), Err(InstantiateError::InvalidImage)));
		instances.pop();
		assert!(module.instantiate().is_ok());
	});
}

#[test]
fn nesting_is_limited() {
	for choice in BACKENDS {
		let mut ext = externalities(&engine(choice));
		let peer = found(&mut ext);
		let deep: Vec<_> = (0..limits::HOST.nesting)
			.map(|_| {
				let instance = prepared(peer, PEER, "do_subcall");
				at_syscall(peer.run(instance, PLENTY, 0), "subcall");
				instance
			})
			.collect();
		let deeper = prepared(peer, PEER, "do_subcall");
		assert_eq!(peer.run(deeper, PLENTY, 0).unwrap_err(), ExecError::Trap);
		assert_idle(peer, deeper);
		// Without gas it ends, and waits no more.
		assert_eq!(peer.run(deep[0], -1, 0).unwrap_err(), ExecError::OutOfGas);
		peer.prepare(deeper, b"do_subcall").expect("the instance is idle");
		at_syscall(peer.run(deeper, PLENTY, 0), "subcall");
	}
}

#[test]
#[should_panic(expected = "virt: host fault")]
fn host_fault_aborts_the_runtime_call() {
	let mut manager = Manager::new(engine(BackendChoice::Interpreter));
	manager.limit_time(Duration::ZERO);
	let mut ext = Externalities::default();
	ext.register_extension(PeerExt::new(manager));
	let peer = found(&mut ext);
	let instance = prepared(peer, CONFORMANCE, "spin");
	let _ = peer.run(instance, i64::MAX, 0);
}
