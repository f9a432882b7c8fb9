//! The programs for comparing backends and machines: those of the conformance suite, the fixtures,
//! and generated ones.

use polkavm_common::{
	program::{asm, InstructionSetKind, ProgramBlob},
	writer::ProgramBlobBuilder,
};
use virt_conformance::{
	script::Script,
	suite::{Backend, Programs},
};
use virt_differential::{
	generate::Case,
	source::{random, Source},
};
use virt_manager::prices::{Rules, TierUp};
use virt_primitives::{vm::limits::Limits, Gas};

/// Rules with which most programs of the suite move to tier two.
pub const RULES: Rules =
	Rules { translation_rate: 12, tier_up: TierUp::After { gas: 40, price: 7 } };

/// The maximal gas per run: all of it, some of it, and little.
const PIECES: [Gas; 3] = [i64::MAX / 2, 1_000_000, 5_000];

/// The programs of the suite, for a backend with these limits.
pub fn suite(limits: &Limits, follows_transactions: bool) -> Programs {
	let mut builder = ProgramBlobBuilder::new(InstructionSetKind::ReviveV1);
	builder.add_export_by_basic_block(0, b"main");
	builder.set_code(&[asm::ecalli(7), asm::ret()], &[]);
	Programs {
		main: virt_fixtures::CONFORMANCE.to_vec(),
		backend: Backend {
			modules: limits.modules as u32,
			instances: limits.instances as u32,
			nesting: limits.nesting as u32,
			program: limits.program as u32,
			follows_transactions,
		},
		missing_import: builder.to_vec().expect("two instructions make a program"),
	}
}

/// Scripts that call all exports of each fixture, with all gas at once and in pieces.
pub fn fixtures() -> Vec<(&'static str, Script)> {
	let scripts = virt_fixtures::ALL.iter().flat_map(|(name, program)| {
		let blob = ProgramBlob::parse(program.to_vec().into()).expect("fixtures are programs");
		let seed = name.len() as u64;
		let args = vec![seed % 7, 0x1_0000, 64, 3, 2, 1];
		let calls: Vec<_> = blob
			.exports()
			.map(|export| (export.symbol().as_bytes().to_vec(), args.clone()))
			.collect();
		PIECES.map(|piece| {
			let (program, calls) = (program.to_vec(), calls.clone());
			(*name, Script { program, calls, gas: 20_000_000, piece, seed })
		})
	});
	scripts.collect()
}

/// A script of the generated program with that seed.
pub fn generated(seed: u64) -> Script {
	let bytes = random(seed, 100 + (seed as usize * 37) % 1_500);
	let Case { program, calls, gas, slice, .. } = Case::generate(&mut Source::new(&bytes));
	let calls = calls.into_iter().map(|call| (call.entry, call.args.to_vec())).collect();
	Script { program, calls, gas, piece: slice.max(1_000), seed }
}
