//! Who is measured in another process: lines to its input and from its output.
//!
//! At first it says its backend. Then each line `row rounds` is answered by `nanoseconds sum grown`,
//! or by what went wrong.

use crate::{
	rows::{Row, ROWS},
	subject::{Local, Subject},
};
use std::{
	io::{self, BufRead, BufReader, Write},
	path::Path,
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};
use virt_bench_runtime::task::Measured;

/// The peer in another process.
pub struct Remote {
	child: Child,
	/// Closed to end the process.
	requests: Option<ChildStdin>,
	replies: BufReader<ChildStdout>,
	/// Its backend.
	pub backend: String,
}

impl Remote {
	/// Starts `binary`, which is this program in another build.
	pub fn start(binary: &Path) -> Result<Self, String> {
		let mut child = Command::new(binary)
			.arg("--serve")
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.map_err(|error| format!("{} does not start: {error}", binary.display()))?;
		let requests = child.stdin.take();
		let replies = BufReader::new(child.stdout.take().expect("it is piped; qed"));
		let mut remote = Self { child, requests, replies, backend: String::new() };
		remote.backend = remote.reply()?;
		Ok(remote)
	}

	fn reply(&mut self) -> Result<String, String> {
		let mut line = String::new();
		match self.replies.read_line(&mut line) {
			Ok(0) => Err("the process ended".into()),
			Ok(_) => Ok(line.trim().into()),
			Err(error) => Err(error.to_string()),
		}
	}
}

impl Subject for Remote {
	fn measure(&mut self, row: &Row, rounds: u32) -> Result<Measured, String> {
		let index = ROWS.iter().position(|it| it.name == row.name).ok_or("an unknown row")?;
		let requests = self.requests.as_mut().expect("it is open until dropped; qed");
		writeln!(requests, "{index} {rounds}").map_err(|error| error.to_string())?;
		let reply = self.reply()?;
		let numbers: Result<Vec<u64>, _> = reply.split(' ').map(str::parse).collect();
		match numbers.as_deref() {
			Ok(&[nanoseconds, sum, grown]) => Ok(Measured { nanoseconds, sum, grown }),
			_ => Err(reply),
		}
	}
}

impl Drop for Remote {
	fn drop(&mut self) {
		self.requests = None;
		// Whatever it ends with, it is over.
		let _ = self.child.wait();
	}
}

/// Is the other process: measures the peer until the input ends.
pub fn serve() -> Result<(), String> {
	let say = |line: &str| {
		let mut out = io::stdout().lock();
		writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
	};
	let mut peer = Local::peer()?;
	say(&Local::peer_backend()?)?;
	for line in io::stdin().lock().lines() {
		let line = line.map_err(|error| error.to_string())?;
		let (row, rounds) = line.split_once(' ').ok_or("a request has two numbers")?;
		let row: usize = row.parse().map_err(|_| "a request has a row's number")?;
		let rounds = rounds.parse().map_err(|_| "a request has a number of rounds")?;
		let row = ROWS.get(row).ok_or("there is no such row")?;
		match peer.measure(row, rounds) {
			Ok(Measured { nanoseconds, sum, grown }) => {
				say(&format!("{nanoseconds} {sum} {grown}"))?
			},
			Err(error) => say(&error.replace('\n', " "))?,
		}
	}
	Ok(())
}
