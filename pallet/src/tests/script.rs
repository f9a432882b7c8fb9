//! Programs built instruction by instruction, which no compiler would emit.

use polkavm_common::{
	abi::MemoryMapBuilder,
	program::{asm, Instruction, InstructionSetKind, Reg},
	writer::ProgramBlobBuilder,
};

/// The size of a script's writable memory, in bytes.
const MEMORY: u32 = 128 * 1024;

/// A program of syscalls in a row. Its only entry is `main`, unless others are named.
#[derive(Clone)]
pub struct Script {
	imports: Vec<String>,
	exports: Vec<(usize, String)>,
	code: Vec<Instruction>,
	data: Vec<u8>,
}

impl Script {
	pub fn new() -> Self {
		Self { imports: Vec::new(), exports: Vec::new(), code: Vec::new(), data: Vec::new() }
	}

	/// Starts the entry `name`. The code before it must have ended.
	pub fn entry(&mut self, name: &str) -> &mut Self {
		self.exports.push((self.code.len(), name.into()));
		self
	}

	/// The address of writable memory.
	pub fn memory() -> u64 {
		let map = MemoryMapBuilder::new(4_096).rw_data_size(MEMORY).build().unwrap();
		map.rw_data_address().into()
	}

	/// One past the last byte of writable memory.
	pub fn memory_end() -> u64 {
		Self::memory() + u64::from(MEMORY)
	}

	/// Puts `bytes` into the program's memory. Returns their address.
	pub fn data(&mut self, bytes: &[u8]) -> u64 {
		let address = Self::memory() + self.data.len() as u64;
		self.data.extend(bytes);
		address
	}

	/// Reserves `len` bytes of the program's memory. Returns their address.
	pub fn room(&mut self, len: usize) -> u64 {
		self.data(&vec![0; len])
	}

	/// Adds an instruction.
	pub fn instruction(&mut self, instruction: Instruction) -> &mut Self {
		self.code.push(instruction);
		self
	}

	/// Makes a syscall.
	pub fn syscall(&mut self, name: &str, args: &[u64]) -> &mut Self {
		self.syscall_loading(name, args, &[])
	}

	/// Makes a syscall, with some of the arguments (by number) loaded from memory.
	pub fn syscall_loading(
		&mut self,
		name: &str,
		args: &[u64],
		loaded: &[(usize, u64)],
	) -> &mut Self {
		let index = self.imports.iter().position(|import| import == name).unwrap_or_else(|| {
			self.imports.push(name.into());
			self.imports.len() - 1
		});
		for (reg, arg) in Reg::ARG_REGS.into_iter().zip(args) {
			self.code.push(asm::load_imm64(reg, *arg));
		}
		for (number, address) in loaded {
			self.code.push(asm::load_u64(Reg::ARG_REGS[*number], *address as i32));
		}
		self.instruction(asm::ecalli(index as i32))
	}

	/// Makes a syscall, and outputs its result, which has 8 bytes.
	pub fn returns(&mut self, name: &str, args: &[u64]) -> &mut Self {
		let address = self.room(8);
		self.syscall(name, args).keep(address).syscall("output", &[address, 8])
	}

	/// Stores the last syscall's result, which has 8 bytes, at `address`.
	pub fn keep(&mut self, address: u64) -> &mut Self {
		self.instruction(asm::store_u64(Reg::A0, address as i32))
	}

	/// Returns. Another entry may follow.
	pub fn returns_here(&mut self) -> &mut Self {
		self.instruction(asm::ret())
	}

	/// Ends in an endless loop.
	pub fn spins(&mut self) -> Vec<u8> {
		self.instruction(asm::fallthrough());
		let block = self.code.iter().filter(|it| it.starts_new_basic_block()).count();
		self.instruction(asm::jump(block as u32)).blob()
	}

	/// Ends in a trap.
	pub fn traps(&mut self) -> Vec<u8> {
		self.instruction(asm::trap()).blob()
	}

	/// Ends by returning.
	pub fn ends(&mut self) -> Vec<u8> {
		self.instruction(asm::ret()).blob()
	}

	/// Builds the program.
	pub fn blob(&self) -> Vec<u8> {
		let mut builder = builder();
		for import in &self.imports {
			builder.add_import(import.as_bytes());
		}
		builder.set_stack_size(4_096);
		builder.set_rw_data_size(MEMORY);
		builder.set_rw_data(self.data.clone());
		if self.exports.is_empty() {
			builder.add_export_by_basic_block(0, b"main");
		}
		for (at, name) in &self.exports {
			builder.add_export_by_instruction(*at as u32, name.as_bytes());
		}
		builder.set_code(&self.code, &[]);
		builder.to_vec().expect("the instructions make a program")
	}
}

/// A builder for the accepted instruction set.
pub fn builder() -> ProgramBlobBuilder {
	ProgramBlobBuilder::new(InstructionSetKind::ReviveV1)
}

/// Replaces the code section of `blob` by one that no builder makes. The format: a magic number of 4 bytes, a
/// version byte, the length as `u64`, then sections of an id, a length and content.
pub fn with_code_section(blob: &[u8], section: &[u8]) -> Vec<u8> {
	const CODE: u8 = 6;
	const HEADER: usize = 4 + 1 + 8;
	let (header, mut rest) = blob.split_at(HEADER);
	let mut result = header.to_vec();
	while let [id @ 1..=u8::MAX, len, ..] = *rest {
		assert!(len < 0x80, "lengths of one byte are enough for tests");
		let (old, next) = rest[2..].split_at(len.into());
		let content = if id == CODE { section } else { old };
		result.extend([id, content.len() as u8]);
		result.extend(content);
		rest = next;
	}
	result.extend(rest);
	let len = result.len() as u64;
	result[5..HEADER].copy_from_slice(&len.to_le_bytes());
	result
}
