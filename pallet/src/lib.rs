//! Stores PolkaVM programs, runs them outside the runtime, and answers their syscalls.
//!
//! - [`Pallet`]: the calls, events and errors. Thin: each call checks its origin and delegates.
//! - [`program`]: the store. [`admission`]: what a blob must be to get into it.
//! - [`account`]: programs with an address and storage of their own.
//! - [`run`]: the story of a call. [`syscalls`]: what a program may ask for on the way.
//! - [`gas`]: what it costs. [`weights`]: what the calls cost beside that. [`limits`]: how much of
//!   everything there may be.
//!
//! A program's storage, balance and events are the chain's; only its memory and registers live
//! outside, at the node, reached through `virt-primitives`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod account;
pub mod admission;
pub mod gas;
pub mod limits;
pub mod program;
pub mod run;
pub mod syscalls;
pub mod weights;

#[cfg(test)]
mod tests;

pub use pallet::*;
pub use weights::WeightInfo;

use frame_support::traits::fungible::Inspect;

/// The chain's balance type.
pub type BalanceOf<T> =
	<<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

#[frame_support::pallet]
pub mod pallet {
	use super::{
		limits::*,
		run::{Entry, Outcome, Request},
		*,
	};
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::{DispatchErrorWithPostInfo, DispatchResultWithPostInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{
			fungible::{Inspect, Mutate},
			Time,
		},
	};
	use frame_system::pallet_prelude::*;
	use sp_core::H256;

	#[pallet::pallet]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// What is transferred with a call, and by programs.
		type Currency: Inspect<Self::AccountId> + Mutate<Self::AccountId>;

		/// What programs see as the time, in milliseconds since the Unix epoch.
		type Time: Time<Moment = u64>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// A stored program.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub struct ProgramInfo<AccountId> {
		/// Who uploaded it, and may remove it.
		pub owner: AccountId,
		/// Length of the blob, in bytes.
		pub size: u32,
		/// Memory that an instance takes, in bytes.
		pub memory: u32,
		/// How many account programs run it.
		pub references: u32,
	}

	/// An account program.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub struct AccountInfo<AccountId> {
		/// The program it runs.
		pub code_hash: H256,
		/// Who instantiated it.
		pub deployer: AccountId,
	}

	/// Stored programs, by code hash.
	#[pallet::storage]
	pub type Programs<T: Config> =
		StorageMap<_, Identity, H256, ProgramInfo<T::AccountId>, OptionQuery>;

	/// Blobs of the stored programs, by code hash.
	#[pallet::storage]
	pub type Code<T: Config> =
		StorageMap<_, Identity, H256, BoundedVec<u8, ConstU32<MAX_CODE>>, OptionQuery>;

	/// Account programs, by address.
	#[pallet::storage]
	pub type Accounts<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, AccountInfo<T::AccountId>, OptionQuery>;

	/// What account programs stored, by address and their own key.
	#[pallet::storage]
	pub type State<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		BoundedVec<u8, ConstU32<MAX_KEY>>,
		BoundedVec<u8, ConstU32<MAX_VALUE>>,
		OptionQuery,
	>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A program was stored.
		ProgramStored {
			/// Its code hash.
			code_hash: H256,
			/// Who uploaded it.
			owner: T::AccountId,
			/// Length of the blob, in bytes.
			size: u32,
		},
		/// A program was removed.
		ProgramRemoved {
			/// Its code hash.
			code_hash: H256,
			/// Whose it was.
			owner: T::AccountId,
		},
		/// A program ran once, without an account.
		Executed {
			/// Who called.
			caller: T::AccountId,
			/// The program.
			code_hash: H256,
			/// The entry point.
			entry: Vec<u8>,
			/// Gas that the call took.
			gas_used: u64,
			/// What the program returned.
			output: Vec<u8>,
		},
		/// A program was given an account.
		Instantiated {
			/// Who did it.
			deployer: T::AccountId,
			/// The account.
			address: T::AccountId,
			/// The program.
			code_hash: H256,
			/// Gas that the constructor took.
			gas_used: u64,
			/// What the constructor returned.
			output: Vec<u8>,
		},
		/// An account program was called.
		Called {
			/// Who called.
			caller: T::AccountId,
			/// The account.
			address: T::AccountId,
			/// The entry point.
			entry: Vec<u8>,
			/// Gas that the call took.
			gas_used: u64,
			/// What the program returned.
			output: Vec<u8>,
		},
		/// A program deposited an event of its own.
		ProgramEvent {
			/// The program's account, unless it ran without one.
			address: Option<T::AccountId>,
			/// The program.
			code_hash: H256,
			/// What the program had to say.
			data: Vec<u8>,
		},
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The blob is larger than `MAX_CODE`.
		ProgramTooLarge,
		/// The program is stored already.
		ProgramExists,
		/// The blob is not a valid PolkaVM program.
		InvalidProgram,
		/// The program is for another instruction set than `ReviveV1`.
		UnsupportedInstructionSet,
		/// The program imports a symbol that is not a syscall.
		UnknownImport,
		/// The program has more imports than `MAX_IMPORTS`.
		TooManyImports,
		/// The program has more exports than `MAX_EXPORTS`.
		TooManyExports,
		/// The program exports one name twice.
		DuplicateExport,
		/// The program exports a name longer than `MAX_ENTRY`.
		ExportTooLong,
		/// The program declares more memory than `MAX_MEMORY`.
		MemoryTooLarge,
		/// The program has a basic block of more instructions than `MAX_BASIC_BLOCK`.
		BasicBlockTooLong,
		/// The program has a jump table of more entries than `MAX_JUMP_TABLE`.
		JumpTableTooLong,
		/// No program is stored under this code hash.
		ProgramNotFound,
		/// Only the program's owner may do this.
		NotOwner,
		/// Account programs run this program.
		ProgramInUse,
		/// There is an account program at this address already; use another salt.
		AccountExists,
		/// There is no account program at this address.
		AccountNotFound,
		/// The program does not export this entry point.
		EntryNotFound,
		/// The gas limit does not pay for the call.
		OutOfGas,
		/// The program trapped: it panicked, or touched memory that it may not.
		Trapped,
		/// The program asked for all that it did to be undone.
		Reverted,
		/// The program gave a syscall a pointer and a length that are not its memory.
		OutOfBounds,
		/// The program gave a syscall an argument that has no meaning.
		InvalidArgument,
		/// The program went over one of the limits of a call.
		LimitExceeded,
		/// The program asked for what only an account program has.
		NoAccount,
		/// The program made a syscall that does not exist.
		UnknownSyscall,
		/// The input is longer than `MAX_INPUT`.
		InputTooLarge,
		/// The salt is longer than `MAX_SALT`.
		SaltTooLong,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Stores the program `code` under its code hash, the BLAKE2b-256 of `code`.
		///
		/// Emits `ProgramStored`. Errors with `ProgramExists`, or with what keeps the blob out:
		/// `ProgramTooLarge`, `InvalidProgram`, `UnsupportedInstructionSet`, `UnknownImport`,
		/// `TooManyImports`, `TooManyExports`, `DuplicateExport`, `ExportTooLong`,
		/// `MemoryTooLarge`, `BasicBlockTooLong`, `JumpTableTooLong`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::upload(code.len() as u32))]
		pub fn upload(origin: OriginFor<T>, code: Vec<u8>) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			let size = code.len() as u32;
			let code_hash = program::store::<T>(owner.clone(), code)?;
			Self::deposit_event(Event::ProgramStored { code_hash, owner, size });
			Ok(())
		}

		/// Removes a program that the origin uploaded and that no account program runs.
		///
		/// Emits `ProgramRemoved`. Errors with `ProgramNotFound`, `NotOwner` or `ProgramInUse`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, code_hash: H256) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			program::remove::<T>(&owner, code_hash)?;
			Self::deposit_event(Event::ProgramRemoved { code_hash, owner });
			Ok(())
		}

		/// Runs a program once. It has no account: no storage, no balance.
		///
		/// Emits `Executed`. Errors with `ProgramNotFound`, `EntryNotFound`, `InputTooLarge`,
		/// `OutOfGas`, or what the program did: `Trapped`, `Reverted`, `OutOfBounds`,
		/// `InvalidArgument`, `LimitExceeded`, `NoAccount`, `UnknownSyscall`. What failed changes
		/// nothing; the gas that it took is paid for.
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::run(input.len() as u32).saturating_add(gas::to_weight(*gas_limit))
		)]
		pub fn run(
			origin: OriginFor<T>,
			code_hash: H256,
			entry: Vec<u8>,
			input: Vec<u8>,
			gas_limit: u64,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed(origin)?;
			let base = T::WeightInfo::run(input.len() as u32);
			let outcome = run::execute::<T>(Request {
				caller: caller.clone(),
				account: None,
				code_hash,
				entry: Entry::Export(&entry),
				input: &input,
				value: Default::default(),
				gas_limit,
			});
			Self::settle(base, outcome, |gas_used, output| Event::Executed {
				caller,
				code_hash,
				entry,
				gas_used,
				output,
			})
		}

		/// Gives a program an account, at an address made of the origin, the code hash and `salt`,
		/// transfers `value` to it, and runs the program's `init`, where it has one, with `input`.
		///
		/// Emits `Instantiated`. Errors with `AccountExists`, `SaltTooLong`, with the error of the
		/// transfer, or as `run` does.
		#[pallet::call_index(3)]
		#[pallet::weight(
			T::WeightInfo::instantiate(input.len() as u32).saturating_add(gas::to_weight(*gas_limit))
		)]
		pub fn instantiate(
			origin: OriginFor<T>,
			code_hash: H256,
			salt: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			gas_limit: u64,
		) -> DispatchResultWithPostInfo {
			let deployer = ensure_signed(origin)?;
			let base = T::WeightInfo::instantiate(input.len() as u32);
			let address = account::create::<T>(&deployer, code_hash, &salt)
				.map_err(|error| Self::failed(base, error.into()))?;
			let outcome = run::execute::<T>(Request {
				caller: deployer.clone(),
				account: Some(address.clone()),
				code_hash,
				entry: Entry::Constructor,
				input: &input,
				value,
				gas_limit,
			});
			Self::settle(base, outcome, |gas_used, output| Event::Instantiated {
				deployer,
				address,
				code_hash,
				gas_used,
				output,
			})
		}

		/// Transfers `value` to an account program and runs its `entry` with `input`.
		///
		/// Emits `Called`. Errors with `AccountNotFound`, with the error of the transfer, or as
		/// `run` does.
		#[pallet::call_index(4)]
		#[pallet::weight(
			T::WeightInfo::call(input.len() as u32).saturating_add(gas::to_weight(*gas_limit))
		)]
		pub fn call(
			origin: OriginFor<T>,
			address: T::AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			gas_limit: u64,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed(origin)?;
			let base = T::WeightInfo::call(input.len() as u32);
			let info = Accounts::<T>::get(&address)
				.ok_or_else(|| Self::failed(base, Error::<T>::AccountNotFound.into()))?;
			let outcome = run::execute::<T>(Request {
				caller: caller.clone(),
				account: Some(address.clone()),
				code_hash: info.code_hash,
				entry: Entry::Export(&entry),
				input: &input,
				value,
				gas_limit,
			});
			Self::settle(base, outcome, |gas_used, output| Event::Called {
				caller,
				address,
				entry,
				gas_used,
				output,
			})
		}
	}

	impl<T: Config> Pallet<T> {
		/// Where `deployer` would instantiate the program with this salt.
		pub fn address_of(deployer: &T::AccountId, code_hash: H256, salt: &[u8]) -> T::AccountId {
			account::address_of::<T>(deployer, code_hash, salt)
		}

		/// Ends a call: its event or error, and the weight that it really took.
		fn settle(
			base: Weight,
			outcome: Outcome,
			event: impl FnOnce(u64, Vec<u8>) -> Event<T>,
		) -> DispatchResultWithPostInfo {
			let weight = base.saturating_add(gas::to_weight(outcome.gas_used));
			let output = outcome.result.map_err(|error| Self::failed(weight, error))?;
			Self::deposit_event(event(outcome.gas_used, output));
			Ok(Some(weight).into())
		}

		fn failed(weight: Weight, error: DispatchError) -> DispatchErrorWithPostInfo {
			let post_info = PostDispatchInfo { actual_weight: Some(weight), pays_fee: Pays::Yes };
			DispatchErrorWithPostInfo { post_info, error }
		}
	}
}
