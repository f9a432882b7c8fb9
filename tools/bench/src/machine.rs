//! What the benchmark ran on.

use std::{fs, thread, time::Instant};
use virt_bench_runtime::processes;

/// Cores that this process may use.
pub fn cores() -> usize {
	thread::available_parallelism().map_or(1, |cores| cores.get())
}

/// The processor, its cores, the memory and the kernel, in one line.
pub fn description() -> String {
	let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".into());
	let memory = field("/proc/meminfo", "MemTotal")
		.and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
		.map_or("unknown memory".into(), |kib| format!("{} GiB of memory", kib.div_ceil(1 << 20)));
	let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
	format!("{cpu}, {} cores, {memory}, Linux {}", cores(), kernel.trim())
}

/// Processor time used so far, in ticks: by everybody, and by this process and what it started.
pub struct Used {
	all: u64,
	ours: u64,
	at: Instant,
}

/// Ticks in a second, as Linux counts for its users.
const TICKS: f64 = 100.0;

impl Used {
	/// As of now.
	pub fn now() -> Self {
		let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
		let all = stat.lines().next().unwrap_or_default().split_whitespace().enumerate();
		// The fields are: cpu, user, nice, system, idle, waiting for a disk, and more of no matter.
		let all = all.filter(|(index, _)| (1..=3).contains(index));
		let all = all.filter_map(|(_, ticks)| ticks.parse::<u64>().ok()).sum();
		Self { all, ours: ticks_of_ours(), at: Instant::now() }
	}

	/// How many cores others used since then, on average.
	pub fn by_others_since(&self) -> f64 {
		let now = Self::now();
		let all = now.all.saturating_sub(self.all);
		let others = all.saturating_sub(now.ours.saturating_sub(self.ours));
		others as f64 / TICKS / self.at.elapsed().as_secs_f64()
	}
}

/// Of this process and what it started, those included that have ended.
fn ticks_of_ours() -> u64 {
	let ours = processes::ours().into_iter().map(|process| {
		let stat = fs::read_to_string(format!("/proc/{}/stat", process.id)).unwrap_or_default();
		// The name, in parentheses, may have anything in it. Times are the 12th to 15th after it.
		let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
		fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>()
	});
	ours.sum()
}

/// The first value of a field in a file of lines `field: value`.
fn field(path: &str, name: &str) -> Option<String> {
	let text = fs::read_to_string(path).ok()?;
	text.lines().find_map(|line| {
		let (field, value) = line.split_once(':')?;
		(field.trim() == name).then(|| value.trim().to_owned())
	})
}
