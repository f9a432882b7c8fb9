//! A runtime call is executed again if a worker process was lost during it.

#![cfg(feature = "node")]

mod common;

use common::{prepared, run};
use sp_core::traits::{CallContext, CodeExecutor, ReadRuntimeVersion, RuntimeCode};
use sp_externalities::Externalities;
use sp_state_machine::BasicExternalities;
use std::{
	fs,
	sync::{
		atomic::{AtomicU32, Ordering::SeqCst},
		Arc, Mutex,
	},
	thread,
	time::{Duration, Instant},
};
use virt_manager::{
	executor::VirtExecutor,
	prices::{Rules, TierUp},
	BackendChoice, Engine, Options,
};
use virt_primitives::{step::Step, Failure, Gas};

/// Gas for some hundred milliseconds or more of native code.
const GAS: Gas = 30_000_000_000;

/// The workers of all tests have the same parent process, so the tests run one at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A runtime that changes storage, and runs an endless program until it is out of gas. In the first attempts, a
/// signal is sent to its worker.
#[derive(Clone)]
struct Runtime {
	engine: Arc<Engine>,
	signal: i32,
	/// The number of attempts in which the signal is sent.
	lost: u32,
	attempts: Arc<AtomicU32>,
}

impl Runtime {
	fn new(backend: BackendChoice, signal: i32, lost: u32) -> Self {
		let options = Options {
			backend,
			rules: Rules { tier_up: TierUp::After { gas: 1, price: 0 }, ..Rules::default() },
			..Options::default()
		};
		let engine = Engine::with(options, None).expect("the backend works on this machine");
		Self { engine, signal, lost, attempts: Arc::default() }
	}

	fn attempts(&self) -> u32 {
		self.attempts.load(SeqCst)
	}

	fn runs_program(&self) -> Result<Step, String> {
		let (mut manager, instance) =
			prepared(&self.engine, virt_fixtures::CONFORMANCE, "spin", &[]);
		run(&mut manager, instance, GAS, None).map_err(|failure| match failure {
			Failure::Host(reason) => reason,
			guest => panic!("not a host fault: {guest:?}"),
		})
	}
}

impl CodeExecutor for Runtime {
	type Error = String;

	fn call(
		&self,
		ext: &mut dyn Externalities,
		_: &RuntimeCode,
		_: &str,
		_: &[u8],
		_: CallContext,
	) -> (Result<Vec<u8>, String>, bool) {
		let attempt = self.attempts.fetch_add(1, SeqCst) + 1;
		let value = ext.storage(b"count").map_or(0, |value| value[0]);
		ext.place_storage(b"count".to_vec(), Some(vec![value + 1]));
		ext.storage_start_transaction();
		ext.place_storage(format!("attempt {attempt}").into_bytes(), Some(vec![1]));
		let step = thread::scope(|scope| {
			if attempt <= self.lost {
				scope.spawn(|| {
					// SAFETY: `kill` only sends a signal, to a child of this process.
					assert_eq!(unsafe { libc::kill(busy_worker(), self.signal) }, 0);
				});
			}
			self.runs_program()
		});
		match step {
			Ok(step) => {
				ext.storage_commit_transaction().expect("it was started");
				(Ok(format!("{step:?}").into_bytes()), false)
			},
			// Leaves a storage transaction open, as an aborted runtime does.
			Err(reason) => (Err(reason), false),
		}
	}
}

impl ReadRuntimeVersion for Runtime {
	fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		unimplemented!("no test reads the version")
	}
}

/// The process id of a worker that is computing.
fn busy_worker() -> libc::pid_t {
	let own = std::process::id().to_string();
	// The state of a worker of this process, and its CPU time in ticks.
	let worker = |pid: libc::pid_t| -> Option<(String, u64)> {
		let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
		let (head, tail) = stat.rsplit_once(')')?;
		let fields: Vec<&str> = tail.split_whitespace().collect();
		let is_worker = head.contains("polkavm-sandbox") && fields[1] == own;
		is_worker.then(|| (fields[0].into(), fields[11].parse().expect("a number")))
	};
	let start = Instant::now();
	while start.elapsed() < Duration::from_secs(10) {
		let pids = fs::read_dir("/proc").expect("this is Linux").flatten();
		let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
		let before: Vec<_> = pids.filter_map(|pid| Some((pid, worker(pid)?.1))).collect();
		thread::sleep(Duration::from_millis(50));
		let is_busy = |(pid, before): &(libc::pid_t, u64)| {
			worker(*pid).is_some_and(|(state, now)| state == "R" && now > before + 1)
		};
		if let Some((pid, _)) = before.into_iter().find(is_busy) {
			return pid;
		}
	}
	panic!("no worker computes")
}

/// Calls the runtime. Returns its result and the storage afterwards.
fn call(runtime: &Runtime) -> (Result<Vec<u8>, String>, BasicExternalities) {
	let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
	let mut ext = BasicExternalities::default();
	let code = RuntimeCode::empty();
	let executor = VirtExecutor::new(runtime.clone());
	let (result, _) = executor.call(&mut ext, &code, "run", &[], CallContext::Offchain);
	(result, ext)
}

/// The storage keys after a call whose attempt `number` succeeded.
fn keys(number: u32) -> Vec<Vec<u8>> {
	vec![format!("attempt {number}").into_bytes(), b"count".to_vec()]
}

fn assert_succeeds_in_attempt(number: u32, runtime: &Runtime) {
	let (result, mut ext) = call(runtime);
	assert_eq!(runtime.attempts(), number);
	let undisturbed = Runtime { lost: 0, ..runtime.clone() };
	assert_eq!(result, call(&undisturbed).0, "the result is that of an undisturbed call");
	assert_eq!(ext.storage(b"count"), Some(vec![1]), "the other attempts changed nothing");
	let storage = ext.into_storages();
	assert_eq!(storage.top.into_keys().collect::<Vec<_>>(), keys(number));
}

#[test]
fn call_succeeds_after_a_killed_worker() {
	assert_succeeds_in_attempt(2, &Runtime::new(BackendChoice::Tiered, libc::SIGKILL, 1));
}

#[test]
fn call_succeeds_after_a_stopped_worker() {
	assert_succeeds_in_attempt(2, &Runtime::new(BackendChoice::Recompiler, libc::SIGSTOP, 1));
}

#[test]
fn last_attempt_interprets() {
	let runtime = Runtime::new(BackendChoice::Tiered, libc::SIGKILL, 2);
	assert_succeeds_in_attempt(3, &runtime);
	assert_eq!(runtime.engine.health().host_faults, 2);
}

#[test]
fn other_errors_are_not_repeated() {
	let runtime = Runtime::new(BackendChoice::Interpreter, 0, 0);
	let executor = VirtExecutor::new(Failing(runtime.attempts.clone()));
	let mut ext = BasicExternalities::default();
	let code = RuntimeCode::empty();
	let (result, _) = executor.call(&mut ext, &code, "run", &[], CallContext::Offchain);
	assert_eq!(result, Err("trapped".into()));
	assert_eq!(runtime.attempts(), 1);
	assert!(ext.into_storages().top.is_empty(), "the changes are rolled back");
}

/// A runtime that traps.
#[derive(Clone)]
struct Failing(Arc<AtomicU32>);

impl CodeExecutor for Failing {
	type Error = String;

	fn call(
		&self,
		ext: &mut dyn Externalities,
		_: &RuntimeCode,
		_: &str,
		_: &[u8],
		_: CallContext,
	) -> (Result<Vec<u8>, String>, bool) {
		self.0.fetch_add(1, SeqCst);
		ext.storage_start_transaction();
		ext.place_storage(b"key".to_vec(), Some(vec![1]));
		(Err("trapped".into()), false)
	}
}

impl ReadRuntimeVersion for Failing {
	fn read_runtime_version(&self, _: &[u8], _: &mut dyn Externalities) -> Result<Vec<u8>, String> {
		unimplemented!("no test reads the version")
	}
}
