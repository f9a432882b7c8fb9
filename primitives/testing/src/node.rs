//! The process that runs the chain.

use crate::{
	protocol::{self, Request, VERSION},
	Backend,
};
use codec::Decode;
use std::{
	env,
	ffi::OsString,
	path::PathBuf,
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
	thread,
};

/// The variable with the path of the node.
pub const NODE: &str = "VIRT_NODE";

/// A process of `virt-node program test-chain`. Dropping this ends it.
pub struct Node {
	process: Child,
	/// `None` after it was told to end.
	stdin: Option<ChildStdin>,
	stdout: ChildStdout,
}

impl Node {
	/// # Panics
	///
	/// If there is no node, or it has another version.
	#[track_caller]
	pub fn start(backend: Backend) -> Self {
		let path = path();
		let mut process = Command::new(&path)
			.args(["program", "test-chain", "--vm-backend", backend.name()])
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.unwrap_or_else(|error| {
				let path = path.display();
				panic!("cannot run {path}: {error}. Set {NODE} to the path of virt-node, or run the tests by `virt-node program test`")
			});
		let stdin = process.stdin.take();
		let stdout = process.stdout.take().expect("it is piped; qed");
		let mut node = Self { process, stdin, stdout };
		let test = thread::current().name().unwrap_or("main").to_string();
		let version: u32 = node.ask(&Request::Start { version: VERSION, test });
		assert_eq!(
			version,
			VERSION,
			"{} speaks version {version} of the protocol, and virt-testing {VERSION}: they have to be \
			 of one release",
			path.display()
		);
		node
	}

	/// Sends a request and returns the answer, which must be a `T`.
	///
	/// # Panics
	///
	/// If the node has ended: it prints the reason to standard error.
	#[track_caller]
	pub fn ask<T: Decode>(&mut self, request: &Request) -> T {
		let stdin = self.stdin.as_mut().expect("it was not told to end; qed");
		let answer = protocol::write(stdin, request)
			.and_then(|()| protocol::read(&mut self.stdout))
			.unwrap_or_else(|error| panic!("virt-node cannot be talked to: {error}"));
		answer.unwrap_or_else(|| match self.process.wait() {
			Ok(status) => panic!("virt-node has ended, with {status}"),
			Err(error) => panic!("virt-node has ended: {error}"),
		})
	}
}

impl Drop for Node {
	/// Waits for it: it writes a report at its end.
	fn drop(&mut self) {
		self.stdin = None;
		let _ = self.process.wait();
	}
}

/// The path of the node: [`NODE`]; beside cargo's output, for the tests of this project; or on the
/// `PATH`.
fn path() -> PathBuf {
	if let Some(path) = env::var_os(NODE) {
		return path.into();
	}
	let built = env::current_exe().ok().and_then(|test| {
		let path = test.parent()?.parent()?.join("virt-node");
		path.is_file().then_some(path)
	});
	built.unwrap_or_else(|| OsString::from("virt-node").into())
}
