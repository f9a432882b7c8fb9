//! The trait that runs programs, and the externalities extension that carries an implementation.

use crate::{
	buffer::HostBuffer, step::Step, syscall::SyscallTable, CompileError, DestroyError, ExecError,
	Gas, InstanceId, InstantiateError, MemoryError, ModuleId, RestoreError, SnapshotError,
	LOG_TARGET,
};
use alloc::{format, string::String, vec::Vec};
use core::time::Duration;
use sp_externalities::TransactionType;

/// Why an operation of a [`Backend`] failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure<E> {
	/// A fault of the program or its caller: the same on every node, and reported to the runtime.
	Guest(E),
	/// A host fault. Never reported to the runtime: it aborts the runtime call.
	Host(String),
}

impl<E> From<E> for Failure<E> {
	fn from(error: E) -> Self {
		Failure::Guest(error)
	}
}

/// The result of an operation of a [`Backend`].
pub type Outcome<T, E> = Result<T, Failure<E>>;

/// Returns the result of a guest. A host fault is logged, and aborts the runtime call.
///
/// In a node, this does not call the panic hook, which reports a bug with a backtrace: most host faults are
/// faults of the machine.
pub fn guest_result<T, E>(outcome: Outcome<T, E>) -> Result<T, E> {
	outcome.map_err(|failure| match failure {
		Failure::Guest(error) => error,
		Failure::Host(fault) => {
			log::error!(target: LOG_TARGET, "Host fault, the runtime call is aborted: {fault}");
			let reason = format!("virt: host fault: {fault}");
			#[cfg(feature = "std")]
			std::panic::resume_unwind(alloc::boxed::Box::new(reason));
			#[cfg(not(feature = "std"))]
			panic!("{reason}")
		},
	})
}

/// The result of a syscall.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
	/// The value for register a0.
	pub result: u64,
	/// [Writes](crate::step::writes) to the program's memory.
	pub writes: &'a [u8],
}

impl From<u64> for Answer<'_> {
	fn from(result: u64) -> Self {
		Self { result, writes: &[] }
	}
}

/// Identifies a program by the storage value that contains it: by content, never by the value's
/// key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredName {
	/// The hash of the value, with the chain's hash function.
	pub hash: Vec<u8>,
	/// The number of bytes before the program in the value.
	pub skip: u32,
}

/// Runs programs for one runtime call, or for the calls of one block.
///
/// Ids are counters that start at zero. Modules, instances and the counters follow the storage
/// transaction: what was created in a transaction is removed when it is rolled back. Execution is
/// not rolled back.
pub trait Backend: 'static {
	/// Creates a module of `program` for a runtime with these `syscalls`. A program that is
	/// `admitted` was compiled before without this flag, and is not checked again.
	fn compile(
		&mut self,
		program: &[u8],
		syscalls: SyscallTable<'_>,
		admitted: bool,
	) -> Outcome<ModuleId, CompileError>;

	/// Creates a module of the program to which [`Self::name`] gave this name, in any runtime call,
	/// if it is still cached. Otherwise like [`Self::compile`].
	fn compile_named(
		&mut self,
		name: &StoredName,
		syscalls: SyscallTable<'_>,
	) -> Outcome<Option<ModuleId>, CompileError>;

	/// Gives the program of a module a name.
	fn name(&mut self, module: ModuleId, name: StoredName);

	/// Removes a module. Its instances remain.
	fn release(&mut self, module: ModuleId) -> Outcome<(), DestroyError>;

	/// Creates an idle instance.
	fn instantiate(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError>;

	/// Prepares an idle instance to run `entry` with `args` in registers a0 and up.
	fn prepare(
		&mut self,
		instance: InstanceId,
		entry: &[u8],
		args: &[u64],
	) -> Outcome<(), ExecError>;

	/// Makes an instance idle, if it is prepared or suspended. Its memory is kept.
	fn abandon(&mut self, instance: InstanceId) -> Outcome<(), ExecError>;

	/// Runs a prepared or suspended instance with `gas`.
	///
	/// `answer` is the result of a syscall. It must be given exactly if the instance waits at one.
	/// If the instance stops at a syscall, the syscall's buffers are written to `stop`, which must
	/// have been started: see [`stop`](crate::step::stop).
	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		answer: Option<Answer<'_>>,
		stop: &mut HostBuffer,
	) -> Outcome<Step, ExecError>;

	/// The encoded [`Snapshot`](crate::snapshot::Snapshot) of a suspended instance, which does not
	/// change.
	fn snapshot(&mut self, instance: InstanceId) -> Outcome<Vec<u8>, SnapshotError>;

	/// Creates a suspended instance from a snapshot of the same program.
	fn restore(&mut self, module: ModuleId, snapshot: &[u8]) -> Outcome<InstanceId, RestoreError>;

	/// Aborts the runtime call, as a host fault, if its programs run for longer than this from now
	/// on. For calls whose results do not become part of the chain.
	fn limit_time(&mut self, limit: Duration);

	/// Removes an instance in any state.
	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError>;

	/// Reads the instance's memory at `address` into `dest`.
	fn read_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		dest: &mut [u8],
	) -> Outcome<(), MemoryError>;

	/// Writes `src` to the instance's memory at `address`.
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

	/// A storage transaction started.
	fn start_transaction(&mut self, ty: TransactionType);

	/// The innermost storage transaction of type `ty` was committed.
	fn commit_transaction(&mut self, ty: TransactionType);

	/// The innermost storage transaction of type `ty` was rolled back, with all inner ones.
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
