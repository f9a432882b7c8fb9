//! The command line interface.

use clap::{CommandFactory, Parser};
use virt_node::cli::{Cli, VmBackend};

#[test]
fn command_line_is_consistent() {
	Cli::command().debug_assert();
}

#[test]
fn backend_can_be_chosen_for_the_node_and_for_subcommands() {
	let cli = Cli::parse_from(["virt-node", "--dev"]);
	assert_eq!(cli.vm_backend, VmBackend::Auto);
	let cli = Cli::parse_from(["virt-node", "--dev", "--vm-backend", "interpreter"]);
	assert_eq!(cli.vm_backend, VmBackend::Interpreter);
	let cli = Cli::parse_from(["virt-node", "check-block", "1", "--vm-backend", "recompiler"]);
	assert_eq!(cli.vm_backend, VmBackend::Recompiler);
}
