//! The table.

use frame_support::weights::Weight;
use std::fmt::Write;
use virt_bench::machine;

/// The times and the charge of a pallet's calls.
#[derive(Default)]
pub struct Figures {
	/// The nanoseconds of a block's first call.
	pub first: Vec<u64>,
	/// The nanoseconds of later calls in the same block.
	pub again: Vec<u64>,
	/// The charged weight of a later call.
	pub charged: Weight,
}

/// The figures of a case.
pub struct Line {
	name: &'static str,
	/// pallet-virt.
	pub virt: Figures,
	/// pallet-revive.
	pub revive: Figures,
	/// pallet-virt on an interpreting node.
	pub interpreter: Figures,
	/// pallet-virt in the embedded form.
	pub embedded: Figures,
	/// The nanoseconds of pallet-virt's call when the program is new to the node. For
	/// pallet-revive, this equals a block's first call.
	pub new: Vec<u64>,
}

impl Line {
	/// Without figures.
	pub fn new(name: &'static str) -> Self {
		let [virt, revive, interpreter, embedded] = Default::default();
		Self { name, virt, revive, interpreter, embedded, new: Vec::new() }
	}
}

/// The goal for the ratio of pallet-virt's charge to its time.
const MOST_CHARGED: f64 = 6.0;

/// The tables, and the results of the goals.
pub fn markdown(lines: &[Line]) -> String {
	let mut text = format!("{}\n\n", machine::description());
	text.push_str(
		"| time, us | again in a block: ours | revive | ours / revive | first in a block: ours | revive | \
		 ours / revive | new to the node: ours | ours / revive's first |\n\
		 |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
	);
	let mut missed = Vec::new();
	for line in lines {
		let [again, first] = [
			[median(&line.virt.again), median(&line.revive.again)],
			[median(&line.virt.first), median(&line.revive.first)],
		];
		let new = median(&line.new);
		let ratios = [again[0] / again[1], first[0] / first[1], new / first[1]];
		let _ = writeln!(
			text,
			"| {} | {:.1} | {:.1} | {:.2}x | {:.1} | {:.1} | {:.2}x | {:.1} | {:.2}x |",
			line.name, again[0], again[1], ratios[0], first[0], first[1], ratios[1], new, ratios[2],
		);
		for (what, ratio) in ["again", "first in a block", "new to the node"].iter().zip(ratios) {
			if ratio > 1.0 {
				missed.push(format!("{}, {what}: {ratio:.2}x of pallet-revive's time", line.name));
			}
		}
	}
	text.push_str(
		"\n| charged | ref time, us: ours | revive | ours / revive | proof size, KiB: ours | revive | charge \
		 by time: ours | revive |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
	);
	for line in lines {
		let pallets = [&line.virt, &line.revive];
		let time = pallets.map(|of| of.charged.ref_time() as f64 / 1e6);
		let proof = pallets.map(|of| of.charged.proof_size() as f64 / 1_024.0);
		let by_time = [time[0] / median(&line.virt.again), time[1] / median(&line.revive.again)];
		let _ = writeln!(
			text,
			"| {} | {:.0} | {:.0} | {:.2}x | {:.1} | {:.1} | {:.1}x | {:.1}x |",
			line.name,
			time[0],
			time[1],
			time[0] / time[1],
			proof[0],
			proof[1],
			by_time[0],
			by_time[1],
		);
		if time[0] > time[1] {
			missed.push(format!("{}: charged {:.2}x of it", line.name, time[0] / time[1]));
		}
		if by_time[0] > MOST_CHARGED {
			missed.push(format!("{}: charged {:.1}x of the time it takes", line.name, by_time[0]));
		}
	}
	text.push_str(
		"\n| the same programs, us | tiered | interpreter only | embedded | pallet-revive | embedded / \
		 revive | charged, embedded / revive |\n|---|---:|---:|---:|---:|---:|---:|\n",
	);
	for line in lines {
		let [tiered, interpreter, embedded, revive] =
			[&line.virt, &line.interpreter, &line.embedded, &line.revive]
				.map(|figures| median(&figures.again));
		let charged = [&line.embedded, &line.revive].map(|of| of.charged.ref_time() as f64);
		let _ = writeln!(
			text,
			"| {} | {tiered:.1} | {interpreter:.1} | {embedded:.1} | {revive:.1} | {:.2}x | {:.2}x |",
			line.name,
			embedded / revive,
			charged[0] / charged[1],
		);
	}
	let verdict =
		if missed.is_empty() { "met".into() } else { format!("**missed**: {}", missed.join("; ")) };
	let _ = write!(
		text,
		"\nNo time and no charge above pallet-revive's, and no charge above {MOST_CHARGED} times the time: \
		 {verdict}.\n",
	);
	text
}

/// In microseconds.
fn median(nanoseconds: &[u64]) -> f64 {
	let mut sorted = nanoseconds.to_vec();
	sorted.sort_unstable();
	sorted.get(sorted.len() / 2).map_or(f64::NAN, |it| *it as f64 / 1e3)
}
