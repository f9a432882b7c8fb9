//! Traces of executions: function calls, and the gas of each basic block in them.
//!
//! A traced program is interpreted one instruction at a time, with the same results and gas.

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

/// The maximal number of functions that are distinguished by their callers. Further calls are
/// counted in their caller.
pub const MAX_CALLS: usize = 10_000;

/// The maximal number of distinguished basic blocks, of all calls. Further ones are counted in the
/// first block of their call.
pub const MAX_BLOCKS: usize = 100_000;

/// The maximal number of calls on the stack: more than fit into a stack of 64 KiB. Of a deeper
/// stack, the outermost calls are dropped, because a call need not use the stack.
pub const MAX_DEPTH: usize = 5_000;

/// The maximal number of jumps that are kept per call.
pub const MAX_JUMPS: usize = 64;

/// The steps between two checks of the time limit.
const STEPS_PER_LOOK: u32 = 1_024;

/// The trace of an execution since it was prepared.
pub struct Trace {
	transfers: Arc<Transfers>,
	calls: Vec<Call>,
	/// The calls, by caller, call site and callee.
	known: BTreeMap<(usize, u32, u32), usize>,
	/// The number of entries in the `blocks` of all calls.
	blocks: usize,
	stack: VecDeque<Frame>,
	/// The current instruction.
	at: Option<u32>,
	/// The effect of that instruction on the call stack, once its target is known.
	transfer: Option<Pending>,
	/// The gas that was left there.
	gas: Gas,
	/// The gas of the next charge that was paid for before.
	credit: Gas,
}

/// A function call: all executions of it from the same call site with the same callers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
	/// The index of the caller in [`Trace::calls`], and the offset of the call instruction. `None`
	/// for the entry.
	pub caller: Option<(usize, u32)>,
	/// The offset of the first instruction.
	pub entry: u32,
	/// The number of executions.
	pub count: u64,
	/// The basic blocks that it executed, without callees, by offset.
	pub blocks: BTreeMap<u32, Block>,
}

/// An executed basic block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
	/// The number of executions.
	pub count: u64,
	/// Its gas, at the prices of the tier that it ran on, without translation.
	pub gas: Gas,
}

struct Frame {
	call: usize,
	/// The offset of the call instruction.
	site: u32,
	/// The return address; `None` for the entry.
	return_to: Option<u32>,
	/// The jumps from its first instruction to the current one, without loops: source and target.
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

	/// The function calls. The first is the entry, and callers precede callees.
	pub fn calls(&self) -> &[Call] {
		&self.calls
	}

	/// The call stack, innermost first. Each element is a list of offsets: the current instruction
	/// or the call instruction, followed by the jumps that led there, the latest first.
	///
	/// The linker turns a call that never returns into a jump. Debug information tells whether a
	/// jump leads into another function.
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

	/// The number of entries of [`Self::calls`], their blocks and [`Self::backtrace`].
	pub fn details(&self) -> usize {
		let jumps: usize = self.stack.iter().map(|frame| 1 + frame.jumps.len()).sum();
		self.calls.len() + self.blocks + jumps
	}

	/// The offsets of the current instruction and of the innermost calls, at most `most`.
	pub fn sites(&self, most: usize) -> Vec<u32> {
		let calls = self.stack.iter().rev().map(|frame| frame.site);
		// The outermost frame is the entry, which has no call site.
		let calls = calls.take(self.stack.len().saturating_sub(1));
		self.at.into_iter().chain(calls).take(most).collect()
	}

	/// Runs `raw` until it stops for another reason than a step. `credit` is the part of the first
	/// charge that was paid for before.
	///
	/// Errs if PolkaVM errs, or if the deadline has passed.
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

	/// Records the instruction that `raw` will execute next.
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

	/// Records the remaining gas: the difference was charged for the block of the last instruction.
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

	/// Returns from the innermost call with this return address. `false` if there is none: then it
	/// is a jump.
	fn leave(&mut self, address: u32) -> bool {
		let returns = |frame: &Frame| frame.return_to == Some(address);
		let Some(above) = self.stack.iter().rev().position(returns) else { return false };
		self.stack.truncate(self.stack.len() - 1 - above);
		true
	}

	/// Records a jump, within the function or as a tail call.
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
