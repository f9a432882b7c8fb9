//! The calls that store and run programs, for extrinsics and dry-runs.

use crate::{
	account,
	frame::{Callee, New, Outcome, Request},
	program::{self, Stored},
	run,
	stack::Stack,
	BalanceOf, Config, Event, Pallet, WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{
	dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, Pays, PostDispatchInfo},
	weights::Weight,
};
use sp_core::H256;
use sp_runtime::DispatchError;

/// The limits of a call.
pub struct Limits<Balance> {
	/// The value to transfer to the program's account.
	pub value: Balance,
	/// The weight limit.
	pub weight: Weight,
	/// The maximal deposit; `None` for no limit.
	pub deposit: Option<Balance>,
}

/// The result of a call that ran a program. If it succeeded, its event was deposited.
pub struct Settled {
	/// The result of the program.
	pub outcome: Outcome,
	/// The weight of the call, without what its weight limit pays for.
	pub base: Weight,
}

impl From<Settled> for DispatchResultWithPostInfo {
	fn from(settled: Settled) -> Self {
		let actual_weight = Some(settled.base.saturating_add(settled.outcome.weight_used));
		let post_info = PostDispatchInfo { actual_weight, pays_fee: Pays::Yes };
		match settled.outcome.result {
			Ok(()) => Ok(post_info),
			Err(error) => Err(DispatchErrorWithPostInfo { post_info, error }),
		}
	}
}

/// See [`Pallet::upload`]. Returns the code hash and the weight.
pub fn upload<T: Config>(
	owner: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> Result<(H256, Weight), DispatchError> {
	Pallet::<T>::ensure_active()?;
	let size = code.len() as u32;
	let stored = program::store::<T>(owner.clone(), code, deposit_limit)?;
	let Stored { code_hash, is_checked } = stored;
	Pallet::<T>::deposit_event(Event::ProgramStored { code_hash, owner, size });
	let weight =
		if is_checked { T::WeightInfo::upload(size) } else { T::WeightInfo::upload_stored(size) };
	Ok((code_hash, weight))
}

/// See [`Pallet::run`].
pub fn run<T: Config>(
	stack: &mut Stack<T>,
	code_hash: H256,
	entry: Vec<u8>,
	input: Vec<u8>,
	weight_limit: Weight,
) -> Settled {
	let request = Request {
		callee: Callee::Code { code_hash, entry: entry.clone() },
		input: &input,
		value: Default::default(),
		weight_limit,
		deposit_limit: None,
	};
	let caller = stack.origin.account().cloned();
	let base = T::WeightInfo::run(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |weight_used, output| Event::Executed {
		caller,
		code_hash,
		entry,
		weight_used,
		output,
	})
}

/// See [`Pallet::instantiate`].
pub fn instantiate<T: Config>(
	stack: &mut Stack<T>,
	deployer: T::AccountId,
	new: New,
	input: Vec<u8>,
	limits: Limits<BalanceOf<T>>,
) -> Settled {
	let code_hash = new.code_hash;
	let address = account::address_of::<T>(&deployer, code_hash, &new.salt);
	let request = Request {
		callee: Callee::New(new),
		input: &input,
		value: limits.value,
		weight_limit: limits.weight,
		deposit_limit: limits.deposit,
	};
	let base = T::WeightInfo::instantiate(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |weight_used, output| Event::Instantiated {
		deployer,
		address,
		code_hash,
		weight_used,
		output,
	})
}

/// See [`Pallet::call`].
pub fn call<T: Config>(
	stack: &mut Stack<T>,
	address: T::AccountId,
	entry: Vec<u8>,
	input: Vec<u8>,
	limits: Limits<BalanceOf<T>>,
) -> Settled {
	let request = Request {
		callee: Callee::Account { address: address.clone(), entry: entry.clone() },
		input: &input,
		value: limits.value,
		weight_limit: limits.weight,
		deposit_limit: limits.deposit,
	};
	let caller = stack.origin.account().cloned();
	let base = T::WeightInfo::call(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |weight_used, output| Event::Called {
		caller,
		address,
		entry,
		weight_used,
		output,
	})
}

/// See [`Pallet::set_code`].
pub fn set_code<T: Config>(
	stack: &mut Stack<T>,
	address: T::AccountId,
	code_hash: H256,
	input: Vec<u8>,
	limits: Limits<BalanceOf<T>>,
) -> Settled {
	let request = Request {
		callee: Callee::Upgrade { address, code_hash },
		input: &input,
		value: limits.value,
		weight_limit: limits.weight,
		deposit_limit: limits.deposit,
	};
	let base = account::set_code_weight::<T>(input.len() as u32);
	Settled { outcome: run::execute(stack, request), base }
}

fn settle<T: Config>(
	base: Weight,
	outcome: Outcome,
	event: impl FnOnce(Weight, Vec<u8>) -> Event<T>,
) -> Settled {
	if outcome.result.is_ok() {
		Pallet::<T>::deposit_event(event(outcome.weight_used, outcome.output.clone()));
	}
	Settled { outcome, base }
}
