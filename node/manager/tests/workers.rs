//! A worker process that dies, is stopped, or cannot be started is never reported as a result, and never
//! blocks the node.
//!
//! Each test runs a part in a separate process: this binary, started again with the name of the part.

mod common;

use common::{prepared, run, PLENTY};
use std::{
	fs,
	io::{BufRead, BufReader, Write},
	process::{Child, ChildStdin, ChildStdout, Command, Stdio},
	sync::Arc,
	thread::sleep,
	time::{Duration, Instant},
};
use virt_manager::{
	limits::*,
	options::DEAD_WORKER_STATUS,
	prices::{Rules, TierUp},
	Backend, BackendChoice, Engine, Manager, Options,
};
use virt_primitives::{step::Step, Backend as _, ExecError, Failure, Gas, InstanceId};

/// The maximal time that a node may take to notice a worker that does not respond.
const SECONDS: Duration = Duration::from_secs(10);

/// Starts an engine whose programs move to a worker at once.
fn engine(backend: BackendChoice) -> Arc<Engine> {
	let options = Options {
		backend,
		rules: Rules { tier_up: TierUp::After { gas: 1, price: 0 }, ..Rules::default() },
		..Options::default()
	};
	let engine = Engine::with(options, None).expect("the backend works on this machine");
	engine.warm_up();
	engine
}

/// The part of a test that runs in another process.
struct Part {
	process: Child,
	stdin: ChildStdin,
	stdout: BufReader<ChildStdout>,
}

impl Part {
	fn start(name: &str) -> Self {
		let mut process = Command::new(std::env::current_exe().expect("this test has a path"))
			.args([name, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.spawn()
			.expect("this test can be run again");
		let stdin = process.stdin.take().expect("it is piped; qed");
		let stdout = BufReader::new(process.stdout.take().expect("it is piped; qed"));
		Self { process, stdin, stdout }
	}

	/// Waits until the part prints `word`.
	fn wait_for(&mut self, word: &str) {
		let mut line = String::new();
		while self.stdout.read_line(&mut line).expect("it is text") > 0 {
			if line.contains(word) {
				return;
			}
			line.clear();
		}
		panic!("it ended before it said {word}");
	}

	fn tell(&mut self) {
		self.stdin.write_all(b"go on\n").expect("it listens");
	}

	fn workers(&self) -> Vec<i32> {
		children(self.process.id())
	}

	/// Returns the exit status. Panics if the process does not end in time.
	fn end(mut self) -> Option<i32> {
		let start = Instant::now();
		loop {
			if let Some(status) = self.process.try_wait().expect("it can be waited for") {
				return status.code();
			}
			if start.elapsed() > SECONDS {
				self.process.kill().expect("it is there");
				self.process.wait().expect("it was killed");
				panic!("it still ran after {SECONDS:?}");
			}
			sleep(Duration::from_millis(50));
		}
	}
}

/// The worker processes whose parent is `parent`.
fn children(parent: u32) -> Vec<i32> {
	let processes = fs::read_dir("/proc").expect("this is Linux").flatten();
	processes
		.filter_map(|entry| {
			let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
			let (head, tail) = stat.rsplit_once(')')?;
			let mut fields = tail.split_whitespace();
			let (state, ppid) = (fields.next()?, fields.next()?);
			let is_worker = head.contains("polkavm-sandbox") && state != "Z";
			(is_worker && ppid == parent.to_string())
				.then(|| entry.file_name().to_str()?.parse().ok())?
		})
		.collect()
}

/// The CPU time of a worker, in ticks of 10 ms.
fn ticks(worker: &i32) -> u64 {
	let stat = fs::read_to_string(format!("/proc/{worker}/stat")).expect("it is there");
	let fields: Vec<&str> =
		stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
	let number = |field: usize| fields[field].parse::<u64>().expect("proc(5) says that it is one");
	number(11) + number(12)
}

/// The CPU time of all workers during one second, in ticks of 10 ms.
fn ticks_in_a_second(workers: &[i32]) -> u64 {
	let all = || workers.iter().map(ticks).sum::<u64>();
	let before = all();
	sleep(Duration::from_secs(1));
	all() - before
}

/// The worker in which a program runs: the one with the most CPU time.
fn busy(workers: &[i32]) -> i32 {
	*workers.iter().max_by_key(|worker| ticks(worker)).expect("there is a worker")
}

fn signal(pid: i32, signal: i32) {
	// SAFETY: `kill` only sends a signal, to a process that this test started.
	assert_eq!(unsafe { libc::kill(pid, signal) }, 0, "{pid} is there");
}

fn say(word: &str) {
	println!("{word}");
}

fn listen() {
	std::io::stdin().read_line(&mut String::new()).expect("the test speaks");
}

/// Runs a program that computes without end, in a worker.
#[test]
#[ignore = "a part of another test"]
fn part_spin() {
	let engine = engine(BackendChoice::Tiered);
	let (mut manager, instance) = prepared(&engine, virt_fixtures::CONFORMANCE, "spin", &[]);
	say("started");
	let step = run(&mut manager, instance, Gas::MAX, None);
	say(&format!("it gave {step:?}"));
}

/// Runs a program that waits at a syscall, in a worker, until the test continues it.
#[test]
#[ignore = "a part of another test"]
fn part_syscall() {
	let engine = engine(BackendChoice::Recompiler);
	let (mut manager, instance) = prepared(&engine, virt_fixtures::CONFORMANCE, "exchange", &[]);
	let step = run(&mut manager, instance, PLENTY, None).expect("it is prepared");
	assert!(matches!(step, Step::Syscall { .. }), "{step:?}");
	say("waits");
	listen();
	let step = run(&mut manager, instance, PLENTY, Some(0));
	say(&format!("it gave {step:?}"));
}

/// Runs a program while others wait at a syscall, in workers.
#[test]
#[ignore = "a part of another test"]
fn part_nested() {
	let engine = engine(BackendChoice::Recompiler);
	let mut manager = Manager::new(engine.clone());
	let module =
		manager.compile(virt_fixtures::CONFORMANCE, Default::default(), false).expect("valid");
	let mut enter = |entry: &str| {
		let instance = manager.instantiate(module).expect("there is room");
		manager.prepare(instance, entry.as_bytes(), &[]).expect("it is exported");
		run(&mut manager, instance, PLENTY, None).expect("it is prepared")
	};
	for _ in 0..4 {
		assert!(matches!(enter("exchange"), Step::Syscall { .. }));
	}
	assert!(matches!(enter("add"), Step::Finished { .. }));
	say("nested");
	listen();
}

type Run = (Manager, InstanceId, Result<Step, Failure<ExecError>>);

fn work(engine: &Arc<Engine>) -> Run {
	let (mut manager, instance) = prepared(engine, virt_fixtures::CONFORMANCE, "work", &[100]);
	let step = run(&mut manager, instance, PLENTY, None);
	(manager, instance, step)
}

/// Runs a program again after all idle workers were killed.
#[test]
#[ignore = "a part of another test"]
fn part_idle() {
	let engine = engine(BackendChoice::Tiered);
	let (.., reference) = work(&engine);
	say("idle");
	listen();
	let (.., step) = work(&engine);
	assert_eq!(step, reference);
	assert_eq!(engine.metrics().tier_ups.get(), 2, "another worker took it");
}

/// Runs programs where the limit of file descriptors allows no more processes.
#[test]
#[ignore = "a part of another test"]
fn part_limit() {
	let (.., reference) = work(&engine(BackendChoice::Interpreter));
	for (choice, moves) in [(BackendChoice::Tiered, true), (BackendChoice::Recompiler, false)] {
		let engine = engine(choice);
		let first = work(&engine);
		let limit = |soft| {
			let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
			// SAFETY: the kernel only reads and writes the `rlimit` that it is given.
			unsafe {
				libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
				limit.rlim_cur = soft;
				libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
			}
		};
		limit(3);
		// The idle workers are used first, including those of the thread that starts workers in advance. They run
		// the program as usual. After them, no worker can be started.
		let held: Vec<_> = (0..2 * IDLE_WORKERS * WARM_CORES + 1).map(|_| work(&engine)).collect();
		limit(1024);
		let refused = held.iter().filter(|(.., step)| step != &reference);
		let reasons: Vec<_> = refused
			.map(|(.., step)| match step {
				Err(Failure::Host(reason)) => reason.clone(),
				other => panic!("expected a host fault, got {other:?}"),
			})
			.collect();
		assert!(reasons.iter().all(|reason| reason.contains("ulimit -n")), "{reasons:?}");
		// A tiered engine stays in the interpreter if it gets no worker.
		assert_eq!(reasons.is_empty(), moves, "{reasons:?}");
		drop((first, held));
		assert_eq!(work(&engine).2, reference, "it goes on when there are some again");
	}
}

/// Makes the system refuse new user namespaces to this process, as some systems do.
fn forbid_user_namespaces() {
	const CLONE: u32 = libc::SYS_clone as u32;
	/// A filter cannot read the flags of `clone3`, so it refuses `clone3` with any flags. This refuses new threads,
	/// too.
	const CLONE3: u32 = libc::SYS_clone3 as u32;
	const NUMBER: u32 = 0;
	/// The offset of the low half of the first argument, which holds the flags.
	const FLAGS: u32 = 16;
	let statement = |code, k| libc::sock_filter { code, jt: 0, jf: 0, k };
	let jump = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
	let load = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
	let equal = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
	let set = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
	let give = (libc::BPF_RET | libc::BPF_K) as u16;
	let mut filter = [
		statement(load, NUMBER),
		jump(equal, CLONE3, 3, 0),
		jump(equal, CLONE, 0, 3),
		statement(load, FLAGS),
		jump(set, libc::CLONE_NEWUSER as u32, 0, 1),
		statement(give, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
		statement(give, libc::SECCOMP_RET_ALLOW),
	];
	let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
	// SAFETY: the kernel copies the filter, and `len` is its length.
	let result = unsafe {
		libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program)
	};
	assert_eq!(result, 0, "the filter is accepted");
}

/// Starts engines on a system without user namespaces.
#[test]
#[ignore = "a part of another test"]
fn part_no_namespaces() {
	forbid_user_namespaces();
	for choice in [BackendChoice::Tiered, BackendChoice::Recompiler] {
		let error = match Engine::new(choice, None) {
			Err(error) => error.to_string(),
			Ok(_) => panic!("{choice} started"),
		};
		for word in ["user namespaces", "--vm-backend interpreter", &choice.to_string()] {
			assert!(error.contains(word), "{error}");
		}
		assert_eq!(error.lines().count(), 1, "{error}");
	}
	let engine = Engine::new(BackendChoice::Auto, None).expect("it interprets");
	assert_eq!(engine.backend(), Backend::Interpreter);
	assert!(engine.fallback_reason().expect("it has one").contains("user namespaces"));
	work(&engine).2.expect("it runs");
}

#[test]
fn missing_user_namespaces_are_named_and_auto_interprets() {
	assert_eq!(Part::start("part_no_namespaces").end(), Some(0));
}

#[test]
fn killed_worker_stops_the_node() {
	let mut part = Part::start("part_spin");
	part.wait_for("started");
	sleep(Duration::from_millis(500));
	signal(busy(&part.workers()), libc::SIGKILL);
	assert_eq!(part.end(), Some(DEAD_WORKER_STATUS));
}

#[test]
fn stopped_worker_stops_the_node() {
	let mut part = Part::start("part_spin");
	part.wait_for("started");
	sleep(Duration::from_millis(500));
	signal(busy(&part.workers()), libc::SIGSTOP);
	assert_eq!(part.end(), Some(DEAD_WORKER_STATUS));
}

#[test]
fn stopped_idle_worker_stops_the_node_when_it_is_needed() {
	let mut part = Part::start("part_idle");
	part.wait_for("idle");
	sleep(Duration::from_secs(1));
	for worker in part.workers() {
		signal(worker, libc::SIGSTOP);
	}
	part.tell();
	assert_eq!(part.end(), Some(DEAD_WORKER_STATUS));
}

#[test]
fn worker_killed_at_a_syscall_stops_the_node_when_it_is_resumed() {
	let mut part = Part::start("part_syscall");
	part.wait_for("waits");
	for worker in part.workers() {
		signal(worker, libc::SIGKILL);
	}
	part.tell();
	assert_eq!(part.end(), Some(DEAD_WORKER_STATUS));
}

#[test]
fn killed_idle_worker_is_replaced() {
	let mut part = Part::start("part_idle");
	part.wait_for("idle");
	// Waits until all workers that are started in advance exist.
	sleep(Duration::from_secs(1));
	for worker in part.workers() {
		signal(worker, libc::SIGKILL);
	}
	part.tell();
	assert_eq!(part.end(), Some(0));
}

#[test]
fn killed_node_leaves_no_worker_behind() {
	let mut part = Part::start("part_spin");
	part.wait_for("started");
	sleep(Duration::from_millis(500));
	let workers = part.workers();
	assert!(!workers.is_empty());
	part.process.kill().expect("it is there");
	part.process.wait().expect("it was killed");
	let start = Instant::now();
	let alive = |pid: &&i32| {
		let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
		stat.contains("polkavm-sandbox") && !stat.contains(") Z ")
	};
	while workers.iter().filter(alive).count() > 0 {
		assert!(start.elapsed() < SECONDS, "workers are left: {workers:?}");
		sleep(Duration::from_millis(50));
	}
}

#[test]
fn limit_on_open_files_is_named_or_does_not_matter() {
	assert_eq!(Part::start("part_limit").end(), Some(0));
}

#[test]
fn idle_workers_use_no_core() {
	let mut part = Part::start("part_idle");
	part.wait_for("idle");
	sleep(Duration::from_secs(1));
	assert!(ticks_in_a_second(&part.workers()) <= 2, "idle workers were at work");
	part.tell();
	assert_eq!(part.end(), Some(0));
}

#[test]
fn workers_that_wait_for_another_program_use_no_core() {
	let mut part = Part::start("part_nested");
	part.wait_for("nested");
	sleep(Duration::from_secs(1));
	assert!(ticks_in_a_second(&part.workers()) <= 2, "waiting workers were at work");
	part.tell();
	assert_eq!(part.end(), Some(0));
}
