//! What all frames of one call share: programs that call each other run on one stack.

use crate::{
	access::AccessList, deposit::DepositMeter, items::ItemCache, jobs::JobId, journal::Checkpoint,
	transient::Transient, BalanceOf, Config,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller<AccountId> {
	/// The chain's own governance. It has no account, and pays no deposits.
	Root,
	/// An account: a signer's, or a program's.
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

/// A caller on the chain.
pub type CallerOf<T> = Caller<<T as frame_system::Config>::AccountId>;

/// See the module.
pub struct Stack<T: Config> {
	/// Who signed the call.
	pub origin: CallerOf<T>,
	/// Frames that are open.
	pub depth: u32,
	/// The accounts of the open frames that have one; an account may be there more than once.
	pub accounts: Vec<T::AccountId>,
	/// What is held for what is stored, and what may still be held from the origin.
	pub deposit: DepositMeter<T>,
	/// What was read and written so far.
	pub accesses: AccessList<T>,
	/// Items of account programs that are at hand.
	pub items: ItemCache<T>,
	/// Storage that is gone when the call ends.
	pub transient: Transient<T::AccountId>,
	/// Events that programs deposited so far, also where they were rolled back.
	pub events: u32,
	/// Lines that programs logged so far.
	pub logs: u32,
	/// Whether a program asked how much weight is left.
	pub asked_left: bool,
	/// Where the last program trapped that did: where the call failed by a trap, it is that.
	pub trap: Option<Trap>,
	/// The slice of a job that this is, if it is one.
	pub slice: Option<Slice>,
	/// What a dry-run wants to know beside the result; nothing in a call that goes on the chain.
	pub notes: Option<Notes>,
}

/// What programs did that leaves nothing on the chain.
#[derive(Default)]
pub struct Notes {
	/// The lines that they logged.
	pub logs: Vec<Vec<u8>>,
}

/// A slice of a job.
#[derive(Clone, Default)]
pub struct Slice {
	/// The job.
	pub job: JobId,
	/// Whether its weight is all that a slice can have.
	pub is_full: bool,
	/// Whether the job's program came any further in it.
	pub has_progressed: bool,
	/// Whether the program is in a scope in which it is not suspended.
	pub is_atomic: bool,
}

/// Where a program trapped.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct Trap {
	/// The program.
	pub code_hash: H256,
	/// Offset of the instruction in its code, in bytes, where that is known.
	pub offset: Option<u32>,
}

/// How a stack was when a frame was opened.
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

	/// Opens a frame, in which the origin may be held for `deposit_limit`. Its storage layer begins
	/// after that.
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

	/// Closes the frame. What it did stays, or was rolled back.
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

	/// In how many open frames the account is.
	pub fn count(&self, account: &T::AccountId) -> usize {
		self.accounts.iter().filter(|open| *open == account).count()
	}
}
