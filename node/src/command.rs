//! Runs the command of the command line.

use crate::{
	chain_spec,
	cli::{Cli, Command},
	client::{self, Backend, Block, Client, Parts},
	dev, service,
};
use sc_cli::{DatabasePruningMode, SubstrateCli, SyncMode, TransactionPoolType};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, Multiaddr, NetworkWorker};
use sc_service::{ChainSpec, Configuration};
use sp_blockchain::{HeaderBackend, Info as BlockInfo};
use std::{io::ErrorKind, net::TcpListener, path::PathBuf, sync::Arc};
use virt_manager::BackendChoice;
use virt_runtime::{BlockNumber, Hash};

/// The default log filter of a development node.
const QUIET: &str = "warn,virt=info";

/// Reverts the data of finality before blocks are reverted.
type AuxRevert = Box<dyn FnOnce(Arc<Client>, Arc<Backend>, BlockNumber) -> sc_cli::Result<()>>;

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
		Ok(match chain_spec::named(id) {
			Some(spec) => Box::new(spec?),
			None => Box::new(chain_spec::ChainSpec::from_json_file(PathBuf::from(id))?),
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
			let parts = client::parts(&config, backend)?;
			let import_queue = service::import_queue(&config, &parts)?;
			let Parts { client, task_manager, .. } = parts;
			Ok((async move { cmd.run(client, import_queue).await }, task_manager))
		}),
		Some(Command::ExportBlocks(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let Parts { client, task_manager, .. } = client::parts(&config, backend)?;
			Ok((async move { cmd.run(client, config.database).await }, task_manager))
		}),
		Some(Command::ExportState(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let Parts { client, task_manager, .. } = client::parts(&config, backend)?;
			Ok((async move { cmd.run(client, config.chain_spec).await }, task_manager))
		}),
		Some(Command::ImportBlocks(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let parts = client::parts(&config, backend)?;
			let import_queue = service::import_queue(&config, &parts)?;
			let Parts { client, task_manager, .. } = parts;
			Ok((async move { cmd.run(client, import_queue).await }, task_manager))
		}),
		Some(Command::PurgeChain(cmd)) => {
			cli.create_runner(&cmd)?.sync_run(|config| cmd.run(config.database))
		},
		Some(Command::Revert(cmd)) => cli.create_runner(&cmd)?.async_run(|config| {
			let is_dev = client::is_dev(config.chain_spec.as_ref());
			let Parts { backend, client, task_manager, .. } = client::parts(&config, backend)?;
			let revert = async move {
				if is_dev {
					let count = dev::revert_chain(&backend, &client, cmd.num.parse()?)?;
					let BlockInfo { best_number, best_hash, .. } = client.info();
					log::info!(target: "virt", "Took back {count} blocks. Best: #{best_number}, {best_hash:?}");
					return Ok(());
				}
				let finality: AuxRevert = Box::new(|client, _, blocks| {
					sc_consensus_grandpa::revert(client, blocks).map_err(Into::into)
				});
				cmd.run::<Block, _, _>(client, backend, Some(finality)).await
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
	// A validator must not change its network identity by accident. One with a well-known key may
	// generate it.
	if cli.run.get_keyring().is_some() {
		cli.run.network_params.node_key_params.unsafe_force_node_key_generation = true;
	}
	let chain = cli.run.shared_params.chain_id(cli.run.shared_params.is_dev());
	let dev = if client::is_dev(cli.load_spec(&chain)?.as_ref()) {
		Some(prepare_dev(&mut cli)?)
	} else if let Some(sealing) = cli.sealing {
		return Err(sc_cli::Error::Input(format!(
			"--sealing {sealing} is for a development chain, as --dev has: the blocks of this chain \
			come in slots"
		)));
	} else {
		None
	};
	refuse_fast_sync(&cli)?;
	let measured = !cli.no_hardware_benchmarks;
	let listens_by_default =
		cli.run.network_params.port.is_none() && cli.run.network_params.listen_addr.is_empty();

	cli.create_runner(&cli.run)?.run_node_until_exit(|mut config| async move {
		claim_rpc_port(&mut config)?;
		if listens_by_default && dev.is_some() {
			stay_at_home(&mut config);
		}
		match config.network.network_backend {
			NetworkBackendType::Libp2p => {
				service::start::<NetworkWorker<Block, Hash>>(config, backend, dev, measured)
			},
			NetworkBackendType::Litep2p => {
				service::start::<Litep2pNetworkBackend>(config, backend, dev, measured)
			},
		}
		.map_err(sc_cli::Error::Service)
	})
}

/// A node can only import the state of a block that is not final yet. GRANDPA finalizes all the
/// time, so that such a node would never have a state.
fn refuse_fast_sync(cli: &Cli) -> sc_cli::Result<()> {
	match cli.run.network_params.sync {
		SyncMode::Fast | SyncMode::FastUnsafe => Err(sc_cli::Error::Input(
			"--sync fast does not come to an end where blocks are made final meanwhile: use --sync warp, \
			which takes the state at a final block, or --sync full"
				.into(),
		)),
		SyncMode::Full | SyncMode::Warp => Ok(()),
	}
}

/// Sets the defaults of a development chain.
fn prepare_dev(cli: &mut Cli) -> sc_cli::Result<dev::Options> {
	let Cli { run, sealing, .. } = cli;
	// With instant sealing, blocks are final before the views of the fork-aware pool have followed:
	// it then drops transactions of a burst. A chain without forks does not need it.
	run.pool_config.pool_type = TransactionPoolType::SingleState;
	// A transaction may be submitted again after a revert.
	run.pool_config.tx_ban_seconds.get_or_insert(0);
	// A revert needs older states.
	let pruning = &mut run.import_params.pruning_params.state_pruning;
	if *pruning.get_or_insert(DatabasePruningMode::Archive) != DatabasePruningMode::Archive {
		return Err(sc_cli::Error::Input(
			"a development chain keeps all states, so that it can be reverted: remove --state-pruning"
				.into(),
		));
	}
	// Shows programs, transactions and warnings, but not Substrate's other lines. Filters of the
	// command line come later in the list, and take precedence.
	if std::env::var_os("RUST_LOG").is_none_or(|filter| filter.is_empty()) {
		run.shared_params.log.insert(0, QUIET.into());
	}
	Ok(dev::Options {
		sealing: sealing.unwrap_or_default(),
		forgets: run.tmp || run.shared_params.is_dev() && run.shared_params.base_path.is_none(),
	})
}

/// If its port is in use, the RPC server would listen on any free port, and clients would connect
/// to another process. Fail instead.
fn claim_rpc_port(config: &mut Configuration) -> sc_cli::Result<()> {
	for endpoint in config.rpc.addr.iter_mut().flatten() {
		endpoint.retry_random_port = false;
		match TcpListener::bind(endpoint.listen_addr) {
			Err(error) if error.kind() == ErrorKind::AddrInUse => {
				return Err(sc_cli::Error::Input(format!(
					"RPC port {} is in use: stop the other process, or choose another port with --rpc-port",
					endpoint.listen_addr,
				)));
			},
			// Released at once. The server reports other problems: some endpoints are optional.
			_ => {},
		}
	}
	Ok(())
}

/// A node with instant sealing has no peers: listen on a free loopback port.
fn stay_at_home(config: &mut Configuration) {
	let nowhere: Multiaddr = "/ip4/127.0.0.1/tcp/0".parse().expect("a valid address; qed");
	config.network.listen_addresses = vec![nowhere];
}
