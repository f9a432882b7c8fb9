//! The machine of an instance: registers, memory and position on one tier, and moves to the other
//! tier.

use super::{
	deadline::Deadline,
	environment::{Environment, Event, Loaded, Pooled, Worker},
	limits::{OUT_OF_TIME, TIME_SLICE},
	prices::{Translation, TIER_DOWN_GAS, TIER_DOWN_SYSCALLS},
	program::Program,
	trace::Trace,
};
use crate::{
	snapshot::{Page, Pricing, Tier, PAGE_SIZE, REGISTERS},
	Gas, MAX_ARGUMENTS,
};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec::Vec};
use core::{mem, ops::Range};
use polkavm::{
	InterruptKind, MemoryAccessError, MemoryProtection, ProgramCounter, RawInstance, Reg,
};

/// The chunk size in bytes when memory is compared with the initial memory.
const CHUNK: u32 = 16 * PAGE_SIZE;

/// The state of an instance.
pub struct Machine<E: Environment> {
	module: Arc<E::Module>,
	/// The state that determines the price of continuing. Its tier is the execution's tier;
	/// [`Self::runner_tier`] is the runner's.
	pricing: Pricing,
	runner: Runner<E::Worker>,
	/// The tier whose prices the runner charges. It can differ from the execution's tier until the
	/// execution runs.
	runner_tier: Tier,
	/// Whether a worker was requested for this tier.
	settled: bool,
	/// The gas that the next run gets back: it enters a block in the middle that was already paid
	/// for and is charged again.
	credit: Gas,
	/// Whether the instance can be pooled: it was only entered at exports, and neither trapped nor
	/// ran out of gas.
	reusable: bool,
	/// See [`Pooled::executed`]. Only counted while [`Self::reusable`].
	executed: Gas,
	/// The trace since it was prepared, if the engine traces.
	trace: Option<Box<Trace>>,
}

impl<E: Environment> Drop for Machine<E> {
	fn drop(&mut self) {
		if !self.reusable {
			return;
		}
		if let Runner::Interpreter(raw) = mem::replace(&mut self.runner, Runner::Taken) {
			self.module.pool(Pooled { raw, executed: self.executed });
		}
	}
}

/// The PolkaVM instance that runs a program.
enum Runner<W> {
	/// In this thread. Boxed, because it is large and moved between the pool and machines.
	Interpreter(Box<RawInstance>),
	/// In a worker process.
	Worker(Box<W>),
	/// Moved to the pool.
	Taken,
}

impl<W: Worker> Runner<W> {
	/// Calls `what`, which may wait for a worker process.
	#[inline]
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		match self {
			Runner::Interpreter(raw) => what(raw),
			Runner::Worker(worker) => worker.with(what),
			Runner::Taken => unreachable!("a machine is not used after its runner was taken; qed"),
		}
	}

	/// Like [`Self::with`], for a run of the program.
	#[inline]
	fn run<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		match self {
			Runner::Worker(worker) => worker.run(what),
			_ => self.with(what),
		}
	}
}

fn interpret(program: &Program, tier: Tier) -> Result<Box<RawInstance>, String> {
	let module = program.interpreted(tier)?;
	module.instantiate().map(Box::new).map_err(|error| format!("instantiating failed: {error}"))
}

/// How a run ended.
pub struct Stop {
	/// The reason.
	pub interrupt: InterruptKind,
	/// The remaining gas of the run.
	pub gas_left: Gas,
}

impl<E: Environment> Machine<E> {
	/// A machine with the program's initial memory.
	pub fn new(module: Arc<E::Module>) -> Result<Self, String> {
		let Pooled { raw, executed } = match module.take_pooled() {
			Some(pooled) => pooled,
			None => Pooled { raw: interpret(module.program(), Tier::One)?, executed: 0 },
		};
		let pricing =
			Pricing { tier: Tier::One, stretch: 0, translation_paid: 0, short_stretches: 0 };
		Ok(Self {
			module,
			pricing,
			runner: Runner::Interpreter(raw),
			runner_tier: Tier::One,
			settled: false,
			credit: 0,
			reusable: true,
			executed,
			trace: None,
		})
	}

	/// The program.
	pub fn program(&self) -> &Program {
		self.module.program()
	}

	/// The state that determines the price of continuing.
	pub fn pricing(&self) -> Pricing {
		self.pricing
	}

	fn raw(&self) -> &RawInstance {
		match &self.runner {
			Runner::Interpreter(raw) => raw,
			Runner::Worker(worker) => worker.raw(),
			Runner::Taken => unreachable!("a machine is not used after its runner was taken; qed"),
		}
	}

	#[inline]
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		self.runner.with(what)
	}

	/// Prepares the entry at `pc` for the next run.
	///
	/// An execution starts on tier one, whatever the instance did before. Paid translation stays
	/// paid, unless the instance left the interpreter that has it.
	pub fn prepare(&mut self, pc: ProgramCounter, args: &[u64]) -> Result<(), String> {
		self.pricing = Pricing {
			tier: Tier::One,
			stretch: 0,
			translation_paid: match self.pricing.tier {
				Tier::One => self.pricing.translation_paid,
				Tier::Two => 0,
			},
			short_stretches: 0,
		};
		if self.runner_tier != Tier::One {
			// The memory of the previous call is kept.
			let from = self.next_pc().unwrap_or(pc);
			self.move_to(
				Runner::Interpreter(interpret(self.program(), Tier::One)?),
				Tier::One,
				from,
			)?;
		}
		self.credit = 0;
		self.start_trace(pc);
		self.with(|raw| raw.prepare_call_untyped(pc, args));
		Ok(())
	}

	/// Runs with `gas` until the program stops. `answered` is whether it had stopped at a syscall.
	///
	/// Errs on a host fault, or if the time limit has passed.
	pub fn run(
		&mut self,
		environment: &E,
		gas: Gas,
		answered: bool,
		deadline: Option<E::Deadline>,
	) -> Result<Stop, String> {
		if answered {
			self.pricing.stretch = environment.rules().stretch_after_syscall(self.pricing.stretch);
		}
		let moves_down = self.pricing.short_stretches >= TIER_DOWN_SYSCALLS
			|| !environment.rules().has_tier_two();
		if self.pricing.tier == Tier::Two && moves_down {
			self.pricing = Pricing {
				tier: Tier::One,
				stretch: 0,
				// The translated code was lost with the interpreter's instance.
				translation_paid: 0,
				short_stretches: 0,
			};
			environment.count(Event::TierDown);
		}
		self.use_runner_of_tier(environment)?;
		let stop = match self.pricing.tier {
			Tier::One => self.run_tier_one(environment, gas, deadline)?,
			Tier::Two => self.run_slices(gas, deadline)?,
		};
		let short = self.pricing.tier == Tier::Two
			&& matches!(stop.interrupt, InterruptKind::Ecalli(_))
			&& gas - stop.gas_left < TIER_DOWN_GAS;
		// An interruption by lack of gas does not count.
		if !matches!(stop.interrupt, InterruptKind::NotEnoughGas) {
			self.pricing.short_stretches = if short { self.pricing.short_stretches + 1 } else { 0 };
		}
		Ok(stop)
	}

	/// Runs on tier one until the program stops, or moves up and continues on tier two.
	fn run_tier_one(
		&mut self,
		environment: &E,
		gas: Gas,
		deadline: Option<E::Deadline>,
	) -> Result<Stop, String> {
		let rules = environment.rules();
		let mut gas = gas;
		// A short call ends before the size of the program must be known.
		let Pricing { stretch, translation_paid, .. } = self.pricing;
		let sure = rules.sure_stretch(stretch, translation_paid);
		if sure > 0 && sure * (1 + rules.translation_rate) <= gas {
			let stop = self.run_slices(sure, deadline)?;
			let (rate, paid) = (rules.translation_rate, translation_paid);
			gas -= self.count(Translation { rate, paid, due: Gas::MAX }, sure, &stop);
			if stop.interrupt != InterruptKind::NotEnoughGas {
				return Ok(Stop { gas_left: gas, ..stop });
			}
		}
		let size = self.program().charged_size(environment.rules());
		let after = rules.tier_up_after(size);
		let translation = self.translation(environment);
		let stretch = (after - self.pricing.stretch).max(0);
		let slice = translation.affordable(gas, stretch);
		let stop = self.run_slices(slice, deadline)?;
		let left = gas - self.count(translation, slice, &stop);
		if stop.interrupt != InterruptKind::NotEnoughGas {
			return Ok(Stop { gas_left: left, ..stop });
		}
		if slice < stretch {
			// Whether it moves does not depend on the remaining gas.
			let block = self.block_cost(Tier::One).unwrap_or(0);
			if block <= stretch - (slice - stop.gas_left) {
				return Ok(Stop { gas_left: left, ..stop });
			}
		}
		// From here on it must move, even if the gas does not suffice yet. It moves only to
		// continue: if it cannot pay for the next block either, it stays.
		self.pricing.stretch = self.pricing.stretch.max(after);
		let price = rules.tier_up_price(size);
		if left < price.saturating_add(self.block_cost(Tier::Two).unwrap_or(0)) {
			return Ok(Stop { gas_left: left, ..stop });
		}
		let left = left - price;
		self.pricing = Pricing { tier: Tier::Two, stretch: 0, ..self.pricing };
		environment.count(Event::TierUp);
		self.use_runner_of_tier(environment)?;
		self.run_slices(left, deadline)
	}

	/// The rest of the price of translation.
	fn translation(&self, environment: &E) -> Translation {
		let rules = environment.rules();
		let all = rules.translation(self.program().charged_size(rules));
		let paid = self.pricing.translation_paid;
		Translation { rate: rules.translation_rate, paid, due: (all - paid).max(0) }
	}

	/// Counts the used gas of a slice on tier one, and returns its price.
	fn count(&mut self, translation: Translation, slice: Gas, stop: &Stop) -> Gas {
		let used = slice - stop.gas_left;
		let price = translation.price(used);
		self.pricing.translation_paid += price - used;
		self.pricing.stretch = self.pricing.stretch.saturating_add(used);
		price
	}

	/// The gas that it needs to continue, if it stopped for lack of gas.
	pub fn gas_needed(&self, environment: &E) -> Option<Gas> {
		let Pricing { tier, stretch, .. } = self.pricing;
		let size = self.program().charged_size(environment.rules());
		let moves = tier == Tier::One && stretch >= environment.rules().tier_up_after(size);
		if moves {
			return Some(environment.rules().tier_up_price(size) + self.block_cost(Tier::Two)?);
		}
		Some(match tier {
			Tier::One => self.translation(environment).price(self.block_cost(tier)?),
			Tier::Two => self.block_cost(tier)?,
		})
	}

	/// The gas of the next block, without translation.
	fn block_cost(&self, tier: Tier) -> Option<Gas> {
		self.program().interpreted(tier).ok()?.calculate_gas_cost_for(self.next_pc()?)
	}

	/// Runs on the current runner with `gas`, in the runner's prices, and checks the time limit.
	fn run_slices(&mut self, gas: Gas, deadline: Option<E::Deadline>) -> Result<Stop, String> {
		let Some(deadline) = deadline else { return self.run_slice(gas, None) };
		let mut left = gas;
		loop {
			if deadline.is_past() {
				return Err(OUT_OF_TIME.into());
			}
			let slice = left.min(TIME_SLICE);
			let stop = self.run_slice(slice, Some(deadline))?;
			if stop.interrupt != InterruptKind::NotEnoughGas || slice == left {
				return Ok(Stop { gas_left: left - slice + stop.gas_left, ..stop });
			}
			if stop.gas_left == slice {
				// A block that costs more than a slice.
				return self.run_slice(left, Some(deadline));
			}
			left -= slice - stop.gas_left;
		}
	}

	/// A trace checks the deadline itself, because a slice takes much longer when traced.
	fn run_slice(&mut self, gas: Gas, deadline: Option<E::Deadline>) -> Result<Stop, String> {
		// Gas above the VM's maximum is withheld and added back afterwards.
		let charged = gas.checked_add(self.credit).unwrap_or(Gas::MAX);
		let withheld = gas - (charged - self.credit);
		let credit = mem::take(&mut self.credit);
		let trace = &mut self.trace;
		let (interrupt, gas_left) = self.runner.run(|raw| {
			raw.set_gas(charged);
			match trace {
				Some(trace) => (trace.run(raw, credit, deadline), raw.gas()),
				None => {
					let interrupt = raw.run().map_err(|error| format!("running failed: {error}"));
					(interrupt, raw.gas())
				},
			}
		});
		self.reusable &=
			matches!(interrupt, Ok(InterruptKind::Finished | InterruptKind::Ecalli(_)));
		self.executed = self.executed.saturating_add(charged.saturating_sub(gas_left));
		Ok(Stop { interrupt: interrupt?, gas_left: gas_left + withheld })
	}

	/// Switches to a runner of the execution's tier, if necessary: a worker for tier two, and also
	/// for tier one if the environment is native only; without a worker, the interpreter with the
	/// prices of the tier.
	fn use_runner_of_tier(&mut self, environment: &E) -> Result<(), String> {
		let tier = self.pricing.tier;
		let native = tier == Tier::Two || environment.is_native_only();
		if self.runner_tier == tier && (self.settled || !native) {
			return Ok(());
		}
		let worker = if native { environment.worker(&self.module, tier)? } else { None };
		let runner = match worker {
			Some(worker) => Runner::Worker(Box::new(worker)),
			None if self.runner_tier == tier => {
				self.settled = true;
				return Ok(());
			},
			None => Runner::Interpreter(interpret(self.program(), tier)?),
		};
		let pc = self.next_pc().ok_or("a program that can go on knows where")?;
		self.move_to(runner, tier, pc)?;
		self.settled = true;
		Ok(())
	}

	/// Moves registers and memory to a new runner, which continues at `pc`.
	fn move_to(
		&mut self,
		mut runner: Runner<E::Worker>,
		tier: Tier,
		pc: ProgramCounter,
	) -> Result<(), String> {
		self.changed_pages(|address, bytes| {
			runner
				.with(|raw| raw.write_memory(address, bytes))
				.map_err(|error| format!("memory cannot be moved: {error}"))
		})?;
		let registers = self.registers();
		runner.with(|raw| {
			for (reg, value) in Reg::ALL.into_iter().zip(registers) {
				raw.set_reg(reg, value);
			}
			raw.set_next_program_counter(pc);
		});
		self.credit = self.program().cost_of_reentry(tier, pc)?;
		self.reusable = false;
		self.runner = runner;
		self.runner_tier = tier;
		self.settled = false;
		Ok(())
	}

	/// Lets a worker that waits at a syscall sleep. It waits by spinning, for a quick answer, and
	/// this answer will take longer.
	pub fn park(&mut self) -> Result<(), String> {
		match &self.runner {
			Runner::Interpreter(_) | Runner::Taken => Ok(()),
			// This changes nothing, because the program has no auxiliary memory, but the worker
			// handles it and sleeps afterwards.
			Runner::Worker(_) => self
				.with(|raw| raw.set_accessible_aux_size(0))
				.map_err(|error| format!("a worker cannot be parked: {error}")),
		}
	}

	fn start_trace(&mut self, entry: ProgramCounter) {
		let transfers = self.program().transfers();
		self.trace = transfers.map(|transfers| Box::new(Trace::new(transfers.clone(), entry)));
	}

	/// The trace since it was prepared, if the engine traces.
	pub fn trace(&self) -> Option<&Trace> {
		self.trace.as_deref()
	}

	/// The offset where it continues.
	pub fn next_pc(&self) -> Option<ProgramCounter> {
		self.raw().next_program_counter().or_else(|| self.raw().program_counter())
	}

	/// The current offset.
	pub fn pc(&self) -> Option<ProgramCounter> {
		self.raw().program_counter()
	}

	/// Continues at `pc`, in a block that was already paid for, with this pricing.
	pub fn enter(&mut self, pc: ProgramCounter, pricing: Pricing) -> Result<(), String> {
		self.credit = self.program().cost_of_reentry(self.runner_tier, pc)?;
		self.pricing = pricing;
		self.reusable = false;
		self.start_trace(pc);
		self.with(|raw| raw.set_next_program_counter(pc));
		Ok(())
	}

	/// Reads register `reg`.
	pub fn reg(&self, reg: Reg) -> u64 {
		self.raw().reg(reg)
	}

	/// Sets register `reg`.
	pub fn set_reg(&mut self, reg: Reg, value: u64) {
		self.with(|raw| raw.set_reg(reg, value));
	}

	/// Registers a0 to a5.
	pub fn args(&self) -> [u64; MAX_ARGUMENTS] {
		let raw = self.raw();
		core::array::from_fn(|index| raw.reg(Reg::ARG_REGS[index]))
	}

	/// All registers, in PolkaVM's order.
	pub fn registers(&self) -> [u64; REGISTERS] {
		let raw = self.raw();
		Reg::ALL.map(|reg| raw.reg(reg))
	}

	/// Whether the whole range is accessible in this way, according to the program's memory map,
	/// which is the same on all backends.
	#[inline]
	pub fn is_accessible(&self, address: u32, len: u32, protection: MemoryProtection) -> bool {
		self.raw().is_memory_accessible(address, len, protection)
	}

	/// Reads accessible memory into `dest`.
	pub fn read(&mut self, address: u32, dest: &mut [u8]) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.read_memory_into(address, dest).map(drop))
	}

	/// Writes `src` to accessible memory.
	pub fn write(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.write_memory(address, src))
	}

	/// Zeroes accessible memory.
	pub fn zero(&mut self, address: u32, len: u32) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.zero_memory(address, len))
	}

	/// The pages that differ from the initial memory.
	pub fn pages(&mut self) -> Result<Vec<Page>, String> {
		let mut pages = Vec::new();
		self.changed_pages(|address, bytes| {
			let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
			pages.push(Page { number: address / PAGE_SIZE, bytes: bytes[..len].to_vec() });
			Ok(())
		})?;
		Ok(pages)
	}

	/// Restores the result of [`Self::pages`]; `false` if it is not of this program.
	pub fn set_pages(&mut self, pages: &[Page]) -> Result<bool, String> {
		for page in pages {
			let Some(address) = page.number.checked_mul(PAGE_SIZE) else { return Ok(false) };
			if !self.is_accessible(address, PAGE_SIZE, MemoryProtection::ReadWrite) {
				return Ok(false);
			}
			let mut bytes = [0; PAGE_SIZE as usize];
			let Some(start) = bytes.get_mut(..page.bytes.len()) else { return Ok(false) };
			start.copy_from_slice(&page.bytes);
			self.write(address, &bytes)
				.map_err(|error| format!("memory cannot be restored: {error}"))?;
		}
		Ok(true)
	}

	/// Calls `visit` for each writable page that differs from the initial memory, sorted by
	/// address.
	fn changed_pages(
		&mut self,
		mut visit: impl FnMut(u32, &[u8]) -> Result<(), String>,
	) -> Result<(), String> {
		let module = self.module.clone();
		let program = module.program();
		let map = program.memory_map();
		let data = map.rw_data_address()..map.rw_data_address() + map.rw_data_size();
		let mut chunk = [0; CHUNK as usize];
		for (range, initial) in [(data, program.initial_data()), (map.stack_range(), &[][..])] {
			for Range { start, end } in chunks(range.clone()) {
				let chunk = &mut chunk[..(end - start) as usize];
				self.read(start, chunk)
					.map_err(|error| format!("memory cannot be read: {error}"))?;
				for (index, page) in chunk.chunks(PAGE_SIZE as usize).enumerate() {
					let address = start + index as u32 * PAGE_SIZE;
					if !is_initial(page, initial, (address - range.start) as usize) {
						visit(address, page)?;
					}
				}
			}
		}
		Ok(())
	}
}

fn chunks(range: Range<u32>) -> impl Iterator<Item = Range<u32>> {
	let end = range.end;
	range.step_by(CHUNK as usize).map(move |start| start..end.min(start.saturating_add(CHUNK)))
}

/// Whether `page` equals `initial`, followed by zeros, at `offset`. A page has at most [`PAGE_SIZE`] bytes.
fn is_initial(page: &[u8], initial: &[u8], offset: usize) -> bool {
	// Comparing slices is much faster than comparing each byte with zero.
	const ZEROS: &[u8] = &[0; PAGE_SIZE as usize];
	let initial = initial.get(offset..).unwrap_or_default();
	let (same, zeros) = page.split_at(initial.len().min(page.len()));
	*same == initial[..same.len()] && *zeros == ZEROS[..zeros.len()]
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn initial_pages_are_told_from_others() {
		assert!(is_initial(&[1, 2, 0, 0], &[1, 2], 0));
		assert!(is_initial(&[2, 0], &[1, 2], 1));
		assert!(is_initial(&[0, 0], &[1, 2], 2));
		assert!(is_initial(&[0, 0], &[1, 2], 100));
		assert!(is_initial(&[1, 2], &[1, 2, 3], 0));
		assert!(!is_initial(&[1, 2, 0, 1], &[1, 2], 0));
		assert!(!is_initial(&[1, 3], &[1, 2], 0));
		assert!(!is_initial(&[0, 1], &[], 0));
	}

	#[test]
	fn chunks_cover_a_range() {
		assert_eq!(chunks(0..0).count(), 0);
		let whole: Vec<_> = chunks(PAGE_SIZE..CHUNK * 2).collect();
		assert_eq!(whole, [PAGE_SIZE..PAGE_SIZE + CHUNK, PAGE_SIZE + CHUNK..CHUNK * 2]);
	}
}
