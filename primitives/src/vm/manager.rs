//! The modules and instances of a runtime call.
//!
//! Ids and counters follow the storage transaction: see [`Layer`].

use super::{
	deadline::Deadline,
	environment::{Environment, Event, Loaded},
	limits::{Limits, OUT_OF_TIME},
	machine::Machine,
	program::Bindings,
	trace::Trace,
};
use crate::{
	snapshot::{Snapshot, Waiting},
	step::{stop, writes, Step},
	Answer, Backend, Buffer, CompileError, DestroyError, Direction, ExecError, Failure, Gas,
	HostBuffer, InstanceId, InstantiateError, Length, MemoryError, ModuleId, Outcome, RestoreError,
	SnapshotError, StoredName, SyscallTable, TrapCause, MAX_ARGUMENTS,
};
use alloc::{collections::BTreeMap, format, string::String, sync::Arc, vec::Vec};
use core::time::Duration;
use polkavm::{InterruptKind, MemoryAccessError, MemoryProtection, ProgramCounter, Reg};
use sp_externalities::TransactionType;

/// The modules and instances of a runtime call, or, for an author, of the calls of a block.
pub struct Manager<E: Environment> {
	environment: Arc<E>,
	modules: BTreeMap<ModuleId, Module<E::Module>>,
	instances: BTreeMap<InstanceId, Instance<E>>,
	/// The memory of all instances, in bytes, as counted by [`Environment::memory_of`].
	memory: u64,
	counters: Counters,
	layers: Vec<Layer>,
	deadline: Option<E::Deadline>,
	/// The number of instances that wait at a syscall.
	waiting: usize,
	/// The instance that stopped at a syscall last.
	at_syscall: Option<InstanceId>,
}

/// A program and its imports, bound to the runtime's table.
struct Module<M> {
	loaded: Arc<M>,
	bindings: Bindings,
}

/// The next ids.
#[derive(Clone, Copy, Default)]
struct Counters {
	module: u32,
	instance: u32,
}

/// An open storage transaction, with the counters at its start: higher ids were assigned in it.
///
/// When it is rolled back, these are removed and the counters are reset, so that an author who
/// discards an extrinsic continues like an importer who never executed it. When it is committed,
/// they are kept. An author has a host transaction for each extrinsic, and an importer one for a
/// block: objects that a runtime forgot to remove count for both until the end of the block. When
/// the runtime traps, only the host's transaction is closed, so closing a transaction closes all
/// inner ones.
struct Layer {
	ty: TransactionType,
	counters: Counters,
}

struct Instance<E: Environment> {
	machine: Machine<E>,
	bindings: Bindings,
	state: State,
	/// The gas that was left when it stopped.
	gas_left: Gas,
	environment: Arc<E>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
	/// Not prepared.
	Idle,
	/// Prepared, or out of gas.
	Ready,
	/// Waits for a syscall's result.
	AtSyscall,
}

impl<E: Environment> Drop for Instance<E> {
	fn drop(&mut self) {
		self.environment.count(Event::InstanceGone);
	}
}

impl<E: Environment> Manager<E> {
	/// An empty manager.
	pub fn new(environment: Arc<E>) -> Self {
		Self {
			environment,
			modules: BTreeMap::new(),
			instances: BTreeMap::new(),
			memory: 0,
			counters: Counters::default(),
			layers: Vec::new(),
			deadline: None,
			waiting: 0,
			at_syscall: None,
		}
	}

	/// The bytes of an instance's program.
	pub fn program(&self, instance: InstanceId) -> Option<&[u8]> {
		Some(self.instances.get(&instance)?.machine.program().bytes())
	}

	/// The trace of an instance since it was prepared, if the engine traces.
	pub fn trace(&self, instance: InstanceId) -> Option<&Trace> {
		self.instances.get(&instance)?.machine.trace()
	}

	/// Whether an instance's stack pointer is below its stack.
	pub fn is_stack_exceeded(&self, instance: InstanceId) -> bool {
		let Some(Instance { machine, .. }) = self.instances.get(&instance) else { return false };
		machine.reg(Reg::SP) < machine.program().memory_map().stack_range().start.into()
	}

	/// Counts a host fault of any operation.
	fn host_fault<F>(&self, reason: String) -> Failure<F> {
		self.environment.record_fault(&reason);
		Failure::Host(reason)
	}

	fn limits(&self) -> &Limits {
		self.environment.limits()
	}

	fn instance<F: From<NoInstance>>(
		&mut self,
		id: InstanceId,
	) -> Result<&mut Instance<E>, Failure<F>> {
		self.instances.get_mut(&id).ok_or(Failure::Guest(F::from(NoInstance)))
	}

	fn ensure_room_for_module(&self) -> Result<(), CompileError> {
		if self.modules.len() >= self.limits().modules {
			return Err(CompileError::TooManyModules);
		}
		Ok(())
	}

	fn make_module(
		&mut self,
		loaded: Arc<E::Module>,
		syscalls: SyscallTable<'_>,
	) -> Outcome<ModuleId, CompileError> {
		self.ensure_room_for_module()?;
		let bindings = loaded.bind(syscalls)?;
		let id = ModuleId(self.counters.module);
		self.counters.module += 1;
		self.modules.insert(id, Module { loaded, bindings });
		Ok(id)
	}

	/// Creates an idle instance, if the limits allow it.
	fn make_instance(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError> {
		let module = self.modules.get(&module).ok_or(InstantiateError::InvalidModule)?;
		if self.instances.len() >= self.limits().instances {
			return Err(InstantiateError::TooManyInstances.into());
		}
		let memory = self.environment.memory_of(module.loaded.program());
		if self.memory + memory > self.limits().memory {
			return Err(InstantiateError::OutOfMemory.into());
		}
		let bindings = module.bindings.clone();
		let machine =
			Machine::new(module.loaded.clone()).map_err(|error| self.host_fault(error))?;
		self.environment.count(Event::InstanceMade);
		self.memory += memory;
		let id = InstanceId(self.counters.instance);
		self.counters.instance += 1;
		let instance = Instance {
			machine,
			bindings,
			state: State::Idle,
			gas_left: 0,
			environment: self.environment.clone(),
		};
		self.instances.insert(id, instance);
		Ok(id)
	}

	/// Before another program runs: an instance that waits at a syscall will wait for longer.
	fn park_other_than<F>(&mut self, id: InstanceId) -> Result<(), Failure<F>> {
		match self.at_syscall {
			Some(waiting) if waiting != id => {
				self.at_syscall = None;
				let Some(instance) = self.instances.get_mut(&waiting) else { return Ok(()) };
				instance.machine.park().map_err(|reason| self.host_fault(reason))
			},
			_ => Ok(()),
		}
	}

	/// Closes the innermost transaction of type `ty` and all inner ones.
	fn close(&mut self, ty: TransactionType) -> Option<Counters> {
		let index = self.layers.iter().rposition(|layer| layer.ty == ty)?;
		let counters = self.layers[index].counters;
		self.layers.truncate(index);
		Some(counters)
	}

	fn forget_since(&mut self, counters: Counters) {
		self.modules.split_off(&ModuleId(counters.module));
		for (_, instance) in self.instances.split_off(&InstanceId(counters.instance)) {
			self.forget(instance);
		}
		self.counters = counters;
	}

	/// It is removed.
	fn forget(&mut self, instance: Instance<E>) {
		self.memory -= self.environment.memory_of(instance.machine.program());
		self.waiting -= usize::from(instance.state == State::AtSyscall);
	}

	/// The machine of an instance whose memory is accessible in this way. Later failures are host
	/// faults.
	fn memory(
		&mut self,
		id: InstanceId,
		address: u32,
		len: usize,
		protection: MemoryProtection,
	) -> Outcome<&mut Machine<E>, MemoryError> {
		let instance = self.instance::<MemoryError>(id)?;
		let len = u32::try_from(len).map_err(|_| MemoryError::OutOfBounds)?;
		if !instance.machine.is_accessible(address, len, protection) {
			return Err(MemoryError::OutOfBounds.into());
		}
		Ok(&mut instance.machine)
	}

	fn settle_access(&self, access: Result<(), MemoryAccessError>) -> Outcome<(), MemoryError> {
		access.map_err(|error| self.host_fault(format!("memory access failed: {error}")))
	}
}

/// No instance has this id.
struct NoInstance;

impl From<NoInstance> for ExecError {
	fn from(_: NoInstance) -> Self {
		Self::InvalidInstance
	}
}

impl From<NoInstance> for MemoryError {
	fn from(_: NoInstance) -> Self {
		Self::InvalidInstance
	}
}

impl From<NoInstance> for SnapshotError {
	fn from(_: NoInstance) -> Self {
		Self::InvalidInstance
	}
}

impl<E: Environment> Instance<E> {
	/// Runs until the program stops.
	fn run(
		&mut self,
		gas: Gas,
		answered: bool,
		deadline: Option<E::Deadline>,
		buffer: &mut HostBuffer,
	) -> Result<Step, String> {
		let stop = self.machine.run(&self.environment, gas, answered, deadline)?;
		let gas_left = stop.gas_left;
		self.gas_left = gas_left;
		let (state, step) = match stop.interrupt {
			InterruptKind::Finished => {
				(State::Idle, Step::Finished { gas_left, value: self.machine.reg(Reg::A0) })
			},
			InterruptKind::Trap => (State::Idle, self.trapped(TrapCause::Instruction)),
			InterruptKind::NotEnoughGas => {
				let gas_needed = self.machine.gas_needed(&self.environment);
				(State::Ready, Step::OutOfGas { gas_left, gas_needed })
			},
			InterruptKind::Ecalli(index) => match self.bindings.get(index as usize) {
				Some(binding) => {
					let args = self.machine.args();
					for declared in &binding.buffers {
						bring(&mut self.machine, declared, &args, buffer)
							.map_err(|error| format!("memory access failed: {error}"))?;
					}
					let syscall = binding.syscall;
					(State::AtSyscall, Step::Syscall { gas_left, syscall, args })
				},
				None => (State::Idle, self.trapped(TrapCause::MissingImport)),
			},
			InterruptKind::Segfault(_) | InterruptKind::Step => {
				return Err(format!("PolkaVM was not configured to stop for {:?}", stop.interrupt))
			},
		};
		self.state = state;
		match step {
			Step::Syscall { .. } => self.environment.count(Event::Syscall),
			Step::Trapped { .. } => self.environment.count(Event::Trap),
			Step::Finished { .. } | Step::OutOfGas { .. } => {},
		}
		Ok(step)
	}

	fn trapped(&self, cause: TrapCause) -> Step {
		let pc = self.machine.pc().map(|pc| pc.0);
		Step::Trapped { gas_left: self.gas_left, pc, cause }
	}

	/// Makes the writes of a syscall, if all of them are valid.
	fn write_all(&mut self, encoded: &[u8]) -> Outcome<(), ExecError> {
		for write in writes::decode(encoded) {
			let accessible = write.is_some_and(|(address, bytes)| {
				let len = bytes.len() as u32;
				self.machine.is_accessible(address, len, MemoryProtection::ReadWrite)
			});
			if !accessible {
				return Err(ExecError::WriteOutOfBounds.into());
			}
		}
		for (address, bytes) in writes::decode(encoded).flatten() {
			self.machine
				.write(address, bytes)
				.map_err(|error| Failure::Host(format!("memory access failed: {error}")))?;
		}
		Ok(())
	}
}

/// Writes the declared buffers of a syscall to `buffer`. Buffers that are out of bounds or too long
/// are skipped: the runtime detects that when it accesses them.
fn bring<E: Environment>(
	machine: &mut Machine<E>,
	declared: &Buffer,
	args: &[u64; MAX_ARGUMENTS],
	buffer: &mut HostBuffer,
) -> Result<(), MemoryAccessError> {
	let Ok(address) = u32::try_from(args[usize::from(declared.pointer)]) else { return Ok(()) };
	let len = match declared.len {
		Length::Fixed(len) => len.into(),
		Length::Argument(number) => args[usize::from(number)],
	};
	let max = u64::from(declared.max);
	match declared.direction {
		Direction::In => {
			let len = if len <= max { len as u32 } else { return Ok(()) };
			if machine.is_accessible(address, len, MemoryProtection::Read) {
				stop::bring(buffer, address, len, |dest| machine.read(address, dest))?;
			}
		},
		Direction::Out => {
			let len = len.min(max) as u32;
			if machine.is_accessible(address, len, MemoryProtection::ReadWrite) {
				stop::offer(buffer, address, len);
			}
		},
	}
	Ok(())
}

impl<E: Environment> Backend for Manager<E> {
	fn compile(
		&mut self,
		program: &[u8],
		syscalls: SyscallTable<'_>,
		admitted: bool,
	) -> Outcome<ModuleId, CompileError> {
		if program.len() > self.limits().program {
			return Err(CompileError::TooLarge.into());
		}
		// Checked before compiling, so that a refused request costs nothing.
		self.ensure_room_for_module()?;
		let loaded = match self.environment.compile(program, self.deadline.is_none(), admitted) {
			Err(Failure::Host(reason)) => return Err(self.host_fault(reason)),
			outcome => outcome?,
		};
		self.make_module(loaded, syscalls)
	}

	fn compile_named(
		&mut self,
		name: &StoredName,
		syscalls: SyscallTable<'_>,
	) -> Outcome<Option<ModuleId>, CompileError> {
		match self.environment.named(name) {
			Some(loaded) => self.make_module(loaded, syscalls).map(Some),
			None => Ok(None),
		}
	}

	fn name(&mut self, module: ModuleId, name: StoredName) {
		if let Some(module) = self.modules.get(&module) {
			self.environment.name(name, &module.loaded, self.deadline.is_none());
		}
	}

	fn release(&mut self, module: ModuleId) -> Outcome<(), DestroyError> {
		self.modules.remove(&module).map(drop).ok_or(DestroyError::Unknown.into())
	}

	fn instantiate(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError> {
		self.make_instance(module)
	}

	fn prepare(
		&mut self,
		instance: InstanceId,
		entry: &[u8],
		args: &[u64],
	) -> Outcome<(), ExecError> {
		let instance = self.instance::<ExecError>(instance)?;
		if instance.state != State::Idle {
			return Err(ExecError::Busy.into());
		}
		if args.len() > MAX_ARGUMENTS {
			return Err(ExecError::TooManyArguments.into());
		}
		let pc = instance.machine.program().export(entry).ok_or(ExecError::ExportNotFound)?;
		let prepared = instance.machine.prepare(pc, args);
		instance.state = State::Ready;
		prepared.map_err(|reason| self.host_fault(reason))
	}

	fn abandon(&mut self, instance: InstanceId) -> Outcome<(), ExecError> {
		let id = instance;
		let instance = self.instance::<ExecError>(id)?;
		let waited = instance.state == State::AtSyscall;
		instance.state = State::Idle;
		self.waiting -= usize::from(waited);
		self.at_syscall = self.at_syscall.filter(|waiting| *waiting != id);
		Ok(())
	}

	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		answer: Option<Answer<'_>>,
		stop: &mut HostBuffer,
	) -> Outcome<Step, ExecError> {
		let deadline = self.deadline;
		let waiting = self.waiting;
		let nesting = self.limits().nesting;
		self.park_other_than(instance)?;
		let id = instance;
		let instance = self.instance::<ExecError>(id)?;
		if gas < 0 {
			return Err(ExecError::NegativeGas.into());
		}
		match (instance.state, answer) {
			(State::Idle, _) => return Err(ExecError::NotPrepared.into()),
			(State::Ready, None) if waiting >= nesting => return Err(ExecError::TooDeep.into()),
			(State::Ready, None) => {},
			(State::AtSyscall, Some(answer)) => {
				if let Err(failure) = instance.write_all(answer.writes) {
					return Err(match failure {
						Failure::Host(reason) => self.host_fault(reason),
						guest => guest,
					});
				}
				instance.machine.set_reg(Reg::A0, answer.result);
			},
			(State::Ready, Some(_)) | (State::AtSyscall, None) => {
				return Err(ExecError::ResultMismatch.into())
			},
		}
		let waited = instance.state == State::AtSyscall;
		let step = instance.run(gas, waited, deadline, stop);
		let waits = instance.state == State::AtSyscall;
		self.waiting = waiting - usize::from(waited) + usize::from(waits);
		self.at_syscall = waits.then_some(id);
		step.map_err(|reason| match reason.as_str() {
			// Any dry-run can cause this, so it is not a fault of the node.
			OUT_OF_TIME => Failure::Host(reason),
			_ => self.host_fault(reason),
		})
	}

	fn snapshot(&mut self, instance: InstanceId) -> Outcome<Vec<u8>, SnapshotError> {
		let instance = self.instance::<SnapshotError>(instance)?;
		let waiting = match instance.state {
			State::Idle => return Err(SnapshotError::NotSuspended.into()),
			State::Ready => Waiting::ForGas,
			State::AtSyscall => Waiting::ForResult,
		};
		let machine = &mut instance.machine;
		let pages = machine.pages();
		let pc = machine.next_pc();
		let snapshot = pages.and_then(|pages| {
			Ok(Snapshot {
				program: machine.program().hash(),
				waiting,
				gas_left: instance.gas_left,
				pricing: machine.pricing(),
				pc: pc.ok_or("a suspended program knows where it goes on")?.0,
				registers: machine.registers(),
				pages,
			})
		});
		snapshot.map(|it| it.to_bytes()).map_err(|reason| self.host_fault(reason))
	}

	fn restore(&mut self, module: ModuleId, snapshot: &[u8]) -> Outcome<InstanceId, RestoreError> {
		let loaded = &self.modules.get(&module).ok_or(RestoreError::InvalidModule)?.loaded;
		let program = loaded.program();
		let snapshot = Snapshot::from_bytes(snapshot).map_err(RestoreError::from)?;
		if snapshot.program != program.hash() {
			return Err(RestoreError::WrongProgram.into());
		}
		let pc = ProgramCounter(snapshot.pc);
		if !program.is_stop(pc, snapshot.waiting == Waiting::ForResult) {
			return Err(RestoreError::InvalidSnapshot.into());
		}
		// An execution pays at most for its program's translation. A snapshot may come from a
		// backend with another measure of size: a chain that changed from the embedded form to host
		// functions.
		let translation = self.environment.rules().translation(program.largest_code_size());
		if snapshot.pricing.translation_paid > translation {
			return Err(RestoreError::InvalidSnapshot.into());
		}
		let id = self.make_instance(module).map_err(|failure| match failure {
			Failure::Guest(error) => Failure::Guest(error.into()),
			Failure::Host(reason) => Failure::Host(reason),
		})?;
		let instance = self.instances.get_mut(&id).expect("it was just made; qed");
		match instance.machine.set_pages(&snapshot.pages) {
			Ok(true) => {},
			Ok(false) => {
				// Removed, as if it had never been created.
				self.forget_since(Counters { instance: id.0, ..self.counters });
				return Err(RestoreError::InvalidSnapshot.into());
			},
			Err(reason) => return Err(self.host_fault(reason)),
		}
		for (reg, value) in Reg::ALL.into_iter().zip(snapshot.registers) {
			instance.machine.set_reg(reg, value);
		}
		let entered = instance.machine.enter(pc, snapshot.pricing);
		instance.gas_left = snapshot.gas_left;
		instance.state = match snapshot.waiting {
			Waiting::ForGas => State::Ready,
			Waiting::ForResult => State::AtSyscall,
		};
		self.waiting += usize::from(snapshot.waiting == Waiting::ForResult);
		entered.map_err(|reason| self.host_fault(reason))?;
		Ok(id)
	}

	fn limit_time(&mut self, limit: Duration) {
		self.deadline = E::Deadline::after(limit);
	}

	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError> {
		let instance = self.instances.remove(&instance).ok_or(DestroyError::Unknown)?;
		self.forget(instance);
		Ok(())
	}

	fn read_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		dest: &mut [u8],
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, dest.len(), MemoryProtection::Read)?;
		let access = memory.read(address, dest);
		self.settle_access(access)
	}

	fn write_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		src: &[u8],
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, src.len(), MemoryProtection::ReadWrite)?;
		let access = memory.write(address, src);
		self.settle_access(access)
	}

	fn zero_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		len: u32,
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, len as usize, MemoryProtection::ReadWrite)?;
		let access = memory.zero(address, len);
		self.settle_access(access)
	}

	fn start_transaction(&mut self, ty: TransactionType) {
		self.layers.push(Layer { ty, counters: self.counters });
	}

	fn commit_transaction(&mut self, ty: TransactionType) {
		self.close(ty);
	}

	fn rollback_transaction(&mut self, ty: TransactionType) {
		if let Some(start) = self.close(ty) {
			self.forget_since(start);
		}
	}
}
