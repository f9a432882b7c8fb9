//! The prices of executing programs, in gas. They are consensus: all nodes of a chain must have the
//! same.
//!
//! A unit of gas is [`PICOSECONDS_PER_GAS`](crate::PICOSECONDS_PER_GAS) on the machine of record.
//! An execution is on one of two *tiers*, each with the prices of its engine:
//!
//! - Tier one, where each execution starts, is the interpreter. Each instruction has the price in
//!   [`opcodes`]. Until the translation of the whole program is paid for, it also costs
//!   [`Rules::translation_rate`] times as much for translation.
//! - Tier two, for long computations, is native code with PolkaVM's cost model. Moving up has a
//!   price that covers compilation. It is charged each time, whether the node has cached the native
//!   code or not.
//!
//! The tier depends on gas and syscalls only. A node without native code interprets tier two at the
//! prices of tier two: slower, with the same gas.

use super::opcodes;
use crate::{snapshot::Tier, Gas};
use polkavm::{CacheModel, CostModelKind, CostModelRef};

/// The default of [`Rules::translation_rate`]. `virt-opcodes` raises the price of an opcode whose
/// translation takes longer than this many times its execution.
pub const TRANSLATION_RATE: Gas = 12;

/// The lowest price of an instruction on tier one.
pub const CHEAPEST: Gas = 8;

/// The maximal gas for translating an instruction: 35 ns, measured by `virt-opcodes`, and up to 60
/// ns for programs that need memory which the process has not used before.
const TRANSLATION_PER_INSTRUCTION: Gas = 170;

/// The maximal gas for translating a basic block: 50 ns.
const TRANSLATION_PER_BLOCK: Gas = 200;

/// The minimal gas for translating a program that runs for as long. Below it, instructions need not
/// be counted.
const MIN_TRANSLATION: Gas = 120_000;

/// The gas for translation above which a program counts as large: the translated code is then moved
/// in memory as it grows, and the rest costs [`LARGE_RATE`] times as much.
const LARGE_TRANSLATION: Gas = 360_000;

/// See [`LARGE_TRANSLATION`]. A fraction.
const LARGE_RATE: (Gas, Gas) = (5, 3);

/// The gas for moving up, independent of the program: a worker process from the pool, and the way
/// back.
const TIER_UP_BASE: Gas = 860_000;

/// The gas for moving up per compiled instruction: at most 75 ns.
const TIER_UP_PER_INSTRUCTION: Gas = 220;

/// The gas for moving up per basic block: at most 60 ns.
const TIER_UP_PER_BLOCK: Gas = 180;

/// The gas for moving up per declared page of 4 KiB, which is compared and copied.
const TIER_UP_PER_PAGE: Gas = 3_000;

/// The gas of computation that each syscall subtracts from the gas that counts for moving up: about the
/// time that a syscall takes longer from a worker process than from the interpreter, if other processes
/// keep all cores busy.
const TIER_UP_SYSCALL: Gas = TIER_UP_BASE / 16;

/// The number of consecutive syscalls on tier two, with less than [`TIER_DOWN_GAS`] before each,
/// after which an execution moves down: a worker process answers a syscall in 0.4 to 3 us, the
/// interpreter in 0.1 us.
pub const TIER_DOWN_SYSCALLS: u32 = 32;

/// See [`TIER_DOWN_SYSCALLS`].
pub const TIER_DOWN_GAS: Gas = 5_000;

/// The size of a program's code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
	/// Instructions.
	pub instructions: u32,
	/// Basic blocks.
	pub blocks: u32,
	/// The memory of an instance, in pages of 4 KiB.
	pub pages: u32,
}

impl Size {
	/// The gas for translating all of it for the interpreter.
	fn translation(self) -> Gas {
		let all = TRANSLATION_PER_INSTRUCTION * Gas::from(self.instructions)
			+ TRANSLATION_PER_BLOCK * Gas::from(self.blocks);
		all.max(MIN_TRANSLATION)
	}

	/// The gas for moving an execution of it to native code.
	pub fn tier_up(self) -> Gas {
		TIER_UP_BASE
			+ TIER_UP_PER_INSTRUCTION * Gas::from(self.instructions)
			+ TIER_UP_PER_BLOCK * Gas::from(self.blocks)
			+ TIER_UP_PER_PAGE * Gas::from(self.pages)
	}
}

/// When executions move, and what that costs. The default is consensus; tests set other rules on
/// all engines that they compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
	/// The gas for translation per unit of gas of tier one, until the translation of the whole
	/// program is paid for. No instruction takes longer to translate.
	pub translation_rate: Gas,
	/// When an execution moves up.
	pub tier_up: TierUp,
}

/// When an execution moves from tier one to tier two, and at what price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierUp {
	/// Both follow from the program's size.
	BySize,
	/// After this much gas on tier one, at this price, for any program. Each syscall subtracts an
	/// eighth of it.
	After {
		/// Gas on tier one.
		gas: Gas,
		/// The price of moving.
		price: Gas,
	},
	/// Never: all executions are on tier one. An execution that is restored on tier two moves down
	/// when it runs.
	Never,
}

impl Default for Rules {
	fn default() -> Self {
		Self { translation_rate: TRANSLATION_RATE, tier_up: TierUp::BySize }
	}
}

impl Rules {
	/// The rules of the embedded form, without native code.
	pub const EMBEDDED: Self = Self { translation_rate: TRANSLATION_RATE, tier_up: TierUp::Never };

	/// Whether a program is charged by the upper bound of its size, and not by its exact size. An embedded
	/// runtime keeps nothing between calls, and would have to count a program's instructions in each.
	pub(crate) fn is_size_a_bound(&self) -> bool {
		self.tier_up == TierUp::Never
	}

	/// The gas for translating a whole program for the interpreter.
	pub(crate) fn translation(&self, size: Size) -> Gas {
		if self.translation_rate == 0 {
			0
		} else {
			size.translation()
		}
	}

	/// The gas without a syscall that any execution can use on tier one: it pays for translation at
	/// the rate, and does not move up. `paid` was paid for translation before.
	pub(crate) fn sure_stretch(&self, stretch: Gas, paid: Gas) -> Gas {
		let most = match self.tier_up {
			_ if self.translation_rate == 0 || paid >= MIN_TRANSLATION => return 0,
			TierUp::BySize => TIER_UP_BASE / 2 - stretch,
			TierUp::After { .. } => return 0,
			TierUp::Never => Gas::MAX,
		};
		((MIN_TRANSLATION - paid) / self.translation_rate).min(most).max(0)
	}

	/// The gas that counts for moving up after a syscall. Computation between syscalls adds up if
	/// there is more of it than a syscall subtracts.
	pub(crate) fn stretch_after_syscall(&self, stretch: Gas) -> Gas {
		let subtracted = match self.tier_up {
			TierUp::BySize => TIER_UP_SYSCALL,
			TierUp::After { gas, .. } => gas / 8,
			TierUp::Never => return 0,
		};
		(stretch - subtracted).max(0)
	}

	/// Whether tier two is used.
	pub(crate) fn has_tier_two(&self) -> bool {
		self.tier_up != TierUp::Never
	}

	/// The price of moving up.
	pub(crate) fn tier_up_price(&self, size: Size) -> Gas {
		match self.tier_up {
			TierUp::BySize | TierUp::Never => size.tier_up(),
			TierUp::After { price, .. } => price,
		}
	}

	/// The gas after which an execution on tier one moves up, less what
	/// [`Self::stretch_after_syscall`] subtracts.
	///
	/// Half of the price of moving: a long computation has paid little before, and a short one does
	/// not pay for native code.
	pub(crate) fn tier_up_after(&self, size: Size) -> Gas {
		match self.tier_up {
			TierUp::BySize => size.tier_up() / 2,
			TierUp::After { gas, .. } => gas,
			TierUp::Never => Gas::MAX,
		}
	}
}

/// The charge for translation on tier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Translation {
	/// See [`Rules::translation_rate`].
	pub rate: Gas,
	/// The gas that was paid.
	pub paid: Gas,
	/// The maximal gas that remains to be paid.
	pub due: Gas,
}

impl Translation {
	/// The units of execution, of `gas`, that pay the first rate. Divides only if not all of them
	/// do.
	fn at_first_rate(self, gas: Gas) -> Gas {
		let room = (LARGE_TRANSLATION - self.paid).max(0);
		if gas.saturating_mul(self.rate) <= room {
			gas
		} else {
			room / self.rate
		}
	}

	fn later_rate(self) -> Gas {
		self.rate * LARGE_RATE.0 / LARGE_RATE.1
	}

	/// The price of `gas` units of execution, including translation.
	pub fn price(self, gas: Gas) -> Gas {
		let first = self.at_first_rate(gas);
		let later = (gas - first).saturating_mul(self.later_rate());
		gas.saturating_add((first * self.rate).saturating_add(later).min(self.due))
	}

	/// The maximal units of execution, up to `most`, whose price is at most `gas`.
	pub fn affordable(self, gas: Gas, most: Gas) -> Gas {
		// At the higher rate. Divides only if gas is scarce.
		if most.saturating_mul(1 + self.later_rate()) <= gas {
			return most;
		}
		let units = gas / (1 + self.rate);
		let first = self.at_first_rate(units);
		let rest = gas - first * (1 + self.rate);
		let later = if first == units { 0 } else { rest / (1 + self.later_rate()) };
		(first + later).max(gas.saturating_sub(self.due)).min(most)
	}
}

/// PolkaVM's cost model for a tier.
pub fn cost_model(tier: Tier) -> CostModelKind {
	match tier {
		Tier::One => CostModelKind::Simple(CostModelRef::from_static(&opcodes::PRICES)),
		Tier::Two => CostModelKind::Full(CacheModel::L2Hit),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn affordable_is_the_most_that_can_be_paid() {
		let (all, paid) = (
			[(0, 0), (12, 0), (12, 1), (12, 100), (12, 1_000_000), (1, 7)],
			[0, LARGE_TRANSLATION - 1_200, LARGE_TRANSLATION - 5, LARGE_TRANSLATION + 1],
		);
		for ((rate, due), paid) in all.into_iter().flat_map(|it| paid.map(|paid| (it, paid))) {
			let translation = Translation { rate, paid, due };
			for gas in (0..3_000).chain([1_000_000, Gas::MAX / 2]) {
				let most = translation.affordable(gas, Gas::MAX);
				assert!(translation.price(most) <= gas, "{translation:?} {gas}");
				assert!(translation.price(most + 1) > gas, "{translation:?} {gas}");
				for bound in [0, most / 7, most, most + 1] {
					assert_eq!(translation.affordable(gas, bound), most.min(bound));
				}
			}
		}
	}

	#[test]
	fn no_instruction_is_cheaper_than_the_cheapest() {
		let prices = include_str!("opcodes.rs").lines().filter_map(|line| {
			line.strip_prefix('\t')?.strip_suffix(',')?.split_once(": ")?.1.parse::<Gas>().ok()
		});
		assert_eq!(prices.min(), Some(CHEAPEST));
	}

	#[test]
	fn price_does_not_depend_on_the_pieces() {
		for (start, all) in [(0, 500), (LARGE_TRANSLATION - 240, 1_400)] {
			let whole = Translation { rate: 12, paid: start, due: all }.price(100);
			let (mut pieces, mut paid, mut due) = (0, start, all);
			for piece in [1, 30, 9, 60] {
				let price = Translation { rate: 12, paid, due }.price(piece);
				(pieces, due) = (pieces + price, due - (price - piece));
				paid += price - piece;
			}
			assert_eq!((pieces, due), (whole, 0));
		}
	}
}
