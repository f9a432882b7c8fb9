//! What a runtime uses: `Module -> Instance -> Execution`, each step by value.
//!
//! Ownership is state: an instance that runs cannot be prepared a second time, a syscall cannot be
//! passed over, and what is dropped is destroyed on the host.

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

/// Room for a stop and its segments, in bytes. A longer segment does not come along: it is read by a
/// host call of its own, which takes less time than copying as much within the runtime.
const STOP_CAPACITY: usize = stop::HEADER + MAX_WAITING_WRITE * 3 / 2;

/// Longest write that waits for the syscall's result, in bytes. As for [`STOP_CAPACITY`].
const MAX_WAITING_WRITE: usize = 1024;

/// Room for a snapshot at the first try, in bytes.
const SNAPSHOT_CAPACITY: usize = 64 * 1024;

/// Aborts this runtime call where its programs run for longer than `milliseconds` from now on.
///
/// For calls whose outcome goes on no chain, such as a dry-run: the clocks of nodes differ.
pub fn limit_time(milliseconds: u32) {
	virt::limit_time(milliseconds)
}

/// A compiled program. Forgotten by the host when dropped; its instances live on.
#[derive(Debug)]
pub struct Module(ModuleId);

impl Module {
	/// Compiles `program`, for a runtime that has these `syscalls`.
	pub fn from_bytes(program: &[u8], syscalls: &SyscallTable<'_>) -> Result<Self, CompileError> {
		from_wire(virt::compile(program, syscalls.0)).map(|id| Self(ModuleId(id)))
	}

	/// Compiles the program in storage under `key`, less its first `skip` bytes (a length prefix),
	/// without the bytes passing through the runtime.
	///
	/// A runtime stores a program only after [`Self::from_bytes`] compiled it, or after checks of its own
	/// that are as strict: that every export is at the start of a basic block, and every instruction
	/// valid. They are not made again here, and backends may disagree on a program that fails them.
	pub fn from_storage(
		key: &[u8],
		skip: u32,
		syscalls: &SyscallTable<'_>,
	) -> Result<Self, CompileError> {
		from_wire(virt::compile_stored(key, skip, syscalls.0)).map(|id| Self(ModuleId(id)))
	}

	/// Makes an instance: the program's initial memory, not yet running.
	pub fn instantiate(&self) -> Result<Instance, InstantiateError> {
		from_wire(virt::instantiate(self.0 .0)).map(|id| Instance(Handle::new(id)))
	}

	/// Makes an execution of what [`Execution::snapshot`] gave, of the same program, here or on any
	/// other node.
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
		// It may be gone already, when the storage transaction that it was made in was rolled back.
		virt::release(self.0 .0);
	}
}

/// An execution that was restored.
#[derive(Debug)]
pub enum Restored {
	/// It was prepared, or had run out of gas.
	Ready {
		/// To be run.
		execution: Execution<Ready>,
		/// Gas that was left when it stopped.
		gas_left: Gas,
	},
	/// It waits for a syscall's result.
	AtSyscall {
		/// To be resumed. Its buffers did not come along.
		execution: Execution<AtSyscall>,
		/// Gas that was left when it stopped.
		gas_left: Gas,
	},
}

/// Owns an instance on the host, in whatever state.
#[derive(Debug)]
struct Handle {
	id: InstanceId,
	/// Where the host puts a stop.
	stop: HostBuffer,
	/// What goes back with a syscall's result.
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

	/// The segment that holds all of the `len` bytes at `address`, and where in it they start.
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
			// What came along may no longer be what is there.
			self.stop.clear();
		}
		for (address, bytes) in writes::decode(&waiting).flatten() {
			self.write_memory(address, bytes)?;
		}
		Ok(())
	}
}

/// Memory access where nothing waits for a syscall's result.
macro_rules! memory_access {
	($($handle:tt)*) => {
		/// Fills `dest` from the program's memory at `address`.
		pub fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
			self.$($handle)*.read_memory(address, dest)
		}

		/// Writes `src` into the program's memory at `address`.
		pub fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
			self.$($handle)*.write_memory(address, src)
		}

		/// Zeroes `len` bytes of the program's memory at `address`.
		pub fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
			self.$($handle)*.zero_memory(address, len)
		}
	};
}

/// An idle instance: memory that persists from one call to the next. Destroyed when dropped.
#[derive(Debug)]
pub struct Instance(Handle);

impl Instance {
	memory_access!(0);

	/// The instance's id on the host; for tests of the boundary.
	#[doc(hidden)]
	pub fn id(&self) -> InstanceId {
		self.0.id
	}

	/// Readies the instance to run `entry` with up to six arguments, in registers a0 to a5.
	pub fn prepare(self, entry: &[u8], args: &[u64]) -> Result<Execution<Ready>, PrepareFailure> {
		// One more than allowed is passed on, so that the host sees that there are too many.
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

/// An instance could not be prepared; it is handed back.
#[derive(Debug)]
pub struct PrepareFailure {
	/// The instance, still idle.
	pub instance: Instance,
	/// Why.
	pub error: ExecError,
}

/// State of an [`Execution`] that [`Execution::run`] continues.
#[derive(Debug)]
pub enum Ready {}

/// State of an [`Execution`] that waits for a syscall's result.
#[derive(Debug)]
pub enum AtSyscall {}

/// An instance that is prepared, or suspended. Destroyed when dropped.
#[derive(Debug)]
pub struct Execution<State> {
	handle: Handle,
	state: PhantomData<State>,
}

impl<State> Execution<State> {
	fn new(handle: Handle) -> Self {
		Self { handle, state: PhantomData }
	}

	/// The instance's id on the host; for tests of the boundary.
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
			// An idle instance needs none.
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

	/// Starts the program, or continues it after it ran out of gas, with `gas` to spend.
	///
	/// Errs when `gas` is negative, or when the instance is gone because the storage transaction
	/// that it was made in was rolled back.
	pub fn run(mut self, gas: Gas) -> Result<ExecResult, ExecError> {
		let status = virt::run(self.handle.id.0, gas, &mut self.handle.stop);
		self.settle(status)
	}

	/// What [`Module::restore`] makes this execution of again.
	pub fn snapshot(&self) -> Result<Vec<u8>, SnapshotError> {
		self.take_snapshot()
	}
}

impl Execution<AtSyscall> {
	/// Fills `dest` from the program's memory at `address`.
	///
	/// No host call where the range is within an `In` buffer of the syscall.
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

	/// The `len` bytes at `address`, where they came along and nothing was written since: the same as
	/// [`Self::read_memory`] gives, without a copy.
	pub fn memory(&self, address: u32, len: usize) -> Option<&[u8]> {
		match self.handle.segment(address, len, true)? {
			(Segment { bytes: Some(bytes), .. }, start) if self.handle.writes.is_empty() => {
				Some(&bytes[start..start + len])
			},
			_ => None,
		}
	}

	/// Writes `src` into the program's memory at `address`.
	///
	/// No host call where the range is within an `Out` buffer of the syscall, and short: the bytes go
	/// with its result.
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

	/// What came along is no longer what is there.
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

	/// Continues the program with the syscall's `result` in a0 and `gas` to spend.
	///
	/// Errs as [`Execution::run`] does.
	pub fn resume(mut self, gas: Gas, result: u64) -> Result<ExecResult, ExecError> {
		let handle = &mut self.handle;
		let status = virt::resume(handle.id.0, gas, result, &handle.writes, &mut handle.stop);
		handle.writes.clear();
		self.settle(status)
	}

	/// What [`Module::restore`] makes this execution of again.
	pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
		// The ranges were offered by the host: writing there cannot fail while the instance lives.
		self.handle.flush().map_err(|_| SnapshotError::InvalidInstance)?;
		self.take_snapshot()
	}
}

/// Puts what of `bytes`, which belong at `start`, falls into `dest`, which is what is at `address`.
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

/// What a run came to. All four say how much gas is left, and hand the instance on.
#[derive(Debug)]
pub enum ExecResult {
	/// The entry point returned.
	Finished {
		/// Idle again, its memory as the program left it.
		instance: Instance,
		/// Gas that is left.
		gas_left: Gas,
		/// What the entry point returned.
		value: u64,
	},
	/// The program waits for a syscall's result.
	Syscall {
		/// Suspended until [`Execution::resume`].
		execution: Execution<AtSyscall>,
		/// Gas that is left.
		gas_left: Gas,
		/// Which syscall.
		syscall: Syscall,
		/// Its arguments: registers a0 to a5, whether the syscall takes that many or not.
		args: [u64; MAX_ARGUMENTS],
	},
	/// The next basic block costs more than the gas that is left.
	OutOfGas {
		/// Suspended until [`Execution::run`] brings more gas.
		execution: Execution<Ready>,
		/// Gas that is left: the block that it does not pay for was not charged.
		gas_left: Gas,
		/// Gas to go on with at least, where that is known.
		gas_needed: Option<Gas>,
	},
	/// The program did what it must not.
	Trapped {
		/// Idle again, its memory as it was at the trap.
		instance: Instance,
		/// Gas that is left.
		gas_left: Gas,
		/// Offset of the instruction in the program's code, where that is known.
		pc: Option<u32>,
		/// Why.
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
