//! What a node implements to run programs, and the externalities extension that carries it.

use crate::{
	buffer::HostBuffer, step::Step, syscall::SyscallTable, CompileError, DestroyError, ExecError,
	Gas, InstanceId, InstantiateError, MemoryError, ModuleId, RestoreError, SnapshotError,
};
use alloc::{string::String, vec::Vec};
use core::time::Duration;
use sp_externalities::TransactionType;

/// Why an operation of a [`Backend`] failed, split by who is to blame.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure<E> {
	/// The program or its caller: the same on every node, reported to the runtime.
	Guest(E),
	/// The node itself. Never reported to the runtime: it aborts the runtime call.
	Host(String),
}

impl<E> From<E> for Failure<E> {
	fn from(error: E) -> Self {
		Failure::Guest(error)
	}
}

/// What an operation of a [`Backend`] gives.
pub type Outcome<T, E> = Result<T, Failure<E>>;

/// What a syscall gave.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
	/// Its result, for register a0.
	pub result: u64,
	/// [Writes](crate::step::writes) to the program's memory.
	pub writes: &'a [u8],
}

impl From<u64> for Answer<'_> {
	fn from(result: u64) -> Self {
		Self { result, writes: &[] }
	}
}

/// Names a program by the storage value that holds it: by content, never by the value's key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredName {
	/// The value's hash, by the chain's hash function.
	pub hash: Vec<u8>,
	/// How many bytes of the value come before the program.
	pub skip: u32,
}

/// Drives programs for one runtime call, or for the calls of one block.
///
/// Ids come from counters that start at zero. Modules and instances, and with them the counters,
/// follow the storage transaction: what was made within a transaction is gone when that is rolled
/// back. Running is not undone.
pub trait Backend: 'static {
	/// Makes a module of `program`, whose runtime has these `syscalls`. A program that was `admitted`,
	/// was compiled before without that, and is not checked again.
	fn compile(
		&mut self,
		program: &[u8],
		syscalls: SyscallTable<'_>,
		admitted: bool,
	) -> Outcome<ModuleId, CompileError>;

	/// Makes a module of the program that [`Self::name`] gave this name, in this runtime call or
	/// another, where that is still known. Otherwise the same as [`Self::compile`].
	fn compile_named(
		&mut self,
		name: &StoredName,
		syscalls: SyscallTable<'_>,
	) -> Outcome<Option<ModuleId>, CompileError>;

	/// Gives a module's program a name.
	fn name(&mut self, module: ModuleId, name: StoredName);

	/// Forgets a module. Its instances live on.
	fn release(&mut self, module: ModuleId) -> Outcome<(), DestroyError>;

	/// Makes an idle instance.
	fn instantiate(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError>;

	/// Readies an idle instance to run `entry` with `args` in registers a0 and up.
	fn prepare(
		&mut self,
		instance: InstanceId,
		entry: &[u8],
		args: &[u64],
	) -> Outcome<(), ExecError>;

	/// Makes an instance idle, whatever it was prepared for or waits for. Its memory stays.
	fn abandon(&mut self, instance: InstanceId) -> Outcome<(), ExecError>;

	/// Runs a prepared or suspended instance with `gas`.
	///
	/// `answer` is what a syscall gave; it is present exactly when the instance waits at one. Where
	/// the instance stops at a syscall, its buffers go to `stop`, which was begun: see
	/// [`stop`](crate::step::stop).
	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		answer: Option<Answer<'_>>,
		stop: &mut HostBuffer,
	) -> Outcome<Step, ExecError>;

	/// The bytes of a [`Snapshot`](crate::snapshot::Snapshot) of a suspended instance, which stays
	/// as it is.
	fn snapshot(&mut self, instance: InstanceId) -> Outcome<Vec<u8>, SnapshotError>;

	/// Makes a suspended instance of a snapshot of the same program.
	fn restore(&mut self, module: ModuleId, snapshot: &[u8]) -> Outcome<InstanceId, RestoreError>;

	/// Aborts the runtime call, as a host fault, where its programs run for longer than this from
	/// now on. For calls whose outcome goes on no chain.
	fn limit_time(&mut self, limit: Duration);

	/// Destroys an instance, whatever its state.
	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError>;

	/// Fills `dest` from the instance's memory at `address`.
	fn read_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		dest: &mut [u8],
	) -> Outcome<(), MemoryError>;

	/// Writes `src` into the instance's memory at `address`.
	fn write_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		src: &[u8],
	) -> Outcome<(), MemoryError>;

	/// Zeroes `len` bytes of the instance's memory at `address`.
	fn zero_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		len: u32,
	) -> Outcome<(), MemoryError>;

	/// A storage transaction starts.
	fn start_transaction(&mut self, ty: TransactionType);

	/// The innermost storage transaction of type `ty` is committed.
	fn commit_transaction(&mut self, ty: TransactionType);

	/// The innermost storage transaction of type `ty` is rolled back, and all within it.
	fn rollback_transaction(&mut self, ty: TransactionType);
}

#[cfg(feature = "std")]
sp_externalities::decl_extension! {
	/// Carries a [`Backend`] into a runtime call.
	pub struct VirtExt(Box<dyn Backend + Send>);

	impl VirtExt {
		fn start_transaction(&mut self, ty: TransactionType) {
			self.0.start_transaction(ty);
		}

		fn commit_transaction(&mut self, ty: TransactionType) {
			self.0.commit_transaction(ty);
		}

		fn rollback_transaction(&mut self, ty: TransactionType) {
			self.0.rollback_transaction(ty);
		}
	}
}

#[cfg(feature = "std")]
impl VirtExt {
	/// Wraps `backend`.
	pub fn new(backend: impl Backend + Send) -> Self {
		Self(Box::new(backend))
	}
}
