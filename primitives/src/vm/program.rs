//! A compiled program.

use super::{
	prices::{cost_model, Rules, Size},
	trace::Transfers,
};
use crate::{
	snapshot::{Tier, PAGE_SIZE},
	Buffer, CompileError, Failure, Gas, Outcome, Syscall, SyscallSymbol, SyscallTable, LOG_TARGET,
};
use alloc::{
	boxed::Box,
	collections::BTreeMap,
	format,
	string::{String, ToString},
	sync::Arc,
	vec::Vec,
};
use polkavm::{
	program::Instruction, BackendKind, Config, CorePinning, Engine, GasMeteringKind, ModuleConfig,
	ProgramBlob, ProgramCounter,
};
use polkavm_common::{program::scan_find_start_of_basic_block, utils::ArcBytes};
use sp_crypto_hashing::blake2_256;

#[cfg(not(feature = "std"))]
use core::cell::OnceCell as OnceLock;
#[cfg(feature = "std")]
use std::sync::OnceLock;

/// A compiled program, with data for all runs. Tier one is compiled at once, tier two when it is
/// first needed.
pub struct Program {
	blob: ProgramBlob,
	bytes: ArcBytes,
	engine: Arc<Engine>,
	/// The program on tier one, in the interpreter.
	interpreted: polkavm::Module,
	/// The program on tier two, in the interpreter.
	interpreted_at_two: OnceLock<Result<polkavm::Module, String>>,
	/// The numbers of instructions and basic blocks, once counted.
	size: OnceLock<(u32, u32)>,
	/// Set when [`Self::check`] succeeded.
	checked: OnceLock<()>,
	/// Set if executions are traced.
	transfers: Option<Arc<Transfers>>,
	exports: BTreeMap<Box<[u8]>, ProgramCounter>,
	imports: Vec<SyscallSymbol>,
	memory: u64,
	hash: OnceLock<[u8; 32]>,
}

/// The imports of a program, bound to a runtime's table.
pub type Bindings = Arc<[Binding]>;

/// An import, bound to a runtime's table.
pub struct Binding {
	/// The syscall.
	pub syscall: Syscall,
	/// Its declared buffers.
	pub buffers: Vec<Buffer>,
}

impl Program {
	/// Compiles `program` for the interpreter; with `trace`, for tracing. See also [`Self::check`].
	pub fn new(engine: &Arc<Engine>, trace: bool, program: &[u8]) -> Outcome<Self, CompileError> {
		let bytes = ArcBytes::from(program);
		let blob = ProgramBlob::parse(bytes.clone()).map_err(|error| invalid(error.to_string()))?;
		let imports = blob
			.imports()
			.into_iter()
			.map(|symbol| SyscallSymbol::new(symbol?.as_bytes()))
			.collect::<Option<Vec<_>>>()
			.ok_or_else(|| invalid("an import has no name, or a too long one".into()))?;
		let mut exports = BTreeMap::new();
		for export in blob.exports() {
			// Of two exports with the same name, the first counts.
			exports.entry(export.symbol().as_bytes().into()).or_insert(export.program_counter());
		}
		let transfers = trace.then(|| Arc::new(Transfers::of(&blob)));
		let interpreted = translate(engine, trace, &blob, Tier::One)?;
		let map = interpreted.memory_map();
		let memory = [map.ro_data_size(), map.rw_data_size(), map.stack_size()];
		let memory: u64 = memory.into_iter().map(u64::from).sum();
		Ok(Self {
			blob,
			bytes,
			engine: engine.clone(),
			interpreted,
			interpreted_at_two: OnceLock::new(),
			size: OnceLock::new(),
			checked: OnceLock::new(),
			transfers,
			exports,
			imports,
			memory,
			hash: OnceLock::new(),
		})
	}

	/// Errs if the program has code that the backends disagree on. The result is cached: the check
	/// takes longer than compiling.
	pub fn check(&self) -> Outcome<(), CompileError> {
		if self.checked.get().is_some() {
			return Ok(());
		}
		for export in self.blob.exports() {
			let pc = export.program_counter();
			if !self.blob.scan_is_jump_target_valid(self.blob.isa(), pc) {
				let reason = format!("an export points into the middle of a block: {pc}");
				return Err(invalid(reason));
			}
		}
		let size = count(&self.blob)?;
		self.size.get_or_init(|| size);
		self.checked.get_or_init(|| ());
		Ok(())
	}

	/// The parsed program.
	pub fn blob(&self) -> &ProgramBlob {
		&self.blob
	}

	/// The length of its code, in bytes.
	pub fn code_len(&self) -> usize {
		self.blob.code().len()
	}

	/// The program's bytes.
	pub fn bytes(&self) -> &[u8] {
		&self.bytes
	}

	/// The BLAKE2b-256 hash of the program's bytes.
	pub fn hash(&self) -> [u8; 32] {
		*self.hash.get_or_init(|| blake2_256(&self.bytes))
	}

	/// The size of its code. Counted when it is first needed, because that takes longer than
	/// compiling.
	pub fn code_size(&self) -> Size {
		// `check` rejects code that cannot be counted. If a runtime stores it nevertheless, its
		// size counts as zero, on every node.
		let (instructions, blocks) =
			*self.size.get_or_init(|| count(&self.blob).unwrap_or_default());
		Size { instructions, blocks, pages: self.pages() }
	}

	/// An upper bound of [`Self::code_size`] without counting instructions: each set bit of the bit
	/// mask starts an instruction, and each instruction may start a block.
	pub fn largest_code_size(&self) -> Size {
		let instructions = self.blob.bitmask().iter().map(|byte| byte.count_ones()).sum();
		Size { instructions, blocks: instructions, pages: self.pages() }
	}

	/// The size that the program is charged by: exact, or an upper bound where `rules` say so.
	pub(crate) fn charged_size(&self, rules: &Rules) -> Size {
		if rules.is_size_a_bound() {
			self.largest_code_size()
		} else {
			self.code_size()
		}
	}

	/// The memory of an instance, in pages. It is below 4 GiB.
	fn pages(&self) -> u32 {
		self.memory.div_ceil(PAGE_SIZE.into()) as u32
	}

	/// The interpreted program, at the prices of a tier.
	pub fn interpreted(&self, tier: Tier) -> Result<&polkavm::Module, String> {
		match tier {
			Tier::One => Ok(&self.interpreted),
			Tier::Two => self
				.interpreted_at_two
				.get_or_init(|| {
					let trace = self.transfers.is_some();
					translate(&self.engine, trace, &self.blob, tier).map_err(
						|failure| match failure {
							Failure::Host(reason) => reason,
							Failure::Guest(error) => {
								format!("a program compiled before: {error:?}")
							},
						},
					)
				})
				.as_ref()
				.map_err(Clone::clone),
		}
	}

	/// The instructions that may call or return, if executions are traced.
	pub fn transfers(&self) -> Option<&Arc<Transfers>> {
		self.transfers.as_ref()
	}

	/// The memory map of an instance.
	pub fn memory_map(&self) -> &polkavm::MemoryMap {
		self.interpreted.memory_map()
	}

	/// The export with this name.
	pub fn export(&self, entry: &[u8]) -> Option<ProgramCounter> {
		self.exports.get(entry).copied()
	}

	/// The memory of an instance, in bytes: read-only data, read-write data and stack.
	pub fn memory(&self) -> u64 {
		self.memory
	}

	/// The initial content of the read-write data, without trailing zeros.
	pub fn initial_data(&self) -> &[u8] {
		self.blob.rw_data()
	}

	/// The imports, bound to a runtime's table.
	pub fn bind(&self, table: SyscallTable<'_>) -> Result<Bindings, CompileError> {
		let rows = table.decode().ok_or(CompileError::InvalidTable)?;
		let bind = |symbol: &SyscallSymbol| match rows.iter().position(|row| row.0 == *symbol) {
			Some(number) => {
				Binding { syscall: Syscall::Listed(number as u32), buffers: rows[number].1.clone() }
			},
			None => Binding { syscall: Syscall::Other(*symbol), buffers: Vec::new() },
		};
		Ok(self.imports.iter().map(bind).collect())
	}

	/// The gas that is charged again when a block is entered at `pc`. A block is charged as a whole
	/// when it is entered, so this is all of it unless `pc` is its start. After the program's last
	/// instruction there is only a trap, which is not charged.
	pub fn cost_of_reentry(&self, tier: Tier, pc: ProgramCounter) -> Result<Gas, String> {
		Ok(match start_of_block(&self.blob, pc) {
			Some(start) if start != pc => {
				self.interpreted(tier)?.calculate_gas_cost_for(start).unwrap_or(0)
			},
			_ => 0,
		})
	}

	/// Whether an execution can have stopped before the instruction at `pc`: out of gas, or after a
	/// syscall.
	pub fn is_stop(&self, pc: ProgramCounter, after_syscall: bool) -> bool {
		self.blob.instructions().any(|instruction| {
			if after_syscall {
				instruction.next_offset == pc && matches!(instruction.kind, Instruction::ecalli(_))
			} else {
				let is_start = |pc| start_of_block(&self.blob, pc).is_none_or(|start| start == pc);
				instruction.offset == pc
					&& (matches!(instruction.kind, Instruction::memset) || is_start(pc))
			}
		})
	}
}

fn invalid(reason: String) -> Failure<CompileError> {
	log::debug!(target: LOG_TARGET, "Invalid program: {reason}");
	Failure::Guest(CompileError::InvalidImage)
}

/// The start of the block that contains the instruction at `pc`.
fn start_of_block(blob: &ProgramBlob, pc: ProgramCounter) -> Option<ProgramCounter> {
	scan_find_start_of_basic_block(blob.isa(), blob.code(), blob.bitmask(), pc.0)
		.map(ProgramCounter)
}

/// Counts instructions and blocks, and rejects invalid instructions except for the trap at the end
/// of every program.
///
/// The backends disagree on such code: PolkaVM 0.37 interprets some bit masks in two ways, so that
/// an invalid instruction of length zero precedes a real one, and only the recompiler lets a
/// program jump there. No compiler emits such code.
fn count(blob: &ProgramBlob) -> Outcome<(u32, u32), CompileError> {
	let end = blob.code().len() as u32;
	let (mut instructions, mut blocks) = (0, 0);
	for instruction in blob.instructions() {
		if instruction.kind == Instruction::invalid && instruction.offset.0 < end {
			return Err(invalid(format!("an invalid instruction at {}", instruction.offset.0)));
		}
		instructions += 1;
		blocks += u32::from(instruction.starts_new_basic_block());
	}
	Ok((instructions, blocks))
}

/// Compiles `blob` with the backend of `engine`, at the prices of a tier. With `trace`, it stops
/// before each instruction.
pub fn translate(
	engine: &Engine,
	trace: bool,
	blob: &ProgramBlob,
	tier: Tier,
) -> Outcome<polkavm::Module, CompileError> {
	let mut config = ModuleConfig::new();
	config
		.set_gas_metering(Some(GasMeteringKind::Sync))
		.set_cost_model(Some(cost_model(tier)))
		.set_step_tracing(trace);
	polkavm::Module::from_blob(engine, &config, blob.clone()).map_err(|error| match error {
		polkavm::CompileError::ValidationFailed(reason) => invalid(reason),
		polkavm::CompileError::Error(error) => Failure::Host(format!("compiling failed: {error}")),
	})
}

/// PolkaVM's configuration, independent of environment variables.
pub fn configure(backend: BackendKind) -> Config {
	let mut config = Config::new();
	config
		.set_backend(Some(backend))
		.set_default_cost_model(Some(cost_model(Tier::Two)))
		// Pinning the node's threads to a core would stall it on a small machine.
		.set_core_pinning(CorePinning::Disabled)
		.set_cache_enabled(false);
	config
}
