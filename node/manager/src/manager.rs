//! One runtime call's modules and instances.
//!
//! Ids come from counters. Both follow the storage transaction: see [`Layer`].

use crate::{cache::Compiled, engine::Engine, limits::*};
use polkavm::{InterruptKind, MemoryAccessError, MemoryProtection, RawInstance, Reg};
use sp_externalities::TransactionType;
use std::{collections::BTreeMap, sync::Arc};
use virt_primitives::{
	step::Step, Backend, CompileError, DestroyError, ExecError, Failure, Gas, InstanceId,
	InstantiateError, MemoryError, ModuleId, Outcome, TrapCause, MAX_ARGUMENTS,
};

/// Owns the ids, modules and instances of one runtime call (an author: of one block's calls).
pub struct Manager {
	engine: Arc<Engine>,
	modules: BTreeMap<ModuleId, Arc<Compiled>>,
	instances: BTreeMap<InstanceId, ManagedInstance>,
	counters: Counters,
	layers: Vec<Layer>,
}

/// The next ids.
#[derive(Clone, Copy, Default)]
struct Counters {
	module: u32,
	instance: u32,
}

/// An open storage transaction, and the counters at its start: what has a higher id was made in it.
///
/// Rolled back: all of that goes, and the counters go back, so that an author who drops an
/// extrinsic goes on as an importer does who never saw it. A host's transaction ends with the
/// runtime call, and with it every handle that the runtime had: committing it clears, too. When the
/// runtime traps, only the host's transaction is closed, so closing one closes all above it.
struct Layer {
	ty: TransactionType,
	counters: Counters,
}

struct ManagedInstance {
	raw: RawInstance,
	module: Arc<Compiled>,
	state: State,
	engine: Arc<Engine>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
	/// Waits to be prepared.
	Idle,
	/// Prepared, or out of gas: waits to be run.
	Ready,
	/// Waits for a syscall's result.
	AtSyscall,
}

impl Drop for ManagedInstance {
	fn drop(&mut self) {
		self.engine.metrics().instances.dec();
	}
}

impl Manager {
	/// A manager with nothing in it.
	pub fn new(engine: Arc<Engine>) -> Self {
		Self {
			engine,
			modules: BTreeMap::new(),
			instances: BTreeMap::new(),
			counters: Counters::default(),
			layers: Vec::new(),
		}
	}

	/// Counts a host fault, whatever operation it came from.
	fn host_fault<E>(&self, reason: String) -> Failure<E> {
		self.engine.metrics().host_faults.inc();
		Failure::Host(reason)
	}

	fn instance<E: From<NoInstance>>(
		&mut self,
		id: InstanceId,
	) -> Result<&mut ManagedInstance, Failure<E>> {
		self.instances.get_mut(&id).ok_or(Failure::Guest(E::from(NoInstance)))
	}

	/// Closes the innermost transaction of type `ty` and all within it.
	fn close(&mut self, ty: TransactionType) -> Option<Counters> {
		let index = self.layers.iter().rposition(|layer| layer.ty == ty)?;
		let counters = self.layers[index].counters;
		self.layers.truncate(index);
		Some(counters)
	}

	fn forget_since(&mut self, counters: Counters) {
		self.modules.split_off(&ModuleId(counters.module));
		self.instances.split_off(&InstanceId(counters.instance));
		self.counters = counters;
	}

	/// An accessible range of the instance's memory. The memory map decides, which no backend has
	/// a say in; so what fails afterwards is the host's fault.
	fn memory(
		&mut self,
		id: InstanceId,
		address: u32,
		len: usize,
		protection: MemoryProtection,
	) -> Outcome<&mut RawInstance, MemoryError> {
		let instance = self.instance::<MemoryError>(id)?;
		let len = u32::try_from(len).map_err(|_| MemoryError::OutOfBounds)?;
		if !instance.raw.is_memory_accessible(address, len, protection) {
			return Err(MemoryError::OutOfBounds.into());
		}
		Ok(&mut instance.raw)
	}

	fn settle_access(&self, access: Result<(), MemoryAccessError>) -> Outcome<(), MemoryError> {
		access.map_err(|error| self.host_fault(format!("memory access failed: {error}")))
	}
}

/// There is no instance with the given id.
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

impl ManagedInstance {
	/// Runs until the next interrupt.
	fn run(&mut self, gas: Gas, result: Option<u64>) -> Result<Step, String> {
		if let Some(result) = result {
			self.raw.set_reg(Reg::A0, result);
		}
		self.raw.set_gas(gas);
		let interrupt = self.raw.run().map_err(|error| format!("running failed: {error}"))?;
		let gas_left = self.raw.gas();
		let (state, step) = match interrupt {
			InterruptKind::Finished => {
				(State::Idle, Step::Finished { gas_left, value: self.raw.reg(Reg::A0) })
			},
			InterruptKind::Trap => (State::Idle, self.trapped(TrapCause::Instruction)),
			InterruptKind::NotEnoughGas => {
				(State::Ready, Step::OutOfGas { gas_left, gas_needed: self.gas_needed() })
			},
			InterruptKind::Ecalli(index) => match self.module.imports.get(index as usize) {
				Some(&symbol) => {
					let args = Reg::ARG_REGS.map(|reg| self.raw.reg(reg));
					let args = core::array::from_fn(|index| args[index]);
					(State::AtSyscall, Step::Syscall { gas_left, symbol, args })
				},
				None => (State::Idle, self.trapped(TrapCause::MissingImport)),
			},
			InterruptKind::Segfault(_) | InterruptKind::Step => {
				return Err(format!("PolkaVM was not configured to stop for {interrupt:?}"))
			},
		};
		self.state = state;
		let metrics = self.engine.metrics();
		match step {
			Step::Syscall { .. } => metrics.syscalls.inc(),
			Step::Trapped { .. } => metrics.traps.inc(),
			Step::Finished { .. } | Step::OutOfGas { .. } => {},
		}
		Ok(step)
	}

	fn trapped(&self, cause: TrapCause) -> Step {
		let pc = self.raw.program_counter().map(|pc| pc.0);
		Step::Trapped { gas_left: self.raw.gas(), pc, cause }
	}

	/// What the block that could not be paid for costs.
	fn gas_needed(&self) -> Option<Gas> {
		let pc = self.raw.next_program_counter().or_else(|| self.raw.program_counter())?;
		self.module.module.calculate_gas_cost_for(pc)
	}
}

impl Backend for Manager {
	fn compile(&mut self, program: &[u8]) -> Outcome<ModuleId, CompileError> {
		if self.modules.len() >= MAX_MODULES {
			return Err(CompileError::TooManyModules.into());
		}
		let compiled = match self.engine.compile(program) {
			Err(Failure::Host(reason)) => return Err(self.host_fault(reason)),
			outcome => outcome?,
		};
		let id = ModuleId(self.counters.module);
		self.counters.module += 1;
		self.modules.insert(id, compiled);
		Ok(id)
	}

	fn release(&mut self, module: ModuleId) -> Outcome<(), DestroyError> {
		self.modules.remove(&module).map(drop).ok_or(DestroyError::Unknown.into())
	}

	fn instantiate(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError> {
		let module = self.modules.get(&module).ok_or(InstantiateError::InvalidModule)?.clone();
		if self.instances.len() >= MAX_INSTANCES {
			return Err(InstantiateError::TooManyInstances.into());
		}
		let held: u64 = self.instances.values().map(|instance| instance.module.memory).sum();
		if held + module.memory > MAX_MEMORY {
			return Err(InstantiateError::OutOfMemory.into());
		}
		let raw = module
			.module
			.instantiate()
			.map_err(|error| self.host_fault(format!("instantiating failed: {error}")))?;
		self.engine.metrics().instances.inc();
		let id = InstanceId(self.counters.instance);
		self.counters.instance += 1;
		let engine = self.engine.clone();
		self.instances.insert(id, ManagedInstance { raw, module, state: State::Idle, engine });
		Ok(id)
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
		let pc = *instance.module.exports.get(entry).ok_or(ExecError::ExportNotFound)?;
		instance.raw.prepare_call_untyped(pc, args);
		instance.state = State::Ready;
		Ok(())
	}

	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		result: Option<u64>,
	) -> Outcome<Step, ExecError> {
		let instance = self.instance::<ExecError>(instance)?;
		match (instance.state, result) {
			(State::Idle, _) => return Err(ExecError::NotPrepared.into()),
			(State::Ready, None) | (State::AtSyscall, Some(_)) => {},
			(State::Ready, Some(_)) | (State::AtSyscall, None) => {
				return Err(ExecError::ResultMismatch.into())
			},
		}
		if gas < 0 {
			return Err(ExecError::NegativeGas.into());
		}
		instance.run(gas, result).map_err(|reason| self.host_fault(reason))
	}

	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError> {
		self.instances.remove(&instance).map(drop).ok_or(DestroyError::Unknown.into())
	}

	fn read_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		dest: &mut [u8],
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, dest.len(), MemoryProtection::Read)?;
		let access = memory.read_memory_into(address, dest).map(drop);
		self.settle_access(access)
	}

	fn write_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		src: &[u8],
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, src.len(), MemoryProtection::ReadWrite)?;
		let access = memory.write_memory(address, src);
		self.settle_access(access)
	}

	fn zero_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		len: u32,
	) -> Outcome<(), MemoryError> {
		let memory = self.memory(instance, address, len as usize, MemoryProtection::ReadWrite)?;
		let access = memory.zero_memory(address, len);
		self.settle_access(access)
	}

	fn start_transaction(&mut self, ty: TransactionType) {
		self.layers.push(Layer { ty, counters: self.counters });
	}

	fn commit_transaction(&mut self, ty: TransactionType) {
		let start = self.close(ty);
		if let (Some(start), true) = (start, ty.is_host()) {
			self.forget_since(start);
		}
	}

	fn rollback_transaction(&mut self, ty: TransactionType) {
		if let Some(start) = self.close(ty) {
			self.forget_since(start);
		}
	}
}
