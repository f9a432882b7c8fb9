//! Load: a thread for each core that computes without end.

use crate::{machine::cores, work};
use std::{
	hint::black_box,
	sync::{
		atomic::{AtomicBool, Ordering::Relaxed},
		Arc,
	},
	thread::{self, JoinHandle},
};

/// Keeps all cores busy until it is dropped.
pub struct Busy {
	stop: Arc<AtomicBool>,
	threads: Vec<JoinHandle<()>>,
}

impl Busy {
	/// Starts the threads.
	pub fn start() -> Self {
		let stop = Arc::new(AtomicBool::new(false));
		let spin = |stop: Arc<AtomicBool>| {
			thread::spawn(move || {
				while !stop.load(Relaxed) {
					black_box(work::compute(black_box(10_000)));
				}
			})
		};
		let threads = (0..cores()).map(|_| spin(stop.clone())).collect();
		Self { stop, threads }
	}
}

impl Drop for Busy {
	fn drop(&mut self) {
		self.stop.store(true, Relaxed);
		for thread in self.threads.drain(..) {
			thread.join().expect("the thread computes and ends");
		}
	}
}
