//! The options of a development node.

use super::sealing::Sealing;

/// What the command line says of a development chain.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	pub sealing: Sealing,
	/// The data's folder is gone when the node is.
	pub forgets: bool,
}
