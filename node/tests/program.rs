//! `virt-node program`, run as a process, as from a shell.

use serde_json::{json, Value};
use std::{
	fs,
	path::{Path, PathBuf},
	process::{Command, Output, Stdio},
	thread,
	time::{Duration, Instant},
};
use tempfile::TempDir;
use virt_fixtures::{abi, debug, ALL};

/// A folder with a program and the files that its build writes.
struct Built {
	folder: TempDir,
	name: &'static str,
}

impl Built {
	/// With the blob, its debug twin and its description.
	fn whole(name: &'static str) -> Self {
		let built = Self::bare(name);
		built.write(".debug.polkavm", find(debug::ALL, name));
		built.write(".abi.json", find(abi::ALL, name).as_bytes());
		built
	}

	/// With the blob alone.
	fn bare(name: &'static str) -> Self {
		let folder = tempfile::tempdir().expect("a folder can be made");
		let built = Self { folder, name };
		built.write(".polkavm", find(ALL, name));
		built
	}

	fn path(&self, ending: &str) -> PathBuf {
		self.folder.path().join(format!("{}{ending}", self.name))
	}

	fn write(&self, ending: &str, bytes: &[u8]) {
		fs::write(self.path(ending), bytes).expect("it can be written");
	}

	fn blob(&self) -> PathBuf {
		self.path(".polkavm")
	}

	/// Runs `virt-node program run <blob> <arguments>` on the interpreter, which starts fastest.
	fn run(&self, arguments: &[&str]) -> Output {
		virt_node("run", &self.blob(), &[arguments, &["--vm-backend", "interpreter"]].concat())
	}

	/// The JSON report of [`Self::run`].
	#[track_caller]
	fn report(&self, arguments: &[&str]) -> Value {
		json(&self.run(&[arguments, &["--json"]].concat()))
	}
}

#[track_caller]
fn find<T: Copy>(all: &[(&str, T)], name: &str) -> T {
	all.iter().find(|(known, _)| *known == name).expect("there is such a fixture").1
}

fn virt_node(command: &str, file: &Path, arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_virt-node"))
		.args(["program", command])
		.arg(file)
		.args(arguments)
		.output()
		.expect("the node starts")
}

#[track_caller]
fn json(output: &Output) -> Value {
	serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
		panic!("no JSON ({error}): {output:?}");
	})
}

/// The exit status and the standard error.
fn failure(output: &Output) -> (Option<i32>, String) {
	(output.status.code(), String::from_utf8_lossy(&output.stderr).into())
}

#[track_caller]
fn fails(output: &Output, status: i32, said: &str) {
	let (code, stderr) = failure(output);
	assert_eq!(code, Some(status), "{output:?}");
	assert!(stderr.contains(said), "{said:?} is not in {stderr:?}");
}

fn names(list: &Value) -> Vec<&str> {
	let list = list.as_array().expect("a list");
	list.iter().map(|one| one["name"].as_str().expect("a name")).collect()
}

#[test]
fn hash_is_blake2_256_of_the_file() {
	let counter = Built::bare("counter");
	let output = virt_node("hash", &counter.blob(), &[]);
	let expected =
		format!("{:?}", sp_core::H256(sp_io::hashing::blake2_256(virt_fixtures::COUNTER)));
	assert!(output.status.success());
	assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected);
	let report = json(&virt_node("hash", &counter.blob(), &["--json"]));
	assert_eq!(report, json!({ "code_hash": expected }));
}

#[test]
fn file_that_is_not_there_or_no_program_is_refused_by_every_command() {
	let counter = Built::bare("counter");
	counter.write(".txt", b"PVM, but not quite");
	for command in ["hash", "inspect", "disassemble", "run"] {
		let entry: &[&str] = if command == "run" { &["get"] } else { &[] };
		fails(&virt_node(command, Path::new("no/such.polkavm"), entry), 2, "no/such.polkavm");
		let text = counter.path(".txt");
		fails(&virt_node(command, &text, entry), 1, "is not a PolkaVM program");
	}
}

#[test]
fn inspect_tells_exports_imports_sizes_and_limits() {
	let counter = Built::bare("counter");
	let report = json(&virt_node("inspect", &counter.blob(), &["--json"]));
	let mut exports = names(&report["exports"]);
	exports.sort();
	assert_eq!(exports, ["get", "increment", "init"]);
	let imports = report["imports"].as_array().expect("a list");
	let get = imports.iter().find(|it| it["name"] == "storage_get").expect("it reads storage");
	assert_eq!((&get["base"], &get["per_word"]), (&json!(2_500), &json!(20)));
	assert_eq!(get["needs_account"], true);
	assert_eq!(report["sizes"]["blob"], virt_fixtures::COUNTER.len());
	assert_eq!(report["sizes"]["debug"], 0);
	assert_eq!(report["instruction_set"], "ReviveV1");
	let limits = report["limits"].as_array().expect("a list");
	assert!(limits.iter().all(|it| it["is"].as_u64() <= it["limit"].as_u64()), "{limits:?}");
	assert_eq!(report["admission"]["admitted"], true);
	let stack = &report["memory_map"][2];
	let size =
		stack["end"].as_u64().expect("it ends") - stack["start"].as_u64().expect("it starts");
	assert!(size >= report["sizes"]["stack"].as_u64().expect("it has a size"));
}

#[test]
fn inspect_gives_the_verdict_of_the_pallet() {
	for (name, blob) in ALL {
		let program = Built::bare(name);
		let output = virt_node("inspect", &program.blob(), &["--json"]);
		let verdict = pallet_virt::admission::check::<virt_runtime::Runtime>(blob);
		let report = json(&output);
		match verdict {
			Ok(memory) => {
				assert_eq!(report["admission"]["admitted"], true, "{name}");
				assert_eq!(report["limits"][1]["is"], memory, "{name}");
				assert_eq!(output.status.code(), Some(0), "{name}");
			},
			Err(error) => {
				let error: &str = error.into();
				assert_eq!(report["admission"]["error"], error, "{name}");
				fails(&output, 1, error);
			},
		}
	}
}

#[test]
fn inspect_tells_debug_information() {
	let trap = Built::whole("trap");
	let report = json(&virt_node("inspect", &trap.path(".debug.polkavm"), &["--json"]));
	assert!(report["sizes"]["debug"].as_u64() > Some(0));
}

#[test]
fn disassemble_shows_blocks_with_gas_exports_syscalls_and_lines() {
	let counter = Built::whole("counter");
	let report = json(&virt_node("disassemble", &counter.blob(), &["--json"]));
	let blocks = report["blocks"].as_array().expect("a list");
	assert!(blocks.iter().all(|block| block["gas"].as_i64() > Some(0)), "every block costs");
	let exports: Vec<_> = blocks.iter().flat_map(|it| it["exports"].as_array()).flatten().collect();
	assert_eq!(exports.len(), 3, "{exports:?}");
	let lines = blocks.iter().flat_map(|block| block["instructions"].as_array()).flatten();
	assert!(lines.clone().any(|line| line["syscall"] == "storage_set"));
	let sources: Vec<_> = lines.filter_map(|line| line["source"].as_str()).collect();
	assert!(sources.iter().any(|source| source.contains("counter/src/main.rs:")), "{sources:?}");
}

#[test]
fn disassemble_of_an_entry_is_the_part_that_it_reaches() {
	let counter = Built::bare("counter");
	let blocks = |arguments: &[&str]| {
		let report = json(&virt_node("disassemble", &counter.blob(), arguments));
		report["blocks"].as_array().expect("a list").clone()
	};
	let (all, part) = (blocks(&["--json"]), blocks(&["--json", "--entry", "get"]));
	assert!(part.len() < all.len());
	let exports: Vec<_> = part.iter().flat_map(|it| it["exports"].as_array()).flatten().collect();
	assert_eq!(exports, ["get"]);
	let unknown = virt_node("disassemble", &counter.blob(), &["--entry", "nothing"]);
	fails(&unknown, 2, "get");
}

#[test]
fn run_takes_arguments_by_the_abi_and_decodes_the_output() {
	let counter = Built::whole("counter");
	let report = counter.report(&["increment", "--args", "5"]);
	assert_eq!(report["value"], 5);
	assert_eq!((&report["input"], &report["output"]), (&json!("0x05000000"), &json!("0x05000000")));
	assert_eq!(report["events"][0]["data"], "0x05000000");
	let log = report["log"][0].as_str().expect("it logs");
	assert!(log.ends_with("the counter is 5 now"), "{log}");
	assert!(report["weight_used"]["ref_time"].as_u64() > Some(0));
	assert!(report["instantiation"]["weight_used"]["ref_time"].as_u64() > Some(0));
	assert_eq!(report["trace"], Value::Null);
	let text = counter.run(&["increment", "--args", "5"]);
	let text = String::from_utf8_lossy(&text.stdout);
	assert!(text.contains("\noutput    5\n"), "{text}");
}

#[test]
fn run_twice_is_the_same_and_with_a_state_it_goes_on() {
	let counter = Built::whole("counter");
	let increment = ["increment", "--args", "5"];
	assert_eq!(counter.report(&increment), counter.report(&increment));
	let state = counter.path(".state.json");
	let kept = [&increment[..], &["--state", state.to_str().expect("it is text")]].concat();
	assert_eq!(counter.report(&kept)["value"], 5);
	let second = counter.report(&kept);
	assert_eq!((&second["value"], &second["instantiation"]), (&json!(10), &Value::Null));
	let again = counter.run(&[&kept[..], &["--init-args", "1"]].concat());
	fails(&again, 2, "`init` does not run again");
}

#[test]
fn run_of_init_tells_of_the_instantiation() {
	let counter = Built::whole("counter");
	let report = counter.report(&["init", "--args", "7", "--trace"]);
	assert_eq!(report["succeeded"], true);
	assert_eq!(report["trace"]["entry"], "init");
	assert_eq!(counter.report(&["get", "--init-args", "7"])["value"], 7);
	assert_eq!(counter.report(&["get", "--init-input", "0x07000000"])["value"], 7);
}

#[test]
fn trace_lists_syscalls_with_arguments_result_and_gas() {
	let counter = Built::whole("counter");
	let plain = counter.report(&["increment", "--init-args", "2", "--input", "0x05000000"]);
	let arguments = ["increment", "--init-args", "2", "--input", "0x05000000", "--trace"];
	let report = counter.report(&arguments);
	assert_eq!(plain["weight_used"], report["weight_used"], "it costs the same");
	let find = |name| {
		let syscalls = report["trace"]["syscalls"].as_array().expect("a list");
		syscalls.iter().find(|it| it["name"] == name).expect("it is made")
	};
	let key = "0x636f756e74"; // count
	let get = find("storage_get");
	assert_eq!(get["arguments"], json!([["key", key], ["out", "0x02000000"]]));
	assert_eq!(get["result"], 4);
	// The price of the row: a word of the key, and one of the value. The item is read again, because the call that
	// cached it, `init`, has ended.
	assert!(get["gas"].as_u64() >= Some(2_500 + 20 * 2 + 16_000), "{get}");
	let set = find("storage_set");
	assert_eq!(set["arguments"], json!([["key", key], ["value", "0x07000000"]]));
	assert_eq!(set["result"], json!(4));
	assert!(set["gas"].as_u64() >= Some(3_500 + 40 * 2 + 9_000), "{set}");
	let text = counter.run(&arguments);
	let text = String::from_utf8_lossy(&text.stdout);
	assert!(text.contains("counter::increment(step: 5)  gas "), "{text}");
	assert!(text.contains("├─ storage_set(key: \"count\", value: 0x07000000) = 4"), "{text}");
	assert!(text.contains("└─ returned 7\n"), "{text}");
}

#[test]
fn trace_shows_programs_that_are_called_deeper() {
	let reentrant = Built::whole("reentrant");
	let report = reentrant.report(&["start", "--trace"]);
	let syscalls = report["trace"]["syscalls"].as_array().expect("a list");
	let calls = || syscalls.iter().filter(|it| it["name"] == "call_program");
	// The first call is refused before a program runs.
	assert_eq!(calls().next().expect("it calls")["programs"], json!([]));
	let call = calls().next_back().expect("it calls");
	let called = &call["programs"][0];
	assert_eq!(called["end"], "returned", "{call}");
	assert_eq!(called["code_hash"], report["code_hash"]);
	assert_eq!(called["account"], call["arguments"][0][1]);
	assert!(call["gas"].as_u64() > called["gas"].as_u64());
	let text = reentrant.run(&["start", "--trace"]);
	let text = String::from_utf8_lossy(&text.stdout);
	assert!(text.contains("\n│  └─ reentrant::"), "{text}");
}

/// The gas of a traced call, summed over its blocks and syscalls.
fn gas_of_parts(program: &Value) -> u64 {
	let of = |list: &Value, gas: &dyn Fn(&Value) -> u64| {
		list.as_array().expect("a list").iter().map(gas).sum::<u64>()
	};
	let blocks = of(&program["functions"], &|function| {
		of(&function["blocks"], &|block| block[2].as_u64().expect("a number"))
	});
	blocks + of(&program["syscalls"], &|syscall| syscall["gas"].as_u64().unwrap_or(0))
}

#[test]
fn profile_has_all_the_gas_by_function_and_by_line() {
	let sha256 = Built::whole("sha256");
	let profile = |ending: &str| {
		let path = sha256.path(ending);
		let path = path.to_str().expect("it is text");
		let input = format!("0x{}", "07".repeat(1_024));
		let arguments =
			["sha256", "--no-account", "--input", &*input, "--trace", "--profile", path];
		(sha256.report(&arguments), fs::read_to_string(path).expect("it was written"))
	};
	let (report, folded) = profile(".folded");
	let gas = report["trace"]["gas"].as_u64().expect("a number");
	let parts = gas_of_parts(&report["trace"]);
	// The sum does not include translation, which the program pays for once.
	assert!(parts > gas / 4 && parts <= gas, "{parts} of {gas}");
	let lines = folded.lines().map(|line| line.rsplit_once(' ').expect("a stack and its gas"));
	assert_eq!(
		lines.clone().map(|(_, gas)| gas.parse::<u64>().expect("a number")).sum::<u64>(),
		gas
	);
	assert!(lines.clone().all(|(stack, _)| stack.starts_with("sha256::sha256")), "{folded}");
	assert!(lines.clone().any(|(stack, _)| stack.contains("compress")), "{folded}");
	assert!(lines.clone().any(|(stack, _)| stack.ends_with("[translation]")), "{folded}");
	let functions = report["profile"]["functions"].as_array().expect("a list");
	assert_eq!(functions.iter().map(|it| it["own"].as_u64().unwrap_or(0)).sum::<u64>(), gas);
	assert!(!report["profile"]["lines"].as_array().expect("a list").is_empty());

	let (_, svg) = profile(".svg");
	assert!(svg.contains("<svg") && svg.contains("compress"), "it is a flame graph");
	let (_, speedscope) = profile(".json");
	let speedscope: Value = serde_json::from_str(&speedscope).expect("it is JSON");
	assert_eq!(speedscope["profiles"][0]["endValue"], gas);
}

#[test]
fn coverage_has_the_lines_that_were_run_and_those_that_were_not() {
	let counter = Built::whole("counter");
	let path = counter.path(".lcov");
	counter.report(&["get", "--coverage", path.to_str().expect("it is text")]);
	let lcov = fs::read_to_string(&path).expect("it was written");
	let source = include_str!("../../fixtures/programs/counter/src/main.rs");
	let count = |text: &str| {
		let line = 1 + source.lines().position(|line| line.contains(text)).expect("it is there");
		let prefix = format!("DA:{line},");
		let found = lcov.lines().find_map(|line| line.strip_prefix(&prefix));
		found.and_then(|count| count.parse::<u64>().ok())
	};
	assert!(lcov.starts_with("SF:./counter/src/main.rs\n"), "{lcov}");
	assert!(count("COUNT.get_or_default()") > Some(0), "{lcov}");
	assert_eq!(count("get().wrapping_add"), Some(0), "{lcov}");
}

#[test]
fn stack_overflow_is_called_so_with_its_depth() {
	let program = Built::whole("recurse");
	let output = program.run(&["recurse", "--json"]);
	fails(&output, 1, "The stack of 65,536 bytes overflowed, ");
	let report = json(&output);
	assert_eq!(report["failure"]["end"], "stack_overflow");
	assert!(report["failure"]["depth"].as_u64() > Some(100), "{report}");
	let places = report["failure"]["places"].as_array().expect("a list");
	assert!(places.len() as u64 >= report["failure"]["depth"].as_u64().expect("a number"));
}

#[test]
fn backtrace_goes_from_the_failure_to_the_entry() {
	let token = Built::whole("token");
	let output = token.run(&["transfer", "--args", "bob", "5", "--init-args", "1", "--json"]);
	fails(&output, 1, "transfer: Reverted");
	let report = json(&output);
	assert_eq!(report["failure"]["end"], "reverted");
	let places = report["failure"]["places"].as_array().expect("a list");
	let own = |place: &Value| place["file"] == "./token/src/main.rs";
	assert!(places.iter().any(own), "{report}");

	let report = Built::whole("spin").report(&["spin", "--weight", "200000000"]);
	assert_eq!(
		(&report["error"], &report["failure"]["end"]),
		(&json!("OutOfGas"), &json!("out_of_gas"))
	);
	assert!(!report["failure"]["places"].as_array().expect("a list").is_empty(), "{report}");
}

#[test]
fn transfer_below_the_existential_deposit_says_what_that_is() {
	let counter = Built::whole("counter");
	let output = counter.run(&["get", "--value", "5"]);
	fails(&output, 1, "at least the existential deposit: 1,000,000,000.");
}

#[test]
fn what_a_node_traced_is_explained_with_source_lines() {
	let counter = Built::whole("counter");
	let report = counter.report(&["increment", "--args", "5", "--trace"]);
	let answer = counter.path(".answer.json");
	let traced = json!({ "result": { "output": "0x", "programs": [report["trace"]] } });
	fs::write(&answer, traced.to_string()).expect("it can be written");
	let folder = counter.folder.path().to_str().expect("it is text");
	let svg = counter.path(".svg");
	let arguments = ["--programs", folder, "--profile", svg.to_str().expect("it is text")];
	let output = virt_node("explain", &answer, &arguments);
	let text = String::from_utf8_lossy(&output.stdout);
	assert!(output.status.success(), "{output:?}");
	assert!(text.starts_with("counter::increment(step: 5)"), "{text}");
	assert!(text.contains("./counter/src/main.rs"), "{text}");
	assert!(fs::read_to_string(svg).expect("it was written").contains("<svg"));
	fs::write(&answer, "{}").expect("it can be written");
	fails(&virt_node("explain", &answer, &[]), 2, "is not a trace");
}

#[test]
fn trap_is_told_with_its_place_and_lines() {
	let trap = Built::whole("trap");
	let output = trap.run(&["unimp", "--json"]);
	fails(&output, 1, "unimp: Trapped");
	let report = json(&output);
	assert_eq!((&report["succeeded"], &report["error"]), (&json!(false), &json!("Trapped")));
	assert!(report["failure"]["offset"].is_u64(), "{report}");
	let source = include_str!("../../fixtures/programs/trap/src/main.rs");
	let line =
		source.lines().position(|line| line.contains("asm!(\"unimp\"")).expect("it is there");
	let place = &report["failure"]["places"][0];
	assert_eq!(place["line"], line + 1, "{report}");
	assert!(place["file"].as_str().is_some_and(|file| file.ends_with("trap/src/main.rs")));
	// Without the debug twin, only the offset is known.
	let report = Built::bare("trap").report(&["unimp"]);
	assert!(report["failure"]["offset"].is_u64());
	assert_eq!(report["failure"]["places"], json!([]));
}

#[test]
fn panic_is_in_the_log() {
	let report = Built::whole("trap").report(&["trap"]);
	assert_eq!(report["error"], "Trapped");
	let log = report["log"].as_array().expect("a list");
	let said = |line: &Value| line.as_str().is_some_and(|it| it.contains("a program that panics"));
	assert!(log.iter().any(said), "{log:?}");
}

#[test]
fn weight_limit_holds() {
	let spin = Built::whole("spin");
	let output = spin.run(&["spin", "--weight", "10000000000", "--json"]);
	fails(&output, 1, "spin: OutOfGas");
	let report = json(&output);
	let used = report["weight_used"]["ref_time"].as_u64();
	assert!(used <= Some(10_000_000_000) && used > Some(9_900_000_000), "{report}");
	// Without an account, because an instantiation would use more of the limit than the call.
	let output = spin.run(&["spin", "--no-account", "--weight", "10000000000,3000"]);
	fails(&output, 1, "spin: OutOfProofSize");
	fails(&spin.run(&["spin", "--weight", "much"]), 2, "is not a weight");
}

#[test]
fn error_of_a_program_is_decoded() {
	let token = Built::whole("token");
	let report = token.report(&[
		"transfer",
		"--init-args",
		"100",
		"--args",
		"bob",
		"101",
		"--caller",
		"alice",
	]);
	assert_eq!(report["error"], "Reverted");
	assert_eq!(report["value"], json!({ "TooLittle": { "balance": "100" } }));
	let report = token.report(&["transfer", "--init-args", "100", "--args", "bob", "100"]);
	assert_eq!(report["succeeded"], true);
	let transferred = &report["events"][0]["value"]["Transferred"];
	assert_eq!(transferred["amount"], "100", "{report}");
}

#[test]
fn run_without_an_account_and_with_an_input_needs_no_abi() {
	let echo = Built::bare("echo");
	let report = echo.report(&["echo", "--no-account", "--input", "0x00ff"]);
	assert_eq!((&report["output"], &report["account"]), (&json!("0x00ff"), &Value::Null));
	fails(&echo.run(&["echo", "--args", "1"]), 2, "echo.abi.json");
	fails(&echo.run(&["echo", "--input", "0xf"]), 2, "is not hex");
}

#[test]
fn value_is_transferred_and_the_caller_is_who_is_named() {
	let counter = Built::whole("counter");
	let report = counter.report(&["get", "--value", "5000000000", "--caller", "bob", "--trace"]);
	let bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
	assert_eq!(report["caller"], bob);
	let events = report["chain_events"].as_array().expect("a list");
	let transferred =
		|event: &Value| event.as_str().is_some_and(|it| it.contains("amount: 5000000000"));
	assert!(events.iter().any(transferred), "{events:?}");
	let zeros = format!("0x{}", "00".repeat(32));
	assert_eq!(counter.report(&["get", "--caller", &zeros])["succeeded"], true);
	fails(&counter.run(&["get", "--caller", "nobody"]), 2, "\"nobody\" is not an account");
}

#[test]
fn entry_that_is_not_there_lists_those_that_are() {
	let counter = Built::whole("counter");
	let output = counter.run(&["decrement"]);
	fails(&output, 2, "no entry \"decrement\"");
	for entry in ["get", "increment", "init"] {
		assert!(failure(&output).1.contains(entry));
	}
	fails(&counter.run(&["get", "--args", "1"]), 2, "get() was given 1 arguments");
	fails(&counter.run(&["increment", "--args", "five"]), 2, "\"five\" is not of type u32");
}

#[test]
fn program_that_is_not_admitted_does_not_run() {
	let program = Built::bare("unknown_import");
	fails(&program.run(&["call"]), 1, "UnknownImport");
}

#[test]
fn syscalls_of_this_chain_are_there() {
	let chain = Built::whole("chain");
	assert!(chain.report(&["slot"])["output"].as_str() > Some("0x0000000000000000"));
	let inspected = json(&virt_node("inspect", &chain.blob(), &["--json"]));
	let imports = inspected["imports"].as_array().expect("a list");
	assert!(imports.iter().any(|it| it["name"] == "slot" && it["base"] == 5_800));
}

#[test]
fn backends_give_the_same_report() {
	let counter = Built::whole("counter");
	let report = |backend| {
		let arguments = ["increment", "--trace", "--json", "--vm-backend", backend];
		json(&virt_node("run", &counter.blob(), &arguments))
	};
	assert_eq!(report("interpreter"), report("auto"));
}

#[test]
fn files_that_never_end_and_abis_that_never_end_are_refused() {
	fails(&virt_node("hash", Path::new("/dev/zero"), &[]), 2, "is not a regular file");

	let built = Built::bare("echo");
	let mut types = json!({ "A0": "Null" });
	for depth in 1..20 {
		let inner = format!("A{}", depth - 1);
		types[format!("A{depth}")] = json!({ "a": inner, "b": inner, "c": inner, "d": inner });
	}
	let entry = json!({ "name": "echo", "arguments": [], "result": "A19", "error": null });
	let abi = json!({ "version": 1, "entries": [entry], "types": types });
	built.write(".abi.json", abi.to_string().as_bytes());
	let report = built.report(&["echo", "--no-account", "--input", "0x"]);
	assert_eq!(
		report["value"],
		Value::Null,
		"the bytes do not decode, but the run is reported: {report}"
	);
}

#[test]
fn state_that_cannot_be_written_stays_as_it_was() {
	let built = Built::whole("counter");
	let state = built.path(".state.json");
	let state = state.to_str().expect("it is text");
	assert!(built.run(&["increment", "--state", state]).status.success());
	let before = fs::read(state).expect("it was kept");
	let limited = Command::new("sh")
		.args(["-c", "ulimit -f 8; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_virt-node")])
		.args(["program", "run"])
		.arg(built.blob())
		.args(["increment", "--state", state, "--vm-backend", "interpreter"])
		.output()
		.expect("there is a shell");
	assert!(!limited.status.success());
	assert_eq!(fs::read(state).expect("it is there"), before);
}

#[test]
fn names_of_others_start_no_line_and_leave_the_terminal_alone() {
	let built = Built::bare("counter");
	let mut blob = fs::read(built.blob()).expect("it is there");
	let name = b"increment";
	let at = blob.windows(name.len()).position(|bytes| bytes == name).expect("it is exported");
	blob[at..at + name.len()].copy_from_slice(b"in\x1b[2J\n\x7f'");
	built.write(".polkavm", &blob);

	let text = virt_node("inspect", &built.blob(), &[]).stdout;
	let text = String::from_utf8(text).expect("it is text");
	assert!(text.contains("in\\u{1b}[2J\\n\\u{7f}'"), "{text}");
	assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
	// JSON output has the name without this escaping, and so do arguments on the command line.
	let report = json(&virt_node("inspect", &built.blob(), &["--json"]));
	assert!(names(&report["exports"]).contains(&"in\u{1b}[2J\n\u{7f}'"), "{report}");
	let run = built.run(&["in\u{1b}[2J\n\u{7f}'", "--init-input", "0x05000000"]);
	assert!(run.status.success(), "{run:?}");
	fails(&built.run(&["increment"]), 2, "in\\u{1b}[2J\\n\\u{7f}'");
}

/// A process that ends while it starts a worker process must not leave the worker behind.
#[test]
#[cfg(target_os = "linux")]
fn no_process_is_left_behind() {
	adopt_orphans();
	let built = Built::whole("counter");
	for _ in 0..5 {
		let run = virt_node("run", &built.blob(), &["increment"]);
		assert!(run.status.success(), "{run:?}");
	}
	assert_no_worker_is_left();
}

/// A node starts its workers in its first two seconds, and can be stopped at any time in between.
#[test]
#[cfg(target_os = "linux")]
fn node_that_is_stopped_while_it_starts_leaves_no_process_behind() {
	adopt_orphans();
	for tenths in (4..24).step_by(2) {
		let node = env!("CARGO_BIN_EXE_virt-node");
		let mut node = Command::new(node)
			.args(["--dev", "--vm-backend", "recompiler", "--rpc-port", "0"])
			.arg("--no-prometheus")
			.stdout(Stdio::null())
			.stderr(Stdio::null())
			.spawn()
			.expect("it starts");
		thread::sleep(Duration::from_millis(tenths * 100));
		// SAFETY: `kill` only sends a signal, to the node, which is a child of this process.
		unsafe { libc::kill(node.id() as libc::pid_t, libc::SIGTERM) };
		// A node that does not handle signals yet is ended by the signal.
		node.wait().expect("it ends");
	}
	assert_no_worker_is_left();
}

/// Processes that lose their parent become children of this process.
#[cfg(target_os = "linux")]
fn adopt_orphans() {
	// SAFETY: `prctl` only sets a flag of this process.
	let set = unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
	assert_eq!(set, 0);
}

#[cfg(target_os = "linux")]
fn assert_no_worker_is_left() {
	let deadline = Instant::now() + Duration::from_secs(10);
	loop {
		let left = children_named("polkavm-zygote");
		if left.is_empty() {
			return;
		}
		assert!(Instant::now() < deadline, "left behind: {left:?}");
		thread::sleep(Duration::from_millis(50));
	}
}

/// The running children of this process with this name.
#[cfg(target_os = "linux")]
fn children_named(name: &str) -> Vec<u32> {
	let processes = fs::read_dir("/proc").expect("Linux has it").flatten();
	let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
	pids.filter(|pid: &u32| {
		let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
		let Some((head, tail)) = stat.rsplit_once(") ") else { return false };
		let fields: Vec<_> = tail.split(' ').collect();
		head.ends_with(&format!("({name}"))
			&& fields[0] != "Z"
			&& fields[1] == std::process::id().to_string()
	})
	.collect()
}

#[test]
fn help_has_examples_and_the_names_of_the_fields() {
	for command in ["inspect", "disassemble", "run", "hash"] {
		let help = virt_node(command, Path::new("--help"), &[]);
		let help = String::from_utf8_lossy(&help.stdout).to_string();
		assert!(help.contains("Example") && help.contains("JSON: {"), "{help}");
	}
}
