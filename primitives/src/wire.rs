//! The backend's operations with plain numbers and bytes, for [host functions](crate::host) and the
//! [embedded form](crate::embedded). [`to_wire`] encodes results.

use crate::{
	backend::{guest_result, Answer, Backend, Outcome},
	buffer::HostBuffer,
	error::{to_wire, WireError},
	step::stop,
	ExecError, Gas, InstanceId, ModuleId, SnapshotError, SyscallTable, MAX_ARGUMENTS,
};
use core::time::Duration;

/// Encodes the result of a guest. A host fault aborts the runtime call.
pub fn settle<E: WireError>(outcome: Outcome<u32, E>) -> i64 {
	to_wire::<E>(guest_result(outcome))
}

pub fn compile(backend: &mut dyn Backend, program: &[u8], syscalls: &[u8]) -> i64 {
	settle(backend.compile(program, SyscallTable(syscalls), false).map(|id| id.0))
}

pub fn release(backend: &mut dyn Backend, module: u32) -> i64 {
	settle(backend.release(ModuleId(module)).map(|()| 0))
}

pub fn instantiate(backend: &mut dyn Backend, module: u32) -> i64 {
	settle(backend.instantiate(ModuleId(module)).map(|id| id.0))
}

/// `args` are little-endian `u64`s.
pub fn prepare(backend: &mut dyn Backend, instance: u32, entry: &[u8], args: &[u8]) -> i64 {
	let mut words = [0; MAX_ARGUMENTS + 1];
	let mut count = 0;
	// Keeps one more word than allowed, so that the backend detects too many.
	for (word, bytes) in words.iter_mut().zip(args.chunks_exact(8)) {
		*word = u64::from_le_bytes(bytes.try_into().expect("chunks have 8 bytes; qed"));
		count += 1;
	}
	settle(backend.prepare(InstanceId(instance), entry, &words[..count]).map(|()| 0))
}

/// [`status_of`](crate::host::status_of) decodes the return value.
pub fn run(backend: &mut dyn Backend, instance: u32, gas: Gas, buffer: &mut HostBuffer) -> i64 {
	drive(backend, instance, gas, None, buffer)
}

/// As [`run`].
pub fn resume(
	backend: &mut dyn Backend,
	instance: u32,
	gas: Gas,
	result: u64,
	writes: &[u8],
	buffer: &mut HostBuffer,
) -> i64 {
	drive(backend, instance, gas, Some(Answer { result, writes }), buffer)
}

fn drive(
	backend: &mut dyn Backend,
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

/// Returns the snapshot's length. The snapshot is in `buffer` if it fits.
pub fn snapshot(backend: &mut dyn Backend, instance: u32, buffer: &mut HostBuffer) -> i64 {
	let outcome = backend.snapshot(InstanceId(instance)).and_then(|snapshot| {
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

pub fn restore(backend: &mut dyn Backend, module: u32, snapshot: &[u8]) -> i64 {
	settle(backend.restore(ModuleId(module), snapshot).map(|id| id.0))
}

pub fn limit_time(backend: &mut dyn Backend, milliseconds: u32) {
	backend.limit_time(Duration::from_millis(milliseconds.into()))
}

pub fn destroy(backend: &mut dyn Backend, instance: u32) -> i64 {
	settle(backend.destroy(InstanceId(instance)).map(|()| 0))
}

pub fn read_memory(backend: &mut dyn Backend, instance: u32, address: u32, dest: &mut [u8]) -> i64 {
	settle(backend.read_memory(InstanceId(instance), address, dest).map(|()| 0))
}

pub fn write_memory(backend: &mut dyn Backend, instance: u32, address: u32, src: &[u8]) -> i64 {
	settle(backend.write_memory(InstanceId(instance), address, src).map(|()| 0))
}

pub fn zero_memory(backend: &mut dyn Backend, instance: u32, address: u32, len: u32) -> i64 {
	settle(backend.zero_memory(InstanceId(instance), address, len).map(|()| 0))
}
