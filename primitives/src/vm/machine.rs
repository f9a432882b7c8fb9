//! A program's registers, memory and place in its code, on one tier, and the way to the other.

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

/// Bytes that are read at once when memory is compared with what it was at first.
const CHUNK: u32 = 16 * PAGE_SIZE;

/// A program that is or can be run.
pub struct Machine<E: Environment> {
	module: Arc<E::Module>,
	/// What going on costs. Its tier is the execution's; [`Self::runner_tier`] is that of the runner.
	pricing: Pricing,
	runner: Runner<E::Worker>,
	/// The tier whose price list the runner charges by: another than the execution's until it runs.
	runner_tier: Tier,
	/// Whether a worker was looked for on this tier.
	settled: bool,
	/// Gas that the next run gets back, since the block that it enters in the middle of was paid
	/// for and is charged again.
	credit: Gas,
	/// Whether the instance may serve another run of the program: it was entered at an export only,
	/// and neither trapped nor ran out of gas.
	reusable: bool,
	/// See [`Pooled::executed`]. Counts as long as it is [`Self::reusable`].
	executed: Gas,
	/// What it did since it was prepared, where it is traced.
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

/// Where a program runs.
enum Runner<W> {
	/// In this thread. Boxed, as it is large and moved from the pool to an instance and back.
	Interpreter(Box<RawInstance>),
	/// In a worker process.
	Worker(Box<W>),
	/// Nowhere any more.
	Left,
}

impl<W: Worker> Runner<W> {
	/// Does `what`, which may wait for a worker process.
	#[inline]
	fn with<T>(&mut self, what: impl FnOnce(&mut RawInstance) -> T) -> T {
		match self {
			Runner::Interpreter(raw) => what(raw),
			Runner::Worker(worker) => worker.with(what),
			Runner::Taken => unreachable!("a machine is not used after its runner was taken; qed"),
		}
	}
}

fn interpret(program: &Program, tier: Tier) -> Result<Box<RawInstance>, String> {
	let module = program.interpreted(tier)?;
	module.instantiate().map(Box::new).map_err(|error| format!("instantiating failed: {error}"))
}

/// How a run ended.
pub struct Stop {
	/// Why.
	pub interrupt: InterruptKind,
	/// Gas that is left of what the run was given.
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

	/// What going on costs.
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

	/// Makes it enter the program at `pc` when it is run next.
	///
	/// An execution starts on tier one, whatever the instance did before. Translation that was paid for
	/// stays paid, unless the instance left the interpreter that has it.
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
			// Its memory is that of the call before.
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

	/// Runs until the program stops, with `gas`. `answered` says that it stopped at a syscall before.
	///
	/// Errs where the node is at fault, or time is up.
	pub fn run(
		&mut self,
		environment: &E,
		gas: Gas,
		answered: bool,
		deadline: Option<E::Deadline>,
	) -> Result<Stop, String> {
		if answered {
			self.pricing.stretch = 0;
		}
		let moves_down = self.pricing.short_stretches >= TIER_DOWN_SYSCALLS
			|| !environment.rules().has_tier_two();
		if self.pricing.tier == Tier::Two && moves_down {
			self.pricing = Pricing {
				tier: Tier::One,
				stretch: 0,
				// What the interpreter translated was lost with its instance.
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

	/// Runs on tier one until the program stops, or moves up and goes on from there.
	fn run_tier_one(
		&mut self,
		environment: &E,
		gas: Gas,
		deadline: Option<E::Deadline>,
	) -> Result<Stop, String> {
		let rules = environment.rules();
		let mut gas = gas;
		// A short call is over before it has to be known how large the program is.
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
			// Whether it moves does not depend on the gas that there is.
			let block = self.block_cost(Tier::One).unwrap_or(0);
			if block <= stretch - (slice - stop.gas_left) {
				return Ok(Stop { gas_left: left, ..stop });
			}
		}
		// From here on it is due to move, also where the gas does not suffice for it now. It moves to go
		// on: where it cannot pay for the next block, too, it stays as it is.
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

	/// What is still to be paid for translation.
	fn translation(&self, environment: &E) -> Translation {
		let rules = environment.rules();
		let all = rules.translation(self.program().charged_size(rules));
		let paid = self.pricing.translation_paid;
		Translation { rate: rules.translation_rate, paid, due: (all - paid).max(0) }
	}

	/// Counts what was used of a slice on tier one; gives its price.
	fn count(&mut self, translation: Translation, slice: Gas, stop: &Stop) -> Gas {
		let used = slice - stop.gas_left;
		let price = translation.price(used);
		self.pricing.translation_paid += price - used;
		self.pricing.stretch = self.pricing.stretch.saturating_add(used);
		price
	}

	/// Gas that it needs to go on, where it stopped for lack of it.
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

	/// What the block costs that comes next, without translation.
	fn block_cost(&self, tier: Tier) -> Option<Gas> {
		self.program().interpreted(tier).ok()?.calculate_gas_cost_for(self.next_pc()?)
	}

	/// Runs on the runner that it has, with `gas` of the runner's list, with looks at the clock.
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

	/// The deadline is heeded where it is traced: a slice takes many times longer then.
	fn run_slice(&mut self, gas: Gas, deadline: Option<E::Deadline>) -> Result<Stop, String> {
		// More than the VM counts up to is added when it is done.
		let charged = gas.checked_add(self.credit).unwrap_or(Gas::MAX);
		let withheld = gas - (charged - self.credit);
		let credit = mem::take(&mut self.credit);
		let trace = &mut self.trace;
		let (interrupt, gas_left) = self.runner.with(|raw| {
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

	/// Sees to it that the runner is one of the execution's tier: where native code can be had, a worker's
	/// for tier two, and for tier one, too, where only the recompiler runs. Elsewhere the interpreter's,
	/// with the price list of the tier.
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

	/// Goes on in another runner, which is as new, at `pc`, with registers and memory.
	fn move_to(
		&mut self,
		mut runner: Runner<E::Worker>,
		tier: Tier,
		pc: ProgramCounter,
	) -> Result<(), String> {
		self.changed_pages(|address, bytes| {
			runner.with(|raw| raw.write_memory(address, bytes))
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

	/// Lets the worker sleep that waits at a syscall, if it is in one: it waits by spinning, for a
	/// quick answer, and this one will not be quick.
	pub fn park(&mut self) -> Result<(), String> {
		match &self.runner {
			Runner::Interpreter(_) | Runner::Taken => Ok(()),
			// It changes nothing, since there is no such memory, but the worker has to do it, and
			// sleeps afterwards.
			Runner::Worker(_) => self
				.with(|raw| raw.set_accessible_aux_size(0))
				.map_err(|error| format!("a worker cannot be parked: {error}")),
		}
	}

	fn start_trace(&mut self, entry: ProgramCounter) {
		let transfers = self.program().transfers();
		self.trace = transfers.map(|transfers| Box::new(Trace::new(transfers.clone(), entry)));
	}

	/// What it did since it was prepared, where the engine traces.
	pub fn trace(&self) -> Option<&Trace> {
		self.trace.as_deref()
	}

	/// Where it goes on.
	pub fn next_pc(&self) -> Option<ProgramCounter> {
		self.raw().next_program_counter().or_else(|| self.raw().program_counter())
	}

	/// Where it is.
	pub fn pc(&self) -> Option<ProgramCounter> {
		self.raw().program_counter()
	}

	/// Makes it go on at `pc`, in a block that was paid for, at this price.
	pub fn enter(&mut self, pc: ProgramCounter, pricing: Pricing) -> Result<(), String> {
		self.credit = self.program().cost_of_reentry(self.runner_tier, pc)?;
		self.pricing = pricing;
		self.reusable = false;
		self.start_trace(pc);
		self.with(|raw| raw.set_next_program_counter(pc));
		Ok(())
	}

	/// Register `reg`.
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

	/// Whether all of the range may be accessed so. The memory map decides, which no backend has a
	/// say in.
	#[inline]
	pub fn is_accessible(&self, address: u32, len: u32, protection: MemoryProtection) -> bool {
		self.raw().is_memory_accessible(address, len, protection)
	}

	/// Fills `dest` from memory that is accessible.
	pub fn read(&mut self, address: u32, dest: &mut [u8]) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.read_memory_into(address, dest).map(drop))
	}

	/// Writes `src` to memory that is accessible.
	pub fn write(&mut self, address: u32, src: &[u8]) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.write_memory(address, src))
	}

	/// Zeroes memory that is accessible.
	pub fn zero(&mut self, address: u32, len: u32) -> Result<(), MemoryAccessError> {
		self.with(|raw| raw.zero_memory(address, len))
	}

	/// The pages that are not as they were at first.
	pub fn pages(&mut self) -> Result<Vec<Page>, String> {
		let mut pages = Vec::new();
		self.changed_pages(|address, bytes| {
			let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
			pages.push(Page { number: address / PAGE_SIZE, bytes: bytes[..len].to_vec() });
			Ok(())
		})?;
		Ok(pages)
	}

	/// Puts back what [`Self::pages`] gave; `false` where that is not of this program.
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

	/// Calls `visit` for each writable page that is not as it was at first, by rising address.
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

/// Whether `page` is what `initial`, followed by zeros, has at `offset`.
fn is_initial(page: &[u8], initial: &[u8], offset: usize) -> bool {
	let initial = initial.get(offset..).unwrap_or_default();
	let (same, zeros) = page.split_at(initial.len().min(page.len()));
	*same == initial[..same.len()] && zeros.iter().all(|byte| *byte == 0)
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
