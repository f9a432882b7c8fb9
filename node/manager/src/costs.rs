//! What the basic blocks of a program cost on each tier, for tools that show it: nothing is run.

use crate::{options::EngineError, start::start};
use polkavm::{BackendKind, ProgramBlob};
use polkavm_common::program::ProgramCounter;
use virt_primitives::{snapshot::Tier, vm::program, Failure, Gas};

/// See the module.
pub struct Costs([polkavm::Module; 2]);

impl Costs {
	/// Of a program, if it compiles.
	pub fn of(blob: &ProgramBlob) -> Result<Self, EngineError> {
		let (polkavm, _) = start(BackendKind::Interpreter).map_err(EngineError)?;
		let translate = |tier| {
			program::translate(&polkavm, false, blob, tier).map_err(|failure| {
				EngineError(match failure {
					Failure::Guest(error) => format!("the program does not compile: {error:?}"),
					Failure::Host(reason) => reason,
				})
			})
		};
		Ok(Self([translate(Tier::One)?, translate(Tier::Two)?]))
	}

	/// Gas on a tier of the block that starts at this offset of the code, if one does. On tier one
	/// translation comes on top: see [`prices`](crate::prices).
	pub fn block(&self, tier: Tier, offset: u32) -> Option<Gas> {
		self.0[tier as usize].calculate_gas_cost_for(ProgramCounter(offset))
	}
}
