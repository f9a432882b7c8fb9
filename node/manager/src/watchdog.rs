//! Detects worker processes that died, were stopped, or get no CPU time.
//!
//! PolkaVM waits for a worker in a loop that does not end if the worker is lost. So a thread checks
//! the workers that are waited for. If one is lost, it ends the wait, which aborts the runtime call,
//! if the call will be repeated; otherwise it ends the process. In both cases no block is imported,
//! and no result is recorded.

use crate::limits::{WATCH_INTERVAL, WATCH_PATIENCE};
use parking_lot::{Condvar, Mutex};
use std::{
	collections::HashMap,
	fs,
	sync::{
		atomic::{AtomicU64, Ordering::Relaxed},
		Arc, Weak,
	},
	thread,
};
use virt_primitives::LOG_TARGET;

/// Handles the loss of a worker. It must end the process; otherwise the call that waits for the
/// worker waits forever.
pub type OnFault = fn(&str);

/// Ends the wait for a worker with an error.
pub type EndWait = Box<dyn Fn() + Send + Sync>;

/// A watched worker process.
pub struct Watched {
	/// Unknown while the worker is being started.
	pid: Option<u32>,
	/// Incremented when a wait for the worker begins and when it ends, so it is odd during a wait.
	waits: AtomicU64,
	/// If the runtime call is repeated after the loss of the worker.
	end_wait: Option<EndWait>,
}

impl Watched {
	/// Calls `what`, which waits for the worker.
	#[inline]
	pub fn wait<T>(&self, what: impl FnOnce() -> T) -> T {
		self.waits.fetch_add(1, Relaxed);
		let result = what();
		self.waits.fetch_add(1, Relaxed);
		result
	}
}

impl Watched {
	/// Kills the worker if it still exists, and ends the wait for it.
	fn lose(&self, end_wait: &EndWait) {
		if let Some(pid) = self.pid {
			// SAFETY: it only sends a signal. The process is a child that PolkaVM reaps after the wait,
			// so the id is not in use by another process.
			unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) };
		}
		end_wait();
	}
}

/// The list of watched workers.
pub struct Watchdog {
	workers: Mutex<Vec<Weak<Watched>>>,
	arrived: Condvar,
}

impl Watchdog {
	/// Starts the thread. It ends with the watchdog.
	pub fn start(on_fault: OnFault) -> std::io::Result<Arc<Self>> {
		let watchdog = Arc::new(Self { workers: Mutex::new(Vec::new()), arrived: Condvar::new() });
		let weak = Arc::downgrade(&watchdog);
		thread::Builder::new().name("virt-watchdog".into()).spawn(move || watch(weak, on_fault))?;
		Ok(watchdog)
	}

	/// Watches the worker with this process id, or one that is being started, until the returned
	/// handle is dropped.
	pub fn watch(&self, pid: Option<u32>, end_wait: Option<EndWait>) -> Arc<Watched> {
		let watched = Arc::new(Watched { pid, waits: AtomicU64::new(0), end_wait });
		self.workers.lock().push(Arc::downgrade(&watched));
		self.arrived.notify_one();
		watched
	}

	/// The watched workers, once there are any; `None` after a while without.
	fn workers(&self) -> Vec<Arc<Watched>> {
		let mut workers = self.workers.lock();
		if workers.is_empty() {
			self.arrived.wait_for(&mut workers, WATCH_INTERVAL);
		}
		workers.retain(|worker| worker.strong_count() > 0);
		workers.iter().filter_map(Weak::upgrade).collect()
	}
}

/// The last observation of a worker.
#[derive(Default)]
struct Sight {
	waits: u64,
	cpu_time: u64,
	/// The number of consecutive checks without progress.
	stalled: u32,
	/// The number of consecutive checks after which this wait was ended, without effect yet.
	ended: u32,
}

fn watch(watchdog: Weak<Watchdog>, on_fault: OnFault) {
	// By address: handles live longer than observations.
	let mut sights: HashMap<*const Watched, Sight> = HashMap::new();
	loop {
		thread::sleep(WATCH_INTERVAL);
		let Some(watchdog) = watchdog.upgrade() else { return };
		let workers = watchdog.workers();
		sights.retain(|known, _| workers.iter().any(|worker| Arc::as_ptr(worker) == *known));
		for worker in workers {
			let waits = worker.waits.load(Relaxed);
			let sight = sights.entry(Arc::as_ptr(&worker)).or_default();
			if waits % 2 == 0 || sight.waits != waits {
				// Nobody waits, or the wait began after the last check.
				*sight = Sight { waits, ..Sight::default() };
			} else if let Some(fault) = sight.look(worker.pid) {
				sight.ended += 1;
				match &worker.end_wait {
					// The thread that waits may get no CPU time for a while.
					Some(end_wait) if sight.ended <= WATCH_PATIENCE => {
						if sight.ended == 1 {
							log::error!(target: LOG_TARGET, "Host fault: {fault}");
						}
						worker.lose(end_wait);
					},
					_ => on_fault(&fault),
				}
			}
		}
	}
}

impl Sight {
	/// Checks a worker that is still waited for. Returns the reason if it is lost.
	fn look(&mut self, pid: Option<u32>) -> Option<String> {
		let process = match pid.map(|pid| (pid, Process::of(pid))) {
			Some((pid, None)) => return Some(format!("worker process {pid} is gone")),
			Some((pid, Some(Process { state: 'Z' | 'X', .. }))) => {
				return Some(format!("worker process {pid} died"))
			},
			Some((_, Some(process))) => Some(process),
			None => None,
		};
		let stopped = process.as_ref().is_some_and(|process| process.state == 'T');
		let cpu_time = process.map_or(0, |process| process.cpu_time);
		let moved = cpu_time != self.cpu_time && !stopped;
		self.stalled = if moved { 0 } else { self.stalled + 1 };
		self.cpu_time = cpu_time;
		(self.stalled >= WATCH_PATIENCE).then(|| match pid {
			Some(pid) if stopped => format!("worker process {pid} is stopped"),
			Some(pid) => format!("worker process {pid} makes no progress"),
			None => "a worker process does not start".into(),
		})
	}
}

/// The state of a process, from `/proc`.
struct Process {
	/// `R`, `S`, `T`, `Z`..: see proc(5).
	state: char,
	/// CPU time, in clock ticks.
	cpu_time: u64,
}

impl Process {
	fn of(pid: u32) -> Option<Self> {
		let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
		// The name, in parentheses, may contain any character.
		let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
		let state = fields.next()?.chars().next()?;
		// State is field 3; the times in user and kernel mode are 14 and 15.
		let mut times = fields.skip(10).map(|field| field.parse::<u64>().ok());
		Some(Self { state, cpu_time: times.next()?? + times.next()?? })
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn own_process_is_seen_to_run() {
		let process = Process::of(std::process::id()).expect("it runs");
		assert!(['R', 'S'].contains(&process.state), "{}", process.state);
	}

	#[test]
	fn no_process_is_seen_where_there_is_none() {
		// Above the kernel's greatest process id, 2^22.
		assert!(Process::of((1 << 22) + 1).is_none());
	}
}
