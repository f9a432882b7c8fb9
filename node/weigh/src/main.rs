//! `virt-weigh`: runs the programs that take the most time for what they pay, in the wasm runtime as a
//! node does, and prints measured time against charged weight.

mod chain;
mod jobs;
mod load;

use chain::Chain;
use clap::Parser;
use jobs::Scene;
use load::Load;
use pallet_virt::gas::of_weight;
use std::{path::PathBuf, process::ExitCode};
use virt_bench::{machine, report::write};
use virt_manager::BackendChoice;

/// How much longer than the benchmark of a call a line may take: calls are charged what their benchmark
/// took, with the margin, and no two runs take the same.
const NOISE: f64 = 1.1;

/// A program may take this much of the time that it pays for, on a node with both engines: the rest is
/// for slower machines, by `pallet_virt::gas::MARGIN`.
const MOST: f64 = NOISE / pallet_virt::gas::MARGIN as f64;

/// What programs ordinarily do may be charged this many times what it takes.
const MOST_CHARGED: f64 = 6.0;

/// Compares charged weight with measured time, and fails where something takes more than its share
#[derive(Parser)]
struct Cli {
	/// Only lines whose name has this in it
	#[arg(long, value_name = "TEXT", default_value = "")]
	only: String,

	/// Writes the table into this file, too, between its two markers
	#[arg(long, value_name = "FILE")]
	write: Option<PathBuf>,
}

/// Times that each is tried before it is measured.
const WARM_UP: usize = 3;

/// Times that each is tried; the median counts.
const TRIES: usize = 15;

fn main() -> ExitCode {
	match weigh(&Cli::parse()) {
		Ok(true) => ExitCode::SUCCESS,
		Ok(false) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn weigh(cli: &Cli) -> Result<bool, String> {
	let mut chains = Vec::new();
	for backend in [BackendChoice::Tiered, BackendChoice::Interpreter] {
		chains.push((backend, Chain::new(backend)?));
	}
	let mut lines = vec![
		machine::description(),
		String::new(),
		"| program | gas | charged, ms | takes, ms | takes by charge | charge by time | interpreter only |"
			.into(),
		"|---|---:|---:|---:|---:|---:|---:|".into(),
	];
	let (mut slowest, mut dearest) = ((0.0, String::new()), (0.0, String::new()));
	for load in load::all().iter().filter(|load| load.name.contains(&cli.only)) {
		eprintln!("{}", load.name);
		let mut measured = Vec::new();
		for (backend, chain) in &mut chains {
			let one = measure(chain, load)
				.map_err(|error| format!("{} ({backend}): {error}", load.name))?;
			measured.push(one);
		}
		let (gas, charged, took) = measured[0];
		let charge = charged / took;
		let gas = gas.to_string();
		let by_time = if load.ordinary { format!("{charge:.1}x") } else { String::new() };
		lines.push(line(&load.name, &gas, charged, took, &by_time, measured[1].2));
		if took / charged > slowest.0 {
			slowest = (took / charged, load.name.clone());
		}
		if load.ordinary && charge > dearest.0 {
			dearest = (charge, load.name.clone());
		}
	}
	for scene in jobs::all().iter().filter(|scene| scene.name.contains(&cli.only)) {
		eprintln!("{}", scene.name);
		let mut measured = Vec::new();
		for backend in [BackendChoice::Tiered, BackendChoice::Interpreter] {
			let one = measure_scene(backend, scene)
				.map_err(|error| format!("{} ({backend}): {error}", scene.name))?;
			measured.push(one);
		}
		let (charged, took) = measured[0];
		lines.push(line(&scene.name, "", charged, took, "", measured[1].1));
		if took / charged > slowest.0 {
			slowest = (took / charged, scene.name.clone());
		}
	}
	let within = slowest.0 <= MOST && dearest.0 <= MOST_CHARGED;
	let verdict = |within: bool| if within { "within" } else { "**over**" };
	lines.push(format!(
		"\nThe most of its charge takes `{}`: {:.3}x, {} {MOST}x. The most for its time pays, of what is \
		 ordinary, `{}`: {:.1}x, {} {MOST_CHARGED}x.",
		slowest.1,
		slowest.0,
		verdict(slowest.0 <= MOST),
		dearest.1,
		dearest.0,
		verdict(dearest.0 <= MOST_CHARGED),
	));
	let text = lines.join("\n");
	println!("{text}");
	if let Some(path) = &cli.write {
		write(path, &text)?;
	}
	Ok(within)
}

fn line(
	name: &str,
	gas: &str,
	charged: f64,
	took: f64,
	charge_by_time: &str,
	interpreted: f64,
) -> String {
	format!(
		"| {name} | {gas} | {:.3} | {:.3} | {:.3}x | {charge_by_time} | {:.3}x |",
		charged * 1e3,
		took * 1e3,
		took / charged,
		interpreted / charged,
	)
}

/// Time that is paid for and time that it takes, in seconds, less that of the end of a full block.
fn measure_scene(backend: BackendChoice, scene: &Scene) -> Result<(f64, f64), String> {
	let chain = &mut Chain::new(backend)?;
	(scene.prepare)(chain)?;
	let (mut times, mut overheads, mut charged) = (Vec::new(), Vec::new(), 0.0);
	for nth in 0..WARM_UP + TRIES {
		let (_, overhead) = chain.end_of_block(true)?;
		let (weight, took) = chain.end_of_block(false)?;
		charged = weight.ref_time() as f64 / 1e12 / f64::from(scene.count);
		if nth >= WARM_UP {
			overheads.push(overhead.as_secs_f64());
			times.push(took.as_secs_f64());
		}
	}
	Ok((charged, (median(times) - median(overheads)).max(0.0) / f64::from(scene.count)))
}

/// Gas, time that is paid for and time that it takes, in seconds, less that of a dry-run of nothing.
fn measure(chain: &mut Chain, load: &Load) -> Result<(u64, f64, f64), String> {
	let address = if load.uploaded { None } else { Some(chain.deploy(&load.code)?) };
	let (mut times, mut overheads) = (Vec::new(), Vec::new());
	let mut paid = (0, 0.0);
	// The first ones find the machine as the line before left it.
	for nth in 0..WARM_UP + TRIES {
		let overhead = chain.overhead()?;
		if load.cold {
			chain.forget();
		}
		let (tried, took) = match &address {
			Some(address) => chain.try_call(address, load.entry, &load.input)?,
			None => chain.try_upload(&load.code)?,
		};
		if let Err(error) = tried.result {
			return Err(format!("{error:?}"));
		}
		let charged = tried.weight.saturating_sub(tried.weight_required) + tried.weight_consumed;
		paid = (of_weight(tried.weight_consumed), charged.ref_time() as f64 / 1e12);
		if nth >= WARM_UP {
			overheads.push(overhead.as_secs_f64());
			times.push(took.as_secs_f64());
		}
	}
	let took = (median(times) - median(overheads)).max(0.0) / f64::from(load.runs);
	Ok((paid.0, paid.1, took))
}

fn median(mut times: Vec<f64>) -> f64 {
	times.sort_by(f64::total_cmp);
	times[times.len() / 2]
}
