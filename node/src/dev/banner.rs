//! The banner of a development node: printed to standard output when the node is ready.

use super::{options::Options, sealing::Sealing};
use crate::client::Parts;
use sc_network::{multiaddr::Protocol, Multiaddr};
use sc_service::Configuration;
use sp_blockchain::HeaderBackend;
use sp_core::crypto::Ss58Codec;
use sp_keyring::Sr25519Keyring;
use std::{
	fmt,
	io::{self, Write},
	net::{IpAddr, SocketAddr},
};

/// The listed accounts. The genesis also has `//Alice//stash` and so on.
const ACCOUNTS: [Sr25519Keyring; 6] = [
	Sr25519Keyring::Alice,
	Sr25519Keyring::Bob,
	Sr25519Keyring::Charlie,
	Sr25519Keyring::Dave,
	Sr25519Keyring::Eve,
	Sr25519Keyring::Ferdie,
];

/// The address of the RPC server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint(pub SocketAddr);

impl Endpoint {
	/// Of an address such as `/ip4/127.0.0.1/tcp/9944`.
	pub fn of(address: &Multiaddr) -> Option<Self> {
		let mut host = None;
		for part in address.iter() {
			match (part, host) {
				(Protocol::Ip4(ip), _) => host = Some(IpAddr::V4(ip)),
				(Protocol::Ip6(ip), _) => host = Some(IpAddr::V6(ip)),
				(Protocol::Tcp(port), Some(host)) => {
					return Some(Self(SocketAddr::new(host, port)))
				},
				_ => {},
			}
		}
		None
	}
}

/// Its `Display` is the text.
pub struct Banner {
	pub version: String,
	pub chain: String,
	pub genesis: String,
	pub endpoints: Vec<Endpoint>,
	pub sealing: Sealing,
	/// The backend.
	pub backend: String,
	pub data: String,
	pub forgets: bool,
}

impl Banner {
	/// Everything except the endpoints, which are known once they are open.
	pub fn new(config: &Configuration, parts: &Parts, options: Options) -> Self {
		Self {
			version: format!("{} {}", config.impl_name, config.impl_version),
			chain: format!("{} ({})", config.chain_spec.name(), config.chain_spec.id()),
			genesis: format!("{:?}", parts.client.info().genesis_hash),
			endpoints: Vec::new(),
			sealing: options.sealing,
			backend: parts.engine.backend().to_string(),
			data: config.base_path.path().display().to_string(),
			forgets: options.forgets,
		}
	}

	pub fn print(&self) {
		// Standard output may be closed.
		let _ = write!(io::stdout(), "{self}");
	}
}

impl fmt::Display for Banner {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let sealing = match self.sealing {
			Sealing::Instant => "a block when a transaction arrives, final at once",
			Sealing::Manual => "a block when engine_createBlock is called",
			Sealing::Interval(_) => "a block at this interval, final at once",
		};
		let data = if self.forgets {
			"is removed when the node stops; --base-path <folder> keeps it"
		} else {
			"is kept"
		};
		let mut urls: Vec<String> =
			self.endpoints.iter().map(|Endpoint(at)| format!("ws://{at}  http://{at}")).collect();
		if urls.is_empty() {
			urls.push("none".into());
		}

		writeln!(f, "\n{}: a development chain is ready\n", self.version)?;
		for (index, url) in urls.iter().enumerate() {
			writeln!(f, "  {:<10}{url}", if index == 0 { "rpc" } else { "" })?;
		}
		writeln!(f, "  {:<10}{}", "chain", self.chain)?;
		writeln!(f, "  {:<10}{}", "genesis", self.genesis)?;
		writeln!(f, "  {:<10}{}: {sealing}", "sealing", self.sealing)?;
		writeln!(f, "  {:<10}run on the {}", "programs", self.backend)?;
		writeln!(f, "  {:<10}{} {data}\n", "data", self.data)?;
		writeln!(f, "  Accounts with funds. Their keys are public: never use them elsewhere.")?;
		for account in ACCOUNTS {
			let uri = format!("//{account}");
			writeln!(f, "  {uri:<10}{}", account.to_account_id().to_ss58check())?;
		}
		writeln!(f)
	}
}
