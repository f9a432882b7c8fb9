//! What both kinds of test need: externalities with the extension.

use std::sync::Arc;
use virt_manager::{
	prices::{Rules, TierUp},
	BackendChoice, Engine, Manager, Options,
};
use virt_sp_virtualization::PeerExt;

pub type Externalities = sp_state_machine::TestExternalities<sp_core::Blake2Hasher>;

pub const BACKENDS: [BackendChoice; 3] =
	[BackendChoice::Interpreter, BackendChoice::Recompiler, BackendChoice::Tiered];

/// Under the peer's rule: PolkaVM's own gas, from the start.
pub fn engine(choice: BackendChoice) -> Arc<Engine> {
	let rules = Rules { translation_rate: 0, tier_up: TierUp::After { gas: 0, price: 0 } };
	Engine::with(Options { backend: choice, rules, ..Options::default() }, None)
		.expect("the backend works on this machine")
}

pub fn externalities(engine: &Arc<Engine>) -> Externalities {
	let mut ext = Externalities::default();
	ext.register_extension(PeerExt::new(Manager::new(engine.clone())));
	ext
}
