//! A plain chain, and what the lines of `docs/add-to-your-chain.md` make of it: the runtime, and the
//! part of the node that makes the client. The build script writes the latter.

pub mod plain;

pub mod extensions {
	include!(concat!(env!("OUT_DIR"), "/extensions.rs"));
}
pub mod runtime {
	include!(concat!(env!("OUT_DIR"), "/runtime.rs"));
}
pub mod service {
	include!(concat!(env!("OUT_DIR"), "/service.rs"));
}
