//! The node: see `virt-node --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
	match virt_node::command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			// One line instead of the nested `Debug` output of a returned error.
			eprintln!("Error: {error}");
			virt_node::program::exit_code(&error)
		},
	}
}
