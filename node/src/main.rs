//! The node that runs PolkaVM programs for the chain: see `virt-node --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
	match virt_node::command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// One line for people, not the nested `Debug` that returning the error would print.
			eprintln!("Error: {error}");
			virt_node::program::exit_code(&error)
		},
	}
}
