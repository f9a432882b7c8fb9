//! The story of a call: load, prepare, loop, settle. The only place that drives a program.

use crate::{
	gas::{self, GasMeter},
	limits::*,
	syscalls::{self, Context, Stop},
	BalanceOf, Code, Config, Error, Programs,
};
use alloc::vec::Vec;
use codec::{Compact, CompactLen};
use frame_support::{
	ensure,
	traits::{fungible::Mutate, tokens::Preservation},
};
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchError};
use virt_primitives::{ExecError, ExecResult, Instance, Module, TrapCause, LOG_TARGET};

/// Where to enter a program.
pub enum Entry<'a> {
	/// At the export of this name.
	Export(&'a [u8]),
	/// At the export [`Entry::INIT`]. A program without it takes no input.
	Constructor,
}

impl Entry<'_> {
	/// The name of the constructor.
	pub const INIT: &'static [u8] = b"init";
}

/// Something to run.
pub struct Request<'a, T: Config> {
	/// Who asks.
	pub caller: T::AccountId,
	/// The program's own account, unless the run is one-shot.
	pub account: Option<T::AccountId>,
	/// The program.
	pub code_hash: H256,
	/// Where to enter it.
	pub entry: Entry<'a>,
	/// What the program is given.
	pub input: &'a [u8],
	/// What is transferred to the program's account before it runs.
	pub value: BalanceOf<T>,
	/// Gas for all of it.
	pub gas_limit: u64,
}

/// What came of a [`Request`].
pub struct Outcome {
	/// What the program gave, or why it gave nothing.
	pub result: Result<Vec<u8>, DispatchError>,
	/// What the program gave, also where it reverted.
	pub output: Vec<u8>,
	/// Gas that was taken, also where it failed.
	pub gas_used: u64,
}

/// Runs a program. Where the outcome is an error, the caller rolls the storage back.
pub fn execute<T: Config>(request: Request<'_, T>) -> Outcome {
	let mut context = Context::<T> {
		caller: request.caller,
		account: request.account,
		code_hash: request.code_hash,
		value: request.value,
		input: request.input,
		output: Vec::new(),
		events: 0,
		logs: 0,
		meter: GasMeter::new(request.gas_limit),
	};
	let result = execute_in(&mut context, request.entry);
	let output = context.output;
	Outcome { result: result.map(|()| output.clone()), output, gas_used: context.meter.used() }
}

fn execute_in<T: Config>(context: &mut Context<'_, T>, entry: Entry) -> Result<(), DispatchError> {
	ensure!(context.input.len() <= MAX_INPUT as usize, Error::<T>::InputTooLarge);
	transfer_value(context)?;
	let instance = load(context)?;
	match entry {
		Entry::Export(entry) => Ok(drive(context, instance, entry)?),
		Entry::Constructor => match drive(context, instance, Entry::INIT) {
			Err(Error::EntryNotFound) if context.input.is_empty() => Ok(()),
			result => Ok(result?),
		},
	}
}

fn transfer_value<T: Config>(context: &Context<'_, T>) -> Result<(), DispatchError> {
	match &context.account {
		Some(account) if !context.value.is_zero() => {
			let (from, value) = (&context.caller, context.value);
			T::Currency::transfer(from, account, value, Preservation::Preserve).map(drop)
		},
		_ => Ok(()),
	}
}

/// Pays for loading by the stored length, then lets the host read the code from storage.
fn load<T: Config>(context: &mut Context<'_, T>) -> Result<Instance, Error<T>> {
	let program = Programs::<T>::get(context.code_hash).ok_or(Error::ProgramNotFound)?;
	context.meter.charge(gas::load(program.size, program.memory))?;
	let key = Code::<T>::hashed_key_for(context.code_hash);
	let length_prefix = Compact::<u32>::compact_len(&program.size) as u32;
	// Admitted code compiles, and a call uses few instances: both fail only where limits are met.
	let module = Module::from_storage(&key, length_prefix, &syscalls::TABLE);
	let module = module.map_err(|_| Error::LimitExceeded)?;
	module.instantiate().map_err(|_| Error::LimitExceeded)
}

/// Runs `entry` to its end, answering syscalls on the way.
fn drive<T: Config>(
	context: &mut Context<'_, T>,
	instance: Instance,
	entry: &[u8],
) -> Result<(), Error<T>> {
	ensure!(entry.len() <= MAX_ENTRY as usize, Error::EntryNotFound);
	let execution = instance.prepare(entry, &[]).map_err(|failure| match failure.error {
		ExecError::ExportNotFound => Error::EntryNotFound,
		_ => Error::LimitExceeded,
	})?;
	// The instance was made in this call, and the gas is not negative.
	let vanished = |_| Error::<T>::LimitExceeded;
	let mut step = execution.run(context.meter.left()).map_err(vanished)?;
	loop {
		match step {
			ExecResult::Syscall { mut execution, gas_left, syscall, args } => {
				context.meter.set_left(gas_left);
				let answer = syscalls::answer(context, &mut execution, syscall, args);
				match answer {
					Ok(result) => {
						step = execution.resume(context.meter.left(), result).map_err(vanished)?
					},
					Err(Stop::Exit { revert: false }) => return Ok(()),
					Err(Stop::Exit { revert: true }) => return Err(Error::Reverted),
					Err(Stop::Fault(error)) => return Err(error),
				}
			},
			ExecResult::Finished { gas_left, .. } => {
				context.meter.set_left(gas_left);
				return Ok(());
			},
			ExecResult::OutOfGas { gas_left, .. } => {
				context.meter.set_left(gas_left);
				return Err(Error::OutOfGas);
			},
			ExecResult::Trapped { gas_left, pc, cause, .. } => {
				context.meter.set_left(gas_left);
				log::info!(
					target: LOG_TARGET,
					"program {:?}, called by {:?}: trapped at code offset {pc:?}",
					context.code_hash,
					context.caller,
				);
				return Err(match cause {
					TrapCause::Instruction => Error::Trapped,
					TrapCause::MissingImport => Error::UnknownSyscall,
				});
			},
		}
	}
}
