//! `virt-blocks`: measures whole blocks of the dev runtime: of calls and of transfers, after a
//! restart, and while clients make dry-runs.

mod chain;

use chain::{Authored, Chain, SIGNERS};
use clap::Parser;
use pallet_virt::{
	benchmarking::program::{computing, ENTRY},
	program::code_hash,
	Weight,
};
use polkavm_common::program::{asm, Reg};
use sp_keyring::Sr25519Keyring;
use std::{
	path::PathBuf,
	process::ExitCode,
	sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
	thread,
	time::{Duration, Instant},
};
use virt_bench::{machine, report::write_between};
use virt_fixtures::COUNTER;
use virt_runtime::{AccountId, RuntimeCall, UncheckedExtrinsic, Virt};

/// Measures whole blocks of the dev runtime, with a state in memory.
#[derive(Parser)]
struct Cli {
	/// Also write the table to this file, between its markers for it
	#[arg(long, value_name = "FILE")]
	write: Option<PathBuf>,

	/// Take one sample of small blocks, for a test
	#[arg(long)]
	quick: bool,
}

/// The markers of the table.
const MARKERS: [&str; 2] = ["<!-- blocks from here -->", "<!-- blocks to here -->"];

/// The weight limit of each call.
const LIMIT: Weight = Weight::from_parts(1_000_000_000, 100_000);

/// The number of programs that a node knows after a restart.
const PROGRAMS: u32 = 100;

/// The number of clients that make dry-runs.
const CLIENTS: usize = 16;

/// A line of the table: what is measured, what it is compared with, and the goal of their ratio.
struct Line {
	name: String,
	took: Duration,
	reference: Duration,
	goal: f64,
}

fn main() -> ExitCode {
	match run(&Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run(cli: &Cli) -> Result<(), String> {
	let (samples, most) = if cli.quick { (1, 12) } else { (11, usize::MAX) };
	let mut lines = calls_and_transfers(samples, most)?;
	lines.push(after_restart(samples)?);
	let (mut under_load, dry_runs) = during_dry_runs(samples, most)?;
	lines.append(&mut under_load);

	let mut text = format!("{}.\n\n", machine::description());
	text += "| block | takes | compared with | ratio | goal |\n|---|---:|---:|---:|---:|\n";
	for Line { name, took, reference, goal } in &lines {
		let ratio = took.as_secs_f64() / reference.as_secs_f64();
		let verdict = if ratio <= *goal { "met" } else { "**missed**" };
		let (took, reference) = (milliseconds(*took), milliseconds(*reference));
		text +=
			&format!("| {name} | {took} | {reference} | {ratio:.2}x | {goal:.1}x, {verdict} |\n");
	}
	text += &format!("\nDry-runs while blocks are authored: {dry_runs:.0} a second.\n");
	println!("{text}");
	cli.write.as_ref().map_or(Ok(()), |path| write_between(MARKERS, path, &text))
}

fn milliseconds(time: Duration) -> String {
	format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

fn median(mut times: Vec<Duration>) -> Duration {
	times.sort();
	times[times.len() / 2]
}

/// Measures `what` and `reference` in turns. Returns the medians.
fn compare(
	samples: usize,
	mut what: impl FnMut() -> Result<Duration, String>,
	mut reference: impl FnMut() -> Result<Duration, String>,
) -> Result<(Duration, Duration), String> {
	let (mut times, mut references) = (Vec::new(), Vec::new());
	for _ in 0..samples {
		times.push(what()?);
		references.push(reference()?);
	}
	Ok((median(times), median(references)))
}

/// Stores programs, each with an account.
fn deploy(chain: &mut Chain, programs: &[Vec<u8>]) -> Result<Vec<AccountId>, String> {
	let calls = programs.iter().flat_map(|code| {
		let (code, code_hash) = (code.clone(), code_hash(code));
		let upload = pallet_virt::Call::upload { code, storage_deposit_limit: None };
		let instantiate = pallet_virt::Call::instantiate {
			code_hash,
			salt: Vec::new(),
			input: Vec::new(),
			value: 0,
			weight_limit: LIMIT,
			storage_deposit_limit: None,
		};
		[upload, instantiate]
	});
	let transactions: Vec<_> = calls.map(|call| chain.sign(0, RuntimeCall::Virt(call))).collect();
	let mut rest = &transactions[..];
	while !rest.is_empty() {
		let block = chain.author(rest)?;
		rest = &rest[block.transactions..];
		chain.advance(block);
	}
	let account =
		|code: &Vec<u8>| Virt::address_of(&SIGNERS[0].to_account_id(), code_hash(code), &[]);
	Ok(programs.iter().map(account).collect())
}

fn call(address: &AccountId, entry: &str) -> RuntimeCall {
	RuntimeCall::Virt(pallet_virt::Call::call {
		address: address.clone(),
		entry: entry.as_bytes().to_vec(),
		input: Vec::new(),
		value: 0,
		weight_limit: LIMIT,
		storage_deposit_limit: None,
	})
}

fn transfer() -> RuntimeCall {
	RuntimeCall::Balances(pallet_balances::Call::transfer_keep_alive {
		dest: Sr25519Keyring::One.to_account_id().into(),
		value: 1_000_000_000_000,
	})
}

/// Transactions of all signers in turns, more than a block has room for.
fn sign_all(
	chain: &Chain,
	count: usize,
	call: impl Fn() -> RuntimeCall,
) -> Vec<UncheckedExtrinsic> {
	let mut chain = chain.clone();
	(0..count).map(|index| chain.sign(index % SIGNERS.len(), call())).collect()
}

/// The most transactions that are signed for a block.
const MOST: usize = 20_000;

/// A chain with the counter, and a block full of its calls, or with `most` of them.
fn counter(most: usize) -> Result<(Chain, AccountId, Vec<UncheckedExtrinsic>, Authored), String> {
	let mut chain = Chain::new()?;
	let address = deploy(&mut chain, &[COUNTER.to_vec()])?.remove(0);
	let mut calls = sign_all(&chain, MOST.min(most), || call(&address, "increment"));
	let full = chain.author(&calls)?;
	calls.truncate(full.transactions);
	Ok((chain, address, calls, full))
}

/// A full block of calls of the counter, and one with as many transfers.
fn calls_and_transfers(samples: usize, most: usize) -> Result<Vec<Line>, String> {
	let (chain, _, calls, full) = counter(most)?;
	let count = calls.len();
	let transfers = sign_all(&chain, count, transfer);
	let other = chain.author(&transfers)?;
	if other.transactions != count {
		return Err(format!("only {} of {count} transfers fit", other.transactions));
	}
	let (authored, reference) =
		compare(samples, || Ok(chain.author(&calls)?.took), || Ok(chain.author(&transfers)?.took))?;
	let line = |name: &str, took, reference| Line {
		name: format!("{count} calls of the counter, {name}; as many transfers"),
		took,
		reference,
		goal: 1.3,
	};
	let authored = line("authored", authored, reference);
	let (imported, reference) = compare(samples, || chain.import(&full), || chain.import(&other))?;
	Ok(vec![authored, line("imported", imported, reference)])
}

/// A block that calls many programs, imported by a node that has just started.
fn after_restart(samples: usize) -> Result<Line, String> {
	let mut chain = Chain::new()?;
	let programs: Vec<_> = (0..PROGRAMS as i32).map(program).collect();
	let accounts = deploy(&mut chain, &programs)?;
	let calls: Vec<_> =
		accounts.iter().map(|account| chain.sign(0, call(account, ENTRY))).collect();
	let block = chain.author(&calls)?;
	chain.import(&block)?;
	let (took, reference) = compare(
		samples,
		|| {
			let restarted = chain.restarted()?;
			// The start of its workers is not a part of the block.
			thread::sleep(Duration::from_millis(500));
			restarted.import(&block)
		},
		|| chain.import(&block),
	)?;
	let name = format!("{} calls of as many programs, first after a restart; later", calls.len());
	Ok(Line { name, took, reference, goal: 1.5 })
}

/// A program of 16 KiB, different for each index, whose entry computes for some microseconds.
fn program(index: i32) -> Vec<u8> {
	let round = [asm::add_imm_64(Reg::A0, Reg::A0, 77), asm::xor_imm(Reg::A1, Reg::A0, index)];
	let round: Vec<_> = round.into_iter().cycle().take(4_000).collect();
	computing(&[asm::load_imm(Reg::A0, index)], &round, 4_096, 1)
}

/// A block while clients make dry-runs, and without them. Also returns the dry-runs per second.
fn during_dry_runs(samples: usize, most: usize) -> Result<(Vec<Line>, f64), String> {
	let (chain, address, calls, full) = counter(most.min(1_000))?;
	let measure = |import: bool| match import {
		true => chain.import(&full),
		false => Ok(chain.author(&calls)?.took),
	};
	let mut alone = Vec::new();
	for import in [false, true] {
		let times: Result<Vec<_>, String> = (0..samples).map(|_| measure(import)).collect();
		alone.push(median(times?));
	}
	let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
	let client = || -> Result<(), String> {
		let no_limit = (Option::<Weight>::None, Option::<u128>::None);
		let caller = SIGNERS[0].to_account_id();
		let arguments =
			(caller, &address, b"increment".to_vec(), Vec::<u8>::new(), 0u128, no_limit);
		while !stop.load(Relaxed) {
			chain.query("VirtApi_dry_run_call", &arguments)?;
			made.fetch_add(1, Relaxed);
		}
		Ok(())
	};
	let mut lines = Vec::new();
	let start = Instant::now();
	thread::scope(|scope| -> Result<(), String> {
		let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
		let measured = [false, true].into_iter().zip(alone).try_for_each(|(import, reference)| {
			let times: Result<Vec<_>, String> = (0..samples).map(|_| measure(import)).collect();
			let what = if import { "imported" } else { "authored" };
			lines.push(Line {
				name: format!(
					"{} calls, {what} during dry-runs of {CLIENTS} clients; without",
					calls.len()
				),
				took: median(times?),
				reference,
				goal: 1.3,
			});
			Ok(())
		});
		stop.store(true, Relaxed);
		for client in clients {
			client.join().map_err(|_| "a client panicked")??;
		}
		measured
	})?;
	Ok((lines, made.load(Relaxed) as f64 / start.elapsed().as_secs_f64()))
}
