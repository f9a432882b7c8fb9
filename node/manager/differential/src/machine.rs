//! A common interface to everything that runs programs.

use polkavm::{
	BackendKind, Config, CorePinning, GasMeteringKind, InterruptKind, MemoryProtection,
	ModuleConfig, ProgramBlob, RawInstance, Reg,
};
use std::mem;
use virt_manager::{
	prices::{cost_model, Rules, TierUp},
	BackendChoice, Engine, Manager, Options,
};
use virt_primitives::{
	embedded,
	snapshot::{Tier, REGISTERS},
	step::{stop, writes, Step},
	vm::limits,
	Answer, Backend, CompileError, ExecError, Failure, Gas, HostBuffer, InstanceId,
	InstantiateError, ModuleId, Outcome, Syscall, SyscallSymbol, SyscallTable, TrapCause,
	MAX_ARGUMENTS,
};

/// An instance of a program on a machine.
pub trait Machine {
	/// Prepares `entry`; `false` if there is no such export.
	fn prepare(&mut self, entry: &[u8], args: &[u64]) -> bool;

	/// Runs the instance. `result` is the result of the syscall at which it waits, if any. A syscall is returned
	/// with its symbol.
	fn run(&mut self, gas: Gas, result: Option<u64>) -> Step;

	/// Reads its memory into `dest`; `false` if out of bounds.
	fn read(&mut self, address: u32, dest: &mut [u8]) -> bool;

	/// Writes `src` to its memory; `false` if out of bounds.
	fn write(&mut self, address: u32, src: &[u8]) -> bool;

	/// Zeroes some of its memory; `false` if out of bounds.
	fn zero(&mut self, address: u32, len: u32) -> bool;

	/// All registers, if they are visible.
	fn registers(&self) -> Option<[u64; REGISTERS]> {
		None
	}
}

/// Why a manager refuses a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
	/// Compiling failed.
	Compile(CompileError),
	/// Instantiating failed.
	Instantiate(InstantiateError),
}

/// Unwraps the outcome of a backend, which must not be a host fault.
///
/// # Panics
///
/// On a host fault: no program may cause one.
#[track_caller]
pub fn no_fault<T, E>(outcome: Outcome<T, E>) -> Result<T, E> {
	outcome.map_err(|failure| match failure {
		Failure::Guest(error) => error,
		Failure::Host(reason) => panic!("a host fault: {reason}"),
	})
}

/// All engines.
pub struct Engines {
	/// Families of engines. Engines with the same rules use the same gas. The last family has the rules of embedded
	/// runtimes.
	pub families: Vec<Family>,
	/// PolkaVM's interpreter and recompiler, without a manager.
	pub raw: [polkavm::Engine; 2],
}

/// The number of backends in a [`Family`].
pub const BACKENDS: usize = 5;

/// The backends, under the same rules.
pub struct Family {
	/// The backends by name: interpreter, recompiler, tiered, interpreter with tracing, and the backend that is
	/// embedded into runtimes.
	pub managed: [(String, Start); BACKENDS],
	/// The tier, if the rules have only one. Then PolkaVM without a manager gives the same results.
	pub raw: Option<Tier>,
}

/// Creates an empty backend.
pub type Start = Box<dyn Fn() -> Box<dyn Backend> + Send + Sync>;

impl Family {
	fn start(name: &str, rules: Rules, raw: Option<Tier>) -> Self {
		let start = |(backend, trace): (BackendChoice, bool)| -> (String, Start) {
			let cache_bytes = 16 << 20;
			let options = Options { backend, rules, cache_bytes, trace, ..Options::default() };
			let engine = Engine::with(options, None).expect("the backend works on this machine");
			let traced = if trace { ", traced" } else { "" };
			let start = move || Box::new(Manager::new(engine.clone())) as Box<dyn Backend>;
			(format!("{backend}{traced}, {name}"), Box::new(start))
		};
		let embedded = move || {
			Box::new(embedded::manager(rules, limits::HOST).expect("the interpreter starts"))
				as Box<dyn Backend>
		};
		let managed = [
			start((BackendChoice::Interpreter, false)),
			start((BackendChoice::Recompiler, false)),
			start((BackendChoice::Tiered, false)),
			start((BackendChoice::Interpreter, true)),
			(format!("embedded, {name}"), Box::new(embedded)),
		];
		Self { managed, raw }
	}
}

impl Engines {
	/// Starts all engines.
	///
	/// # Panics
	///
	/// If this machine does not support the recompiler.
	pub fn start() -> Self {
		let raw = |backend| {
			let mut config = Config::new();
			config
				.set_backend(Some(backend))
				.set_core_pinning(CorePinning::Disabled)
				.set_cache_enabled(false);
			polkavm::Engine::new(&config).expect("the backend works on this machine")
		};
		let rules = |translation_rate, after, price| Rules {
			translation_rate,
			tier_up: TierUp::After { gas: after, price },
		};
		let families = vec![
			Family::start("on tier one", rules(0, Gas::MAX, 0), Some(Tier::One)),
			Family::start("on tier two", rules(0, 0, 0), Some(Tier::Two)),
			Family::start("tier two after 1 gas", rules(12, 1, 7), None),
			Family::start("tier two after 50 gas", rules(12, 50, 100), None),
			Family::start("tier two after 1,000 gas", rules(3, 1_000, 300), None),
			Family::start("by the chain's rules", Rules::default(), None),
			Family::start("by the rules of embedded runtimes", Rules::EMBEDDED, None),
		];
		Self { families, raw: [raw(BackendKind::Interpreter), raw(BackendKind::Compiler)] }
	}
}

/// An instance of a manager, driven as a runtime drives it: a stop includes the buffers of a syscall, and writes
/// are sent with the resumption.
pub struct Managed {
	manager: Box<dyn Backend>,
	module: ModuleId,
	instance: InstanceId,
	/// The symbols of the syscall table, by number.
	symbols: Vec<SyscallSymbol>,
	stop: HostBuffer,
	/// The writes for the next resumption.
	writes: Vec<u8>,
}

impl Managed {
	/// Creates an instance of `program` in its own manager, for a runtime that declares these `syscalls`.
	pub fn new(start: &Start, program: &[u8], syscalls: SyscallTable<'_>) -> Result<Self, Refused> {
		let mut manager = start();
		let module =
			no_fault(manager.compile(program, syscalls, false)).map_err(Refused::Compile)?;
		let rows = syscalls.decode().expect("a program was compiled with it; qed");
		let symbols = rows.into_iter().map(|(symbol, _)| symbol).collect();
		let instance = no_fault(manager.instantiate(module)).map_err(Refused::Instantiate)?;
		let stop = HostBuffer::with_capacity(stop::MIN_CAPACITY + 2_048);
		Ok(Self { manager, module, instance, symbols, stop, writes: Vec::new() })
	}

	/// Performs the writes that wait for the next resumption.
	fn flush(&mut self) {
		for write in writes::decode(&mem::take(&mut self.writes)) {
			let (address, bytes) = write.expect("it was encoded; qed");
			no_fault(self.manager.write_memory(self.instance, address, bytes))
				.expect("the range was offered to be written");
		}
	}

	/// Asserts that the included buffers equal the instance's memory.
	fn check_segments(&mut self) {
		for segment in stop::segments(&self.stop) {
			let Some(bytes) = segment.bytes else { continue };
			let mut read = vec![0; bytes.len()];
			let accessible = self.manager.read_memory(self.instance, segment.address, &mut read);
			no_fault(accessible).expect("what came along can be read");
			assert_eq!(read, bytes, "what came along from {:#x}", segment.address);
		}
	}

	fn is_offered(&self, address: u32, len: usize) -> bool {
		stop::segments(&self.stop).any(|segment| {
			segment.bytes.is_none()
				&& address >= segment.address
				&& u64::from(address) + len as u64
					<= u64::from(segment.address) + u64::from(segment.len)
		})
	}
}

impl Machine for Managed {
	fn prepare(&mut self, entry: &[u8], args: &[u64]) -> bool {
		match no_fault(self.manager.prepare(self.instance, entry, args)) {
			Ok(()) => true,
			Err(ExecError::ExportNotFound) => false,
			Err(error) => panic!("an idle instance was not prepared: {error:?}"),
		}
	}

	fn run(&mut self, gas: Gas, result: Option<u64>) -> Step {
		stop::begin(&mut self.stop);
		let writes = mem::take(&mut self.writes);
		let answer = result.map(|result| Answer { result, writes: &writes });
		let step = no_fault(self.manager.run(self.instance, gas, answer, &mut self.stop));
		let step = step.expect("it is prepared, and what is written was offered");
		let status = stop::encode(&step, &mut self.stop);
		let step = stop::decode(status, &self.stop).expect("it was encoded; qed");
		match step {
			Step::Syscall { gas_left, syscall, args } => {
				self.check_segments();
				let syscall = match syscall {
					Syscall::Listed(number) => Syscall::Other(self.symbols[number as usize]),
					other => other,
				};
				Step::Syscall { gas_left, syscall, args }
			},
			other => other,
		}
	}

	fn read(&mut self, address: u32, dest: &mut [u8]) -> bool {
		self.flush();
		no_fault(self.manager.read_memory(self.instance, address, dest)).is_ok()
	}

	fn write(&mut self, address: u32, src: &[u8]) -> bool {
		if self.is_offered(address, src.len()) {
			writes::push(&mut self.writes, address, src);
			return true;
		}
		self.flush();
		no_fault(self.manager.write_memory(self.instance, address, src)).is_ok()
	}

	fn zero(&mut self, address: u32, len: u32) -> bool {
		self.flush();
		no_fault(self.manager.zero_memory(self.instance, address, len)).is_ok()
	}
}

/// An instance that moves to another manager by a snapshot, each time it stops and can continue.
pub struct Moving {
	here: Managed,
	there: Managed,
}

impl Moving {
	/// Creates an instance of `program` that starts on `first` and moves to `second`.
	pub fn new(
		first: &Start,
		second: &Start,
		program: &[u8],
		syscalls: SyscallTable<'_>,
	) -> Result<Self, Refused> {
		let here = Managed::new(first, program, syscalls)?;
		let mut there = Managed::new(second, program, syscalls)?;
		no_fault(there.manager.destroy(there.instance)).expect("it was just made; qed");
		Ok(Self { here, there })
	}

	fn cross(&mut self) {
		let Self { here, there } = self;
		let snapshot = no_fault(here.manager.snapshot(here.instance)).expect("it is suspended");
		no_fault(here.manager.destroy(here.instance)).expect("it is there");
		there.instance = no_fault(there.manager.restore(there.module, &snapshot))
			.expect("the program is the same");
		let again = no_fault(there.manager.snapshot(there.instance)).expect("it is suspended");
		assert!(snapshot == again, "a snapshot of what was restored is another one");
		stop::begin(&mut there.stop);
		mem::swap(here, there);
	}
}

impl Machine for Moving {
	fn prepare(&mut self, entry: &[u8], args: &[u64]) -> bool {
		let is_there = self.here.prepare(entry, args);
		if is_there {
			self.cross();
		}
		is_there
	}

	fn run(&mut self, gas: Gas, result: Option<u64>) -> Step {
		let step = self.here.run(gas, result);
		if let Step::Syscall { .. } | Step::OutOfGas { .. } = step {
			self.cross();
		}
		step
	}

	fn read(&mut self, address: u32, dest: &mut [u8]) -> bool {
		self.here.read(address, dest)
	}

	fn write(&mut self, address: u32, src: &[u8]) -> bool {
		self.here.write(address, src)
	}

	fn zero(&mut self, address: u32, len: u32) -> bool {
		self.here.zero(address, len)
	}
}

/// An instance on PolkaVM without a manager: the reference for the managers.
pub struct Raw(RawInstance);

impl Raw {
	/// Creates an instance of `program`, which a manager has accepted, at the prices of a tier.
	pub fn new(engine: &polkavm::Engine, program: &[u8], tier: Tier) -> Self {
		let mut config = ModuleConfig::new();
		config.set_gas_metering(Some(GasMeteringKind::Sync)).set_cost_model(Some(cost_model(tier)));
		let blob = ProgramBlob::parse(program.into()).expect("it is not refused; qed");
		let module = polkavm::Module::from_blob(engine, &config, blob)
			.unwrap_or_else(|error| panic!("PolkaVM refuses what a manager does not: {error}"));
		Self(module.instantiate().expect("there is memory and a process for it"))
	}

	fn is_accessible(&self, address: u32, len: usize, protection: MemoryProtection) -> bool {
		self.0.is_memory_accessible(address, len as u32, protection)
	}

	fn trapped(&self, cause: TrapCause) -> Step {
		let pc = self.0.program_counter().map(|pc| pc.0);
		Step::Trapped { gas_left: self.0.gas(), pc, cause }
	}
}

impl Machine for Raw {
	fn prepare(&mut self, entry: &[u8], args: &[u64]) -> bool {
		let module = self.0.module().clone();
		let Some(export) = module.exports().find(|it| it.symbol().as_bytes() == entry) else {
			return false;
		};
		self.0.prepare_call_untyped(export.program_counter(), args);
		true
	}

	fn run(&mut self, gas: Gas, result: Option<u64>) -> Step {
		if let Some(result) = result {
			self.0.set_reg(Reg::A0, result);
		}
		self.0.set_gas(gas);
		let interrupt = self.0.run().expect("PolkaVM runs it");
		let gas_left = self.0.gas();
		match interrupt {
			InterruptKind::Finished => Step::Finished { gas_left, value: self.0.reg(Reg::A0) },
			InterruptKind::Trap => self.trapped(TrapCause::Instruction),
			InterruptKind::NotEnoughGas => {
				let pc = self.0.next_program_counter().or_else(|| self.0.program_counter());
				let gas_needed = pc.and_then(|pc| self.0.module().calculate_gas_cost_for(pc));
				Step::OutOfGas { gas_left, gas_needed }
			},
			InterruptKind::Ecalli(index) => {
				let imports = self.0.module().imports();
				match imports.get(index).and_then(|symbol| SyscallSymbol::new(symbol.as_bytes())) {
					Some(symbol) => {
						let args: [u64; MAX_ARGUMENTS] =
							std::array::from_fn(|index| self.0.reg(Reg::ARG_REGS[index]));
						Step::Syscall { gas_left, syscall: Syscall::Other(symbol), args }
					},
					None => self.trapped(TrapCause::MissingImport),
				}
			},
			InterruptKind::Segfault(_) | InterruptKind::Step => {
				panic!("PolkaVM was not configured to stop for {interrupt:?}")
			},
		}
	}

	fn read(&mut self, address: u32, dest: &mut [u8]) -> bool {
		let accessible = self.is_accessible(address, dest.len(), MemoryProtection::Read);
		if accessible {
			self.0.read_memory_into(address, dest).expect("it is accessible");
		}
		accessible
	}

	fn write(&mut self, address: u32, src: &[u8]) -> bool {
		let accessible = self.is_accessible(address, src.len(), MemoryProtection::ReadWrite);
		if accessible {
			self.0.write_memory(address, src).expect("it is accessible");
		}
		accessible
	}

	fn zero(&mut self, address: u32, len: u32) -> bool {
		let accessible = self.is_accessible(address, len as usize, MemoryProtection::ReadWrite);
		if accessible {
			self.0.zero_memory(address, len).expect("it is accessible");
		}
		accessible
	}

	fn registers(&self) -> Option<[u64; REGISTERS]> {
		Some(Reg::ALL.map(|reg| self.0.reg(reg)))
	}
}
