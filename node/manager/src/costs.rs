//! What the basic blocks of a program cost, for tools that show it: nothing is run.

use crate::{
	engine::{self, EngineError},
	module,
};
use polkavm::{BackendKind, ProgramBlob};
use polkavm_common::program::ProgramCounter;
use virt_primitives::{Failure, Gas};

/// See the module.
pub struct Costs(polkavm::Module);

impl Costs {
	/// Of a program, if it compiles.
	pub fn of(program: &ProgramBlob) -> Result<Self, EngineError> {
		let (polkavm, _) = engine::start(BackendKind::Interpreter).map_err(EngineError)?;
		let module = module::translate(&polkavm, program).map_err(|failure| {
			EngineError(match failure {
				Failure::Guest(error) => format!("the program does not compile: {error:?}"),
				Failure::Host(reason) => reason,
			})
		})?;
		Ok(Self(module))
	}

	/// Gas of the block that starts at this offset of the code, if one does.
	pub fn block(&self, offset: u32) -> Option<Gas> {
		self.0.calculate_gas_cost_for(ProgramCounter(offset))
	}
}
