//! What is measured.

use crate::work;
use std::{hint::black_box, time::Duration};

/// A line of the table.
#[derive(Clone, Copy)]
pub struct Row {
	/// What `docs/benchmarks.md` explains it under.
	pub name: &'static str,
	/// What is done.
	pub kind: Kind,
}

/// What is done in a round.
#[derive(Clone, Copy)]
pub enum Kind {
	/// A syscall. The entry makes as many as its argument says, which is [`SYSCALLS`] at least.
	Syscall {
		/// Of the program `bench`.
		entry: &'static str,
		/// What a round adds to what it reports.
		sum: u64,
	},
	/// A syscall after each so many steps of computing: as [`Self::Syscall`], with 1 for each.
	Paced {
		/// Of the program `bench`.
		entry: &'static str,
	},
	/// A call that computes.
	Work {
		/// Of the program `bench`.
		entry: &'static str,
		/// Its argument: so that a call takes some 10 ms of native code.
		argument: u64,
		/// The same natively.
		native: fn(u64) -> u64,
	},
	/// Load, instantiate, call `empty`.
	Load {
		/// The program's size in bytes.
		size: usize,
		/// Who saw it before.
		seen: Seen,
	},
	/// Load a program that the block knows, instantiate it, have it compute for about a
	/// microsecond.
	Short,
	/// Run this many programs, each within a syscall of the one before.
	Nest(u32),
	/// Make this many instances and call each once.
	Live(u32),
}

/// Who has seen a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Seen {
	/// Nobody: new to the process.
	Never,
	/// The process, not this block.
	Before,
	/// This block.
	InBlock,
}

/// Fewest syscalls in a call: so that it is not the call that is measured.
pub const SYSCALLS: u32 = 1_000;

/// Fewest syscalls in a call of [`Kind::Paced`].
pub const PACED: u32 = 100;

/// Argument of `compute` in [`Kind::Short`].
pub const SHORT: u64 = 200;

/// After so long, no further instance is made.
pub const LIVE_LIMIT: Duration = Duration::from_secs(10);

/// Every line, in the order of the table.
pub const ROWS: &[Row] = &[
	Row { name: "live instances", kind: Kind::Live(1_000) },
	Row { name: "empty syscall", kind: Kind::Syscall { entry: "syscalls", sum: 1 } },
	Row { name: "syscall, 32 B each way", kind: Kind::Syscall { entry: "exchange_32", sum: 2 } },
	Row { name: "syscall, 4 KiB each way", kind: Kind::Syscall { entry: "exchange_4096", sum: 2 } },
	Row { name: "syscall every 10 us", kind: Kind::Paced { entry: "every_10_us" } },
	Row { name: "syscall every 100 us", kind: Kind::Paced { entry: "every_100_us" } },
	Row {
		name: "compute loop",
		kind: Kind::Work { entry: "compute", argument: 3_000_000, native: compute },
	},
	Row { name: "sieve", kind: Kind::Work { entry: "sieve", argument: 50, native: sieve } },
	Row { name: "sha-256", kind: Kind::Work { entry: "sha256", argument: 40_000, native: sha256 } },
	load("load 1 KiB, new to the node", 1, Seen::Never),
	load("load 1 KiB, first in a block", 1, Seen::Before),
	load("load 1 KiB, again", 1, Seen::InBlock),
	load("load 64 KiB, new to the node", 64, Seen::Never),
	load("load 64 KiB, first in a block", 64, Seen::Before),
	load("load 64 KiB, again", 64, Seen::InBlock),
	load("load 512 KiB, new to the node", 512, Seen::Never),
	load("load 512 KiB, first in a block", 512, Seen::Before),
	load("load 512 KiB, again", 512, Seen::InBlock),
	Row { name: "short call", kind: Kind::Short },
	Row { name: "25 nested programs", kind: Kind::Nest(25) },
];

const fn load(name: &'static str, kib: usize, seen: Seen) -> Row {
	Row { name, kind: Kind::Load { size: kib << 10, seen } }
}

fn compute(argument: u64) -> u64 {
	black_box(work::compute(black_box(argument)))
}

fn sieve(argument: u64) -> u64 {
	black_box(work::sieve(black_box(argument), black_box(&mut [0; work::SIEVE])))
}

fn sha256(argument: u64) -> u64 {
	black_box(work::sha256(black_box(argument)))
}

impl Row {
	/// What `rounds` rounds have to give; of [`Kind::Live`] it is the most that can come.
	pub fn expected(&self, rounds: u32) -> u64 {
		let rounds = u64::from(rounds);
		match self.kind {
			Kind::Syscall { sum, .. } => rounds * sum,
			Kind::Paced { .. } => rounds,
			Kind::Work { argument, native, .. } => rounds.wrapping_mul(native(argument)),
			Kind::Load { .. } | Kind::Short => rounds,
			Kind::Nest(depth) => rounds * u64::from(depth),
			Kind::Live(count) => u64::from(count),
		}
	}
}
