//! The options of a development node.

use super::sealing::Sealing;

/// The options of a development node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
	pub sealing: Sealing,
	/// Whether the data folder is removed when the node stops.
	pub forgets: bool,
}
