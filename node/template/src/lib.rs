//! A plain chain, and what the lines of `docs/add-to-your-chain.md` make of it. The build script writes the
//! latter.

pub mod plain;

/// The chain with the lines of the page: `plain` in all else.
pub mod applied {
	include!(concat!(env!("OUT_DIR"), "/applied.rs"));
}
