//! `virt-weigh`: runs the programs that take the most time for their charge, in the wasm runtime
//! like a node, and compares the measured time with the charged weight.

mod chain;
mod jobs;
mod load;

use chain::{Chain, Form};
use clap::Parser;
use codec::Decode;
use jobs::Scene;
use load::Load;
use pallet_virt::gas::of_weight;
use sp_runtime::{DispatchError, ModuleError};
use std::{path::PathBuf, process::ExitCode};
use virt_bench::{machine, report::write};
use virt_runtime::Runtime;

/// The factor by which a line may exceed the benchmark of a call: calls are charged the time of
/// their benchmark with the margin, and runs differ.
const NOISE: f64 = 1.1;

/// The maximal share of its charge that a program may take on a node with both engines: the rest is
/// for slower machines, by `pallet_virt::gas::MARGIN`.
const MOST: f64 = NOISE / pallet_virt::gas::MARGIN as f64;

/// The maximal charge of an ordinary line, as a factor of its time.
const MOST_CHARGED: f64 = 6.0;

/// Compares charged weight with measured time, and fails if a line exceeds its share
#[derive(Parser)]
struct Cli {
	/// Only lines whose name contains this
	#[arg(long, value_name = "TEXT", default_value = "")]
	only: String,

	/// Measure the embedded form
	#[arg(long)]
	embedded: bool,

	/// Also write the table to this file, between its two markers
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
	let forms: &[Form] =
		if cli.embedded { &[Form::Embedded] } else { &[Form::Tiered, Form::Interpreter] };
	let mut chains = Vec::new();
	for form in forms {
		chains.push((*form, Chain::new(*form)?));
	}
	let interpreter = if cli.embedded { ["", ""] } else { [" interpreter only |", "---:|"] };
	let mut lines = vec![
		machine::description(),
		String::new(),
		format!(
			"| program | gas | charged, ms | takes, ms | takes by charge | charge by time |{}",
			interpreter[0]
		),
		format!("|---|---:|---:|---:|---:|---:|{}", interpreter[1]),
	];
	let (mut slowest, mut dearest) = ((0.0, String::new()), (0.0, String::new()));
	for load in load::all().iter().filter(|load| load.name.contains(&cli.only)) {
		eprintln!("{}", load.name);
		let mut measured = Vec::new();
		for (form, chain) in &mut chains {
			match measure(chain, load) {
				Ok(one) => measured.push(one),
				// It takes more gas than a block has there, or more memory than a runtime has.
				Err(error) if matches!(form, Form::Embedded) => {
					lines.push(format!("| {} | `{error}` | | | | |", load.name));
				},
				Err(error) => return Err(format!("{} ({form:?}): {error}", load.name)),
			}
		}
		let Some(first) = measured.first() else { continue };
		lines.push(line(&load.name, &first.gas.to_string(), load.ordinary, &measured));
		if first.share() > slowest.0 {
			slowest = (first.share(), load.name.clone());
		}
		let charge = 1.0 / first.share();
		if load.ordinary && charge > dearest.0 {
			dearest = (charge, load.name.clone());
		}
	}
	for scene in jobs::all().iter().filter(|scene| scene.name.contains(&cli.only)) {
		eprintln!("{}", scene.name);
		let mut measured = Vec::new();
		for form in forms {
			let one = measure_scene(*form, scene)
				.map_err(|error| format!("{} ({form:?}): {error}", scene.name))?;
			measured.push(one);
		}
		lines.push(line(&scene.name, "", false, &measured));
		if measured[0].share() > slowest.0 {
			slowest = (measured[0].share(), scene.name.clone());
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

/// What a load is charged, and takes.
struct Measured {
	gas: u64,
	/// Time that is paid for, in seconds.
	charged: f64,
	/// Time that it takes, in seconds.
	took: f64,
}

impl Measured {
	/// How much of the time that is paid for it takes.
	fn share(&self) -> f64 {
		self.took / self.charged
	}
}

/// A row of the table: what was measured first, and how much of its charge the second takes, if there is one.
fn line(name: &str, gas: &str, ordinary: bool, measured: &[Measured]) -> String {
	let first = &measured[0];
	let by_time = if ordinary { format!("{:.1}x", 1.0 / first.share()) } else { String::new() };
	let (charged, took) = (first.charged * 1e3, first.took * 1e3);
	let interpreted = measured.get(1).map(|other| format!(" {:.3}x |", other.took / first.charged));
	format!(
		"| {name} | {gas} | {charged:.3} | {took:.3} | {:.3}x | {by_time} |{}",
		first.share(),
		interpreted.unwrap_or_default()
	)
}

/// Less the time of the end of a full block.
fn measure_scene(form: Form, scene: &Scene) -> Result<Measured, String> {
	let chain = &mut Chain::new(form)?;
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
	let took = (median(times) - median(overheads)).max(0.0) / f64::from(scene.count);
	Ok(Measured { gas: 0, charged, took })
}

/// Less the time of a dry-run of nothing.
fn measure(chain: &mut Chain, load: &Load) -> Result<Measured, String> {
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
			return Err(name_of(error));
		}
		let charged = tried.weight.saturating_sub(tried.weight_required) + tried.weight_consumed;
		paid = (of_weight(tried.weight_consumed), charged.ref_time() as f64 / 1e12);
		if nth >= WARM_UP {
			overheads.push(overhead.as_secs_f64());
			times.push(took.as_secs_f64());
		}
	}
	let took = (median(times) - median(overheads)).max(0.0) / f64::from(load.runs);
	Ok(Measured { gas: paid.0, charged: paid.1, took })
}

/// The name of an error of the pallet.
fn name_of(error: DispatchError) -> String {
	match error {
		DispatchError::Module(ModuleError { message: Some(name), .. }) => name.into(),
		DispatchError::Module(ModuleError { error, .. }) => {
			let decoded = pallet_virt::Error::<Runtime>::decode(&mut &error[..]);
			decoded.map_or_else(|error| error.to_string(), |error| format!("{error:?}"))
		},
		other => format!("{other:?}"),
	}
}

fn median(mut times: Vec<f64>) -> f64 {
	times.sort_by(f64::total_cmp);
	times[times.len() / 2]
}
