//! What both kinds of test need: externalities with the extension.

use std::sync::Arc;
use virt_manager::{BackendChoice, Engine, Manager};
use virt_peer::PeerExt;

pub type Externalities = sp_state_machine::TestExternalities<sp_core::Blake2Hasher>;

pub const BACKENDS: [BackendChoice; 3] =
	[BackendChoice::Interpreter, BackendChoice::Recompiler, BackendChoice::Tiered];

pub fn engine(choice: BackendChoice) -> Arc<Engine> {
	Engine::new(choice, None).expect("the backend works on this machine")
}

pub fn externalities(engine: &Arc<Engine>) -> Externalities {
	let mut ext = Externalities::default();
	ext.register_extension(PeerExt::new(Manager::new(engine.clone())));
	ext
}
