//! This process and those that it started, as Linux tells of them.

use std::{collections::HashMap, fs, iter, process};

/// A process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Process {
	/// Its number.
	pub id: u32,
	/// The number of the one that started it.
	pub parent: u32,
	/// Its resident memory in bytes.
	pub resident: u64,
}

/// This process, those that it started, those that they started, and so on.
pub fn ours() -> Vec<Process> {
	let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
	let all: HashMap<u32, Process> = entries
		.flatten()
		.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
		.filter_map(|id| Some((id, read(id)?)))
		.collect();
	let is_ours = |id: u32| {
		let mut line = iter::successors(Some(id), |id| all.get(id).map(|process| process.parent));
		line.any(|id| id == process::id())
	};
	all.values().filter(|process| is_ours(process.id)).copied().collect()
}

fn read(id: u32) -> Option<Process> {
	let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
	let number = |field: &str| {
		let line = status.lines().find_map(|line| line.strip_prefix(field))?;
		line.split_whitespace().next()?.parse::<u64>().ok()
	};
	let resident = number("VmRSS:").unwrap_or(0) * 1024;
	Some(Process { id, parent: number("PPid:")?.try_into().ok()?, resident })
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::process::Command;

	#[test]
	fn this_process_and_its_children_are_ours() {
		let mut child = Command::new("sleep").arg("60").spawn().expect("there is a sleep");
		let ids: Vec<_> = ours().iter().map(|process| process.id).collect();
		child.kill().expect("it runs");
		child.wait().expect("it was killed");
		assert!(ids.contains(&process::id()) && ids.contains(&child.id()));
		assert!(!ids.contains(&1) || process::id() == 1);
		let this = ours().into_iter().find(|process| process.id == process::id());
		assert!(this.is_some_and(|process| process.resident > 0));
	}
}
