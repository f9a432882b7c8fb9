//! Implements the backend trait of `sp-virtualization` with ours, and the extension that carries
//! it.

use crate::modules::Modules;
use parking_lot::Mutex;
use sp_externalities::{Extension, TransactionType};
use sp_virtualization::{
	DestroyError, ExecBuffer, ExecError, ExecStatus, InstanceId, InstantiateError, MemoryError,
	ModuleError, ModuleId, SyscallSymbol, VirtManagerBackend, VirtManagerExt,
};
use std::{
	any::{Any, TypeId},
	collections::BTreeMap,
	mem,
	sync::Arc,
};
use virt_primitives::{
	guest_result,
	step::{stop, Step},
	Backend, ExecError as OurExecError, HostBuffer, Syscall, SyscallTable, TrapCause,
};

/// Carries a backend into a runtime call, where `sp-virtualization`'s host functions find it as
/// [`VirtManagerExt`].
///
/// That extension does not follow storage transactions, so it is wrapped in one that does.
pub struct PeerExt {
	found: VirtManagerExt,
	adapter: Arc<Mutex<Adapter>>,
}

impl PeerExt {
	/// Wraps `backend`.
	pub fn new(backend: impl Backend + Send) -> Self {
		let adapter = Arc::new(Mutex::new(Adapter {
			backend: Box::new(backend),
			modules: Modules::default(),
			instances: BTreeMap::new(),
		}));
		Self { found: VirtManagerExt::new(Shared(adapter.clone())), adapter }
	}
}

impl Extension for PeerExt {
	fn as_mut_any(&mut self) -> &mut dyn Any {
		&mut self.found
	}

	fn type_id(&self) -> TypeId {
		TypeId::of::<VirtManagerExt>()
	}

	fn start_transaction(&mut self, ty: TransactionType) {
		let mut adapter = self.adapter.lock();
		adapter.backend.start_transaction(ty);
		adapter.modules.start_transaction(ty);
	}

	fn commit_transaction(&mut self, ty: TransactionType) {
		let mut adapter = self.adapter.lock();
		adapter.backend.commit_transaction(ty);
		adapter.modules.commit_transaction(ty);
	}

	fn rollback_transaction(&mut self, ty: TransactionType) {
		let mut adapter = self.adapter.lock();
		adapter.backend.rollback_transaction(ty);
		adapter.modules.rollback_transaction(ty);
	}
}

struct Adapter {
	backend: Box<dyn Backend + Send>,
	modules: Modules,
	/// Instances have the ids of the backend. The backend removes instances when the storage
	/// transaction that created them is rolled back.
	instances: BTreeMap<u32, State>,
}

/// The state of an instance. `sp-virtualization` has one call that starts and resumes, and
/// distinguishes out of gas from prepared.
enum State {
	/// New, or its execution ended.
	Idle,
	/// To be started at this entry. The first argument comes with the start.
	Prepared(Box<[u8]>),
	/// To be resumed with the syscall's result.
	AtSyscall,
}

/// The state that both extensions share.
struct Shared(Arc<Mutex<Adapter>>);

fn exec_error(error: OurExecError) -> ExecError {
	match error {
		OurExecError::ExportNotFound => ExecError::InvalidImage,
		// It was removed. `State` excludes the other errors.
		_ => ExecError::InvalidInstance,
	}
}

fn memory_error(error: virt_primitives::MemoryError) -> MemoryError {
	match error {
		virt_primitives::MemoryError::InvalidInstance => MemoryError::InvalidInstance,
		virt_primitives::MemoryError::OutOfBounds => MemoryError::OutOfBounds,
	}
}

impl Adapter {
	/// The backend, if the instance's memory is accessible, which it is not while idle.
	fn with_memory(&mut self, instance: InstanceId) -> Result<&mut dyn Backend, MemoryError> {
		match self.instances.get(&instance.into()) {
			Some(State::Prepared(_) | State::AtSyscall) => Ok(&mut *self.backend),
			Some(State::Idle) | None => Err(MemoryError::InvalidInstance),
		}
	}
}

fn ours(instance: InstanceId) -> virt_primitives::InstanceId {
	virt_primitives::InstanceId(instance.into())
}

impl VirtManagerBackend for Shared {
	fn compile_from_bytes(
		&mut self,
		program: &[u8],
		identifier: Option<&[u8]>,
	) -> Result<ModuleId, ModuleError> {
		let Adapter { backend, modules, .. } = &mut *self.0.lock();
		let program = match modules.find(program) {
			Some(known) => known,
			None => {
				let module = guest_result(backend.compile(program, SyscallTable::EMPTY, false))
					.map_err(|_| ModuleError::InvalidImage)?;
				guest_result(backend.release(module)).expect("it was just made; qed");
				program.into()
			},
		};
		Ok(modules.add(program, identifier))
	}

	fn lookup(&mut self, identifier: &[u8]) -> Result<ModuleId, ModuleError> {
		self.0.lock().modules.named(identifier).ok_or(ModuleError::NotCached)
	}

	fn instantiate(&mut self, module: ModuleId) -> Result<InstanceId, InstantiateError> {
		let Adapter { backend, modules, instances } = &mut *self.0.lock();
		let program = modules.program(module).ok_or(InstantiateError::InvalidModule)?;
		let module = guest_result(backend.compile(&program, SyscallTable::EMPTY, false))
			.expect("it was compiled before, and no module is kept; qed");
		let instance = guest_result(backend.instantiate(module));
		guest_result(backend.release(module)).expect("it was just made; qed");
		let virt_primitives::InstanceId(id) =
			instance.map_err(|_| InstantiateError::InvalidImage)?;
		// Ids are ascending: those from here on were rolled back.
		instances.split_off(&id);
		instances.insert(id, State::Idle);
		Ok(id.into())
	}

	fn prepare(&mut self, instance: InstanceId, function: &[u8]) -> Result<(), ExecError> {
		let Adapter { backend, instances, .. } = &mut *self.0.lock();
		match instances.get_mut(&instance.into()) {
			Some(state @ State::Idle) => {
				// The first argument is not known yet. This checks whether the entry exists.
				guest_result(backend.prepare(ours(instance), function, &[])).map_err(exec_error)?;
				guest_result(backend.abandon(ours(instance))).map_err(exec_error)?;
				*state = State::Prepared(function.into());
				Ok(())
			},
			_ => Err(ExecError::InvalidInstance),
		}
	}

	fn run(
		&mut self,
		instance: InstanceId,
		gas_left: i64,
		a0: u64,
	) -> Result<(ExecStatus, ExecBuffer), ExecError> {
		let Adapter { backend, instances, .. } = &mut *self.0.lock();
		let state = instances.get_mut(&instance.into()).ok_or(ExecError::InvalidInstance)?;
		let answer = match mem::replace(state, State::Idle) {
			State::Idle => return Err(ExecError::InvalidInstance),
			State::Prepared(entry) => {
				guest_result(backend.prepare(ours(instance), &entry, &[a0])).map_err(exec_error)?;
				None
			},
			State::AtSyscall => Some(a0.into()),
		};
		let mut buffer = HostBuffer::with_capacity(stop::MIN_CAPACITY);
		stop::begin(&mut buffer);
		let error = match guest_result(backend.run(ours(instance), gas_left, answer, &mut buffer)) {
			Ok(Step::Finished { gas_left, .. }) => {
				let buffer = ExecBuffer { gas_left, ..Default::default() };
				return Ok((ExecStatus::Finished, buffer));
			},
			Ok(Step::Syscall { gas_left, syscall, args: [a0, a1, a2, a3, a4, a5] }) => {
				*state = State::AtSyscall;
				let Syscall::Other(symbol) = syscall else { unreachable!("none is listed; qed") };
				let syscall_symbol = SyscallSymbol::new(symbol.as_bytes())
					.expect("both have room for 32 bytes; qed");
				let buffer = ExecBuffer { gas_left, syscall_symbol, a0, a1, a2, a3, a4, a5 };
				return Ok((ExecStatus::Syscall, buffer));
			},
			// A runtime may have charged more gas than there was.
			Ok(Step::OutOfGas { .. }) | Err(OurExecError::NegativeGas) => ExecError::OutOfGas,
			Ok(Step::Trapped { cause: TrapCause::MissingImport, .. }) => ExecError::InvalidImage,
			Ok(Step::Trapped { cause: TrapCause::Instruction, .. })
			| Err(OurExecError::TooDeep) => ExecError::Trap,
			Err(error) => exec_error(error),
		};
		// Our backend may be ready to continue, which `sp-virtualization`'s never is.
		guest_result(backend.abandon(ours(instance))).map_err(exec_error)?;
		Err(error)
	}

	fn destroy(&mut self, instance: InstanceId) -> Result<(), DestroyError> {
		let Adapter { backend, instances, .. } = &mut *self.0.lock();
		instances.remove(&instance.into());
		guest_result(backend.destroy(ours(instance))).map_err(|_| DestroyError::InvalidInstance)
	}

	fn read_memory(
		&mut self,
		instance: InstanceId,
		offset: u32,
		dest: &mut [u8],
	) -> Result<(), MemoryError> {
		let adapter = &mut *self.0.lock();
		let backend = adapter.with_memory(instance)?;
		guest_result(backend.read_memory(ours(instance), offset, dest)).map_err(memory_error)
	}

	fn write_memory(
		&mut self,
		instance: InstanceId,
		offset: u32,
		src: &[u8],
	) -> Result<(), MemoryError> {
		let adapter = &mut *self.0.lock();
		let backend = adapter.with_memory(instance)?;
		guest_result(backend.write_memory(ours(instance), offset, src)).map_err(memory_error)
	}
}
