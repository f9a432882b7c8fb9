//! A log of syscalls: stands between the host functions and the manager, and looks on.
//!
//! The runtime does not notice, and a program costs the same with it.

use super::{syscalls, text};
use serde::{ser::SerializeMap, Serialize, Serializer};
use sp_externalities::TransactionType;
use std::{fmt, time::Duration};
use virt_primitives::{
	step::{writes, Step},
	Answer, Backend, Buffer, CompileError, DestroyError, Direction, ExecError, Gas, HostBuffer,
	InstanceId, InstantiateError, Length, MemoryError, ModuleId, Outcome, RestoreError,
	SnapshotError, StoredName, Syscall, SyscallSymbol, SyscallTable, MAX_ARGUMENTS,
};

/// A syscall, once it is known what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
	/// How many were made before.
	#[serde(skip)]
	pub nth: usize,
	/// How many programs wait for the one that made it.
	pub depth: usize,
	pub name: String,
	/// Its arguments. Bytes stand for a pointer and a length.
	pub arguments: Arguments,
	/// What it gave; nothing where the program did not go on.
	pub result: Option<i64>,
	/// Gas that it took, what it called included; unknown where the program did not go on.
	pub gas: Option<Gas>,
}

/// By name, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments(pub Vec<(String, Argument)>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
	Number(u64),
	/// What the syscall read, or wrote.
	Bytes(Vec<u8>),
}

impl Serialize for Arguments {
	fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
		let mut map = to.serialize_map(Some(self.0.len()))?;
		for (name, argument) in &self.0 {
			match argument {
				Argument::Number(number) => map.serialize_entry(name, number)?,
				Argument::Bytes(bytes) => map.serialize_entry(name, &text::hex(bytes))?,
			}
		}
		map.end()
	}
}

impl fmt::Display for Entry {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let arguments = self.arguments.0.iter().map(|(name, argument)| match argument {
			Argument::Number(number) => format!("{name}: {number}"),
			Argument::Bytes(bytes) => format!("{name}: {}", text::readable(bytes)),
		});
		let arguments = arguments.collect::<Vec<_>>().join(", ");
		write!(f, "{}{}({arguments})", "  ".repeat(self.depth), self.name)?;
		match (self.result, self.gas) {
			(Some(result), Some(gas)) => {
				write!(f, " = {result}")?;
				if let Err(code) = virt_guest::Failure::check(result) {
					write!(f, " {code:?}")?;
				}
				write!(f, ", gas {}", text::grouped(gas))
			},
			_ => f.write_str(", and did not go on"),
		}
	}
}

/// See the module. Gives each entry to `sink`: a program's after those that it called.
pub struct Tracer<B: Backend, S: FnMut(Entry) + Send + 'static> {
	inner: B,
	sink: S,
	/// The table that the runtime declared last, as it was encoded.
	encoded: Vec<u8>,
	/// The same, by number.
	table: Vec<(SyscallSymbol, Vec<Buffer>)>,
	/// Syscalls so far.
	count: usize,
	/// Those that programs wait at, each called by the one before.
	waiting: Vec<Waiting>,
}

struct Waiting {
	entry: Entry,
	instance: InstanceId,
	gas_left: Gas,
	/// Arguments that the syscall will write to: their place in the entry, and the address.
	outputs: Vec<(usize, u64)>,
	written: Vec<(u32, Vec<u8>)>,
}

impl<B: Backend, S: FnMut(Entry) + Send + 'static> Tracer<B, S> {
	/// Looks on while `inner` works.
	pub fn new(inner: B, sink: S) -> Self {
		let (encoded, table, waiting) = (Vec::new(), Vec::new(), Vec::new());
		Self { inner, sink, encoded, table, count: 0, waiting }
	}

	/// Takes notice of what a runtime declares.
	fn declared(&mut self, table: SyscallTable<'_>) {
		if self.encoded != table.0 {
			self.encoded = table.0.into();
			self.table = table.decode().unwrap_or_default();
		}
	}

	fn stopped(&mut self, instance: InstanceId, gas_left: Gas, syscall: Syscall, args: Args) {
		let mut outputs = Vec::new();
		let (name, arguments) = match syscall {
			Syscall::Listed(number) => self.listed(instance, number as usize, args, &mut outputs),
			Syscall::Other(symbol) => (format!("{symbol:?}"), raw(args)),
		};
		let entry = Entry {
			nth: self.count,
			depth: self.waiting.len(),
			name,
			arguments: Arguments(arguments),
			result: None,
			gas: None,
		};
		self.count += 1;
		let written = Vec::new();
		self.waiting.push(Waiting { entry, instance, gas_left, outputs, written });
	}

	/// Name and arguments of a syscall of the table, with the bytes that it reads.
	fn listed(
		&mut self,
		instance: InstanceId,
		number: usize,
		args: Args,
		outputs: &mut Vec<(usize, u64)>,
	) -> (String, Vec<(String, Argument)>) {
		let Some((symbol, buffers)) = self.table.get(number) else {
			return (format!("syscall {number}"), raw(args));
		};
		let name = format!("{symbol:?}");
		// A runtime may have syscalls that this node was not built with.
		let Some(row) = syscalls::by_name(&name) else { return (name, raw(args)) };
		let is_length = |number: usize| {
			let number = Length::Argument(number as u8);
			buffers.iter().any(|buffer| buffer.len == number)
		};
		let mut arguments = Vec::new();
		for (number, name) in row.arguments.iter().enumerate().filter(|(it, _)| !is_length(*it)) {
			let mut argument = Argument::Number(args[number]);
			match buffers.iter().find(|buffer| usize::from(buffer.pointer) == number) {
				Some(buffer) if buffer.direction == Direction::In => {
					let len = match buffer.len {
						Length::Fixed(len) => len.into(),
						Length::Argument(number) => args[usize::from(number)],
					};
					if let Some(bytes) = read(&mut self.inner, instance, args[number], len, buffer)
					{
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

	/// Who waits above `instance` waits in vain.
	fn settle_above(&mut self, instance: InstanceId) {
		while self.waiting.last().is_some_and(|last| last.instance != instance) {
			self.settle(None);
		}
	}

	fn settle(&mut self, answer: Option<(u64, Gas)>) {
		let Some(Waiting { mut entry, gas_left, outputs, written, .. }) = self.waiting.pop() else {
			return;
		};
		if let Some((result, gas)) = answer {
			entry.result = Some(result as i64);
			entry.gas = Some(gas_left - gas);
		}
		for (place, address) in outputs {
			let last = written.iter().rfind(|(at, _)| u64::from(*at) == address);
			if let Some((_, bytes)) = last {
				entry.arguments.0[place].1 = Argument::Bytes(bytes.clone());
			}
		}
		(self.sink)(entry);
	}

	fn waits(&self, instance: InstanceId) -> bool {
		self.waiting.iter().any(|waiting| waiting.instance == instance)
	}

	/// It does not go on.
	fn ended(&mut self, instance: InstanceId) {
		if self.waits(instance) {
			self.settle_above(instance);
			self.settle(None);
		}
	}
}

type Args = [u64; MAX_ARGUMENTS];

/// The registers, where no names are known for them.
fn raw(args: Args) -> Vec<(String, Argument)> {
	let named = args.into_iter().enumerate();
	named.map(|(number, value)| (format!("a{number}"), Argument::Number(value))).collect()
}

/// The bytes that an argument points to, if they are as the table says.
fn read(
	backend: &mut impl Backend,
	instance: InstanceId,
	address: u64,
	len: u64,
	buffer: &Buffer,
) -> Option<Vec<u8>> {
	let len = u32::try_from(len).ok().filter(|len| *len <= buffer.max)?;
	let mut bytes = vec![0; len as usize];
	backend.read_memory(instance, address.try_into().ok()?, &mut bytes).ok()?;
	Some(bytes)
}

impl<B: Backend, S: FnMut(Entry) + Send + 'static> Backend for Tracer<B, S> {
	fn run(
		&mut self,
		instance: InstanceId,
		gas: Gas,
		answer: Option<Answer<'_>>,
		stop: &mut HostBuffer,
	) -> Outcome<Step, ExecError> {
		if let Some(answer) = answer.filter(|_| self.waits(instance)) {
			self.settle_above(instance);
			if let Some(waiting) = self.waiting.last_mut() {
				let all = writes::decode(answer.writes).flatten();
				waiting.written.extend(all.map(|(address, bytes)| (address, bytes.to_vec())));
			}
			self.settle(Some((answer.result, gas)));
		}
		let step = self.inner.run(instance, gas, answer, stop)?;
		if let Step::Syscall { gas_left, syscall, args } = step {
			self.stopped(instance, gas_left, syscall, args);
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
		if let Some(waiting) = self.waiting.last_mut().filter(|it| it.instance == instance) {
			waiting.written.push((address, src.to_vec()));
		}
		Ok(())
	}

	fn abandon(&mut self, instance: InstanceId) -> Outcome<(), ExecError> {
		self.ended(instance);
		self.inner.abandon(instance)
	}

	fn destroy(&mut self, instance: InstanceId) -> Outcome<(), DestroyError> {
		self.ended(instance);
		self.inner.destroy(instance)
	}

	// The rest only passes through.

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

	fn prepare(
		&mut self,
		instance: InstanceId,
		entry: &[u8],
		args: &[u64],
	) -> Outcome<(), ExecError> {
		self.inner.prepare(instance, entry, args)
	}

	fn snapshot(&mut self, instance: InstanceId) -> Outcome<Vec<u8>, SnapshotError> {
		self.inner.snapshot(instance)
	}

	fn restore(&mut self, module: ModuleId, snapshot: &[u8]) -> Outcome<InstanceId, RestoreError> {
		self.inner.restore(module, snapshot)
	}

	fn limit_time(&mut self, limit: Duration) {
		self.inner.limit_time(limit)
	}

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
