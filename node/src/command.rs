//! From the command line to the thing that was asked for.

use crate::{
	chain_spec,
	cli::{Cli, Command},
	service::{self, Block, Parts, Sealing},
};
use sc_cli::{SubstrateCli, TransactionPoolType};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, Multiaddr, NetworkWorker};
use sc_service::{ChainSpec, Configuration};
use std::{io::ErrorKind, net::TcpListener, path::PathBuf};
use virt_manager::BackendChoice;
use virt_runtime::Hash;

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Virt Node".into()
	}

	fn impl_version() -> String {
		env!("CARGO_PKG_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		env!("CARGO_PKG_AUTHORS").into()
	}

	fn support_url() -> String {
		"the README of this project".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn ChainSpec>, String> {
		Ok(match id {
			"dev" => Box::new(chain_spec::development()?),
			"" | "local" => Box::new(chain_spec::local_testnet()?),
			path => Box::new(chain_spec::ChainSpec::from_json_file(PathBuf::from(path))?),
		})
	}
}

pub fn run() -> sc_cli::Result<()> {
	let mut cli = Cli::from_args();
	let backend = BackendChoice::from(cli.vm_backend);

	match cli.subcommand.take() {
		None => run_node(cli, backend),
		Some(Command::Key(cmd)) => cmd.run(&cli),
		Some(Command::BuildSpec(cmd)) => {
			cli.create_runner(&cmd)?.sync_run(|config| cmd.run(config.chain_spec, config.network))
		},
		Some(Command::ExportChainSpec(cmd)) => {
			let spec = cli.load_spec(&cmd.chain)?;
			cmd.run(spec)
		},
		Some(Command::CheckBlock(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let parts = service::parts(&config, backend)?;
			let import_queue = service::import_queue(&config, &parts)?;
			let Parts { client, task_manager, .. } = parts;
			Ok((async move { cmd.run(client, import_queue).await }, task_manager))
		}),
		Some(Command::ExportBlocks(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let Parts { client, task_manager, .. } = service::parts(&config, backend)?;
			Ok((async move { cmd.run(client, config.database).await }, task_manager))
		}),
		Some(Command::ExportState(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let Parts { client, task_manager, .. } = service::parts(&config, backend)?;
			Ok((async move { cmd.run(client, config.chain_spec).await }, task_manager))
		}),
		Some(Command::ImportBlocks(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let parts = service::parts(&config, backend)?;
			let import_queue = service::import_queue(&config, &parts)?;
			let Parts { client, task_manager, .. } = parts;
			Ok((async move { cmd.run(client, import_queue).await }, task_manager))
		}),
		Some(Command::PurgeChain(cmd)) => {
			cli.create_runner(&cmd)?.sync_run(|config| cmd.run(config.database))
		},
		Some(Command::Revert(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let sealing = Sealing::of(config.chain_spec.as_ref());
			let Parts { backend, client, task_manager, .. } = service::parts(&config, backend)?;
			let revert = async move {
				cmd.run::<Block, _, _>(
					client,
					backend,
					Some(Box::new(move |client, _, blocks| {
						if sealing == Sealing::Slots {
							sc_consensus_grandpa::revert(client, blocks)?;
						}
						Ok(())
					})),
				)
				.await
			};
			Ok((revert, task_manager))
		}),
		Some(Command::ChainInfo(cmd)) => {
			cli.create_runner(&cmd)?.sync_run(|config| cmd.run::<Block>(&config))
		},
		Some(Command::Program(cmd)) => {
			cmd.run(backend).map_err(|failure| sc_cli::Error::Application(failure.into()))
		},
	}
}

fn run_node(mut cli: Cli, backend: BackendChoice) -> sc_cli::Result<()> {
	// An authority must not change its network identity by accident; one with a well-known key has
	// no standing to lose, so it may make one up.
	if cli.run.get_keyring().is_some() {
		cli.run.network_params.node_key_params.unsafe_force_node_key_generation = true;
	}
	// Instant blocks are final before the fork-aware pool's views have followed: it then drops
	// transactions of a burst. A chain without forks does not need it.
	let chain = cli.run.shared_params.chain_id(cli.run.shared_params.is_dev());
	if Sealing::of(cli.load_spec(&chain)?.as_ref()) == Sealing::Instant {
		cli.run.pool_config.pool_type = TransactionPoolType::SingleState;
	}
	let listens_by_default =
		cli.run.network_params.port.is_none() && cli.run.network_params.listen_addr.is_empty();

	cli.create_runner(&cli.run)?.run_node_until_exit(|mut config| async move {
		claim_rpc_port(&mut config)?;
		if listens_by_default && Sealing::of(config.chain_spec.as_ref()) == Sealing::Instant {
			stay_at_home(&mut config);
		}
		match config.network.network_backend {
			NetworkBackendType::Libp2p => {
				service::start::<NetworkWorker<Block, Hash>>(config, backend)
			},
			NetworkBackendType::Litep2p => service::start::<Litep2pNetworkBackend>(config, backend),
		}
		.map_err(sc_cli::Error::Service)
	})
}

/// The RPC server takes any free port when its own is taken, and clients then talk to whatever
/// else is there. Rather say so and stop.
fn claim_rpc_port(config: &mut Configuration) -> sc_cli::Result<()> {
	for endpoint in config.rpc.addr.iter_mut().flatten() {
		endpoint.retry_random_port = false;
		match TcpListener::bind(endpoint.listen_addr) {
			Err(error) if error.kind() == ErrorKind::AddrInUse => {
				return Err(sc_cli::Error::Input(format!(
					"RPC port {} is taken: stop what uses it, or choose another with --rpc-port",
					endpoint.listen_addr,
				)));
			},
			// Freed again at once. Other troubles are the server's to tell: some endpoints are
			// optional.
			_ => {},
		}
	}
	Ok(())
}

/// A node that seals instantly has nothing to tell anybody: loopback, on a port that is free.
fn stay_at_home(config: &mut Configuration) {
	let nowhere: Multiaddr = "/ip4/127.0.0.1/tcp/0".parse().expect("a valid address; qed");
	config.network.listen_addresses = vec![nowhere];
}
