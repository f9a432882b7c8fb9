//! Prints what programs do in this machine's interpreter, one line each: results, gas, traps and
//! snapshots. The output is compared between machines.

use codec::Encode;
use std::sync::Arc;
use virt_conformance::{script, suite};
use virt_manager::{limits::HOST, prices::Rules, BackendChoice, Engine, Options};
use virt_record::{fixtures, generated, suite as programs, RULES};

/// The number of generated programs.
const GENERATED: u64 = 1_000;

fn engine(rules: Rules) -> Arc<Engine> {
	let options = Options { backend: BackendChoice::Interpreter, rules, ..Options::default() };
	Engine::with(options, None).expect("the interpreter works everywhere")
}

fn within<R>(engine: &Arc<Engine>, run: impl FnOnce() -> R) -> R {
	let mut ext = sp_state_machine::TestExternalities::<sp_core::Blake2Hasher>::default();
	ext.register_extension(engine.extension());
	ext.execute_with(run)
}

fn main() {
	for (name, rules) in
		[("node", Rules::default()), ("two tiers", RULES), ("embedded", Rules::EMBEDDED)]
	{
		let engine = engine(rules);
		for figure in within(&engine, || suite::run(&programs(&HOST, true))) {
			println!("{name}: suite: {figure:?}");
		}
		let print = |program: &str, script: &script::Script| {
			let events = within(&engine, || script::record(script));
			let digest = sp_crypto_hashing::blake2_128(&events.encode());
			let digest = u128::from_be_bytes(digest);
			println!("{name}: {program}: {} events, {digest:032x}", events.len());
		};
		for (program, script) in fixtures() {
			print(&format!("{program}, {} at once", script.piece), &script);
		}
		for seed in 0..GENERATED {
			print(&format!("generated {seed}"), &generated(seed));
		}
	}
}
