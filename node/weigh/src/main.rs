//! `virt-weigh`: runs the programs that take the most time for what they pay, in the wasm runtime as a
//! node does, and prints measured time against charged weight.

mod chain;
mod load;

use chain::Chain;
use clap::Parser;
use load::Load;
use pallet_virt::{benchmarking::program, gas::of_weight};
use std::{path::PathBuf, process::ExitCode};
use virt_bench::{machine, report::write};
use virt_manager::BackendChoice;

/// A program may take this much of the time that it pays for: the rest is for slower machines.
const MARGIN: f64 = 0.5;

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

/// Times that each is tried; the median counts.
const TRIES: usize = 5;

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
		"| program | gas | charged, ms | takes, ms | tiered | interpreter |".into(),
		"|---|---:|---:|---:|---:|---:|".into(),
	];
	let mut worst = (0.0, String::new());
	for load in load::all().iter().filter(|load| load.name.contains(&cli.only)) {
		eprintln!("{}", load.name);
		let mut ratios = Vec::new();
		let (mut gas, mut charged, mut slowest) = (0, 0.0, 0.0_f64);
		for (backend, chain) in &mut chains {
			let (used, paid, took) = measure(chain, load)
				.map_err(|error| format!("{} ({backend}): {error}", load.name))?;
			(gas, charged) = (used, paid);
			slowest = slowest.max(took);
			ratios.push(took / paid);
		}
		lines.push(format!(
			"| {} | {gas} | {:.3} | {:.3} | {:.3}x | {:.3}x |",
			load.name,
			charged * 1e3,
			slowest * 1e3,
			ratios[0],
			ratios[1],
		));
		let ratio = ratios.into_iter().fold(0.0, f64::max);
		if ratio > worst.0 {
			worst = (ratio, load.name.clone());
		}
	}
	let within = worst.0 <= MARGIN;
	let verdict = if within { "within" } else { "**over**" };
	lines.push(format!("\nThe most has `{}`: {:.3}x, {verdict} {MARGIN}x.", worst.1, worst.0));
	let text = lines.join("\n");
	println!("{text}");
	if let Some(path) = &cli.write {
		write(path, &text)?;
	}
	Ok(within)
}

/// Gas, time that is paid for and time that it takes, in seconds.
fn measure(chain: &mut Chain, load: &Load) -> Result<(u64, f64, f64), String> {
	let address = if load.uploaded { None } else { Some(chain.deploy(&load.code)?) };
	let mut times = Vec::new();
	let mut paid = (0, 0.0);
	for _ in 0..TRIES {
		if load.cold {
			chain.forget()?;
		}
		let (tried, took) = match &address {
			Some(address) => chain.try_call(address, program::ENTRY, &load.input)?,
			None => chain.try_upload(&load.code)?,
		};
		if let Err(error) = tried.result {
			return Err(format!("{error:?}"));
		}
		let charged = tried.weight.saturating_sub(tried.weight_required) + tried.weight_consumed;
		paid = (of_weight(tried.weight_consumed), charged.ref_time() as f64 / 1e12);
		times.push(took.as_secs_f64());
	}
	times.sort_by(f64::total_cmp);
	Ok((paid.0, paid.1, times[TRIES / 2]))
}
