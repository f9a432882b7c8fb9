//! Affinity and time slices, by system calls.

use std::{cell::Cell, mem};

/// The requested time slice of workers and of the threads that wait for them, in nanoseconds: the
/// shortest that Linux grants. It has an effect from Linux 6.12 on.
const SLICE: u64 = 100_000;

/// Keeps a worker process off the core of the thread that waits for it.
pub struct Apart {
	worker: Option<u32>,
	/// The core of the thread at the last run. -1 if unknown.
	core: i32,
	all: libc::cpu_set_t,
}

impl Apart {
	/// For the worker with this process id.
	pub fn new(worker: Option<u32>) -> Self {
		thread_local!(static IS_SHORT: Cell<bool> = const { Cell::new(false) });
		if !IS_SHORT.replace(true) {
			request_short_slices(0);
		}
		if let Some(pid) = worker {
			request_short_slices(pid);
		}
		Self { worker, core: -1, all: affinity() }
	}

	/// To be called before each wait. It only has work if the thread has moved to another core.
	#[inline]
	pub fn keep(&mut self) {
		// SAFETY: it has no arguments.
		let core = unsafe { libc::sched_getcpu() };
		if core != self.core {
			self.core = core;
			self.leave();
		}
	}

	#[cold]
	fn leave(&self) {
		let (Some(worker), Ok(core)) = (self.worker, usize::try_from(self.core)) else { return };
		let mut others = self.all;
		if core < libc::CPU_SETSIZE as usize {
			// SAFETY: the number is within the set.
			unsafe { libc::CPU_CLR(core, &mut others) };
		}
		// Refused if no core is left.
		set_affinity(worker, &others);
	}
}

/// The head of the kernel's `struct sched_attr`, see sched_setattr(2).
#[repr(C)]
#[derive(Default)]
struct SchedAttr {
	size: u32,
	policy: u32,
	flags: u64,
	nice: i32,
	priority: u32,
	/// For ordinary threads, the time slice.
	runtime: u64,
	deadline: u64,
	period: u64,
}

/// Requests short time slices for a process or thread; 0 is this thread. Without effect on older
/// kernels, and for threads with another policy than the default one.
fn request_short_slices(pid: u32) {
	let mut attr = SchedAttr::default();
	let size = mem::size_of::<SchedAttr>() as u32;
	// SAFETY: the kernel writes at most `size` bytes, and only reads in the second call.
	unsafe {
		let read = libc::syscall(libc::SYS_sched_getattr, pid, &mut attr, size, 0);
		if read == 0 && attr.policy == libc::SCHED_OTHER as u32 && attr.runtime != SLICE {
			(attr.size, attr.runtime) = (size, SLICE);
			// Threads that this one starts have the default.
			attr.flags |= libc::SCHED_FLAG_RESET_ON_FORK as u64;
			libc::syscall(libc::SYS_sched_setattr, pid, &attr, 0);
		}
	}
}

/// Calls `start`, which starts a worker and returns its process id, on each of the first `most` cores,
/// `count` times or until it returns an error. The workers may run on all cores afterwards.
pub fn on_each_core(
	most: usize,
	count: usize,
	mut start: impl FnMut() -> Result<Option<u32>, String>,
) -> Result<(), String> {
	let all = affinity();
	for core in cores(&all).into_iter().take(most) {
		stay_on(core);
		for _ in 0..count {
			// The process started on this thread's core, where its host looks for idle workers.
			if let Some(pid) = start()? {
				set_affinity(pid, &all);
			}
		}
	}
	Ok(())
}

/// Whether a process can create a user namespace.
pub fn user_namespaces() -> bool {
	// SAFETY: the child ends at once, without a look at anything.
	unsafe {
		let flags = libc::CLONE_NEWUSER | libc::SIGCHLD;
		match libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) {
			0 => libc::_exit(0),
			-1 => false,
			child => {
				libc::waitpid(child as libc::pid_t, std::ptr::null_mut(), 0);
				true
			},
		}
	}
}

/// The cores on which this thread may run.
fn affinity() -> libc::cpu_set_t {
	// SAFETY: a `cpu_set_t` of zeros is the empty set, and the kernel writes into it no more than
	// the size that it is told.
	unsafe {
		let mut set: libc::cpu_set_t = mem::zeroed();
		libc::sched_getaffinity(0, mem::size_of_val(&set), &mut set);
		set
	}
}

/// Sets the cores on which a process or thread may run: 0 is this thread. Without effect if that is not permitted.
fn set_affinity(pid: u32, set: &libc::cpu_set_t) {
	// SAFETY: as above; the kernel only reads the set.
	unsafe {
		libc::sched_setaffinity(pid as libc::pid_t, mem::size_of_val(set), set);
	}
}

/// The numbers of the cores.
fn cores(set: &libc::cpu_set_t) -> Vec<usize> {
	// SAFETY: the numbers are within the set.
	(0..libc::CPU_SETSIZE as usize).filter(|&core| unsafe { libc::CPU_ISSET(core, set) }).collect()
}

/// Pins this thread to a core, if the system permits it. It only determines where workers are kept.
fn stay_on(core: usize) {
	// SAFETY: as above.
	let set = unsafe {
		let mut set: libc::cpu_set_t = mem::zeroed();
		libc::CPU_SET(core, &mut set);
		set
	};
	set_affinity(0, &set);
}
