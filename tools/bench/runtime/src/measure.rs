//! Does what is asked, the same way for both interfaces.

use crate::{
	gauge::gauge,
	task::{Measured, Task},
};
use alloc::vec::Vec;

/// More than any of it needs.
pub const GAS: i64 = 1 << 50;

/// Longest that a program exchanges, in bytes.
pub const LONGEST: usize = 4096;

/// How an interface runs a program. Whatever fails is a bug, and panics.
pub trait Virtualization {
	/// A loaded program.
	type Module;
	/// An idle instance.
	type Instance;

	/// Loads the program in storage under `key`.
	fn load(key: &[u8]) -> Self::Module;

	/// Makes an instance, unless there are too many.
	fn instantiate(module: &Self::Module) -> Option<Self::Instance>;

	/// Calls an entry to its end and gives what it reported. At each syscall `nothing`, does what
	/// is `inside`.
	fn call(
		instance: Self::Instance,
		entry: &[u8],
		argument: u64,
		inside: impl FnMut(),
	) -> (Self::Instance, u64);
}

/// What the syscall `exchange` does to the bytes: increments the first and the last eight.
pub fn change(bytes: &mut [u8]) {
	for start in [0, bytes.len() - 8] {
		let word: &mut [u8; 8] =
			(&mut bytes[start..start + 8]).try_into().expect("it takes 8 bytes; qed");
		*word = (u64::from_le_bytes(*word) + 1).to_le_bytes();
	}
}

/// Does `task`.
pub fn measure<V: Virtualization>(task: Task) -> Measured {
	match task {
		Task::Call { key, entry, argument, times } => {
			let mut instance = instance::<V>(&V::load(&key));
			let mut sum = 0;
			let start = gauge::now();
			for _ in 0..times {
				let (idle, reported) = V::call(instance, &entry, argument, || ());
				(instance, sum) = (idle, reported.wrapping_add(sum));
			}
			Measured { nanoseconds: gauge::now() - start, sum, grown: 0 }
		},
		Task::Load { key, entry, argument, before, times } => {
			let once = || drop(V::call(instance::<V>(&V::load(&key)), &entry, argument, || ()));
			(0..before).for_each(|_| once());
			let start = gauge::now();
			(0..times).for_each(|_| once());
			Measured { nanoseconds: gauge::now() - start, sum: times.into(), grown: 0 }
		},
		Task::Nest { key, depth, times } => {
			let module = V::load(&key);
			let start = gauge::now();
			let sum = (0..times).map(|_| nest::<V>(&module, depth)).sum();
			Measured { nanoseconds: gauge::now() - start, sum, grown: 0 }
		},
		Task::Live { key, count, limit } => {
			let module = V::load(&key);
			let before = gauge::resident();
			let start = gauge::now();
			let mut instances = Vec::new();
			while instances.len() < count as usize && gauge::now() - start < limit {
				let Some(instance) = V::instantiate(&module) else { break };
				instances.push(V::call(instance, b"empty", 0, || ()).0);
			}
			let nanoseconds = gauge::now() - start;
			let grown = gauge::resident().saturating_sub(before);
			Measured { nanoseconds, sum: instances.len() as u64, grown }
		},
	}
}

fn instance<V: Virtualization>(module: &V::Module) -> V::Instance {
	V::instantiate(module).expect("there is room for an instance")
}

/// Runs `depth` programs, each but the first within a syscall of the one before.
fn nest<V: Virtualization>(module: &V::Module, depth: u32) -> u64 {
	let mut inner = 0;
	let inside = || inner = if depth > 1 { nest::<V>(module, depth - 1) } else { 0 };
	let (_, reported) = V::call(instance::<V>(module), b"nest", 0, inside);
	reported + inner
}
