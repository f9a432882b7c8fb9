//! The state that all frames of a call share.

use crate::{
	access::AccessList, deposit::DepositMeter, items::ItemCache, jobs::JobId, journal::Checkpoint,
	transient::Transient, BalanceOf, Config,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

/// The caller of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller<AccountId> {
	/// Root: it has no account and pays no deposits.
	Root,
	/// An account: a signer's or a program's.
	Account(AccountId),
}

impl<AccountId> Caller<AccountId> {
	/// The caller's account.
	pub fn account(&self) -> Option<&AccountId> {
		match self {
			Self::Root => None,
			Self::Account(account) => Some(account),
		}
	}
}

impl<AccountId> From<Option<AccountId>> for Caller<AccountId> {
	fn from(signer: Option<AccountId>) -> Self {
		signer.map_or(Self::Root, Self::Account)
	}
}

/// A caller on the runtime.
pub type CallerOf<T> = Caller<<T as frame_system::Config>::AccountId>;

/// The state that all frames of a call share.
pub struct Stack<T: Config> {
	/// The origin of the outermost call.
	pub origin: CallerOf<T>,
	/// The number of open frames.
	pub depth: u32,
	/// The accounts of the open frames. An account can occur more than once.
	pub accounts: Vec<T::AccountId>,
	/// The deposits of the call, and their limit.
	pub deposit: DepositMeter<T>,
	/// The storage keys that were accessed.
	pub accesses: AccessList<T>,
	/// The cached items of account programs.
	pub items: ItemCache<T>,
	/// The transient storage.
	pub transient: Transient<T::AccountId>,
	/// The number of events that programs deposited, including those of frames that were rolled
	/// back.
	pub events: u32,
	/// The number of log lines of programs.
	pub logs: u32,
	/// Whether a program read the remaining weight.
	pub asked_left: bool,
	/// The location of the last trap. If the call failed by a trap, it is that one.
	pub trap: Option<Trap>,
	/// The slice, if this is a job.
	pub slice: Option<Slice>,
	/// Notes for a dry-run; `None` in calls of extrinsics.
	pub notes: Option<Notes>,
}

/// Effects of programs that are not in the chain's state.
#[derive(Default)]
pub struct Notes {
	/// The log lines of programs.
	pub logs: Vec<Vec<u8>>,
}

/// A slice of a job.
#[derive(Clone, Default)]
pub struct Slice {
	/// The job.
	pub job: JobId,
	/// Whether it has the maximal weight of a slice.
	pub is_full: bool,
	/// Whether the program made progress.
	pub has_progressed: bool,
	/// Whether the program is in an atomic scope, in which it is not suspended.
	pub is_atomic: bool,
}

/// The location of a trap.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Trap {
	/// The code hash of the program.
	pub code_hash: H256,
	/// The offset of the instruction in the code, in bytes, if it is known.
	pub offset: Option<u32>,
}

/// The state of a stack when a frame was opened.
pub struct Mark<T: Config> {
	accounts: usize,
	deposit_outer: BalanceOf<T>,
	deposit_inner: BalanceOf<T>,
	transient: Transient<T::AccountId>,
	deposits: Checkpoint,
	accesses: Checkpoint,
}

impl<T: Config> Stack<T> {
	/// A stack without frames.
	pub fn new(origin: CallerOf<T>) -> Self {
		let deposit = DepositMeter::new(origin.account().cloned());
		let transient = Transient::default();
		Self {
			origin,
			depth: 0,
			accounts: Vec::new(),
			deposit,
			accesses: AccessList::default(),
			items: ItemCache::default(),
			transient,
			events: 0,
			logs: 0,
			asked_left: false,
			trap: None,
			slice: None,
			notes: None,
		}
	}

	/// Opens a frame with a limit on the deposits. Call it before its storage layer begins.
	pub fn open(&mut self, deposit_limit: Option<BalanceOf<T>>) -> Mark<T> {
		self.depth += 1;
		self.items.write_back();
		let deposit_outer = self.deposit.narrow(deposit_limit);
		Mark {
			accounts: self.accounts.len(),
			deposit_outer,
			deposit_inner: self.deposit.left(),
			transient: self.transient.clone(),
			deposits: self.deposit.checkpoint(),
			accesses: self.accesses.checkpoint(),
		}
	}

	/// Closes the frame, which was committed (`stays`) or rolled back.
	pub fn close(&mut self, mark: Mark<T>, stays: bool) {
		self.depth -= 1;
		self.accounts.truncate(mark.accounts);
		if stays {
			self.deposit.widen(mark.deposit_outer, mark.deposit_inner);
		} else {
			self.deposit.reset(mark.deposit_outer, mark.deposits);
			self.accesses.roll_back(mark.accesses);
			self.items.forget();
			self.transient = mark.transient;
		}
	}

	/// The number of open frames of the account.
	pub fn count(&self, account: &T::AccountId) -> usize {
		self.accounts.iter().filter(|open| *open == account).count()
	}
}
