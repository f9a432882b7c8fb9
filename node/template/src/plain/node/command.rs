//! The command line of the node: of its subcommands, the one that names host functions.

use super::super::runtime::opaque::Block;
use sp_wasm_interface::HostFunctions as ExtraHostFunctions;

/// Stands for the type of that name in `frame_benchmarking_cli`, which has hundreds of dependencies.
pub struct PalletCmd;

impl PalletCmd {
	/// Gives the names of the extra host functions.
	pub fn run_with_spec<Hasher: sp_core::Hasher, Extra: ExtraHostFunctions>(
		&self,
		_chain_spec: Option<&str>,
	) -> Vec<&'static str> {
		Extra::host_functions().iter().map(|function| function.name()).collect()
	}
}

/// `benchmark pallet`.
pub fn benchmark_pallet(cmd: &PalletCmd, chain_spec: &str) -> Vec<&'static str> {
	cmd.run_with_spec::<sp_runtime::traits::HashingFor<Block>, ()>(Some(chain_spec))
}
