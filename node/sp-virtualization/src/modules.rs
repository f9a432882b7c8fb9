//! What a runtime compiled, and what it calls that.
//!
//! The interface has no way to give a module back, and a block's worth of them is more than a
//! backend keeps alive. So a module is its program's bytes: whoever instantiates one compiles them,
//! which the backend has done before.

use sp_externalities::TransactionType;
use sp_virtualization::ModuleId;
use std::{collections::HashMap, sync::Arc};

/// The modules of one runtime call, or of the calls of one block.
#[derive(Default)]
pub struct Modules {
	/// By id. Equal programs share their bytes.
	programs: Vec<Arc<[u8]>>,
	/// What the runtime named.
	identifiers: HashMap<Box<[u8]>, ModuleId>,
	/// Open storage transactions, and how many modules there were at their start.
	layers: Vec<(TransactionType, usize)>,
}

impl Modules {
	/// The program of a module.
	pub fn program(&self, module: ModuleId) -> Option<Arc<[u8]>> {
		self.programs.get(u32::from(module) as usize).cloned()
	}

	/// A program with these bytes, if there is a module of it.
	pub fn find(&self, program: &[u8]) -> Option<Arc<[u8]>> {
		self.programs.iter().find(|known| ***known == *program).cloned()
	}

	/// A new module.
	pub fn add(&mut self, program: Arc<[u8]>, identifier: Option<&[u8]>) -> ModuleId {
		let module = ModuleId::from(self.programs.len() as u32);
		self.programs.push(program);
		if let Some(identifier) = identifier {
			self.identifiers.insert(identifier.into(), module);
		}
		module
	}

	/// The module that the runtime calls so.
	pub fn named(&self, identifier: &[u8]) -> Option<ModuleId> {
		self.identifiers.get(identifier).copied()
	}

	/// A storage transaction starts.
	pub fn start_transaction(&mut self, ty: TransactionType) {
		self.layers.push((ty, self.programs.len()));
	}

	/// What was made in it stays, also when the transaction is the host's: an author makes one for
	/// each extrinsic, an importer one for the whole block, and both must find the same.
	pub fn commit_transaction(&mut self, ty: TransactionType) {
		self.close(ty);
	}

	/// What was made in it goes.
	pub fn rollback_transaction(&mut self, ty: TransactionType) {
		if let Some(count) = self.close(ty) {
			self.programs.truncate(count);
			self.identifiers.retain(|_, module| (u32::from(*module) as usize) < count);
		}
	}

	/// Closes the innermost transaction of type `ty` and all within it, which a runtime that trapped
	/// left open.
	fn close(&mut self, ty: TransactionType) -> Option<usize> {
		let index = self.layers.iter().rposition(|(open, _)| *open == ty)?;
		let (_, count) = self.layers[index];
		self.layers.truncate(index);
		Some(count)
	}
}
