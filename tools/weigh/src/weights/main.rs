//! `virt-weights`: runs the benchmarks of `pallet-virt` in the wasm runtime with a real manager,
//! and writes the pallet's weights.

mod chain;
mod measure;
mod render;

use clap::Parser;
use measure::Measured;
use std::{fs, path::PathBuf, process::ExitCode};
use virt_bench::machine;

/// Measures the calls and syscalls of pallet `virt`, and prints the weights as Rust
#[derive(Parser)]
struct Cli {
	/// Only benchmarks whose list and name contain this; the file needs all
	#[arg(long, value_name = "TEXT", default_value = "", conflicts_with = "write")]
	only: String,

	/// Write to this file instead
	#[arg(long, value_name = "FILE")]
	write: Option<PathBuf>,
}

fn main() -> ExitCode {
	match weights(&Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn weights(cli: &Cli) -> Result<(), String> {
	let all = measure::all(&cli.only)?;
	if !cli.only.is_empty() {
		all.iter().for_each(|Measured { name, fit }| println!("{name:?} {fit:?}"));
		return Ok(());
	}
	let text = render::file(&all, &machine::description())?;
	match &cli.write {
		Some(path) => fs::write(path, text)
			.map_err(|error| format!("cannot write {}: {error}", path.display())),
		None => {
			print!("{text}");
			Ok(())
		},
	}
}
