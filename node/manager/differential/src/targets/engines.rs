//! The engines that all targets share.

use crate::machine::Engines;
use std::sync::OnceLock;

/// The engines of this process.
pub fn engines() -> &'static Engines {
	static ENGINES: OnceLock<Engines> = OnceLock::new();
	ENGINES.get_or_init(Engines::start)
}
