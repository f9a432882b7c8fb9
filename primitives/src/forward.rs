//! What a runtime uses: `Module -> Instance -> Execution`, each step by value.
//!
//! Ownership is state: an instance that runs cannot be prepared a second time, a syscall cannot be
//! passed over, and what is dropped is destroyed on the host.

use crate::{
	error::from_wire,
	host::virt,
	step::{Step, StepBuffer, SyscallSymbol, TrapCause},
	CompileError, ExecError, Gas, InstanceId, InstantiateError, MemoryError, ModuleId,
	MAX_ARGUMENTS,
};
use alloc::vec::Vec;
use core::marker::PhantomData;

/// A compiled program. Forgotten by the host when dropped; its instances live on.
#[derive(Debug)]
pub struct Module(ModuleId);

impl Module {
	/// Compiles `program`.
	pub fn from_bytes(program: &[u8]) -> Result<Self, CompileError> {
		from_wire(virt::compile(program)).map(|id| Self(ModuleId(id)))
	}

	/// Compiles the program in storage under `key`, less its first `skip` bytes (a length prefix),
	/// without the bytes passing through the runtime.
	pub fn from_storage(key: &[u8], skip: u32) -> Result<Self, CompileError> {
		from_wire(virt::compile_stored(key, skip)).map(|id| Self(ModuleId(id)))
	}

	/// Makes an instance: the program's initial memory, not yet running.
	pub fn instantiate(&self) -> Result<Instance, InstantiateError> {
		from_wire(virt::instantiate(self.0 .0)).map(|id| Instance(Handle(InstanceId(id))))
	}
}

impl Drop for Module {
	fn drop(&mut self) {
		// It may be gone already, when the storage transaction that it was made in was rolled back.
		virt::release(self.0 .0);
	}
}

/// Owns an instance on the host, in whatever state.
#[derive(Debug)]
struct Handle(InstanceId);

impl Drop for Handle {
	fn drop(&mut self) {
		// As for `Module`.
		virt::destroy(self.0 .0);
	}
}

impl Handle {
	fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
		from_wire(virt::read_memory(self.0 .0, address, dest)).map(drop)
	}

	fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
		from_wire(virt::write_memory(self.0 .0, address, src)).map(drop)
	}

	fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
		from_wire(virt::zero_memory(self.0 .0, address, len)).map(drop)
	}
}

/// Memory access, for each state that an instance can be in.
macro_rules! memory_access {
	() => {
		/// Fills `dest` from the program's memory at `address`.
		pub fn read_memory(&self, address: u32, dest: &mut [u8]) -> Result<(), MemoryError> {
			self.handle().read_memory(address, dest)
		}

		/// Writes `src` into the program's memory at `address`.
		pub fn write_memory(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryError> {
			self.handle_mut().write_memory(address, src)
		}

		/// Zeroes `len` bytes of the program's memory at `address`.
		pub fn zero_memory(&mut self, address: u32, len: u32) -> Result<(), MemoryError> {
			self.handle_mut().zero_memory(address, len)
		}

		/// The instance's id on the host; for tests of the boundary.
		#[doc(hidden)]
		pub fn id(&self) -> InstanceId {
			self.handle().0
		}
	};
}

/// An idle instance: memory that persists from one call to the next. Destroyed when dropped.
#[derive(Debug)]
pub struct Instance(Handle);

impl Instance {
	memory_access!();

	fn handle(&self) -> &Handle {
		&self.0
	}

	fn handle_mut(&mut self) -> &mut Handle {
		&mut self.0
	}

	/// Readies the instance to run `entry` with up to six arguments, in registers a0 to a5.
	pub fn prepare(self, entry: &[u8], args: &[u64]) -> Result<Execution<Ready>, PrepareFailure> {
		let bytes: Vec<u8> = args.iter().flat_map(|arg| arg.to_le_bytes()).collect();
		match from_wire::<ExecError>(virt::prepare(self.0 .0 .0, entry, &bytes)) {
			Ok(_) => Ok(Execution { handle: self.0, state: PhantomData }),
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
	memory_access!();

	fn handle(&self) -> &Handle {
		&self.handle
	}

	fn handle_mut(&mut self) -> &mut Handle {
		&mut self.handle
	}

	fn settle(self, status: i64, buffer: &StepBuffer) -> Result<ExecResult, ExecError> {
		let status = from_wire::<ExecError>(status)?;
		let step = Step::decode(status, buffer).expect("the host encodes a step; qed");
		let handle = self.handle;
		Ok(match step {
			Step::Finished { gas_left, value } => {
				ExecResult::Finished { instance: Instance(handle), gas_left, value }
			},
			Step::Syscall { gas_left, symbol, args } => {
				let execution = Execution { handle, state: PhantomData };
				ExecResult::Syscall { execution, gas_left, symbol, args }
			},
			Step::OutOfGas { gas_left, gas_needed } => {
				let execution = Execution { handle, state: PhantomData };
				ExecResult::OutOfGas { execution, gas_left, gas_needed }
			},
			Step::Trapped { gas_left, pc, cause } => {
				ExecResult::Trapped { instance: Instance(handle), gas_left, pc, cause }
			},
		})
	}
}

impl Execution<Ready> {
	/// Starts the program, or continues it after it ran out of gas, with `gas` to spend.
	///
	/// Errs when `gas` is negative, or when the instance is gone because the storage transaction
	/// that it was made in was rolled back.
	pub fn run(self, gas: Gas) -> Result<ExecResult, ExecError> {
		let mut buffer = StepBuffer::default();
		let status = virt::run(self.handle.0 .0, gas, &mut buffer);
		self.settle(status, &buffer)
	}
}

impl Execution<AtSyscall> {
	/// Continues the program with the syscall's `result` in a0 and `gas` to spend.
	///
	/// Errs as [`Execution::run`] does.
	pub fn resume(self, gas: Gas, result: u64) -> Result<ExecResult, ExecError> {
		let mut buffer = StepBuffer::default();
		let status = virt::resume(self.handle.0 .0, gas, result, &mut buffer);
		self.settle(status, &buffer)
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
		symbol: SyscallSymbol,
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
