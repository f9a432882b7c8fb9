//! Who is measured, in this process.

use crate::{
	programs,
	rows::{Kind, Row, Seen, LIVE_LIMIT, SHORT},
};
use codec::{Decode, Encode};
use sc_executor::WasmExecutor;
use sc_virtualization::VirtManager;
use sp_core::traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode};
use sp_virtualization::VirtManagerExt;
use std::{collections::HashSet, fmt, sync::Arc, time::Instant};
use virt_bench_runtime::{
	gauge::gauge,
	task::{Api, Measured, Task},
	WASM_BINARY,
};
use virt_manager::{BackendChoice, Engine};

type Externalities = sp_state_machine::TestExternalities<sp_core::Blake2Hasher>;
type Executor = WasmExecutor<(
	sp_io::SubstrateHostFunctions,
	virt_primitives::HostFunctions,
	sp_virtualization::HostFunctions,
	gauge::HostFunctions,
)>;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
	/// The same work as native code of this machine.
	Native,
	/// Ours as it is by default: the interpreter first, then the recompiler.
	Ours,
	/// Ours with the recompiler only.
	Recompiler,
	/// Ours with the interpreter only.
	Interpreter,
	/// The peer as published.
	PeerInterprets,
	/// The peer built with the feature `std` of its engine.
	PeerRecompiles,
}

impl Who {
	/// Every column, in the order of the table.
	pub const ALL: [Self; 6] = [
		Self::Native,
		Self::Ours,
		Self::Recompiler,
		Self::Interpreter,
		Self::PeerInterprets,
		Self::PeerRecompiles,
	];

	/// Whether this is measured in that line. What would tell nothing new and takes long is not.
	pub fn takes_part(self, row: &Row) -> bool {
		match (self, row.kind) {
			(Self::Native, kind) => matches!(kind, Kind::Work { .. }),
			(Self::Recompiler, Kind::Nest(_) | Kind::Live(_)) => false,
			(Self::Recompiler | Self::Interpreter, Kind::Load { seen: Seen::Never, .. }) => false,
			_ => true,
		}
	}
}

impl fmt::Display for Who {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::Native => "native",
			Self::Ours => "ours",
			Self::Recompiler => "ours, recompiler only",
			Self::Interpreter => "ours, interpreter only",
			Self::PeerInterprets => "peer, interpreting build",
			Self::PeerRecompiles => "peer, recompiling build",
		})
	}
}

/// Somebody who can be measured.
pub trait Subject {
	/// Does `rounds` rounds of a row. Errs where it cannot.
	fn measure(&mut self, row: &Row, rounds: u32) -> Result<Measured, String>;
}

/// The same work without any virtual machine.
pub struct Native;

impl Subject for Native {
	fn measure(&mut self, row: &Row, rounds: u32) -> Result<Measured, String> {
		let Kind::Work { argument, native, .. } = row.kind else {
			return Err("only work has a native form".into());
		};
		let start = Instant::now();
		let sum = (0..rounds).fold(0, |sum: u64, _| sum.wrapping_add(native(argument)));
		let nanoseconds = start.elapsed().as_nanos() as u64;
		Ok(Measured { nanoseconds, sum, grown: 0 })
	}
}

/// A runtime in this process, with its storage.
pub struct Local {
	/// Ours; the peer's has no handle.
	engine: Option<Arc<Engine>>,
	executor: Executor,
	ext: Externalities,
	/// Sizes of which there is a program in storage.
	sizes: HashSet<usize>,
	/// Programs made for [`Seen::Never`].
	made: u32,
}

/// Storage key of the program `bench`.
const BENCH: &[u8] = b"bench";

impl Local {
	/// Our host functions, on this backend.
	pub fn ours(backend: BackendChoice) -> Result<Self, String> {
		let engine = Engine::new(backend, None).map_err(|error| error.to_string())?;
		engine.warm_up();
		Self::new(Some(engine))
	}

	/// The peer's host functions, on whichever backend it was built with.
	pub fn peer() -> Result<Self, String> {
		Self::new(None)
	}

	/// The backend that the peer was built with, by its engine's own word.
	pub fn peer_backend() -> Result<String, String> {
		let engine = peer_polkavm::Engine::new(&peer_polkavm::Config::new());
		engine.map(|engine| engine.backend().to_string()).map_err(|error| error.to_string())
	}

	fn new(engine: Option<Arc<Engine>>) -> Result<Self, String> {
		let mut ext = Externalities::default();
		ext.insert(BENCH.to_vec(), virt_fixtures::BENCH.to_vec());
		let executor = Executor::builder().build();
		let mut subject = Self { engine, executor, ext, sizes: HashSet::new(), made: 0 };
		// So that its native code is there before it is measured.
		subject.block();
		subject.call(Task::Call {
			key: BENCH.to_vec(),
			entry: b"compute".to_vec(),
			argument: 1_000_000,
			times: 1,
		})?;
		Ok(subject)
	}

	fn call(&mut self, task: Task) -> Result<Measured, String> {
		let api = if self.engine.is_some() { Api::Ours } else { Api::Peer };
		let wasm = WASM_BINARY.ok_or("it was built without its runtime (SKIP_WASM_BUILD)")?;
		let code = WrappedRuntimeCode(wasm.into());
		let code = RuntimeCode { code_fetcher: &code, heap_pages: None, hash: vec![0] };
		let data = (api, task).encode();
		let context = CallContext::Onchain { import: true };
		let (result, _) = self.executor.call(&mut self.ext.ext(), &code, "measure", &data, context);
		let result = result.map_err(|error| error.to_string())?;
		Measured::decode(&mut &result[..]).map_err(|error| error.to_string())
	}

	/// Starts a new block: what the extension knows is forgotten.
	fn block(&mut self) {
		match &self.engine {
			Some(engine) => self.ext.register_extension(engine.extension()),
			None => self.ext.register_extension(VirtManagerExt::new(VirtManager::default())),
		}
	}

	/// Loads a program of `size` bytes, each time in a new block.
	fn load(&mut self, size: usize, seen: Seen, rounds: u32) -> Result<Measured, String> {
		let key = format!("{size}{}", if seen == Seen::Never { " new" } else { "" }).into_bytes();
		let task = |before, times| Task::Load {
			key: key.clone(),
			entry: b"empty".to_vec(),
			argument: 0,
			before,
			times,
		};
		if seen != Seen::Never && self.sizes.insert(size) {
			self.ext.insert(key.clone(), programs::sized(size, 0));
		}
		if seen == Seen::InBlock {
			self.block();
			return self.call(task(1, rounds));
		}
		if seen == Seen::Before {
			self.block();
			self.call(task(0, 1))?;
		}
		let mut total = Measured::default();
		for _ in 0..rounds {
			if seen == Seen::Never {
				self.made += 1;
				self.ext.insert(key.clone(), programs::sized(size, self.made));
			}
			self.block();
			let measured = self.call(task(0, 1))?;
			total.nanoseconds += measured.nanoseconds;
			total.sum += measured.sum;
		}
		Ok(total)
	}
}

impl Subject for Local {
	fn measure(&mut self, row: &Row, rounds: u32) -> Result<Measured, String> {
		let key = BENCH.to_vec();
		let call = |entry: &str, argument, times| Task::Call {
			key: key.clone(),
			entry: entry.into(),
			argument,
			times,
		};
		let task = match row.kind {
			Kind::Load { size, seen } => return self.load(size, seen, rounds),
			Kind::Syscall { entry, .. } | Kind::Paced { entry } => call(entry, rounds.into(), 1),
			Kind::Work { entry, argument, .. } => call(entry, argument, rounds),
			Kind::Short => Task::Load {
				key,
				entry: b"compute".to_vec(),
				argument: SHORT,
				before: 1,
				times: rounds,
			},
			Kind::Nest(depth) => Task::Nest { key, depth, times: rounds },
			Kind::Live(count) => Task::Live { key, count, limit: LIVE_LIMIT.as_nanos() as u64 },
		};
		self.block();
		self.call(task)
	}
}
