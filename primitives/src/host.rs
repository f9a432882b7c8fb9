//! The host functions. Their bodies find the backend and call it.
//!
//! Runtimes use [`crate::forward`]. The raw functions are public for tests of the boundary.

use crate::buffer::{HostBuffer, PassBytes, PassHostBuffer};
#[cfg(feature = "std")]
use crate::{
	backend::{Backend, Outcome, StoredName, VirtExt},
	wire, CompileError, ModuleId, SyscallTable,
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

/// The message if the externalities lack the extension.
#[cfg(feature = "std")]
pub const MISSING_EXTENSION: &str = "virt: no VirtExt in the externalities, so no program can be \
	run. A node sets an extensions factory that registers `virt_manager::Engine::extension()` \
	(`client.execution_extensions().set_extensions_factory(..)`); a test calls \
	`ext.register_extension(engine.extension())`";

#[cfg(feature = "std")]
fn backend(ext: &mut dyn Externalities) -> &mut dyn Backend {
	let extension = ext.extension_by_type_id(TypeId::of::<VirtExt>());
	match extension.and_then(|extension| extension.downcast_mut::<VirtExt>()) {
		Some(VirtExt(backend)) => &mut **backend,
		None => panic!("{MISSING_EXTENSION}"),
	}
}

/// Compiles a stored program, or finds it in the cache by its hash, which storage provides without
/// reading the value.
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
		// While a storage proof is recorded, its size must not depend on the cache.
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

/// Decodes the return value of `run` and `resume`: the status of a step, and the length of the
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
		wire::compile(backend(*self), program, syscalls)
	}

	/// See [`crate::Module::from_storage`].
	fn compile_stored(
		&mut self,
		key: PassBytes<&[u8]>,
		skip: u32,
		syscalls: PassBytes<&[u8]>,
	) -> i64 {
		wire::settle(load_stored(*self, key, skip, SyscallTable(syscalls)).map(|id| id.0))
	}

	/// Removes a module.
	fn release(&mut self, module: u32) -> i64 {
		wire::release(backend(*self), module)
	}

	/// See [`crate::Module::instantiate`].
	fn instantiate(&mut self, module: u32) -> i64 {
		wire::instantiate(backend(*self), module)
	}

	/// See [`crate::Instance::prepare`]. `args` are little-endian `u64`s.
	fn prepare(&mut self, instance: u32, entry: PassBytes<&[u8]>, args: PassBytes<&[u8]>) -> i64 {
		wire::prepare(backend(*self), instance, entry, args)
	}

	/// See [`crate::Execution::run`]. [`status_of`] decodes the return value.
	fn run(&mut self, instance: u32, gas: i64, buffer: PassHostBuffer<&mut HostBuffer>) -> i64 {
		wire::run(backend(*self), instance, gas, buffer)
	}

	/// See [`crate::Execution::resume`]. [`status_of`] decodes the return value.
	fn resume(
		&mut self,
		instance: u32,
		gas: i64,
		result: u64,
		writes: PassBytes<&[u8]>,
		buffer: PassHostBuffer<&mut HostBuffer>,
	) -> i64 {
		wire::resume(backend(*self), instance, gas, result, writes, buffer)
	}

	/// See [`crate::Execution::snapshot`]. Returns the length. The snapshot is in `buffer` if it
	/// fits.
	fn snapshot(&mut self, instance: u32, buffer: PassHostBuffer<&mut HostBuffer>) -> i64 {
		wire::snapshot(backend(*self), instance, buffer)
	}

	/// See [`crate::Module::restore`].
	fn restore(&mut self, module: u32, snapshot: PassFatPointerAndRead<&[u8]>) -> i64 {
		wire::restore(backend(*self), module, snapshot)
	}

	/// See [`crate::forward::limit_time`].
	fn limit_time(&mut self, milliseconds: u32) {
		wire::limit_time(backend(*self), milliseconds)
	}

	/// Removes an instance.
	fn destroy(&mut self, instance: u32) -> i64 {
		wire::destroy(backend(*self), instance)
	}

	/// See [`crate::Execution::read_memory`].
	fn read_memory(
		&mut self,
		instance: u32,
		address: u32,
		dest: PassFatPointerAndWrite<&mut [u8]>,
	) -> i64 {
		wire::read_memory(backend(*self), instance, address, dest)
	}

	/// See [`crate::Execution::write_memory`].
	fn write_memory(
		&mut self,
		instance: u32,
		address: u32,
		src: PassFatPointerAndRead<&[u8]>,
	) -> i64 {
		wire::write_memory(backend(*self), instance, address, src)
	}

	/// See [`crate::Execution::zero_memory`].
	fn zero_memory(&mut self, instance: u32, address: u32, len: u32) -> i64 {
		wire::zero_memory(backend(*self), instance, address, len)
	}
}
