//! The host functions. Bodies are short: find the backend, call it, encode what it gave.
//!
//! A runtime uses [`crate::forward`] instead; these raw functions are public for tests of the
//! boundary itself.

use crate::buffer::{HostBuffer, PassBytes, PassHostBuffer};
#[cfg(feature = "std")]
use crate::{
	backend::{Answer, Failure, Outcome, StoredName, VirtExt},
	error::{to_wire, WireError},
	step::stop,
	CompileError, ExecError, Gas, InstanceId, ModuleId, SnapshotError, SyscallTable, LOG_TARGET,
	MAX_ARGUMENTS,
};
#[cfg(feature = "std")]
use core::any::TypeId;
#[cfg(feature = "std")]
use sp_externalities::Externalities;
use sp_runtime_interface::{
	pass_by::{PassFatPointerAndRead, PassFatPointerAndWrite},
	runtime_interface,
};
#[cfg(feature = "std")]
use sp_trie::proof_size_extension::ProofSizeExt;
#[cfg(feature = "std")]
use std::time::Duration;

/// What a caller sees whose externalities lack the extension.
#[cfg(feature = "std")]
pub const MISSING_EXTENSION: &str = "virt: no VirtExt in the externalities, so no program can be \
	run. A node sets an extensions factory that registers `virt_manager::Engine::extension()` \
	(`client.execution_extensions().set_extensions_factory(..)`); a test calls \
	`ext.register_extension(engine.extension())`";

#[cfg(feature = "std")]
fn backend(ext: &mut dyn Externalities) -> &mut VirtExt {
	match ext.extension_by_type_id(TypeId::of::<VirtExt>()).and_then(|ext| ext.downcast_mut()) {
		Some(backend) => backend,
		None => panic!("{MISSING_EXTENSION}"),
	}
}

/// Encodes a guest's result. A host fault stops here: the panic aborts the runtime call.
#[cfg(feature = "std")]
fn settle<E: WireError>(outcome: Outcome<u32, E>) -> i64 {
	match outcome {
		Ok(value) => to_wire::<E>(Ok(value)),
		Err(Failure::Guest(error)) => to_wire::<E>(Err(error)),
		Err(Failure::Host(fault)) => {
			log::error!(target: LOG_TARGET, "Host fault, the runtime call is aborted: {fault}");
			panic!("virt: host fault: {fault}")
		},
	}
}

/// Compiles what is stored, or finds it by its hash, which storage has at hand, without the bytes.
#[cfg(feature = "std")]
fn load_stored(
	ext: &mut dyn Externalities,
	key: &[u8],
	skip: u32,
	syscalls: SyscallTable<'_>,
) -> Outcome<ModuleId, CompileError> {
	let hash = ext.storage_hash(key).ok_or(CompileError::NotFound)?;
	let name = StoredName { hash, skip };
	if let Some(id) = backend(ext).compile_named(&name, syscalls)? {
		// Where a proof of what was read is recorded, its size must not tell who knows the program.
		if ext.extension_by_type_id(TypeId::of::<ProofSizeExt>()).is_some() {
			ext.storage(key);
		}
		return Ok(id);
	}
	let stored = ext.storage(key);
	let program = stored.as_ref().and_then(|value| value.get(skip as usize..));
	let id = backend(ext).compile(program.ok_or(CompileError::NotFound)?, syscalls, true)?;
	backend(ext).name(id, name);
	Ok(id)
}

/// Runs, and gives the step's status and the bytes put into `buffer`, as [`status_of`] takes apart.
#[cfg(feature = "std")]
fn drive(
	backend: &mut VirtExt,
	instance: u32,
	gas: Gas,
	answer: Option<Answer<'_>>,
	buffer: &mut HostBuffer,
) -> i64 {
	if buffer.capacity() < stop::MIN_CAPACITY {
		return settle(Err(ExecError::BufferTooSmall.into()));
	}
	stop::begin(buffer);
	let outcome = backend.run(InstanceId(instance), gas, answer, buffer);
	settle(outcome.map(|step| {
		let status = stop::encode(&step, buffer);
		u32::from(status) | (buffer.bytes().len() as u32) << 8
	}))
}

/// Takes apart what `run` and `resume` return: a step's status, and how many bytes are in the
/// buffer.
pub fn status_of(wire: u32) -> (u8, usize) {
	(wire as u8, (wire >> 8) as usize)
}

/// Results are encoded by [`crate::error::to_wire`].
#[runtime_interface(no_tracing)]
pub trait Virt {
	/// See [`crate::Module::from_bytes`].
	fn compile(
		&mut self,
		program: PassFatPointerAndRead<&[u8]>,
		syscalls: PassFatPointerAndRead<&[u8]>,
	) -> i64 {
		settle(backend(*self).compile(program, SyscallTable(syscalls), false).map(|id| id.0))
	}

	/// See [`crate::Module::from_storage`].
	fn compile_stored(
		&mut self,
		key: PassFatPointerAndRead<&[u8]>,
		skip: u32,
		syscalls: PassFatPointerAndRead<&[u8]>,
	) -> i64 {
		settle(load_stored(*self, key, skip, SyscallTable(syscalls)).map(|id| id.0))
	}

	/// Forgets a module.
	fn release(&mut self, module: u32) -> i64 {
		settle(backend(*self).release(ModuleId(module)).map(|()| 0))
	}

	/// See [`crate::Module::instantiate`].
	fn instantiate(&mut self, module: u32) -> i64 {
		settle(backend(*self).instantiate(ModuleId(module)).map(|id| id.0))
	}

	/// See [`crate::Instance::prepare`]. `args` are `u64`s, little-endian.
	fn prepare(
		&mut self,
		instance: u32,
		entry: PassFatPointerAndRead<&[u8]>,
		args: PassFatPointerAndRead<&[u8]>,
	) -> i64 {
		let mut words = [0; MAX_ARGUMENTS + 1];
		let mut count = 0;
		// One word more than allowed is kept, so that the backend sees that there are too many.
		for (word, bytes) in words.iter_mut().zip(args.chunks_exact(8)) {
			*word = u64::from_le_bytes(bytes.try_into().expect("chunks have 8 bytes; qed"));
			count += 1;
		}
		settle(backend(*self).prepare(InstanceId(instance), entry, &words[..count]).map(|()| 0))
	}

	/// See [`crate::Execution::run`]. Returns what [`status_of`] takes apart.
	fn run(&mut self, instance: u32, gas: i64, buffer: PassHostBuffer<&mut HostBuffer>) -> i64 {
		drive(backend(*self), instance, gas, None, buffer)
	}

	/// See [`crate::Execution::resume`]. Returns what [`status_of`] takes apart.
	fn resume(
		&mut self,
		instance: u32,
		gas: i64,
		result: u64,
		writes: PassBytes<&[u8]>,
		buffer: PassHostBuffer<&mut HostBuffer>,
	) -> i64 {
		drive(backend(*self), instance, gas, Some(Answer { result, writes }), buffer)
	}

	/// See [`crate::Execution::snapshot`]. Returns its length; it is in `buffer` if there is room.
	fn snapshot(&mut self, instance: u32, buffer: PassHostBuffer<&mut HostBuffer>) -> i64 {
		let outcome = backend(*self).snapshot(InstanceId(instance)).and_then(|snapshot| {
			if snapshot.len() > HostBuffer::MAX_CAPACITY {
				return Err(SnapshotError::TooLarge.into());
			}
			if let Some(room) = buffer.append(snapshot.len()) {
				room.copy_from_slice(&snapshot);
			}
			Ok(snapshot.len() as u32)
		});
		settle(outcome)
	}

	/// See [`crate::Module::restore`].
	fn restore(&mut self, module: u32, snapshot: PassFatPointerAndRead<&[u8]>) -> i64 {
		settle(backend(*self).restore(ModuleId(module), snapshot).map(|id| id.0))
	}

	/// See [`crate::forward::limit_time`].
	fn limit_time(&mut self, milliseconds: u32) {
		backend(*self).limit_time(Duration::from_millis(milliseconds.into()))
	}

	/// Destroys an instance.
	fn destroy(&mut self, instance: u32) -> i64 {
		settle(backend(*self).destroy(InstanceId(instance)).map(|()| 0))
	}

	/// See [`crate::Execution::read_memory`].
	fn read_memory(
		&mut self,
		instance: u32,
		address: u32,
		dest: PassFatPointerAndWrite<&mut [u8]>,
	) -> i64 {
		settle(backend(*self).read_memory(InstanceId(instance), address, dest).map(|()| 0))
	}

	/// See [`crate::Execution::write_memory`].
	fn write_memory(
		&mut self,
		instance: u32,
		address: u32,
		src: PassFatPointerAndRead<&[u8]>,
	) -> i64 {
		settle(backend(*self).write_memory(InstanceId(instance), address, src).map(|()| 0))
	}

	/// See [`crate::Execution::zero_memory`].
	fn zero_memory(&mut self, instance: u32, address: u32, len: u32) -> i64 {
		settle(backend(*self).zero_memory(InstanceId(instance), address, len).map(|()| 0))
	}
}
