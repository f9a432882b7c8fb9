//! The table.

use frame_support::weights::Weight;
use std::fmt::Write;
use virt_bench::machine;

/// What a pallet's calls took, and were charged.
#[derive(Default)]
pub struct Figures {
	/// Nanoseconds of a block's first call.
	pub first: Vec<u64>,
	/// Nanoseconds of later ones in the same block.
	pub again: Vec<u64>,
	/// What a later one is charged.
	pub charged: Weight,
}

/// A case's figures.
pub struct Line {
	name: &'static str,
	/// pallet-virt's.
	pub virt: Figures,
	/// pallet-revive's.
	pub revive: Figures,
	/// pallet-virt's on a node without native code.
	pub interpreter: Figures,
	/// pallet-virt's in a runtime that runs programs itself.
	pub embedded: Figures,
	/// Nanoseconds of pallet-virt's call where the node has not seen the program before. pallet-revive
	/// knows no difference from a block's first call.
	pub new: Vec<u64>,
}

impl Line {
	/// Without figures.
	pub fn new(name: &'static str) -> Self {
		let [virt, revive, interpreter, embedded] = Default::default();
		Self { name, virt, revive, interpreter, embedded, new: Vec::new() }
	}
}

/// What pallet-virt may be charged for the time that it takes, and in everything, beside pallet-revive.
const MOST_CHARGED: f64 = 6.0;

/// The tables and what became of the goals.
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
