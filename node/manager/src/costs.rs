//! The gas of a program's basic blocks on each tier, for tools. Nothing runs.

use crate::{options::EngineError, start::start};
use polkavm::{BackendKind, ProgramBlob};
use polkavm_common::program::ProgramCounter;
use virt_primitives::{snapshot::Tier, vm::program, Failure, Gas};

/// The gas of a program's basic blocks.
pub struct Costs([polkavm::Module; 2]);

impl Costs {
	/// Of a program. Errs if it does not compile.
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

	/// The gas on a tier of the block that starts at this offset of the code; `None` if no block
	/// starts there. Tier one also charges for translation: see [`prices`](crate::prices).
	pub fn block(&self, tier: Tier, offset: u32) -> Option<Gas> {
		self.0[tier as usize].calculate_gas_cost_for(ProgramCounter(offset))
	}
}
