//! What a traced execution did: its function calls, and the gas of each basic block in them.
//!
//! A program that is traced is interpreted one instruction at a time. Results and gas are the same as
//! without.

use super::{deadline::Deadline, limits::OUT_OF_TIME};
use crate::Gas;
use alloc::{
	collections::{BTreeMap, VecDeque},
	format,
	string::String,
	sync::Arc,
	vec,
	vec::Vec,
};
use polkavm::{InterruptKind, ProgramBlob, ProgramCounter, RawInstance, Reg};
use polkavm_common::program::{Instruction, ParsedInstruction};

/// The most functions that are distinguished by their callers. Further calls are counted in their caller.
pub const MAX_CALLS: usize = 10_000;

/// The most basic blocks that are distinguished, of all calls. Further ones are counted in the first block
/// of their call.
pub const MAX_BLOCKS: usize = 100_000;

/// The most calls on the stack: more than a stack of 64 KiB has room for. A program that calls deeper has
/// its outermost calls dropped, since a call need not use the stack.
pub const MAX_DEPTH: usize = 5_000;

/// The most jumps that are kept of a call.
pub const MAX_JUMPS: usize = 64;

/// Steps between two looks at the clock.
const STEPS_PER_LOOK: u32 = 1_024;

/// What an execution did since it was prepared.
pub struct Trace {
	transfers: Arc<Transfers>,
	calls: Vec<Call>,
	/// By caller, call site and callee.
	known: BTreeMap<(usize, u32, u32), usize>,
	/// Entries in the `blocks` of all calls.
	blocks: usize,
	stack: VecDeque<Frame>,
	/// The instruction that was stepped to last.
	at: Option<u32>,
	/// What that instruction does to the stack, once it is known where it leads.
	transfer: Option<Pending>,
	/// Gas that was left there.
	gas: Gas,
	/// Gas that is charged next and was paid for before.
	credit: Gas,
}

/// A function call: what was run in it, from all times that it was made from the same place with the
/// same callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
	/// Index of the caller in [`Trace::calls`], and the offset of the call instruction. `None` for the
	/// entry point.
	pub caller: Option<(usize, u32)>,
	/// Offset of the first instruction.
	pub entry: u32,
	/// How often it was made.
	pub count: u64,
	/// What was run in it, without what it called, by offset of the basic block.
	pub blocks: BTreeMap<u32, Block>,
}

/// A basic block that was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
	/// How often.
	pub count: u64,
	/// Its gas, at the prices of the tier that it was run on, without translation.
	pub gas: Gas,
}

struct Frame {
	call: usize,
	/// Offset of the call instruction.
	site: u32,
	/// The code address that it returns to; none for the entry point.
	return_to: Option<u32>,
	/// The jumps that led from its first instruction to the current one, without loops: source and target.
	jumps: Vec<(u32, u32)>,
}

#[derive(Clone, Copy)]
enum Pending {
	Call { return_to: u32 },
	Jump { address: u32 },
	Branch { next: u32 },
}

/// The instructions that may call, return or jump, by offset.
pub struct Transfers(BTreeMap<u32, Transfer>);

enum Transfer {
	Call { return_to: u32 },
	Jump { base: Reg, offset: u32 },
	Branch { next: u32 },
}

impl Transfers {
	pub(crate) fn of(blob: &ProgramBlob) -> Self {
		let transfer = |instruction: ParsedInstruction| match instruction.kind {
			Instruction::load_imm_and_jump(reg, value, _) if reg.get() == Reg::RA => {
				Some(Transfer::Call { return_to: value as u32 })
			},
			Instruction::load_imm_and_jump_indirect(reg, _, value, _) if reg.get() == Reg::RA => {
				Some(Transfer::Call { return_to: value as u32 })
			},
			Instruction::jump_indirect(base, offset) => {
				Some(Transfer::Jump { base: base.get(), offset: offset as u32 })
			},
			_ if instruction.starts_new_basic_block() => {
				Some(Transfer::Branch { next: instruction.next_offset.0 })
			},
			_ => None,
		};
		let all = blob.instructions();
		Self(all.filter_map(|it| Some((it.offset.0, transfer(it)?))).collect())
	}
}

impl Trace {
	pub(crate) fn new(transfers: Arc<Transfers>, entry: ProgramCounter) -> Self {
		let call = Call { entry: entry.0, count: 1, ..Call::default() };
		Self {
			transfers,
			calls: vec![call],
			known: BTreeMap::new(),
			blocks: 0,
			stack: [Frame { call: 0, site: entry.0, return_to: None, jumps: Vec::new() }].into(),
			at: None,
			transfer: None,
			gas: 0,
			credit: 0,
		}
	}

	/// Function calls. The first is the entry point, callers come before those that they call.
	pub fn calls(&self) -> &[Call] {
		&self.calls
	}

	/// The stack of calls, innermost first. Each is a list of offsets: of the current instruction, or of the
	/// instruction that made the next call, and then of the jumps that led there, the latest first.
	///
	/// The linker makes a jump of a call that never returns. Debug information tells whether a jump leads
	/// into another function.
	pub fn backtrace(&self) -> Vec<Vec<u32>> {
		let mut at = self.at;
		let mut backtrace = Vec::new();
		for frame in self.stack.iter().rev() {
			let jumps = frame.jumps.iter().rev().map(|(site, _)| *site);
			backtrace.push(at.into_iter().chain(jumps).collect());
			at = Some(frame.site);
		}
		backtrace
	}

	/// How many entries [`Self::calls`], their blocks and [`Self::backtrace`] have.
	pub fn details(&self) -> usize {
		let jumps: usize = self.stack.iter().map(|frame| 1 + frame.jumps.len()).sum();
		self.calls.len() + self.blocks + jumps
	}

	/// The offsets of the current instruction and of the innermost calls, `most` in all.
	pub fn sites(&self, most: usize) -> Vec<u32> {
		let calls = self.stack.iter().rev().map(|frame| frame.site);
		// The outermost frame's site is the entry point, which nothing called.
		let calls = calls.take(self.stack.len().saturating_sub(1));
		self.at.into_iter().chain(calls).take(most).collect()
	}

	/// Runs `raw` until it stops for another reason than a step. Of the gas that is charged first, `credit`
	/// is for a block that was paid for before.
	///
	/// Errs where PolkaVM does, and when the deadline is past.
	pub(crate) fn run<D: Deadline>(
		&mut self,
		raw: &mut RawInstance,
		credit: Gas,
		deadline: Option<D>,
	) -> Result<InterruptKind, String> {
		(self.gas, self.credit) = (raw.gas(), credit);
		let mut steps = 0;
		let interrupt = loop {
			match raw.run() {
				Ok(InterruptKind::Step) => self.step(raw),
				other => break other.map_err(|error| format!("running failed: {error}")),
			}
			steps += 1;
			if steps == STEPS_PER_LOOK {
				steps = 0;
				if deadline.is_some_and(Deadline::is_past) {
					return Err(OUT_OF_TIME.into());
				}
			}
		};
		self.charged(raw.gas());
		interrupt
	}

	/// It is about to run the instruction that `raw` is at.
	fn step(&mut self, raw: &RawInstance) {
		let Some(ProgramCounter(pc)) = raw.program_counter() else { return };
		self.charged(raw.gas());
		match self.at.zip(self.transfer.take()) {
			Some((site, Pending::Call { return_to })) => self.enter(site, return_to, pc),
			Some((site, Pending::Jump { address })) => {
				if !self.leave(address) {
					self.jumped(site, pc);
				}
			},
			Some((site, Pending::Branch { next })) if next != pc => self.jumped(site, pc),
			_ => {},
		}
		self.at = Some(pc);
		self.transfer = self.transfers.0.get(&pc).map(|transfer| match *transfer {
			Transfer::Call { return_to } => Pending::Call { return_to },
			Transfer::Branch { next } => Pending::Branch { next },
			Transfer::Jump { base, offset } => {
				// Code addresses have 32 bits.
				Pending::Jump { address: (raw.reg(base) as u32).wrapping_add(offset) }
			},
		});
	}

	/// So much gas is left: what is missing was charged for the block of the last instruction.
	fn charged(&mut self, gas: Gas) {
		let charged = self.gas - gas;
		self.gas = gas;
		let (Some(at), true) = (self.at, charged > 0) else { return };
		let paid_before = self.credit.min(charged);
		self.credit = 0;
		let call = self.stack.back().map_or(0, |frame| frame.call);
		let Call { entry, blocks, .. } = &mut self.calls[call];
		let is_counted = self.blocks < MAX_BLOCKS || blocks.contains_key(&at);
		let at = if is_counted { at } else { *entry };
		let before = blocks.len();
		let block = blocks.entry(at).or_default();
		block.count += u64::from(paid_before == 0);
		block.gas += charged - paid_before;
		self.blocks += blocks.len() - before;
	}

	fn enter(&mut self, site: u32, return_to: u32, entry: u32) {
		let caller = self.stack.back().map_or(0, |frame| frame.call);
		let key = (caller, site, entry);
		let call = match self.known.get(&key) {
			Some(call) => *call,
			None if self.calls.len() >= MAX_CALLS => caller,
			None => {
				let call = Call { caller: Some((caller, site)), entry, ..Call::default() };
				self.calls.push(call);
				self.known.insert(key, self.calls.len() - 1);
				self.calls.len() - 1
			},
		};
		self.calls[call].count += u64::from(call != caller);
		if self.stack.len() == MAX_DEPTH {
			self.stack.pop_front();
		}
		self.stack.push_back(Frame { call, site, return_to: Some(return_to), jumps: Vec::new() });
	}

	/// Returns from the innermost call that returns to this code address. `false` where there is none: then it
	/// was a jump.
	fn leave(&mut self, address: u32) -> bool {
		let returns = |frame: &Frame| frame.return_to == Some(address);
		let Some(above) = self.stack.iter().rev().position(returns) else { return false };
		self.stack.truncate(self.stack.len() - 1 - above);
		true
	}

	/// Notes a jump, within the function or to one that takes its place.
	fn jumped(&mut self, site: u32, to: u32) {
		let Some(Frame { jumps, .. }) = self.stack.back_mut() else { return };
		match jumps.iter().position(|(_, known)| *known == to) {
			Some(index) => jumps.truncate(index + 1),
			None => {
				if jumps.len() == MAX_JUMPS {
					jumps.remove(0);
				}
				jumps.push((site, to));
			},
		}
	}
}
