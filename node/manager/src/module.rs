//! A module of a node: the compiled program, native code, and pooled instances.

use crate::{
	limits::MAX_POOLED,
	pool::{Budget, Pool},
};
use parking_lot::Mutex;
use polkavm::ProgramBlob;
use std::sync::{Arc, OnceLock};
use virt_primitives::{
	snapshot::Tier,
	vm::{prices::CHEAPEST, program::Bindings, Loaded, Pooled, Program},
	CompileError, Gas, Outcome, SyscallTable,
};

/// A program that is compiled for the interpreter, and for native code when needed.
pub struct Compiled {
	program: Program,
	digest: u64,
	/// The native code, by tier.
	native: [OnceLock<Option<polkavm::Module>>; 2],
	/// Pooled instances.
	pool: Pool,
	/// The last table of a runtime, and the imports bound to it.
	bound: Mutex<Option<(Box<[u8]>, Bindings)>>,
}

/// The memory of the recompiler per entry of a program's jump table, in bytes.
const NATIVE_JUMP: usize = 16;

/// The memory of any interpreter instance, in bytes: see "live instances: memory of each" in
/// `docs/benchmarks.md`.
const INSTANCE: usize = 8 << 10;

/// The memory of an interpreter instance per byte of code, in bytes: the position of the block that
/// starts there.
const BLOCK_OFFSET: usize = 4;

/// The maximal memory of an interpreter instance per translated instruction, in bytes: two handlers
/// and their arguments, if each instruction is a block, in vectors that grow by doubling.
const TRANSLATED: usize = 108;

impl Compiled {
	/// Compiles `bytes`, whose digest in the cache is `digest`, for the interpreter; with `trace`,
	/// for tracing. `budget` limits its pooled instances.
	pub fn new(
		engine: &Arc<polkavm::Engine>,
		budget: &Arc<Budget>,
		trace: bool,
		bytes: &[u8],
		digest: u64,
	) -> Outcome<Self, CompileError> {
		Ok(Self {
			program: Program::new(engine, trace, bytes)?,
			digest,
			native: Default::default(),
			pool: Pool::new(budget.clone()),
			bound: Mutex::new(None),
		})
	}

	/// The digest of the program's bytes in the cache.
	pub fn digest(&self) -> u64 {
		self.digest
	}

	/// The program's bytes.
	pub fn bytes(&self) -> &[u8] {
		self.program.bytes()
	}

	/// The native code with the prices of a tier, compiled by `compile` if necessary.
	///
	/// `None` if `compile` failed: then the program is interpreted, with the same results.
	pub fn native(
		&self,
		tier: Tier,
		compile: impl FnOnce(&ProgramBlob) -> Option<polkavm::Module>,
	) -> Option<&polkavm::Module> {
		self.native[tier as usize].get_or_init(|| compile(self.program.blob())).as_ref()
	}

	/// Whether [`Self::native`] was called for this tier.
	pub fn is_native_known(&self, tier: Tier) -> bool {
		self.native[tier as usize].get().is_some()
	}

	/// The maximal memory of an instance that has executed this much gas, in bytes.
	fn instance_size(&self, executed: Gas) -> usize {
		// An instruction takes at least one byte.
		let code = self.program.code_len();
		let instructions = usize::try_from(executed / CHEAPEST).map_or(code, |it| it.min(code));
		let memory = self.program.memory() as usize;
		INSTANCE + memory + code * BLOCK_OFFSET + instructions * TRANSLATED
	}

	/// The maximal memory of the cached module, in bytes: program, native code, jump table, initial
	/// memory, and a pooled instance.
	pub fn size(&self) -> usize {
		let modules = self.native.iter().filter_map(|native| native.get()?.as_ref());
		let native: usize = modules.filter_map(|it| Some(it.machine_code()?.len())).sum();
		let jump_table = self.program.blob().jump_table().len() as usize * NATIVE_JUMP;
		let pooled = match self.instance_size(0) <= MAX_POOLED {
			true => self.instance_size(Gas::MAX).min(MAX_POOLED),
			false => 0,
		};
		let memory = self.program.memory() as usize;
		self.bytes().len() + native + jump_table + memory + pooled
	}
}

impl Loaded for Compiled {
	fn program(&self) -> &Program {
		&self.program
	}

	fn bind(&self, table: SyscallTable<'_>) -> Result<Bindings, CompileError> {
		let mut bound = self.bound.lock();
		if let Some((bytes, bindings)) = &*bound {
			if **bytes == *table.0 {
				return Ok(bindings.clone());
			}
		}
		let bindings = self.program.bind(table)?;
		*bound = Some((table.0.into(), bindings.clone()));
		Ok(bindings)
	}

	fn take_pooled(&self) -> Option<Pooled> {
		self.pool.take()
	}

	fn pool(&self, instance: Pooled) {
		let size = self.instance_size(instance.executed);
		self.pool.put(instance, size);
	}
}
