//! What the calls that store and run programs do, whether an extrinsic makes them or a dry-run.

use crate::{
	account, gas, program,
	run::{self, Callee, Outcome, Request},
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

/// What a call may take.
pub struct Limits<Balance> {
	/// Transferred to the program's account.
	pub value: Balance,
	/// Gas.
	pub gas: u64,
	/// What the origin may be held for, unless anything.
	pub deposit: Option<Balance>,
}

/// What came of a call that ran a program. Its event, if it succeeded, is deposited.
pub struct Settled {
	/// What came of it.
	pub outcome: Outcome,
	/// Weight of the call without its gas.
	pub base: Weight,
}

impl Settled {
	/// Weight of the call, had its gas limit been `gas`.
	pub fn weight(&self, gas: u64) -> Weight {
		self.base.saturating_add(gas::to_weight(gas))
	}
}

impl From<Settled> for DispatchResultWithPostInfo {
	fn from(settled: Settled) -> Self {
		let actual_weight = Some(settled.weight(settled.outcome.gas_used));
		let post_info = PostDispatchInfo { actual_weight, pays_fee: Pays::Yes };
		match settled.outcome.result {
			Ok(()) => Ok(post_info),
			Err(error) => Err(DispatchErrorWithPostInfo { post_info, error }),
		}
	}
}

/// See [`Pallet::upload`]. Gives the code hash.
pub fn upload<T: Config>(
	owner: T::AccountId,
	code: Vec<u8>,
	deposit_limit: Option<BalanceOf<T>>,
) -> Result<H256, DispatchError> {
	Pallet::<T>::ensure_idle()?;
	let size = code.len() as u32;
	let code_hash = program::store::<T>(owner.clone(), code, deposit_limit)?;
	Pallet::<T>::deposit_event(Event::ProgramStored { code_hash, owner, size });
	Ok(code_hash)
}

/// See [`Pallet::run`].
pub fn run<T: Config>(
	stack: &mut Stack<T>,
	code_hash: H256,
	entry: Vec<u8>,
	input: Vec<u8>,
	gas_limit: u64,
) -> Settled {
	let request = Request {
		callee: Callee::Code { code_hash, entry: entry.clone() },
		input: &input,
		value: Default::default(),
		gas_limit,
		deposit_limit: None,
	};
	let caller = stack.origin.account().cloned();
	let base = T::WeightInfo::run(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |gas_used, output| Event::Executed {
		caller,
		code_hash,
		entry,
		gas_used,
		output,
	})
}

/// See [`Pallet::instantiate`].
pub fn instantiate<T: Config>(
	stack: &mut Stack<T>,
	deployer: T::AccountId,
	code_hash: H256,
	salt: Vec<u8>,
	input: Vec<u8>,
	limits: Limits<BalanceOf<T>>,
) -> Settled {
	let address = account::address_of::<T>(&deployer, code_hash, &salt);
	let request = Request {
		callee: Callee::New { code_hash, salt },
		input: &input,
		value: limits.value,
		gas_limit: limits.gas,
		deposit_limit: limits.deposit,
	};
	let base = T::WeightInfo::instantiate(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |gas_used, output| Event::Instantiated {
		deployer,
		address,
		code_hash,
		gas_used,
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
		gas_limit: limits.gas,
		deposit_limit: limits.deposit,
	};
	let caller = stack.origin.account().cloned();
	let base = T::WeightInfo::call(input.len() as u32);
	settle::<T>(base, run::execute(stack, request), |gas_used, output| Event::Called {
		caller,
		address,
		entry,
		gas_used,
		output,
	})
}

fn settle<T: Config>(
	base: Weight,
	outcome: Outcome,
	event: impl FnOnce(u64, Vec<u8>) -> Event<T>,
) -> Settled {
	if outcome.result.is_ok() {
		Pallet::<T>::deposit_event(event(outcome.gas_used, outcome.output.clone()));
	}
	Settled { outcome, base }
}
