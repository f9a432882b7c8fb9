//! The run loop: opens a frame, loads the program, prepares it, runs it, handles syscalls, and
//! settles. The only code that drives a program.
//!
//! A syscall's handler never runs a program. If a program calls another one, the handler returns
//! [`Stop::Call`], and the run loop opens a frame. A frame that fails is rolled back, and the
//! caller gets an error code.

use crate::{
	access::{self, Place},
	account,
	frame::{
		is_callable, Callee, Context, Nested, Outcome, Request, Stopped, Suspension, Syscalled,
		INIT, REENTRANT,
	},
	gas,
	limits::*,
	program,
	stack::{Caller, Stack, Trap},
	syscalls::{self, Answer, Stop},
	upgrade::MIGRATE,
	AccountInfoOf, Accounts, BalanceOf, Code, Config, Error, Event, Lock, Locked, Pallet,
	ProgramInfo,
};
use codec::{Compact, CompactLen, MaxEncodedLen};
use frame_support::{
	ensure,
	storage::with_storage_layer,
	traits::{fungible::Mutate, tokens::Preservation, Get},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchError};
use virt_guest::Code as ResultCode;
use virt_primitives::{
	AtSyscall, ExecError, ExecResult, Execution, Module, Restored, Syscall, SyscallTable,
	TrapCause, LOG_TARGET, MAX_ARGUMENTS,
};

/// Runs a program for the origin of an empty stack. A call that fails changes nothing.
pub fn execute<T: Config>(stack: &mut Stack<T>, request: Request<'_, T>) -> Outcome {
	let Request { callee, input, value, weight_limit, deposit_limit } = request;
	let origin = stack.origin.clone();
	// The weights of the calls pay for these accesses. The weight limit pays for the rest.
	match (&callee, stack.origin.account().cloned()) {
		(Callee::Account { address, .. } | Callee::Upgrade { address, .. }, _) => {
			stack.accesses.paid(Place::Account(address.clone()))
		},
		(Callee::New(_), Some(payer)) => stack.accesses.paid(Place::Holds(payer)),
		_ => {},
	}
	let mut context = Context::new(stack, origin, input, value, weight_limit);
	// Fails if a running program dispatched this call.
	let result = Pallet::<T>::ensure_active().map_err(Failure::from).and_then(|()| {
		Locked::<T>::put(Lock::Running);
		let result = enter(&mut context, callee, deposit_limit)
			.and_then(|()| Ok(context.stack.deposit.settle()?));
		Locked::<T>::kill();
		result
	});
	let Context { output, meter, .. } = context;
	let result = result.map_err(Into::into);
	Outcome { result, output, weight_used: meter.used(), weight_peak: meter.peak() }
}

/// Why a frame failed.
enum Failure<T> {
	/// A fault of the program.
	Program(Error<T>),
	/// The transfer of the value failed.
	Transfer(DispatchError),
}

impl<T> From<Error<T>> for Failure<T> {
	fn from(error: Error<T>) -> Self {
		Self::Program(error)
	}
}

/// Errors of transfers, and of too many storage layers.
impl<T> From<DispatchError> for Failure<T> {
	fn from(error: DispatchError) -> Self {
		Self::Transfer(error)
	}
}

impl<T: Config> From<Failure<T>> for DispatchError {
	fn from(failure: Failure<T>) -> Self {
		match failure {
			Failure::Program(error) => error.into(),
			Failure::Transfer(error) => error,
		}
	}
}

impl<T> Failure<T> {
	/// The error code for the program that requested the frame.
	fn code(&self) -> i64 {
		match self {
			Self::Transfer(_) => ResultCode::TRANSFER_FAILED,
			Self::Program(error) => match error {
				Error::Reverted => ResultCode::CALLEE_REVERTED,
				Error::OutOfGas | Error::OutOfProofSize => ResultCode::OUT_OF_GAS,
				Error::AccountNotFound | Error::ProgramNotFound | Error::EntryNotFound => {
					ResultCode::NOT_FOUND
				},
				Error::AccountExists => ResultCode::ACCOUNT_EXISTS,
				Error::ReentrancyDenied => ResultCode::REENTRANCY_DENIED,
				Error::DepositLimitExceeded | Error::DepositUnpayable => ResultCode::DEPOSIT_FAILED,
				Error::UpgradeDenied => ResultCode::UPGRADE_DENIED,
				Error::JobsLive => ResultCode::JOBS_LIVE,
				_ => ResultCode::CALLEE_TRAPPED,
			},
		}
	}
}

/// Runs a frame in a storage layer.
fn enter<T: Config>(
	context: &mut Context<'_, T>,
	callee: Callee<T::AccountId>,
	deposit_limit: Option<BalanceOf<T>>,
) -> Result<(), Failure<T>> {
	let mark = context.stack.open(deposit_limit);
	let result = with_storage_layer(|| {
		perform(context, callee)?;
		context.stack.items.write_back();
		Ok(())
	});
	context.stack.close(mark, result.is_ok());
	result
}

fn perform<T: Config>(
	context: &mut Context<'_, T>,
	callee: Callee<T::AccountId>,
) -> Result<(), Failure<T>> {
	ensure!(context.input.len() <= MAX_INPUT as usize, Error::InputTooLarge);
	match callee {
		Callee::Account { address, entry } => {
			let max = AccountInfoOf::<T>::max_encoded_len() as u32;
			let place = Place::Account(address.clone());
			context.stack.accesses.read(&mut context.meter, place, max)?;
			let info = Accounts::<T>::get(&address).ok_or(Error::AccountNotFound)?;
			ensure!(is_callable(&entry), Error::EntryNotFound);
			let entered = context.stack.count(&address) > 0;
			context.code_hash = info.code_hash;
			transfer_value(context, &address)?;
			context.stack.accounts.push(address.clone());
			context.account = Some(address);
			if !entered {
				return Ok(run(context, &entry)?);
			}
			match run(context, &[REENTRANT, &entry].concat()) {
				Err(Error::EntryNotFound) => Err(Error::ReentrancyDenied.into()),
				result => Ok(result?),
			}
		},
		Callee::New(new) => {
			let code_hash = new.code_hash;
			let deployer = context.caller.account().cloned().ok_or(Error::NoAccount)?;
			access_program(context, code_hash)?;
			context.access_deposit(None)?;
			let address = account::create::<T>(&mut context.stack.deposit, deployer, new)?;
			context.code_hash = code_hash;
			transfer_value(context, &address)?;
			context.stack.accounts.push(address.clone());
			context.account = Some(address);
			run_hook(context, INIT)
		},
		Callee::Upgrade { address, code_hash } => {
			access_program(context, code_hash)?;
			let open = context.stack.count(&address);
			account::set_code::<T>(&context.caller, &address, code_hash, open)?;
			context.code_hash = code_hash;
			transfer_value(context, &address)?;
			context.stack.accounts.push(address.clone());
			context.account = Some(address);
			run_hook(context, MIGRATE)
		},
		Callee::Code { code_hash, entry } => {
			context.code_hash = code_hash;
			context.stack.accounts.extend(context.account.clone());
			Ok(run(context, &entry)?)
		},
	}
}

/// Runs a hook of the program. A program without it must have no input.
fn run_hook<T: Config>(context: &mut Context<'_, T>, hook: &[u8]) -> Result<(), Failure<T>> {
	match run(context, hook) {
		Err(Error::EntryNotFound) if context.input.is_empty() => Ok(()),
		result => Ok(result?),
	}
}

fn transfer_value<T: Config>(
	context: &mut Context<'_, T>,
	to: &T::AccountId,
) -> Result<(), Failure<T>> {
	if context.value.is_zero() {
		return Ok(());
	}
	let from = context.caller.account().cloned().ok_or(DispatchError::RootNotAllowed)?;
	context.charge_for_transfer(&from, to)?;
	T::Currency::transfer(&from, to, context.value, Preservation::Preserve)?;
	context.stack.deposit.balance_changed();
	Ok(())
}

fn run<T: Config>(context: &mut Context<'_, T>, entry: &[u8]) -> Result<(), Error<T>> {
	match begin(context, entry)? {
		Stopped::Finished => Ok(()),
		// Only the outermost frame of a job is suspended, which is not run by this function.
		Stopped::Suspended { .. } => Err(Error::OutOfGas),
	}
}

/// Runs `entry` of the frame's program until it stops.
pub fn begin<T: Config>(context: &mut Context<'_, T>, entry: &[u8]) -> Result<Stopped, Error<T>> {
	ensure!(entry.len() <= MAX_ENTRY as usize, Error::EntryNotFound);
	let instance = load(context)?.instantiate().map_err(|_| Error::TooManyInstances)?;
	let execution = instance.prepare(entry, &[]).map_err(|failure| match failure.error {
		ExecError::ExportNotFound => Error::EntryNotFound,
		_ => Error::TooManyInstances,
	})?;
	let step = execution.run(context.meter.gas_left()).map_err(vanished)?;
	drive(context, step)
}

/// Resumes a suspended program until it stops again: repeats the syscall `retry`, or returns
/// `result` from the syscall that it waited at.
pub fn resume<T: Config>(
	context: &mut Context<'_, T>,
	snapshot: &[u8],
	retry: Option<Syscalled>,
	result: u64,
) -> Result<Stopped, Error<T>> {
	let restored = load(context)?.restore(snapshot);
	let step = match (restored.map_err(|_| Error::SnapshotUnsupported)?, retry) {
		(Restored::Ready { execution, .. }, _) => {
			execution.run(context.meter.gas_left()).map_err(vanished)?
		},
		(Restored::AtSyscall { execution, .. }, Some((number, args))) => {
			match answer(context, execution, Syscall::Listed(number), args)? {
				Turn::Step(step) => step,
				Turn::Stopped(stopped) => return Ok(stopped),
			}
		},
		(Restored::AtSyscall { execution, .. }, None) => {
			context.progressed();
			execution.resume(context.meter.gas_left(), result).map_err(vanished)?
		},
	};
	drive(context, step)
}

/// The instance was created in this call, and the gas is not negative.
fn vanished<T>(_: ExecError) -> Error<T> {
	Error::TooManyInstances
}

/// Charges for reading a program's record.
fn access_program<T: Config>(
	context: &mut Context<'_, T>,
	code_hash: H256,
) -> Result<(), Error<T>> {
	let place = Place::Program(code_hash);
	let max = ProgramInfo::max_encoded_len() as u32;
	context.stack.accesses.read(&mut context.meter, place, max).map(drop)
}

/// Charges for loading by the stored length. The host then reads the code from storage.
fn load<T: Config>(context: &mut Context<'_, T>) -> Result<Module, Error<T>> {
	access_program(context, context.code_hash)?;
	let program = program::runnable::<T>(context.code_hash)?;
	context.abi = program.abi;
	let place = Place::Code(context.code_hash);
	let cold = context.stack.accesses.read(&mut context.meter, place, 0)?;
	let load = gas::load(program.size, program.memory);
	// A program that was loaded earlier in this call is already in the proof.
	context.meter.charge(if cold { load } else { load.set_proof_size(0) })?;
	let key = Code::<T>::hashed_key_for(context.code_hash);
	let length_prefix = Compact::<u32>::compact_len(&program.size) as u32;
	// Stored programs compile, and a call uses few instances: it only fails at a limit.
	Module::from_storage(&key, length_prefix, &SyscallTable(&syscalls::table::<T>()))
		.map_err(|_| Error::TooManyInstances)
}

/// Runs the program from a step until it stops, and handles its syscalls.
fn drive<T: Config>(
	context: &mut Context<'_, T>,
	mut step: ExecResult,
) -> Result<Stopped, Error<T>> {
	loop {
		step = match step {
			ExecResult::Syscall { execution, gas_left, syscall, args } => {
				context.set_gas_left(gas_left);
				match answer(context, execution, syscall, args)? {
					Turn::Step(step) => step,
					Turn::Stopped(stopped) => return Ok(stopped),
				}
			},
			ExecResult::Finished { gas_left, .. } => {
				context.set_gas_left(gas_left);
				return Ok(Stopped::Finished);
			},
			ExecResult::OutOfGas { execution, gas_left, .. } => {
				context.set_gas_left(gas_left);
				if !context.may_suspend() {
					return Err(Error::OutOfGas);
				}
				let snapshot = execution.snapshot().map_err(|_| Error::TooManyPages)?;
				return Ok(Stopped::Suspended { snapshot, cause: Suspension::Cut });
			},
			ExecResult::Trapped { gas_left, pc, cause, .. } => {
				context.set_gas_left(gas_left);
				context.stack.trap = Some(Trap { code_hash: context.code_hash, offset: pc });
				if context.stack.notes.is_none() {
					log::info!(
						target: LOG_TARGET,
						"{}: trapped at code offset {pc:?}",
						context.label(),
					);
				}
				return Err(match cause {
					TrapCause::Instruction => Error::Trapped,
					TrapCause::MissingImport => Error::UnknownSyscall,
				});
			},
		}
	}
}

/// The continuation after a syscall.
enum Turn {
	/// The program continued to this step.
	Step(ExecResult),
	/// The program stopped.
	Stopped(Stopped),
}

/// Handles a syscall and resumes the program.
fn answer<T: Config>(
	context: &mut Context<'_, T>,
	mut execution: Execution<AtSyscall>,
	syscall: Syscall,
	args: [u64; MAX_ARGUMENTS],
) -> Result<Turn, Error<T>> {
	let answer = match syscalls::answer(context, &mut execution, syscall, args) {
		Err(Stop::Call(request)) => nested(context, *request),
		answer => answer,
	};
	let cause = match answer {
		Ok(result) => {
			context.progressed();
			let step = execution.resume(context.meter.gas_left(), result).map_err(vanished)?;
			return Ok(Turn::Step(step));
		},
		Err(Stop::Exit { revert: false }) => return Ok(Turn::Stopped(Stopped::Finished)),
		Err(Stop::Exit { revert: true }) => return Err(Error::Reverted),
		Err(Stop::Wait(wait)) => {
			context.progressed();
			Suspension::Wait(wait)
		},
		Err(Stop::Fault(error)) => {
			let is_weight = matches!(error, Error::OutOfGas | Error::OutOfProofSize);
			match syscall {
				Syscall::Listed(number) if is_weight && context.may_suspend() => {
					Suspension::Retry(number, args)
				},
				_ => return Err(error),
			}
		},
		// Handled above.
		Err(Stop::Call(_)) => return Err(Error::InvalidArgument),
	};
	let snapshot = execution.snapshot().map_err(|_| Error::TooManyPages)?;
	Ok(Turn::Stopped(Stopped::Suspended { snapshot, cause }))
}

/// Runs a frame for the waiting program of `below`. Returns 0 or an error code for that program.
/// The output of the frame becomes its returned data.
///
/// If the frame ran out of weight because the slice of a job has no more, it is a fault of `below`:
/// the next slice repeats the syscall.
fn nested<T: Config>(below: &mut Context<'_, T>, request: Nested<T>) -> Answer<T> {
	let asked = request.weight_limit;
	let left = below.meter.left();
	let code = run_nested(below, request);
	let is_cut = code == ResultCode::OUT_OF_GAS && !asked.all_lte(left) && below.may_suspend();
	if is_cut {
		return Err(Error::OutOfGas.into());
	}
	Ok(code as u64)
}

fn run_nested<T: Config>(below: &mut Context<'_, T>, request: Nested<T>) -> i64 {
	let Nested { callee, input, value, weight_limit, deposit_limit } = request;
	below.returned.clear();
	if below.stack.depth >= MAX_DEPTH {
		return ResultCode::DEPTH_EXCEEDED;
	}
	let beside = match &callee {
		// The account's record is new, and the number of the program's users changes.
		Callee::New(_) => {
			access::cold_reads::<T>(1, 0).saturating_add(T::DbWeight::get().writes(2))
		},
		Callee::Upgrade { .. } => account::set_code_weight::<T>(0),
		_ => Weight::zero(),
	};
	if matches!(callee, Callee::New(_) | Callee::Upgrade { .. }) {
		// It deposits an event.
		if below.stack.events >= MAX_EVENTS {
			return Failure::from(Error::<T>::TooManyEvents).code();
		}
		below.stack.events += 1;
		if let Err(error) = below.meter.charge::<T>(beside) {
			return Failure::from(error).code();
		}
	}
	let weight_limit = weight_limit.min(below.meter.left());
	let over = matches!(callee, Callee::Code { .. });
	let caller = match &below.account {
		Some(account) if !over => Caller::Account(account.clone()),
		_ => below.caller.clone(),
	};
	let new = match &callee {
		Callee::New(new) => Some(new.code_hash),
		_ => None,
	};
	let mut context = Context::new(&mut *below.stack, caller, &input, value, weight_limit);
	if over {
		context.account = below.account.clone();
	}
	let result = enter(&mut context, callee, deposit_limit);
	let Context { output, account, meter, .. } = context;
	below.meter.record_peak(meter.peak());
	let paid: Result<(), Error<T>> = below.meter.charge(meter.used());
	debug_assert!(paid.is_ok(), "a frame has no more weight than the one below");
	below.returned = match (&result, new, account, &below.account) {
		(Ok(()), Some(code_hash), Some(address), Some(deployer)) => {
			let returned = codec::Encode::encode(&address);
			let (deployer, weight_used) = (deployer.clone(), meter.used());
			let event = Event::Instantiated { deployer, address, code_hash, weight_used, output };
			Pallet::<T>::deposit_event(event);
			returned
		},
		_ => output,
	};
	result.map_or_else(|failure| failure.code(), |()| 0)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::Test;

	#[test]
	fn failures_have_codes_of_their_kind() {
		let code = |error: Error<Test>| Failure::from(error).code();
		assert_eq!(code(Error::Trapped), ResultCode::CALLEE_TRAPPED);
		assert_eq!(code(Error::ValueTooLarge), ResultCode::CALLEE_TRAPPED);
		assert_eq!(code(Error::Reverted), ResultCode::CALLEE_REVERTED);
		assert_eq!(code(Error::OutOfGas), ResultCode::OUT_OF_GAS);
		assert_eq!(code(Error::OutOfProofSize), ResultCode::OUT_OF_GAS);
		assert_eq!(code(Error::DepositUnpayable), ResultCode::DEPOSIT_FAILED);
		let transfer = Failure::<Test>::from(DispatchError::CannotLookup);
		assert_eq!(transfer.code(), ResultCode::TRANSFER_FAILED);
	}
}
