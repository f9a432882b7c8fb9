//! A program in a node: what the interpreter needs of it, native code, and an instance for the next run.

use crate::limits::MAX_SPARE;
use parking_lot::Mutex;
use polkavm::{ProgramBlob, RawInstance};
use std::sync::{Arc, OnceLock};
use virt_primitives::{
	snapshot::Tier,
	vm::{program::Bindings, Loaded, Program},
	CompileError, Outcome, SyscallTable,
};

/// A program that was compiled for the interpreter, and for native code where that was needed.
pub struct Compiled {
	program: Program,
	/// The program in native code, by tier.
	native: [OnceLock<Option<polkavm::Module>>; 2],
	/// An instance that served a run, with what it translated on the way.
	spare: Mutex<Option<RawInstance>>,
	/// The table that a runtime used last, and what it makes of the imports.
	bound: Mutex<Option<(Box<[u8]>, Bindings)>>,
}

/// Bytes that the recompiler keeps for each entry of a program's jump table.
const NATIVE_JUMP: usize = 16;

/// Bytes that the interpreter keeps for each byte of code, where every byte is a block: two handlers,
/// their arguments, and an offset, in vectors that grow by doubling.
const INTERPRETED: usize = 112;

impl Compiled {
	/// Compiles `bytes` for the interpreter; with `trace`, so that it is traced.
	pub fn new(
		engine: &Arc<polkavm::Engine>,
		trace: bool,
		bytes: &[u8],
	) -> Outcome<Self, CompileError> {
		Ok(Self {
			program: Program::new(engine, trace, bytes)?,
			native: Default::default(),
			spare: Mutex::new(None),
			bound: Mutex::new(None),
		})
	}

	/// The program's bytes.
	pub fn bytes(&self) -> &[u8] {
		self.program.bytes()
	}

	/// The program in native code, at the prices of a tier; compiled by `compile` if it was not before.
	///
	/// `None` where that gave nothing: then the interpreter runs it to its end, to the same result.
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

	/// Bytes that an instance takes at most, all that it translated included.
	fn spare_size(&self) -> usize {
		self.program.memory() as usize + self.program.code_len() * INTERPRETED
	}

	/// What keeping it costs at most, in bytes: program, native code, jump table, initial memory,
	/// the instance that is kept with it.
	pub fn size(&self) -> usize {
		let modules = self.native.iter().filter_map(|native| native.get()?.as_ref());
		let native: usize = modules.filter_map(|it| Some(it.machine_code()?.len())).sum();
		let jump_table = self.program.blob().jump_table().len() as usize * NATIVE_JUMP;
		let spare = Some(self.spare_size()).filter(|size| *size <= MAX_SPARE);
		let memory = self.program.memory() as usize;
		self.bytes().len() + native + jump_table + memory + spare.unwrap_or(0)
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

	fn take_spare(&self) -> Option<RawInstance> {
		self.spare.lock().take()
	}

	fn keep_spare(&self, mut raw: RawInstance) {
		if self.spare_size() <= MAX_SPARE && self.spare.lock().is_none() {
			// Registers and place are set when it is prepared.
			if raw.reset_memory().is_ok() {
				*self.spare.lock() = Some(raw);
			}
		}
	}
}
