//! The API for runtimes: `Module -> Instance -> Execution`, each step by value.
//!
//! Ownership is the state: a running instance cannot be prepared again, a syscall cannot be
//! skipped, and a dropped value is removed on the host.

use crate::{
	buffer::HostBuffer,
	error::from_wire,
	host::status_of,
	snapshot::{Snapshot, Waiting},
	step::{
		stop::{self, Segment},
		writes, Step, TrapCause,
	},
	syscall::{Syscall, SyscallTable},
	virt, CompileError, ExecError, Gas, InstanceId, InstantiateError, MemoryError, ModuleId,
	RestoreError, SnapshotError, MAX_ARGUMENTS,
};
use alloc::vec::Vec;
use core::{marker::PhantomData, mem};

/// The capacity for a stop and its segments, in bytes. Longer segments are not included: a separate
/// host call reads them, which is faster than copying them within the runtime.
const STOP_CAPACITY: usize = stop::HEADER + MAX_WAITING_WRITE * 3 / 2;

/// The maximal length of a write that is sent with the syscall's result, in bytes. As for
/// [`STOP_CAPACITY`].
const MAX_WAITING_WRITE: usize = 1024;

/// The initial capacity for a snapshot, in bytes.
const SNAPSHOT_CAPACITY: usize = 64 * 1024;

/// Aborts this runtime call if its programs run for longer than `milliseconds` from now on.
///
/// For calls whose results do not become part of the chain, such as dry-runs: the clocks of nodes
/// differ.
pub fn limit_time(milliseconds: u32) {
	virt::limit_time(milliseconds)
}

/// A compiled program. Removed on the host when dropped; its instances remain.
#[derive(Debug)]
pub struct Module(ModuleId);

impl Module {
	/// Compiles `program` for a runtime with these `syscalls`.
	pub fn from_bytes(program: &[u8], syscalls: &SyscallTable<'_>) -> Result<Self, CompileError> {
		from_wire(virt::compile(program, syscalls.0)).map(|id| Self(ModuleId(id)))
	}

	/// Compiles the program that is stored under `key`, without its first `skip` bytes (a length
	/// prefix). The bytes do not pass through the runtime.
	///
	/// A runtime must store a program only after [`Self::from_bytes`] compiled it, or after
	/// equivalent checks: every export is at the start of a basic block, and every instruction is
	/// valid. These checks are not repeated here, and backends may disagree on a program that fails
	/// them.
	pub fn from_storage(
		key: &[u8],
		skip: u32,
		syscalls: &SyscallTable<'_>,
	) -> Result<Self, CompileError> {
		from_wire(virt::compile_stored(key, skip, syscalls.0)).map(|id| Self(ModuleId(id)))
	}

	/// Creates an idle instance with the program's initial memory.
	pub fn instantiate(&self) -> Result<Instance, InstantiateError> {
		from_wire(virt::instantiate(self.0 .0)).map(|id| Instance(Handle::new(id)))
	}

	/// Restores an execution from the result of [`Execution::snapshot`], of the same program, made
	/// on any node.
	pub fn restore(&self, snapshot: &[u8]) -> Result<Restored, RestoreError> {
		let (waiting, gas_left) = Snapshot::peek(snapshot)?;
		let id = from_wire::<RestoreError>(virt::restore(self.0 .0, snapshot))?;
		let handle = Handle::new(id);
		Ok(match waiting {
			Waiting::ForGas => Restored::Ready { execution: Execution::new(handle), gas_left },
			Waiting::ForResult => {
				Restored::AtSyscall { execution: Execution::new(handle), gas_left }
			},
		})
	}
}

impl Drop for Module {
	fn drop(&mut self) {
		// It may have been removed when the storage transaction that created it was rolled back.
		virt::release(self.0 .0);
	}
}

/// A restored execution.
#[derive(Debug)]
pub enum Restored {
	/// It was prepared, or had run out of gas.
	Ready {
		/// Call [`Execution::run`].
		execution: Execution<Ready>,
		/// The gas that was left when it stopped.
		gas_left: Gas,
	},
	/// It waits for a syscall's result.
	AtSyscall {
		/// Call [`Execution::resume`]. The syscall's buffers are not included.
		execution: Execution<AtSyscall>,
		/// The gas that was left when it stopped.
		gas_left: Gas,
	},
}

/// Owns an instance on the host, in any state.
#[derive(Debug)]
struct Handle {
	id: InstanceId,
	/// The buffer for stops.
	stop: HostBuffer,
	/// The writes for the next result.
	writes: Vec<u8>,
}

impl Drop for Handle {
	fn drop(&mut self) {
		// As for `Module`.
		virt::destroy(self.id.0);
		self.stop.release();
	}
}

impl Handle {
	fn new(id: u32) -> Self {
		let stop = HostBuffer::with_capacity(STOP_CAPACITY);
		Self { id: InstanceId(id), stop, writes: Vec::new() }
	}

	fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
		from_wire(virt::read_memory(self.id.0, address, dest)).map(drop)
	}

	fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
		from_wire(virt::write_memory(self.id.0, address, src)).map(drop)
	}

	fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
		from_wire(virt::zero_memory(self.id.0, address, len)).map(drop)
	}

	/// The segment that contains all `len` bytes at `address`, and the offset in it.
	fn segment(&self, address: u32, len: usize, bytes: bool) -> Option<(Segment<'_>, usize)> {
		stop::segments(&self.stop).find_map(|segment| {
			let start = address.checked_sub(segment.address)? as usize;
			let fits = start.checked_add(len)? <= segment.len as usize;
			(fits && segment.bytes.is_some() == bytes).then_some((segment, start))
		})
	}

	/// Makes the writes that wait for the syscall's result.
	fn flush(&mut self) -> Result<(), MemoryError> {
		let waiting = mem::take(&mut self.writes);
		if !waiting.is_empty() {
			// The segments may be outdated.
			self.stop.clear();
		}
		for (address, bytes) in writes::decode(&waiting).flatten() {
			self.write_memory(address, bytes)?;
		}
		Ok(())
	}
}

/// Memory access while no syscall waits for its result.
macro_rules! memory_access {
	($($handle:tt)*) => {
		/// Reads the program's memory at `address` into `dest`.
		pub fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
			self.$($handle)*.read_memory(address, dest)
		}

		/// Writes `src` to the program's memory at `address`.
		pub fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
			self.$($handle)*.write_memory(address, src)
		}

		/// Zeroes `len` bytes of the program's memory at `address`.
		pub fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
			self.$($handle)*.zero_memory(address, len)
		}
	};
}

/// An idle instance: its memory persists between calls. Removed when dropped.
#[derive(Debug)]
pub struct Instance(Handle);

impl Instance {
	memory_access!(0);

	/// The instance's id on the host, for tests of the boundary.
	#[doc(hidden)]
	pub fn id(&self) -> InstanceId {
		self.0.id
	}

	/// Prepares the instance to run `entry` with up to six arguments, in registers a0 to a5.
	pub fn prepare(self, entry: &[u8], args: &[u64]) -> Result<Execution<Ready>, PrepareFailure> {
		// Passes one more than allowed, so that the host detects too many.
		let mut words = [[0; 8]; MAX_ARGUMENTS + 1];
		let count = args.len().min(words.len());
		for (word, arg) in words.iter_mut().zip(args) {
			*word = arg.to_le_bytes();
		}
		let bytes = words[..count].as_flattened();
		match from_wire::<ExecError>(virt::prepare(self.0.id.0, entry, bytes)) {
			Ok(_) => Ok(Execution::new(self.0)),
			Err(error) => Err(PrepareFailure { instance: self, error }),
		}
	}
}

/// An instance could not be prepared.
#[derive(Debug)]
pub struct PrepareFailure {
	/// The idle instance.
	pub instance: Instance,
	/// The error.
	pub error: ExecError,
}

/// The state of an [`Execution`] that [`Execution::run`] continues.
#[derive(Debug)]
pub enum Ready {}

/// The state of an [`Execution`] that waits for a syscall's result.
#[derive(Debug)]
pub enum AtSyscall {}

/// A prepared or suspended instance. Removed when dropped.
#[derive(Debug)]
pub struct Execution<State> {
	handle: Handle,
	state: PhantomData<State>,
}

impl<State> Execution<State> {
	fn new(handle: Handle) -> Self {
		Self { handle, state: PhantomData }
	}

	/// The instance's id on the host, for tests of the boundary.
	#[doc(hidden)]
	pub fn id(&self) -> InstanceId {
		self.handle.id
	}

	fn take_snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
		let mut capacity = SNAPSHOT_CAPACITY;
		loop {
			let mut buffer = HostBuffer::with_capacity(capacity);
			let len =
				from_wire::<SnapshotError>(virt::snapshot(self.handle.id.0, &mut buffer))? as usize;
			if len <= buffer.capacity() {
				buffer.filled(len);
				return Ok(buffer.into_bytes());
			}
			capacity = len;
		}
	}

	fn settle(mut self, status: i64) -> Result<ExecResult, ExecError> {
		let (status, len) = status_of(from_wire::<ExecError>(status)?);
		self.handle.stop.filled(len);
		let step = stop::decode(status, &self.handle.stop).expect("the host encodes a step; qed");
		let mut handle = self.handle;
		if matches!(step, Step::Finished { .. } | Step::Trapped { .. }) {
			// An idle instance does not need to be reset.
			handle.stop.release();
		}
		Ok(match step {
			Step::Finished { gas_left, value } => {
				ExecResult::Finished { instance: Instance(handle), gas_left, value }
			},
			Step::Syscall { gas_left, syscall, args } => {
				ExecResult::Syscall { execution: Execution::new(handle), gas_left, syscall, args }
			},
			Step::OutOfGas { gas_left, gas_needed } => {
				ExecResult::OutOfGas { execution: Execution::new(handle), gas_left, gas_needed }
			},
			Step::Trapped { gas_left, pc, cause } => {
				ExecResult::Trapped { instance: Instance(handle), gas_left, pc, cause }
			},
		})
	}
}

impl Execution<Ready> {
	memory_access!(handle);

	/// Starts the program with `gas`, or continues it after it ran out of gas.
	///
	/// Errs if `gas` is negative, or if the instance was removed because the storage transaction
	/// that created it was rolled back.
	pub fn run(mut self, gas: Gas) -> Result<ExecResult, ExecError> {
		let status = virt::run(self.handle.id.0, gas, &mut self.handle.stop);
		self.settle(status)
	}

	/// A snapshot, for [`Module::restore`].
	pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
		self.take_snapshot()
	}
}

impl Execution<AtSyscall> {
	/// Reads the program's memory at `address` into `dest`.
	///
	/// Without a host call if the range is within an `In` buffer of the syscall.
	pub fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
		match self.handle.segment(address, dest.len(), true) {
			Some((Segment { bytes: Some(bytes), .. }, start)) => {
				dest.copy_from_slice(&bytes[start..start + dest.len()]);
			},
			_ => self.handle.read_memory(address, dest)?,
		}
		for (start, bytes) in writes::decode(&self.handle.writes).flatten() {
			overlay(address, dest, start, bytes);
		}
		Ok(())
	}

	/// The `len` bytes at `address`, if they are within an `In` buffer and nothing was written
	/// since: like [`Self::read_memory`], without a copy.
	pub fn memory(&self, address: u32, len: usize) -> Option<&[u8]> {
		match self.handle.segment(address, len, true)? {
			(Segment { bytes: Some(bytes), .. }, start) if self.handle.writes.is_empty() => {
				Some(&bytes[start..start + len])
			},
			_ => None,
		}
	}

	/// Writes `src` to the program's memory at `address`.
	///
	/// Without a host call if the range is within an `Out` buffer of the syscall and short: the
	/// bytes are sent with the syscall's result.
	pub fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
		if src.len() <= MAX_WAITING_WRITE
			&& self.handle.segment(address, src.len(), false).is_some()
		{
			writes::push(&mut self.handle.writes, address, src);
			return Ok(());
		}
		self.handle.flush()?;
		self.forget_segments_at(address, src.len());
		self.handle.write_memory(address, src)
	}

	/// Zeroes `len` bytes of the program's memory at `address`.
	pub fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
		self.handle.flush()?;
		self.forget_segments_at(address, len as usize);
		self.handle.zero_memory(address, len)
	}

	/// The segments are outdated.
	fn forget_segments_at(&mut self, address: u32, len: usize) {
		let end = u64::from(address) + len as u64;
		let stale = stop::segments(&self.handle.stop).any(|segment| {
			let segment_end = u64::from(segment.address) + u64::from(segment.len);
			u64::from(segment.address) < end && u64::from(address) < segment_end
		});
		if stale {
			self.handle.stop.clear();
		}
	}

	/// Continues the program with the syscall's `result` in register a0, and with `gas`.
	///
	/// Errs like [`Execution::run`].
	pub fn resume(mut self, gas: Gas, result: u64) -> Result<ExecResult, ExecError> {
		let handle = &mut self.handle;
		let status = virt::resume(handle.id.0, gas, result, &handle.writes, &mut handle.stop);
		handle.writes.clear();
		self.settle(status)
	}

	/// A snapshot, for [`Module::restore`].
	pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
		// The host offered the ranges: writing there cannot fail while the instance exists.
		self.handle.flush().map_err(|_| SnapshotError::InvalidInstance)?;
		self.take_snapshot()
	}
}

/// Copies the part of `bytes`, at address `start`, that overlaps with `dest`, at `address`.
fn overlay(address: u32, dest: &mut [u8], start: u32, bytes: &[u8]) {
	let (address, start) = (u64::from(address), u64::from(start));
	let from = address.max(start);
	let to = (address + dest.len() as u64).min(start + bytes.len() as u64);
	if from < to {
		let len = (to - from) as usize;
		let (at, source) = ((from - address) as usize, (from - start) as usize);
		dest[at..at + len].copy_from_slice(&bytes[source..source + len]);
	}
}

/// How a run ended. Each variant has the remaining gas and the instance.
#[derive(Debug)]
pub enum ExecResult {
	/// The entry returned.
	Finished {
		/// The idle instance, with the memory that the program left.
		instance: Instance,
		/// The remaining gas.
		gas_left: Gas,
		/// The value that the entry returned.
		value: u64,
	},
	/// The program waits for a syscall's result.
	Syscall {
		/// The execution, to be continued with [`Execution::resume`].
		execution: Execution<AtSyscall>,
		/// The remaining gas.
		gas_left: Gas,
		/// The syscall.
		syscall: Syscall,
		/// Its arguments: registers a0 to a5, even if the syscall takes fewer.
		args: [u64; MAX_ARGUMENTS],
	},
	/// The next basic block costs more than the remaining gas.
	OutOfGas {
		/// The execution, to be continued with [`Execution::run`].
		execution: Execution<Ready>,
		/// The remaining gas. The block was not charged.
		gas_left: Gas,
		/// The gas that is at least needed to continue, if it is known.
		gas_needed: Option<Gas>,
	},
	/// The program trapped.
	Trapped {
		/// The idle instance, with the memory at the trap.
		instance: Instance,
		/// The remaining gas.
		gas_left: Gas,
		/// The offset of the instruction in the program's code, in bytes, if it is known.
		pc: Option<u32>,
		/// The cause.
		cause: TrapCause,
	},
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn overlay_puts_what_overlaps() {
		let cases: [(u32, &[u8]); 7] = [
			(8, b"ab"),
			(9, b"ab"),
			(10, b"ab"),
			(12, b"ab"),
			(13, b"ab"),
			(14, b"ab"),
			(8, b"abcdefgh"),
		];
		let seen = cases.map(|(start, bytes)| {
			let mut dest = *b"....";
			overlay(10, &mut dest, start, bytes);
			dest
		});
		assert_eq!(seen, [*b"....", *b"b...", *b"ab..", *b"..ab", *b"...a", *b"....", *b"cdef"]);
		let mut dest = *b"..";
		overlay(u32::MAX, &mut dest, u32::MAX, b"xyz");
		assert_eq!(&dest, b"xy");
	}
}
