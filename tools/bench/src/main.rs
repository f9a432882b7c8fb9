//! `virt-bench`: runs the benchmark, and prints the table and the goals.

use clap::Parser;
use std::{path::PathBuf, process::ExitCode};
use virt_bench::{
	busy::Busy,
	machine::Used,
	remote::{serve, Remote},
	report::{write, Figures, Results},
	rows::{Row, ROWS},
	sample::{measure, Effort},
	subject::{Local, Native, Subject, Who},
};
use virt_manager::BackendChoice;

/// Benchmarks our host functions against sp-virtualization. `make bench` runs it as intended.
#[derive(Parser)]
struct Cli {
	/// This program, built with the feature `peer-recompiles`
	#[arg(long, value_name = "BINARY")]
	recompiling_peer: Option<PathBuf>,

	/// Also write the table to this file, between its two markers
	#[arg(long, value_name = "FILE")]
	write: Option<PathBuf>,

	/// Take one short sample of each figure, for a test
	#[arg(long)]
	quick: bool,

	/// Only lines whose name contains this
	#[arg(long, value_name = "TEXT", default_value = "")]
	only: String,

	/// Only the column with this name, with idle cores, and for longer: for a profiler
	#[arg(long, value_name = "NAME")]
	column: Option<String>,

	/// Measure the peer, for another process
	#[arg(long, hide = true)]
	serve: bool,
}

fn main() -> ExitCode {
	let cli = Cli::parse();
	let outcome = if cli.serve { serve() } else { run(&cli) };
	match outcome {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run(cli: &Cli) -> Result<(), String> {
	if let Some((name, _)) = std::env::vars_os()
		.find(|(name, _)| name.to_str().is_some_and(|name| name.starts_with("POLKAVM_")))
	{
		return Err(format!("unset {}: the peer would heed it", name.display()));
	}
	let mut peers = Vec::new();
	let mut subjects: Vec<(Who, Box<dyn Subject>)> = vec![
		(Who::Native, Box::new(Native)),
		(Who::Ours, Box::new(Local::ours(BackendChoice::Tiered)?)),
		(Who::Recompiler, Box::new(Local::ours(BackendChoice::Recompiler)?)),
		(Who::Interpreter, Box::new(Local::ours(BackendChoice::Interpreter)?)),
	];
	let backend = Local::peer_backend()?;
	let peer = if backend == "interpreter" { Who::PeerInterprets } else { Who::PeerRecompiles };
	subjects.push((peer, Box::new(Local::peer()?)));
	peers.push((peer, backend));
	if let Some(binary) = &cli.recompiling_peer {
		let remote = Remote::start(binary)?;
		if peer == Who::PeerRecompiles || remote.backend != "compiler" {
			return Err(format!("{} has the backend {}", binary.display(), remote.backend));
		}
		peers.push((Who::PeerRecompiles, remote.backend.clone()));
		subjects.push((Who::PeerRecompiles, Box::new(remote)));
	}

	if let Some(column) = &cli.column {
		subjects.retain(|(who, _)| who.to_string() == *column);
		if subjects.is_empty() {
			return Err(format!("no column is called {column:?}"));
		}
	}

	let used = Used::now();
	let effort = match (cli.quick, &cli.column) {
		(true, _) => Effort::QUICK,
		(false, None) => Effort::FULL,
		(false, Some(_)) => Effort::LONG,
	};
	let mut idle: Vec<(Row, Figures)> = Vec::new();
	for row in ROWS.iter().filter(|row| row.name.contains(&cli.only)) {
		eprintln!("{}", row.name);
		idle.push((*row, measure(row, &mut subjects, None, &effort)));
	}
	let by_others = used.by_others_since();
	let mut results = Results { idle, busy: Vec::new(), by_others, peers };
	if cli.column.is_none() {
		let busy = Busy::start();
		for (row, like) in &results.idle {
			eprintln!("{}, with all cores busy", row.name);
			results.busy.push((*row, measure(row, &mut subjects, Some(like), &effort)));
		}
		drop(busy);
	}

	for (row, figures) in results.idle.iter().chain(&results.busy) {
		for (who, cell) in figures {
			if let Some(reason) = &cell.failed {
				eprintln!("{}: {who}: {reason}", row.name);
			}
		}
	}
	let text = results.markdown();
	print!("{text}");
	match &cli.write {
		Some(path) => write(path, &text),
		None => Ok(()),
	}
}
