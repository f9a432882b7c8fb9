//! Records traces, between the host functions and the manager.

use crate::{
	program::{Argument, End, Function, Program, Syscall},
	text::hex,
};
use sp_crypto_hashing::blake2_256;
use sp_externalities::TransactionType;
use std::{
	sync::{Arc, Mutex},
	time::Duration,
};
use virt_manager::{BackendChoice, Engine, EngineError, Manager, Options};
use virt_primitives::{
	step::{writes, Step},
	Answer, Backend, Buffer, CompileError, DestroyError, Direction, ExecError, Gas, HostBuffer,
	InstanceId, InstantiateError, Length, MemoryError, ModuleId, Outcome, RestoreError,
	SnapshotError, StoredName, Syscall as Number, SyscallSymbol, SyscallTable, VirtExt,
	MAX_ARGUMENTS,
};

/// A failed call is traced automatically if it took at most this much gas: tracing then takes some
/// seconds.
pub const TRACED_UNASKED: u64 = 20_000_000;

/// The names of a syscall's arguments, by its symbol.
pub type Names = fn(&str) -> Option<&'static [&'static str]>;

/// The maximal number of recorded syscalls. Later ones are counted and not recorded, unless they
/// call programs.
pub const MAX_SYSCALLS: usize = 20_000;

/// The maximal number of recorded bytes of syscalls' arguments, of all programs. A longer argument
/// is recorded as an address.
pub const MAX_BYTES: usize = 2 << 20;

/// The maximal number of recorded function calls per syscall: the innermost ones.
pub const MAX_SITES: usize = 32;

/// The maximal number of recorded entries of functions, their blocks and backtraces, of all
/// programs. Programs that do not fit have none.
pub const MAX_DETAILS: usize = 400_000;

/// The programs that no other program called, in order.
#[derive(Clone, Default)]
pub struct Recorded(Arc<Mutex<Vec<Program>>>);

impl Recorded {
	/// Takes the recorded programs.
	pub fn take(&self) -> Vec<Program> {
		std::mem::take(&mut *self.0.lock().expect("nobody panics with it; qed"))
	}

	fn add(&self, program: Program) {
		self.0.lock().expect("nobody panics with it; qed").push(program);
	}
}

/// A VM that traces and records, for externalities, and its record.
///
/// Programs may run for `time` in total from now on, independent of the limit that the runtime
/// sets, because traced programs are much slower.
pub fn start(names: Names, time: Duration) -> Result<(VirtExt, Recorded), EngineError> {
	let backend = BackendChoice::Interpreter;
	let engine = Engine::with(Options { backend, trace: true, ..Options::default() }, None)?;
	let recorded = Recorded::default();
	let recorder = Recorder::new(Manager::new(engine), names, recorded.clone(), time);
	Ok((VirtExt::new(recorder), recorded))
}

/// A manager whose programs are recorded.
struct Recorder {
	inner: Manager,
	names: Names,
	recorded: Recorded,
	/// The last table that the runtime declared, encoded.
	encoded: Vec<u8>,
	/// The same, by number.
	table: Vec<(SyscallSymbol, Vec<Buffer>)>,
	/// The programs that have not ended, each called by the previous one.
	running: Vec<Running>,
	/// The number of recorded syscalls.
	syscalls: usize,
	/// The number of recorded bytes.
	bytes: usize,
	/// The number of recorded entries of functions, blocks and backtraces.
	details: usize,
}

struct Running {
	instance: InstanceId,
	program: Program,
	/// The gas that was left when it stopped.
	gas_left: Gas,
	waiting: Option<Waiting>,
	/// The input, as far as it was read from its start.
	read: Vec<u8>,
}

/// A syscall that has not returned yet.
struct Waiting {
	syscall: Syscall,
	/// The arguments that it will write to: their index, and the address.
	outputs: Vec<(usize, u64)>,
	written: Vec<(u32, Vec<u8>)>,
}

impl Recorder {
	fn new(mut inner: Manager, names: Names, recorded: Recorded, time: Duration) -> Self {
		inner.limit_time(time);
		Self {
			inner,
			names,
			recorded,
			encoded: Vec::new(),
			table: Vec::new(),
			running: Vec::new(),
			syscalls: 0,
			bytes: 0,
			details: 0,
		}
	}

	fn declared(&mut self, table: SyscallTable<'_>) {
		if self.encoded != table.0 {
			self.encoded = table.0.into();
			self.table = table.decode().unwrap_or_default();
		}
	}

	/// Whether this many more bytes are recorded.
	fn has_room(&mut self, bytes: usize) -> bool {
		let fits = self.bytes + bytes <= MAX_BYTES;
		self.bytes += if fits { bytes } else { 0 };
		fits
	}

	fn entered(&mut self, instance: InstanceId, entry: &[u8]) {
		self.end(instance, None);
		let code_hash = self.inner.program(instance).map(|bytes| hex(&blake2_256(bytes)));
		let caller = self.running.last().and_then(|caller| caller.waiting.as_ref());
		let bytes = |name| Some(caller?.syscall.bytes(name)?.to_vec());
		let program = Program {
			code_hash: code_hash.unwrap_or_default(),
			account: bytes("address").map(|address| hex(&address)),
			entry: String::from_utf8_lossy(entry).into_owned(),
			input: bytes("input"),
			output: None,
			gas: 0,
			// The state if the runtime does not continue after a syscall.
			end: End::Faulted,
			backtrace: Vec::new(),
			syscalls: Vec::new(),
			left_out: 0,
			functions: Vec::new(),
		};
		let running = Running { instance, program, gas_left: 0, waiting: None, read: Vec::new() };
		self.running.push(running);
	}

	fn at_syscall(&mut self, instance: InstanceId, number: Number, args: Args) {
		let mut outputs = Vec::new();
		let (name, arguments) = match number {
			Number::Listed(number) => self.listed(instance, number as usize, args, &mut outputs),
			Number::Other(symbol) => (format!("{symbol:?}"), raw(args)),
		};
		let backtrace = match self.inner.trace(instance) {
			Some(trace) if self.syscalls < MAX_SYSCALLS => trace.sites(MAX_SITES),
			_ => Vec::new(),
		};
		let syscall =
			Syscall { name, arguments, result: None, gas: None, backtrace, programs: Vec::new() };
		let Some(running) = self.running.last_mut() else { return };
		if syscall.name == "output" {
			running.program.output = syscall.bytes("data").map(<[u8]>::to_vec);
		}
		running.waiting = Some(Waiting { syscall, outputs, written: Vec::new() });
	}

	/// The name and the arguments of a syscall of the table, with the bytes that it reads.
	fn listed(
		&mut self,
		instance: InstanceId,
		number: usize,
		args: Args,
		outputs: &mut Vec<(usize, u64)>,
	) -> (String, Vec<(String, Argument)>) {
		let Some((symbol, buffers)) = self.table.get(number).cloned() else {
			return (format!("syscall {number}"), raw(args));
		};
		let name = format!("{symbol:?}");
		// A runtime may have other syscalls.
		let Some(names) = (self.names)(&name) else { return (name, raw(args)) };
		let is_length = |number: usize| {
			let number = Length::Argument(number as u8);
			buffers.iter().any(|buffer| buffer.len == number)
		};
		let mut arguments = Vec::new();
		for (number, name) in names.iter().enumerate().filter(|(it, _)| !is_length(*it)) {
			let mut argument = Argument::Number(args[number]);
			match buffers.iter().find(|buffer| usize::from(buffer.pointer) == number) {
				Some(buffer) if buffer.direction == Direction::In => {
					let len = match buffer.len {
						Length::Fixed(len) => len.into(),
						Length::Argument(number) => args[usize::from(number)],
					};
					if let Some(bytes) = self.read(instance, args[number], len, buffer) {
						argument = Argument::Bytes(bytes);
					}
				},
				Some(_) => outputs.push((arguments.len(), args[number])),
				None => {},
			}
			arguments.push((name.to_string(), argument));
		}
		(name, arguments)
	}

	/// The bytes of an argument, if they are as declared in the table.
	fn read(
		&mut self,
		instance: InstanceId,
		address: u64,
		len: u64,
		buffer: &Buffer,
	) -> Option<Vec<u8>> {
		let len = u32::try_from(len).ok().filter(|len| *len <= buffer.max)?;
		if !self.has_room(len as usize) {
			return None;
		}
		let mut bytes = vec![0; len as usize];
		self.inner.read_memory(instance, address.try_into().ok()?, &mut bytes).ok()?;
		Some(bytes)
	}

	/// The syscall at which the last program waits has returned, or will not.
	fn settle(&mut self, answer: Option<(u64, Gas)>) {
		let Some(running) = self.running.last_mut() else { return };
		let Some(Waiting { mut syscall, outputs, written }) = running.waiting.take() else {
			return;
		};
		if let Some((result, gas)) = answer {
			syscall.result = Some(result as i64);
			syscall.gas = Some(running.gas_left - gas);
			running.program.gas += running.gas_left - gas;
			running.gas_left = gas;
		}
		for (place, address) in outputs {
			let last = written.iter().rfind(|(at, _)| u64::from(*at) == address);
			if let Some((_, bytes)) = last {
				syscall.arguments[place].1 = Argument::Bytes(bytes.clone());
			}
		}
		if let ("input", [(_, Argument::Bytes(bytes)), (_, Argument::Number(offset))]) =
			(&*syscall.name, &*syscall.arguments)
		{
			if *offset == running.read.len() as u64 {
				running.read.extend(bytes);
			}
		}
		if self.syscalls < MAX_SYSCALLS || !syscall.programs.is_empty() {
			self.syscalls += 1;
			running.program.syscalls.push(syscall);
		} else {
			running.program.left_out += 1;
		}
	}

	/// The program of `instance` ended, if it was running, with all of its callees. Without `end`,
	/// the runtime does not continue it.
	fn end(&mut self, instance: InstanceId, end: Option<End>) {
		let Some(index) = self.running.iter().rposition(|it| it.instance == instance) else {
			return;
		};
		while self.running.len() > index {
			let is_it = self.running.len() == index + 1;
			self.end_last(end.filter(|_| is_it));
		}
	}

	fn end_last(&mut self, end: Option<End>) {
		let Some(running) = self.running.last() else { return };
		let instance = running.instance;
		let end = end.unwrap_or(running.program.end);
		let ended_by = running.waiting.as_ref().map(|waiting| &waiting.syscall);
		let end = match ended_by.map(|syscall| (&*syscall.name, &*syscall.arguments)) {
			Some(("exit", [(_, Argument::Number(0))])) => End::Exited,
			Some(("exit", [(_, Argument::Number(1))])) => End::Reverted,
			Some(("terminate", _)) => End::Exited,
			_ => end,
		};
		self.settle(None);
		let (mut backtrace, mut functions) = (Vec::new(), Vec::new());
		if let Some(trace) = self.inner.trace(instance) {
			let details = trace.details();
			if self.details + details <= MAX_DETAILS {
				self.details += details;
				backtrace = trace.backtrace();
				functions = trace.calls().iter().map(Function::from).collect();
			}
		}
		let Some(Running { mut program, read, .. }) = self.running.pop() else { return };
		program.input = program.input.or(Some(read).filter(|read| !read.is_empty()));
		(program.end, program.backtrace, program.functions) = (end, backtrace, functions);
		let caller = self.running.last_mut().and_then(|caller| caller.waiting.as_mut());
		match caller {
			Some(waiting) => waiting.syscall.programs.push(program),
			None => self.recorded.add(program),
		}
	}
}

type Args = [u64; MAX_ARGUMENTS];

/// The registers, if the names of the arguments are unknown.
fn raw(args: Args) -> Vec<(String, Argument)> {
	let named = args.into_iter().enumerate();
	named.map(|(number, value)| (format!("a{number}"), Argument::Number(value))).collect()
}

impl Backend for Recorder {
	fn prepare(
		&mut self,
		instance: InstanceId,
		entry: &[u8],
		args: &[u64],
	) -> Outcome<(), ExecError> {
		self.inner.prepare(instance, entry, args)?;
		self.entered(instance, entry);
		Ok(())
	}

	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		answer: Option<Answer<'_>>,
		stop: &mut HostBuffer,
	) -> Outcome<Step, ExecError> {
		// Its callees have ended.
		while self.running.last().is_some_and(|last| last.instance != instance)
			&& self.running.iter().any(|it| it.instance == instance)
		{
			self.end_last(None);
		}
		if let Some(answer) = answer {
			let all = writes::decode(answer.writes).flatten();
			let all: Vec<_> = all.map(|(address, bytes)| (address, bytes.to_vec())).collect();
			let fits = self.has_room(all.iter().map(|(_, bytes)| bytes.len()).sum());
			if let Some(waiting) = self.running.last_mut().and_then(|it| it.waiting.as_mut()) {
				waiting.written.extend(all.into_iter().filter(|_| fits));
			}
			self.settle(Some((answer.result, gas)));
		}
		let step = self.inner.run(instance, gas, answer, stop)?;
		let Some(running) = self.running.last_mut().filter(|it| it.instance == instance) else {
			return Ok(step);
		};
		running.program.gas += gas - step.gas_left();
		running.gas_left = step.gas_left();
		match step {
			Step::Syscall { syscall, args, .. } => self.at_syscall(instance, syscall, args),
			Step::Finished { .. } => self.end(instance, Some(End::Returned)),
			Step::OutOfGas { .. } => running.program.end = End::OutOfGas,
			Step::Trapped { .. } if self.inner.is_stack_exceeded(instance) => {
				self.end(instance, Some(End::StackOverflow))
			},
			Step::Trapped { .. } => self.end(instance, Some(End::Trapped)),
		}
		Ok(step)
	}

	fn write_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		src: &[u8],
	) -> Outcome<(), MemoryError> {
		self.inner.write_memory(instance, address, src)?;
		let fits = self.has_room(src.len());
		let last = self.running.last_mut().filter(|it| it.instance == instance && fits);
		if let Some(waiting) = last.and_then(|it| it.waiting.as_mut()) {
			waiting.written.push((address, src.to_vec()));
		}
		Ok(())
	}

	fn abandon(&mut self, instance: InstanceId) -> Outcome<(), ExecError> {
		self.end(instance, None);
		self.inner.abandon(instance)
	}

	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError> {
		self.end(instance, None);
		self.inner.destroy(instance)
	}

	// The other functions only forward.

	fn compile(
		&mut self,
		program: &[u8],
		syscalls: SyscallTable<'_>,
		admitted: bool,
	) -> Outcome<ModuleId, CompileError> {
		self.declared(syscalls);
		self.inner.compile(program, syscalls, admitted)
	}

	fn compile_named(
		&mut self,
		name: &StoredName,
		syscalls: SyscallTable<'_>,
	) -> Outcome<Option<ModuleId>, CompileError> {
		self.declared(syscalls);
		self.inner.compile_named(name, syscalls)
	}

	fn name(&mut self, module: ModuleId, name: StoredName) {
		self.inner.name(module, name)
	}

	fn release(&mut self, module: ModuleId) -> Outcome<(), DestroyError> {
		self.inner.release(module)
	}

	fn instantiate(&mut self, module: ModuleId) -> Outcome<InstanceId, InstantiateError> {
		self.inner.instantiate(module)
	}

	fn snapshot(&mut self, instance: InstanceId) -> Outcome<Vec<u8>, SnapshotError> {
		self.inner.snapshot(instance)
	}

	fn restore(&mut self, module: ModuleId, snapshot: &[u8]) -> Outcome<InstanceId, RestoreError> {
		self.inner.restore(module, snapshot)
	}

	/// Ignored: see [`start`].
	fn limit_time(&mut self, _: Duration) {}

	fn read_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		dest: &mut [u8],
	) -> Outcome<(), MemoryError> {
		self.inner.read_memory(instance, address, dest)
	}

	fn zero_memory(
		&mut self,
		instance: InstanceId,
		address: u32,
		len: u32,
	) -> Outcome<(), MemoryError> {
		self.inner.zero_memory(instance, address, len)
	}

	fn start_transaction(&mut self, ty: TransactionType) {
		self.inner.start_transaction(ty)
	}

	fn commit_transaction(&mut self, ty: TransactionType) {
		self.inner.commit_transaction(ty)
	}

	fn rollback_transaction(&mut self, ty: TransactionType) {
		self.inner.rollback_transaction(ty)
	}
}
