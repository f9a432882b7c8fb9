//! The modules of a runtime.
//!
//! The interface cannot remove a module, and the modules of a block can exceed the limit of a
//! backend. So a module is the program's bytes: each instantiation compiles them, which the backend
//! has cached.

use sp_externalities::TransactionType;
use sp_virtualization::ModuleId;
use std::{collections::HashMap, sync::Arc};

/// The modules of a runtime call, or of the calls of a block.
#[derive(Default)]
pub struct Modules {
	/// By id. Equal programs share their bytes.
	programs: Vec<Arc<[u8]>>,
	/// The identifiers that the runtime assigned.
	identifiers: HashMap<Box<[u8]>, ModuleId>,
	/// The open storage transactions, with the number of modules at their start.
	layers: Vec<(TransactionType, usize)>,
}

impl Modules {
	/// The program of a module.
	pub fn program(&self, module: ModuleId) -> Option<Arc<[u8]>> {
		self.programs.get(u32::from(module) as usize).cloned()
	}

	/// A program with these bytes, if it is a module.
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

	/// The module with this identifier.
	pub fn named(&self, identifier: &[u8]) -> Option<ModuleId> {
		self.identifiers.get(identifier).copied()
	}

	/// A storage transaction starts.
	pub fn start_transaction(&mut self, ty: TransactionType) {
		self.layers.push((ty, self.programs.len()));
	}

	/// Its objects are kept, even if the transaction is the host's: an author has one per
	/// extrinsic, an importer one per block, and both must find the same.
	pub fn commit_transaction(&mut self, ty: TransactionType) {
		self.close(ty);
	}

	/// Its objects are removed.
	pub fn rollback_transaction(&mut self, ty: TransactionType) {
		if let Some(count) = self.close(ty) {
			self.programs.truncate(count);
			self.identifiers.retain(|_, module| (u32::from(*module) as usize) < count);
		}
	}

	/// Closes the innermost transaction of type `ty` and all inner ones, which a trapped runtime
	/// left open.
	fn close(&mut self, ty: TransactionType) -> Option<usize> {
		let index = self.layers.iter().rposition(|(open, _)| *open == ty)?;
		let (_, count) = self.layers[index];
		self.layers.truncate(index);
		Some(count)
	}
}
