//! Invariants of the pallet's storage between extrinsics.

use crate::{
	deposit::{Deposit, DepositOf},
	jobs::{Status, Woken},
	program, Accounts, BalanceOf, Code, Config, HoldReason, JobFrames, JobInputs, JobPages,
	JobTimers, JobTotals, Jobs, JobsOf, Keys, Lock, Locked, Mailboxes, Messages, Owners, Programs,
	ReadyJobs, State,
};
use alloc::collections::BTreeMap;
use frame_support::{ensure, traits::fungible::InspectHold};
use sp_core::H256;
use sp_runtime::{
	traits::{Saturating, Zero},
	DispatchError,
};

/// The expected holds, by account and reason.
struct Sums<T: Config>(BTreeMap<(T::AccountId, u8), BalanceOf<T>>);

const REASONS: [HoldReason; 5] = [
	HoldReason::Program,
	HoldReason::Account,
	HoldReason::Storage,
	HoldReason::Job,
	HoldReason::Budget,
];

impl<T: Config> Sums<T> {
	fn add(&mut self, reason: HoldReason, deposit: DepositOf<T>) -> Result<(), DispatchError> {
		let Some(payer) = deposit.payer else {
			ensure!(deposit.amount.is_zero(), "a deposit of nobody");
			return Ok(());
		};
		let sum = self.0.entry((payer, reason as u8)).or_default();
		*sum = sum.saturating_add(deposit.amount);
		Ok(())
	}
}

/// Errs with the violated invariant:
///
/// - No program is running.
/// - The hold of each account, for each reason, is the sum of its recorded deposits.
/// - Programs have the blob of their code hash, and the recorded numbers of users and owners.
/// - Jobs are where their status says, are counted for their owner and address, and have the pages
///   that they list. Every entry of a queue, a timer or a mailbox belongs to a job.
/// - Account programs have a program and the recorded number of items. Every item belongs to an
///   account program.
pub fn check<T: Config>() -> Result<(), DispatchError> {
	ensure!(Locked::<T>::get() != Some(Lock::Running), "the guard is set");
	let mut sums = Sums::<T>(BTreeMap::new());
	let mut references = BTreeMap::<H256, u32>::new();
	let mut items = BTreeMap::<T::AccountId, u32>::new();
	for (address, key, item) in State::<T>::iter() {
		ensure!(Accounts::<T>::contains_key(&address), "an item of no account program");
		let listed = Keys::<T>::get(&address, item.place);
		ensure!(listed == Some(key), "an item that is not in its place in the list of keys");
		*items.entry(address).or_default() += 1;
		sums.add(HoldReason::Storage, item.deposit)?;
	}
	let listed = Keys::<T>::iter_keys().count();
	ensure!(listed == State::<T>::iter_keys().count(), "a key of no item");
	for (address, info) in Accounts::<T>::iter() {
		let count = items.get(&address).copied().unwrap_or_default();
		ensure!(info.items == count, "an account program with another number of items");
		ensure!(Programs::<T>::contains_key(info.code_hash), "an account program without program");
		*references.entry(info.code_hash).or_default() += 1;
		sums.add(HoldReason::Account, info.deposit)?;
	}
	check_jobs::<T>(&mut sums, &mut references)?;
	for (code_hash, info) in Programs::<T>::iter() {
		let users = references.get(&code_hash).copied().unwrap_or_default();
		ensure!(info.references == users, "a program with another number of users");
		let code = Code::<T>::get(code_hash).ok_or("a program without blob")?;
		ensure!(code.len() == info.size as usize, "a program of another size");
		ensure!(program::code_hash(&code) == code_hash, "a program under another name");
		let owners = Owners::<T>::iter_key_prefix(code_hash).count();
		ensure!(owners == info.owners as usize && owners > 0, "a program counts other owners");
	}
	for (code_hash, owner, amount) in Owners::<T>::iter() {
		ensure!(Programs::<T>::contains_key(code_hash), "an owner of no program");
		sums.add(HoldReason::Program, Deposit { payer: Some(owner), amount })?;
	}
	ensure!(Code::<T>::iter_keys().all(Programs::<T>::contains_key), "a blob of no program");
	for account in frame_system::Account::<T>::iter_keys() {
		for reason in REASONS {
			let sum = sums.0.remove(&(account.clone(), reason as u8)).unwrap_or_default();
			let held = T::Currency::balance_on_hold(&reason.into(), &account);
			ensure!(held == sum, "a hold is not the sum of its deposits");
		}
	}
	ensure!(sums.0.into_values().all(|sum| sum.is_zero()), "a deposit of an account that is gone");
	Ok(())
}

fn check_jobs<T: Config>(
	sums: &mut Sums<T>,
	references: &mut BTreeMap<H256, u32>,
) -> Result<(), DispatchError> {
	let mut owned = BTreeMap::<T::AccountId, u32>::new();
	let mut at = BTreeMap::<T::AccountId, u32>::new();
	let (mut all, mut ready, mut timers, mut pages, mut given) = (0u32, 0, 0, 0, 0);
	for (id, job) in Jobs::<T>::iter() {
		all += 1;
		*owned.entry(job.owner.clone()).or_default() += 1;
		*at.entry(job.address.clone()).or_default() += 1;
		*references.entry(job.code_hash).or_default() += 1;
		ensure!(Accounts::<T>::contains_key(&job.address), "a job of no account program");
		match &job.status {
			Status::Ready { place } => {
				ready += 1;
				ensure!(ReadyJobs::<T>::get(place) == Some(id), "a ready job is not in its place");
			},
			Status::Waiting { deadline, topic } => {
				timers += usize::from(deadline.is_some());
				let mailbox = Mailboxes::<T>::get(&job.address).ok_or("a job without mailbox")?;
				let waits = mailbox
					.waiting
					.iter()
					.any(|(waiting, of)| *waiting == id && Some(of) == topic.as_ref());
				ensure!(waits == topic.is_some(), "a job waits for another topic");
			},
			Status::Starved => {},
		}
		if let Some(Woken::Message(number)) = job.woken {
			given += 1;
			let is_stored = Messages::<T>::contains_key(&job.address, number);
			ensure!(is_stored, "a job was woken by no message");
		}
		let listed = JobFrames::<T>::get(id).map_or(0, |frame| frame.pages.len());
		ensure!(JobPages::<T>::iter_prefix(id).count() == listed, "a job has other pages");
		pages += listed;
		sums.add(HoldReason::Job, job.deposit)?;
		sums.add(HoldReason::Budget, Deposit { payer: Some(job.owner), amount: job.fees })?;
	}
	ensure!(JobTotals::<T>::get() == all, "another number of jobs");
	ensure!(JobsOf::<T>::iter().collect::<BTreeMap<_, _>>() == owned, "jobs of another owner");
	ensure!(ReadyJobs::<T>::iter().count() == ready, "the queue has what is not ready");
	ensure!(JobTimers::<T>::iter().count() == timers, "a timer of no job");
	ensure!(JobPages::<T>::iter().count() == pages, "pages of no job");
	ensure!(JobInputs::<T>::iter_keys().all(Jobs::<T>::contains_key), "an input of no job");
	ensure!(JobFrames::<T>::iter_keys().all(Jobs::<T>::contains_key), "a frame of no job");
	let mut queued = 0;
	for (address, mailbox) in Mailboxes::<T>::iter() {
		ensure!(at.remove(&address) == Some(mailbox.jobs), "a mailbox counts other jobs");
		let stored = Messages::<T>::iter_prefix(&address).count();
		ensure!(stored == mailbox.stored as usize, "a mailbox counts other messages");
		let is_stored = |number| Messages::<T>::contains_key(&address, number);
		ensure!(mailbox.queue.iter().all(|(number, _)| is_stored(*number)), "a message is gone");
		queued += mailbox.queue.len();
	}
	ensure!(at.is_empty(), "a job without mailbox");
	ensure!(Messages::<T>::iter().count() == queued + given, "a message of no job");
	for (_, _, message) in Messages::<T>::iter() {
		sums.add(HoldReason::Job, message.deposit)?;
	}
	Ok(())
}
