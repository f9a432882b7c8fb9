//! Notices worker processes that died, were stopped, or get no time on a core.
//!
//! PolkaVM waits for a worker in a loop that has no end when the worker has one. So a thread that
//! waits for nobody looks at the workers that are at work, from outside, and ends the process where
//! one cannot go on: no block is imported, and nothing is taken for a result.

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

/// What to do about a worker that cannot go on. It must end the process, or the call that waits for
/// the worker waits for ever.
pub type OnFault = fn(&str);

/// A worker process that is watched.
pub struct Watched {
	/// Unknown of one that is only being made ready.
	pid: Option<u32>,
	/// Odd while somebody waits for the worker: how often that began and ended.
	waits: AtomicU64,
}

impl Watched {
	/// Does `what`, which waits for the worker.
	#[inline]
	pub fn wait<T>(&self, what: impl FnOnce() -> T) -> T {
		self.waits.fetch_add(1, Relaxed);
		let result = what();
		self.waits.fetch_add(1, Relaxed);
		result
	}
}

/// The thread's list of workers.
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

	/// Watches the worker with this process id, or one that is to be made ready, for as long as the
	/// returned handle lives.
	pub fn watch(&self, pid: Option<u32>) -> Arc<Watched> {
		let watched = Arc::new(Watched { pid, waits: AtomicU64::new(0) });
		self.workers.lock().push(Arc::downgrade(&watched));
		self.arrived.notify_one();
		watched
	}

	/// The workers that are watched, once there are any; none after a while without.
	fn workers(&self) -> Vec<Arc<Watched>> {
		let mut workers = self.workers.lock();
		if workers.is_empty() {
			self.arrived.wait_for(&mut workers, WATCH_INTERVAL);
		}
		workers.retain(|worker| worker.strong_count() > 0);
		workers.iter().filter_map(Weak::upgrade).collect()
	}
}

/// What was seen of a worker.
#[derive(Default)]
struct Sight {
	waits: u64,
	cpu_time: u64,
	/// Looks in a row without progress.
	stalled: u32,
}

fn watch(watchdog: Weak<Watchdog>, on_fault: OnFault) {
	// By address: handles live for longer than what was seen of them.
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
				// Nobody waits, or not for as long as since the last look.
				*sight = Sight { waits, ..Sight::default() };
			} else if let Some(fault) = sight.look(worker.pid) {
				on_fault(&fault);
			}
		}
	}
}

impl Sight {
	/// Looks again at a worker that is still waited for; says why it cannot go on, if so.
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
			None => "no worker process gets ready".into(),
		})
	}
}

/// A process, as `/proc` shows it.
struct Process {
	/// `R`, `S`, `T`, `Z`..: see proc(5).
	state: char,
	/// Time on a core, in clock ticks.
	cpu_time: u64,
}

impl Process {
	fn of(pid: u32) -> Option<Self> {
		let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
		// The name, in parentheses, may hold anything.
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
