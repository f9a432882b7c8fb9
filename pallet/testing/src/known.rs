//! Names and debug information of programs.

use pallet_virt::program::code_hash;
use polkavm_common::program::{ProgramBlob, ProgramParts};
use std::collections::HashMap;
use virt_trace::{tree, Program, Sources};

/// Programs that a test told of.
#[derive(Default)]
pub struct Known {
	/// Name, code and debug information.
	twins: Vec<(String, Vec<u8>, Sources)>,
	/// The code of each program that was uploaded, by code hash in hex.
	uploaded: HashMap<String, Vec<u8>>,
}

/// What a program and its twin have in common.
fn code(blob: &[u8]) -> Option<Vec<u8>> {
	let parts = ProgramParts::from_bytes(blob.into()).ok()?;
	Some(parts.code_and_jump_table.to_vec())
}

impl Known {
	#[track_caller]
	pub fn add(&mut self, name: &str, twin: &[u8]) {
		let blob = ProgramBlob::parse(twin.into()).expect("it is a PolkaVM program");
		let code = code(twin).expect("what was parsed has its parts; qed");
		self.twins.push((name.into(), code, Sources::new(blob)));
	}

	pub fn uploaded(&mut self, blob: &[u8]) {
		if let Some(code) = code(blob) {
			self.uploaded.insert(virt_trace::text::hex(code_hash(blob).as_bytes()), code);
		}
	}

	fn twin(&self, code_hash: &str) -> Option<&(String, Vec<u8>, Sources)> {
		let code = self.uploaded.get(code_hash)?;
		self.twins.iter().find(|(_, of, _)| of == code)
	}
}

impl tree::Known for Known {
	fn name(&self, program: &Program) -> Option<String> {
		Some(self.twin(&program.code_hash)?.0.clone())
	}

	fn sources(&self, code_hash: &str) -> Option<&Sources> {
		Some(&self.twin(code_hash)?.2)
	}
}
