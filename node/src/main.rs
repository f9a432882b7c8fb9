//! The node that runs PolkaVM programs for the chain: see `virt-node --help`.

mod chain_spec;
mod cli;
mod command;
mod dev;
mod extensions;
mod network;
mod rpc;
mod service;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// One line for people, not the nested `Debug` that returning the error would print.
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}
