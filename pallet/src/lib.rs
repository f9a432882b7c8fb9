//! Stores PolkaVM programs, runs them outside the runtime, and answers their syscalls.
//!
//! - [`Pallet`]: the calls, events and errors. Thin: each call checks its origin and delegates.
//! - [`program`]: the store. [`admission`]: what a blob must be to get into it.
//! - [`account`]: programs with an address and storage of their own. [`items`]: what is in it.
//!   [`upgrade`]: how they get other code.
//! - [`calls`]: what the calls that run programs do. [`api`], [`dry_run`]: the same without an
//!   extrinsic, to see what it would come to.
//! - [`run`]: the run loop. [`frame`](mod@frame): the state of a call. [`stack`]: what the frames of a call share.
//!   [`syscalls`]: what a program may ask for on the way. [`extension`](mod@extension): what it may
//!   ask a chain for that has more. [`transient`]: what lasts for one call.
//! - [`jobs`]: calls that outlive their block.
//! - [`access`]: what a call has read so far; `journal`: how that follows its frames.
//! - [`gas`]: what it costs. [`weights`]: what the calls cost beside that; `benchmarking` measures it,
//!   and makes that file. [`deposit`]: what is held
//!   for what is stored. [`limits`]: how much of everything there may be.
//! - [`try_state`]: what is true of the storage between any two calls. [`migrations`]: how it came
//!   to be so.
//!
//! How a runtime takes it in is in `docs/add-to-your-chain.md`. Prices and names need no runtime:
//!
//! ```
//! use pallet_virt::{gas, limits, program, Weight};
//!
//! // What `instantiate`, `run` and `set_code` name a program by: the BLAKE2b-256 of its blob.
//! let hash = program::code_hash(b"a blob");
//! assert_eq!(hash.as_bytes().len(), 32);
//!
//! // The weight of a million units of gas, beside what loads and syscalls weigh.
//! let weight = gas::to_weight(1_000_000);
//! assert_eq!(weight, Weight::from_parts(1_000_000 * gas::REF_TIME_PER_GAS, 0));
//! assert!(limits::MAX_DRY_RUN_WEIGHT.all_gte(weight));
//! ```
//!
//! A program's storage, balance and events are the chain's; only its memory and registers live
//! outside, at the node, reached through `virt-primitives`.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod access;
pub mod account;
pub mod admission;
pub mod api;
#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
pub mod benchmarking;
pub mod calls;
pub mod deposit;
pub mod dry_run;
pub mod extension;
pub mod frame;
pub mod gas;
mod genesis;
mod integrity;
pub mod items;
pub mod jobs;
mod journal;
pub mod limits;
pub mod migrations;
pub mod program;
pub mod run;
pub mod stack;
pub mod syscalls;
pub mod transient;
pub mod try_state;
pub mod upgrade;
pub mod weights;

#[cfg(test)]
mod tests;

pub use frame_support::weights::Weight;
pub use pallet::*;
pub use upgrade::UpgradeAuthority;
pub use weights::WeightInfo;

use frame_support::traits::fungible::Inspect;

/// The chain's balance type.
pub type BalanceOf<T> =
	<<T as Config>::Currency as Inspect<<T as frame_system::Config>::AccountId>>::Balance;

#[frame_support::pallet]
pub mod pallet {
	use super::{
		calls::Limits,
		deposit::Deposit,
		frame::New,
		jobs::{
			mailbox::{Mailbox, Message},
			memory::Frame,
			queue::TimerKey,
			slice::Payer,
			JobId, JobOf, Start, Status, Woken,
		},
		limits::*,
		stack::{Caller, Stack, Trap},
		upgrade::UpgradeAuthority,
		*,
	};
	use alloc::vec::Vec;
	use frame_support::{
		dispatch::{DispatchResultWithPostInfo, PostDispatchInfo},
		pallet_prelude::*,
		traits::{
			fungible::{BalancedHold, Credit, Inspect, InspectHold, Mutate, MutateHold},
			Contains, OnUnbalanced, Time,
		},
		DefaultNoBound,
	};
	use frame_system::pallet_prelude::*;
	use sp_core::{Bytes, H256};
	use sp_runtime::{
		traits::{Convert, Dispatchable},
		Perbill,
	};

	/// The storage's version: see [`migrations`]. Programs have another: [`ABI`].
	pub const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config]
	pub trait Config:
		frame_system::Config<
		RuntimeEvent: From<Event<Self>> + TryInto<Event<Self>>,
		RuntimeCall: Dispatchable<PostInfo = PostDispatchInfo>,
	>
	{
		/// What is transferred with a call, and by programs; what deposits are held in.
		type Currency: Inspect<Self::AccountId>
			+ Mutate<Self::AccountId>
			+ InspectHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ MutateHold<Self::AccountId>
			+ BalancedHold<Self::AccountId>;

		/// The runtime's reasons for a hold.
		type RuntimeHoldReason: From<HoldReason>;

		/// Deposit for each thing that is stored: a program, an account program, a storage item.
		#[pallet::constant]
		type DepositPerItem: Get<BalanceOf<Self>>;

		/// Deposit for each byte of a program, and of a storage item's key and value.
		#[pallet::constant]
		type DepositPerByte: Get<BalanceOf<Self>>;

		/// Which of the runtime's calls programs may dispatch. Whatever it says, a program cannot
		/// reach this pallet's calls.
		type CallFilter: Contains<Self::RuntimeCall>;

		/// Who may upload programs: `EnsureSigned` for every account.
		type UploadOrigin: EnsureOrigin<OriginFor<Self>, Success = Self::AccountId>;

		/// Who may instantiate programs: `EnsureSigned` for every account. Programs that run may
		/// instantiate others, whoever called them.
		type InstantiateOrigin: EnsureOrigin<OriginFor<Self>, Success = Self::AccountId>;

		/// Who may pause and unpause the pallet: `EnsureRoot` for the chain's governance.
		type PauseOrigin: EnsureOrigin<OriginFor<Self>>;

		/// Syscalls of the chain's own: see [`crate::extension`](mod@crate::extension). `()` for none.
		type Extension: extension::Extension<Self>;

		/// What programs see as the time, in milliseconds since the Unix epoch.
		type Time: Time<Moment = u64>;

		/// What a job pays for its budget: the chain's fee for a weight. `TransactionPayment` converts.
		type WeightPrice: Convert<Weight, BalanceOf<Self>>;

		/// Who gets the fees of jobs. `()` burns them.
		type JobFees: OnUnbalanced<Credit<Self::AccountId, Self::Currency>>;

		/// The weight of a job's slice, at most: what it takes to restore, run and store the largest
		/// program, and time for the program itself.
		#[pallet::constant]
		type JobSlice: Get<Weight>;

		/// The share of a block that jobs may have of what other calls leave.
		#[pallet::constant]
		type JobShare: Get<Perbill>;

		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why the pallet holds balance.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// For a stored program.
		Program,
		/// For an account program.
		Account,
		/// For an item that an account program stored.
		Storage,
		/// For a job, its memory, or a message to one.
		Job,
		/// For the fees of a job's budget.
		Budget,
	}

	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Picoseconds of ref time for a unit of gas.
		#[pallet::constant_name(RefTimePerGas)]
		fn ref_time_per_gas() -> u64 {
			crate::gas::REF_TIME_PER_GAS
		}
	}

	/// Why programs cannot be started.
	#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub enum Lock {
		/// One runs: what it dispatches does not reach this pallet. Never set between two extrinsics.
		Running,
		/// The pallet is paused: no program is uploaded, run or upgraded, and jobs have no slices.
		Paused,
	}

	/// A stored program.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub struct ProgramInfo {
		/// Length of the blob, in bytes.
		pub size: u32,
		/// Memory that an instance takes, in bytes.
		pub memory: u32,
		/// How many account programs and jobs run it.
		pub references: u32,
		/// How many accounts own it: see [`Owners`].
		pub owners: u32,
		/// The ABI that it was admitted under.
		pub abi: u16,
	}

	/// An account program.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub struct AccountInfo<AccountId, Balance> {
		/// The program it runs.
		pub code_hash: H256,
		/// Who instantiated it.
		pub deployer: AccountId,
		/// What is held for it.
		pub deposit: Deposit<AccountId, Balance>,
		/// How many items it stored.
		pub items: u32,
		/// Who may replace its program.
		pub upgrade_authority: UpgradeAuthority,
	}

	/// An account program of the chain.
	pub type AccountInfoOf<T> = AccountInfo<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

	/// What an account program stored under a key.
	#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
	pub struct Item<AccountId, Balance> {
		/// What is held for it.
		pub deposit: Deposit<AccountId, Balance>,
		/// The value.
		pub data: BoundedVec<u8, ConstU32<MAX_VALUE>>,
		/// Its key's place in the account's list of keys.
		pub place: u32,
	}

	/// A storage item of the chain.
	pub type ItemOf<T> = Item<<T as frame_system::Config>::AccountId, BalanceOf<T>>;

	/// Stored programs, by code hash.
	#[pallet::storage]
	pub type Programs<T: Config> = StorageMap<_, Identity, H256, ProgramInfo, OptionQuery>;

	/// The owners of stored programs, by code hash and account: who uploaded the program, may remove it,
	/// and how much is held from them for it.
	#[pallet::storage]
	pub type Owners<T: Config> = StorageDoubleMap<
		_,
		Identity,
		H256,
		Blake2_128Concat,
		T::AccountId,
		BalanceOf<T>,
		OptionQuery,
	>;

	/// Blobs of the stored programs, by code hash.
	#[pallet::storage]
	pub type Code<T: Config> =
		StorageMap<_, Identity, H256, BoundedVec<u8, ConstU32<MAX_CODE>>, OptionQuery>;

	/// Account programs, by address.
	#[pallet::storage]
	pub type Accounts<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, AccountInfoOf<T>, OptionQuery>;

	/// What account programs stored, by address and their own key.
	#[pallet::storage]
	pub type State<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Blake2_128Concat,
		BoundedVec<u8, ConstU32<MAX_KEY>>,
		ItemOf<T>,
		OptionQuery,
	>;

	/// The keys of what account programs stored, by address and place: see [`items`].
	#[pallet::storage]
	pub type Keys<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Twox64Concat,
		u32,
		BoundedVec<u8, ConstU32<MAX_KEY>>,
		OptionQuery,
	>;

	/// Why programs cannot be started, if they cannot. It is one item, so that a call reads one.
	#[pallet::storage]
	#[pallet::whitelist_storage]
	pub type Locked<T: Config> = StorageValue<_, Lock, OptionQuery>;

	/// Jobs, by id.
	#[pallet::storage]
	pub type Jobs<T: Config> = StorageMap<_, Twox64Concat, JobId, JobOf<T>, OptionQuery>;

	/// The input of each job that has one.
	#[pallet::storage]
	pub type JobInputs<T: Config> =
		StorageMap<_, Twox64Concat, JobId, BoundedVec<u8, ConstU32<MAX_INPUT>>, OptionQuery>;

	/// What each job is suspended as, from its first slice on.
	#[pallet::storage]
	pub type JobFrames<T: Config> = StorageMap<_, Twox64Concat, JobId, Frame, OptionQuery>;

	/// Pages of memory of suspended jobs, by job and number, without the zeros at their ends.
	#[pallet::storage]
	pub type JobPages<T: Config> = StorageDoubleMap<
		_,
		Twox64Concat,
		JobId,
		Twox64Concat,
		u32,
		BoundedVec<u8, ConstU32<PAGE_SIZE>>,
		OptionQuery,
	>;

	/// The id of the next job.
	#[pallet::storage]
	pub type NextJob<T: Config> = StorageValue<_, JobId, ValueQuery>;

	/// How many jobs live.
	#[pallet::storage]
	pub type JobTotals<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// How many jobs live, by owner.
	#[pallet::storage]
	pub type JobsOf<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// The queue of ready jobs, by place.
	#[pallet::storage]
	pub type ReadyJobs<T: Config> = StorageMap<_, Twox64Concat, u64, JobId, OptionQuery>;

	/// The first place of the queue, and the one after the last.
	#[pallet::storage]
	pub type ReadyRange<T: Config> = StorageValue<_, (u64, u64), ValueQuery>;

	/// Deadlines of jobs that wait, in their order: see [`jobs::queue`].
	#[pallet::storage]
	pub type JobTimers<T: Config> = StorageMap<_, Identity, TimerKey, (), OptionQuery>;

	/// What jobs at an address wait for, and which messages wait for them.
	#[pallet::storage]
	pub type Mailboxes<T: Config> =
		StorageMap<_, Blake2_128Concat, T::AccountId, Mailbox, OptionQuery>;

	/// Messages to jobs, by address and number.
	#[pallet::storage]
	pub type Messages<T: Config> = StorageDoubleMap<
		_,
		Blake2_128Concat,
		T::AccountId,
		Twox64Concat,
		u64,
		Message<T::AccountId, BalanceOf<T>>,
		OptionQuery,
	>;

	/// What a chain starts with.
	///
	/// Programs are checked as at an upload, but not compiled: what is admitted compiles. Constructors
	/// are not run: an account starts with the items that are listed. Nobody is held for any of it.
	#[pallet::genesis_config]
	#[derive(DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Owner and blob of each program.
		pub programs: Vec<(T::AccountId, Bytes)>,
		/// Deployer, code hash and salt of each account program, and the keys and values that it has
		/// stored. Its balance is that of the address that these make.
		#[allow(clippy::type_complexity)] // It is read from JSON, where a list is a list.
		pub accounts: Vec<(T::AccountId, H256, Bytes, Vec<(Bytes, Bytes)>)>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		/// # Panics
		///
		/// When the configuration is not one that a chain can start with.
		fn build(&self) {
			genesis::build(self);
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			integrity::check::<T>();
		}

		fn on_idle(number: BlockNumberFor<T>, remaining: Weight) -> Weight {
			jobs::idle::on_idle::<T>(number, remaining)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			try_state::check::<T>()
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// An account uploaded a program, and owns it. It may have been stored before.
		ProgramStored {
			/// Its code hash.
			code_hash: H256,
			/// Who uploaded it.
			owner: T::AccountId,
			/// Length of the blob, in bytes.
			size: u32,
		},
		/// A program was removed by its last owner.
		ProgramRemoved {
			/// Its code hash.
			code_hash: H256,
			/// Whose it was.
			owner: T::AccountId,
		},
		/// An account no longer owns a program, which others own.
		OwnerRemoved {
			/// The code hash of the program.
			code_hash: H256,
			/// Whose it was.
			owner: T::AccountId,
		},
		/// A program ran once, without an account.
		Executed {
			/// Who called; nobody, when root did.
			caller: Option<T::AccountId>,
			/// The program.
			code_hash: H256,
			/// The entry point.
			entry: Vec<u8>,
			/// Weight that the call took, without its base.
			weight_used: Weight,
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
			/// Weight that the constructor took, without the call's base.
			weight_used: Weight,
			/// What the constructor returned.
			output: Vec<u8>,
		},
		/// An account program was called.
		Called {
			/// Who called; nobody, when root did.
			caller: Option<T::AccountId>,
			/// The account.
			address: T::AccountId,
			/// The entry point.
			entry: Vec<u8>,
			/// Weight that the call took, without its base.
			weight_used: Weight,
			/// What the program returned.
			output: Vec<u8>,
		},
		/// An account program ended itself. All deposits for it were given back.
		Terminated {
			/// The account.
			address: T::AccountId,
			/// The program.
			code_hash: H256,
			/// Who got its balance.
			beneficiary: T::AccountId,
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
		/// The program of an account was replaced.
		CodeUpdated {
			/// The account.
			address: T::AccountId,
			/// The program that it had.
			old_code_hash: H256,
			/// The program that it has.
			code_hash: H256,
		},
		/// The upgrade authority of an account was restricted.
		UpgradesRestricted {
			/// The account.
			address: T::AccountId,
			/// The upgrade authority from now on.
			authority: UpgradeAuthority,
		},
		/// Programs do not run until `Unpaused`.
		Paused,
		/// Programs run again.
		Unpaused,
		/// A job was started.
		JobStarted {
			/// Its id.
			job: JobId,
			/// Who started it and pays for it.
			owner: T::AccountId,
			/// The program's account.
			address: T::AccountId,
			/// The entry point.
			entry: Vec<u8>,
		},
		/// A slice of a job ended, and the job can go on. What it did so far is final.
		JobSuspended {
			/// The job.
			job: JobId,
			/// Weight of the slice.
			weight_used: Weight,
			/// Whether it is ready, waits, or has no budget left.
			status: Status,
		},
		/// A job that waited is ready.
		JobWoken {
			/// The job.
			job: JobId,
			/// By its deadline or by a message.
			by: Woken,
		},
		/// The budget of a job does not pay for another slice. It goes on when it is topped up.
		JobStarved {
			/// The job.
			job: JobId,
		},
		/// The budget of a job was raised.
		JobToppedUp {
			/// The job.
			job: JobId,
			/// By this much.
			budget: Weight,
		},
		/// A job came to its end.
		JobFinished {
			/// The job.
			job: JobId,
			/// Weight of its last slice.
			weight_used: Weight,
			/// What the program returned.
			output: Vec<u8>,
		},
		/// A job failed. Its last slice was rolled back; what earlier slices did stays.
		JobFailed {
			/// The job.
			job: JobId,
			/// Weight of its last slice.
			weight_used: Weight,
			/// Why it failed.
			error: DispatchError,
			/// Where the program trapped, if it did.
			trap: Option<Trap>,
		},
		/// A job was ended by its owner.
		JobCancelled {
			/// The job.
			job: JobId,
		},
		/// A message was sent to the jobs at an address.
		MessageSent {
			/// The address.
			address: T::AccountId,
			/// Its number among the messages to the address.
			number: u64,
			/// Who sent it.
			sender: T::AccountId,
			/// What it is about.
			topic: Vec<u8>,
		},
		/// No job at the address lives any more, and no job took the message: its deposit was released.
		MessageReturned {
			/// The address.
			address: T::AccountId,
			/// Its number among the messages to the address.
			number: u64,
			/// Who sent it.
			sender: T::AccountId,
		},
	}

	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The blob is larger than `MAX_CODE`.
		ProgramTooLarge,
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
		/// The origin does not own the program or the job.
		NotOwner,
		/// Account programs or jobs run this program, and it has no other owner.
		ProgramInUse,
		/// There is an account program at this address already; use another salt.
		AccountExists,
		/// There is no account program at this address.
		AccountNotFound,
		/// The program does not export this entry point.
		EntryNotFound,
		/// The weight limit has too little ref time for the call.
		OutOfGas,
		/// The program trapped: it panicked, or touched memory that it may not.
		Trapped,
		/// The program asked for all that it did to be undone.
		Reverted,
		/// The program gave a syscall a pointer and a length that are not its memory.
		OutOfBounds,
		/// The program gave a syscall an argument that has no meaning.
		InvalidArgument,
		/// The program's output is longer than `MAX_OUTPUT`.
		OutputTooLarge,
		/// The program asked for what only an account program has.
		NoAccount,
		/// The program made a syscall that does not exist.
		UnknownSyscall,
		/// The input is longer than `MAX_INPUT`.
		InputTooLarge,
		/// The salt is longer than `MAX_SALT`.
		SaltTooLong,
		/// The origin would be held for more than the call's deposit limit.
		DepositLimitExceeded,
		/// The origin cannot be held for the deposit: its balance is too low.
		DepositUnpayable,
		/// A program is running: it cannot dispatch calls of this pallet.
		ReentrancyDenied,
		/// The program was admitted under an ABI that is no longer answered; upload it anew.
		UnsupportedAbi,
		/// The weight limit has too little proof size for the call.
		OutOfProofSize,
		/// The program gave a storage key longer than `MAX_KEY`.
		KeyTooLong,
		/// The program gave a storage value longer than `MAX_VALUE`.
		ValueTooLarge,
		/// The program's transient storage would be larger than `MAX_TRANSIENT`.
		TransientFull,
		/// The program gave an event with more data than `MAX_EVENT`.
		EventTooLarge,
		/// The call deposits more events than `MAX_EVENTS`.
		TooManyEvents,
		/// The program gave an event with more topics than `MAX_TOPICS`.
		TooManyTopics,
		/// The program logged a line longer than `MAX_LOG`.
		LogTooLong,
		/// The call logs more lines than `MAX_LOGS`.
		TooManyLogs,
		/// The program gave more data to be hashed, or a longer message, than `MAX_HASHED`.
		TooMuchHashed,
		/// The program gave a call of the runtime longer than `MAX_CALL`.
		CallTooLarge,
		/// The program gave a syscall of the chain's own a buffer longer than its row says.
		BufferTooLarge,
		/// The call has more programs in memory at once than a node keeps.
		TooManyInstances,
		/// The account has as many items as can be counted.
		TooManyItems,
		/// The program has as many accounts as can be counted.
		TooManyReferences,
		/// No job has this id, or no job lives at this address.
		JobNotFound,
		/// The job waits, or has no budget left.
		JobNotReady,
		/// There are as many jobs of the owner, at the address, or in all, as there may be.
		TooManyJobs,
		/// The origin cannot be held for the fee of the job's budget: its balance is too low.
		BudgetUnpayable,
		/// The weight is too little to restore and to store the job.
		SliceTooSmall,
		/// The job was suspended by a version of the node or the pallet that this one cannot go on from.
		SnapshotUnsupported,
		/// The job's memory has more pages than `MAX_JOB_PAGES`.
		TooManyPages,
		/// The topic is longer than `MAX_TOPIC`.
		TopicTooLong,
		/// The message is longer than `MAX_MESSAGE`.
		MessageTooLong,
		/// There are `MAX_MESSAGES` messages to the jobs at the address already.
		MailboxFull,
		/// The origin is not the account's upgrade authority.
		UpgradeDenied,
		/// Jobs live at the account: its program cannot be replaced.
		JobsLive,
		/// The pallet is paused.
		Paused,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Stores the program `code` under its code hash, the BLAKE2b-256 of `code`, and makes the
		/// origin an owner of it. The deposit for it, of at most `storage_deposit_limit`, is held until
		/// the origin removes it.
		///
		/// A program that is stored already gets the origin as one more owner, for the same deposit: it
		/// stays until its last owner removes it. Where the origin owns it already, nothing changes.
		///
		/// Emits `ProgramStored`. Errors with `BadOrigin` unless it is of `UploadOrigin`,
		/// `DepositLimitExceeded`, `DepositUnpayable`, `Paused`, `ReentrancyDenied`, or with what keeps the
		/// blob out:
		/// `ProgramTooLarge`, `InvalidProgram`, `UnsupportedInstructionSet`, `UnknownImport`,
		/// `TooManyImports`, `TooManyExports`, `DuplicateExport`, `ExportTooLong`,
		/// `MemoryTooLarge`, `BasicBlockTooLong`, `JumpTableTooLong`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::upload(code.len() as u32))]
		pub fn upload(
			origin: OriginFor<T>,
			code: Vec<u8>,
			storage_deposit_limit: Option<BalanceOf<T>>,
		) -> DispatchResultWithPostInfo {
			let owner = T::UploadOrigin::ensure_origin(origin)?;
			let (_, weight) = calls::upload::<T>(owner, code, storage_deposit_limit)?;
			Ok(Some(weight).into())
		}

		/// Ends the origin's ownership of a program, and gives the deposit back. The last owner removes the
		/// program, unless account programs or jobs run it.
		///
		/// Emits `ProgramRemoved` or `OwnerRemoved`. Errors with `ProgramNotFound`, `NotOwner`,
		/// `ProgramInUse` or `ReentrancyDenied`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, code_hash: H256) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_idle()?;
			let is_removed = program::remove::<T>(&owner, code_hash)?;
			Self::deposit_event(if is_removed {
				Event::ProgramRemoved { code_hash, owner }
			} else {
				Event::OwnerRemoved { code_hash, owner }
			});
			Ok(())
		}

		/// Runs a program once. It has no account: no storage, no balance. The origin may be root.
		///
		/// Emits `Executed`. Errors with `ProgramNotFound`, `EntryNotFound`, `InputTooLarge`,
		/// `UnsupportedAbi`, `Paused`, `ReentrancyDenied`, `OutOfGas`, or what the program did: `Trapped`,
		/// `Reverted`, `OutOfBounds`, `InvalidArgument`, what names a limit that the program went over, `NoAccount`,
		/// `UnknownSyscall`. What failed changes nothing; the gas that it took is paid for.
		#[pallet::call_index(2)]
		#[pallet::weight(
			T::WeightInfo::run(input.len() as u32).saturating_add(*weight_limit)
		)]
		pub fn run(
			origin: OriginFor<T>,
			code_hash: H256,
			entry: Vec<u8>,
			input: Vec<u8>,
			weight_limit: Weight,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed_or_root(origin)?;
			let stack = &mut Stack::new(caller.into());
			calls::run::<T>(stack, code_hash, entry, input, weight_limit).into()
		}

		/// Gives a program an account, at an address made of the origin, the code hash and `salt`,
		/// transfers `value` to it, and runs the program's `init`, where it has one, with `input`. The
		/// account keeps the program for good.
		///
		/// The origin is held for the account, and for what is stored in the call: for at most
		/// `storage_deposit_limit`. Each deposit is given back when what it is for is gone.
		///
		/// Emits `Instantiated`. Errors with `BadOrigin` unless it is of `InstantiateOrigin`,
		/// `AccountExists`, `SaltTooLong`, `DepositLimitExceeded`, `DepositUnpayable`, with the error of the
		/// transfer, or as `run` does.
		#[pallet::call_index(3)]
		#[pallet::weight(
			T::WeightInfo::instantiate(input.len() as u32).saturating_add(*weight_limit)
		)]
		pub fn instantiate(
			origin: OriginFor<T>,
			code_hash: H256,
			salt: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			weight_limit: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
		) -> DispatchResultWithPostInfo {
			Self::instantiate_upgradable(
				origin,
				code_hash,
				salt,
				input,
				value,
				weight_limit,
				storage_deposit_limit,
				UpgradeAuthority::Nobody,
			)
		}

		/// Transfers `value` to an account program and runs its `entry` with `input`. The origin may be
		/// root, which transfers nothing and is held for nothing.
		///
		/// The origin is held for what is stored in the call: for at most `storage_deposit_limit`.
		/// Each deposit is given back when what it is for is gone.
		///
		/// Emits `Called`. Errors with `AccountNotFound`, `DepositLimitExceeded`, `DepositUnpayable`,
		/// with the error of the transfer, or as `run` does.
		#[pallet::call_index(4)]
		#[pallet::weight(
			T::WeightInfo::call(input.len() as u32).saturating_add(*weight_limit)
		)]
		pub fn call(
			origin: OriginFor<T>,
			address: T::AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			weight_limit: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed_or_root(origin)?;
			let stack = &mut Stack::new(caller.into());
			let limits = Limits { value, weight: weight_limit, deposit: storage_deposit_limit };
			calls::call::<T>(stack, address, entry, input, limits).into()
		}

		/// Starts a job: a call of an account program's `entry` that may wait, and that may take longer
		/// than a block. It runs in slices, at the end of blocks, in the weight that they leave.
		///
		/// The origin is held for the fee of `budget`, of which each slice is paid, for the job's memory
		/// while it is suspended, and for what its slices store: all but the fee is at most
		/// `storage_deposit_limit`. What is left comes back when the job ends.
		///
		/// Emits `JobStarted`, and at last `JobFinished`, `JobFailed` or `JobCancelled`. Errors with
		/// `AccountNotFound`, `EntryNotFound`, `InputTooLarge`, `TooManyJobs`, `BudgetUnpayable`,
		/// `DepositLimitExceeded`, `DepositUnpayable`, `UnsupportedAbi`, `Paused`, `ReentrancyDenied`, or
		/// with the error of the transfer.
		#[pallet::call_index(5)]
		#[pallet::weight(jobs::weight::start::<T>(input.len() as u32, *value))]
		#[allow(clippy::too_many_arguments)] // It is the call of a program, and its budget.
		pub fn start_job(
			origin: OriginFor<T>,
			address: T::AccountId,
			entry: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			budget: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
		) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_active()?;
			let deposit_limit = storage_deposit_limit;
			jobs::lifecycle::start::<T>(Start {
				owner,
				address,
				entry,
				input,
				value,
				budget,
				deposit_limit,
			})
			.map(drop)
		}

		/// Ends a job of the origin. What is held for it comes back; what it did stays.
		///
		/// Emits `JobCancelled`. Errors with `JobNotFound`, `NotOwner` or `ReentrancyDenied`.
		#[pallet::call_index(6)]
		#[pallet::weight(jobs::weight::cancel_at_most::<T>())]
		pub fn cancel_job(origin: OriginFor<T>, job: JobId) -> DispatchResultWithPostInfo {
			let owner = ensure_signed(origin)?;
			Self::ensure_idle()?;
			let weight = jobs::lifecycle::cancel::<T>(&owner, job)?;
			Ok(Some(weight).into())
		}

		/// Adds to the budget of a job of the origin. One that had too little left goes on.
		///
		/// Emits `JobToppedUp`. Errors with `JobNotFound`, `NotOwner`, `BudgetUnpayable` or
		/// `ReentrancyDenied`.
		#[pallet::call_index(7)]
		#[pallet::weight(jobs::weight::top_up::<T>())]
		pub fn top_up_job(origin: OriginFor<T>, job: JobId, budget: Weight) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::ensure_idle()?;
			jobs::lifecycle::top_up::<T>(&owner, job, budget)
		}

		/// Sends a message to the jobs at an address: the one that waits for the topic, or the next one
		/// to do so, gets it. The origin is held for it until then.
		///
		/// Emits `MessageSent`. Errors with `JobNotFound` where no job lives there, `TopicTooLong`,
		/// `MessageTooLong`, `MailboxFull`, `DepositUnpayable` or `ReentrancyDenied`.
		#[pallet::call_index(8)]
		#[pallet::weight(jobs::weight::send::<T>())]
		pub fn wake(
			origin: OriginFor<T>,
			address: T::AccountId,
			topic: Vec<u8>,
			data: Vec<u8>,
		) -> DispatchResult {
			let sender = ensure_signed(origin)?;
			Self::ensure_idle()?;
			let topic = topic.try_into().map_err(|_| Error::<T>::TopicTooLong)?;
			let data = data.try_into().map_err(|_| Error::<T>::MessageTooLong)?;
			let mut meter = deposit::DepositMeter::new(Some(sender.clone()));
			jobs::mailbox::send::<T>(&mut meter, sender, &address, topic, data)?;
			Ok(meter.settle()?)
		}

		/// Runs a slice of a ready job, whoever's it is, with a weight that the origin pays for in place of
		/// the job's budget. Its place in the queue is the last after that.
		///
		/// Emits what the job does. Errors with `JobNotFound`, `JobNotReady`, `SliceTooSmall`, `Paused` or
		/// `ReentrancyDenied`.
		#[pallet::call_index(9)]
		#[pallet::weight(weight_limit.saturating_add(jobs::weight::wake::<T>()))]
		pub fn advance_job(
			origin: OriginFor<T>,
			job: JobId,
			weight_limit: Weight,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			let weight = jobs::slice::run::<T>(job, weight_limit, Payer::Signer)?;
			Ok(Some(weight.saturating_add(jobs::weight::wake::<T>())).into())
		}

		/// Does the same as `instantiate`, and lets the upgrade authority replace the account's program
		/// with `set_code`.
		///
		/// Emits `Instantiated`. Errors as `instantiate` does.
		#[pallet::call_index(10)]
		#[pallet::weight(
			T::WeightInfo::instantiate(input.len() as u32).saturating_add(*weight_limit)
		)]
		#[allow(clippy::too_many_arguments)] // It is the call `instantiate`, and one more.
		pub fn instantiate_upgradable(
			origin: OriginFor<T>,
			code_hash: H256,
			salt: Vec<u8>,
			input: Vec<u8>,
			value: BalanceOf<T>,
			weight_limit: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
			upgrade_authority: UpgradeAuthority,
		) -> DispatchResultWithPostInfo {
			let deployer = T::InstantiateOrigin::ensure_origin(origin)?;
			let stack = &mut Stack::new(Caller::Account(deployer.clone()));
			let limits = Limits { value, weight: weight_limit, deposit: storage_deposit_limit };
			let new = New { code_hash, salt, upgrade_authority };
			calls::instantiate::<T>(stack, deployer, new, input, limits).into()
		}

		/// Replaces the program of an account. The origin must be its deployer, and the upgrade authority
		/// `Deployer`. The account keeps its address, storage, balance and deposits. The new program's `migrate`, where it
		/// has one, runs with `input`; without one, there must be no input. Where it fails, nothing is
		/// changed.
		///
		/// The origin is held for what is stored in the call: for at most `storage_deposit_limit`.
		///
		/// Emits `CodeUpdated`. Errors with `AccountNotFound`, `UpgradeDenied`, `JobsLive`,
		/// `DepositLimitExceeded`, `DepositUnpayable`, or as `run` does.
		#[pallet::call_index(11)]
		#[pallet::weight(
			account::set_code_weight::<T>(input.len() as u32).saturating_add(*weight_limit)
		)]
		pub fn set_code(
			origin: OriginFor<T>,
			address: T::AccountId,
			code_hash: H256,
			input: Vec<u8>,
			weight_limit: Weight,
			storage_deposit_limit: Option<BalanceOf<T>>,
		) -> DispatchResultWithPostInfo {
			let caller = ensure_signed(origin)?;
			let stack = &mut Stack::new(Caller::Account(caller));
			let limits = Limits {
				value: Default::default(),
				weight: weight_limit,
				deposit: storage_deposit_limit,
			};
			calls::set_code::<T>(stack, address, code_hash, input, limits).into()
		}

		/// Restricts who may replace the program of an account. The origin must be its deployer, and the
		/// upgrade authority `Deployer`; `authority` is the new one, `Program` or `Nobody`. This cannot be
		/// undone.
		///
		/// Emits `UpgradesRestricted`. Errors with `AccountNotFound`, `UpgradeDenied` or
		/// `ReentrancyDenied`.
		#[pallet::call_index(12)]
		#[pallet::weight(T::WeightInfo::restrict_upgrades())]
		pub fn restrict_upgrades(
			origin: OriginFor<T>,
			address: T::AccountId,
			authority: UpgradeAuthority,
		) -> DispatchResult {
			let caller = ensure_signed(origin)?;
			Self::ensure_idle()?;
			Ok(account::restrict_upgrades::<T>(&caller, &address, authority)?)
		}

		/// Pauses the pallet, or ends that. While it is paused, no program is uploaded, run, upgraded or
		/// dry-run, no job is started, and jobs have no slices and are not woken; the chain goes on.
		/// Programs can be removed, and jobs be topped up and cancelled.
		///
		/// Emits `Paused` or `Unpaused`. Errors with `BadOrigin` unless it is of `PauseOrigin`, or with
		/// `ReentrancyDenied`.
		#[pallet::call_index(13)]
		#[pallet::weight(T::WeightInfo::set_paused())]
		pub fn set_paused(origin: OriginFor<T>, paused: bool) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::ensure_idle()?;
			Locked::<T>::set(paused.then_some(Lock::Paused));
			Self::deposit_event(if paused { Event::Paused } else { Event::Unpaused });
			Ok(())
		}
	}

	impl<T: Config> Pallet<T> {
		/// Where `deployer` would instantiate the program with this salt.
		pub fn address_of(deployer: &T::AccountId, code_hash: H256, salt: &[u8]) -> T::AccountId {
			account::address_of::<T>(deployer, code_hash, salt)
		}

		/// Errs while a program runs: programs that run cannot change what runs.
		pub(super) fn ensure_idle() -> Result<(), Error<T>> {
			match Locked::<T>::get() {
				Some(Lock::Running) => Err(Error::ReentrancyDenied),
				Some(Lock::Paused) | None => Ok(()),
			}
		}

		/// Errs where no program can be started: one runs, or the pallet is paused.
		pub(super) fn ensure_active() -> Result<(), Error<T>> {
			match Locked::<T>::get() {
				Some(Lock::Running) => Err(Error::ReentrancyDenied),
				Some(Lock::Paused) => Err(Error::Paused),
				None => Ok(()),
			}
		}

		/// Deposits an event that can be found by `topics`.
		pub(super) fn deposit_indexed(topics: &[T::Hash], event: Event<T>) {
			let event = <T as frame_system::Config>::RuntimeEvent::from(event);
			frame_system::Pallet::<T>::deposit_event_indexed(topics, event);
		}
	}
}
