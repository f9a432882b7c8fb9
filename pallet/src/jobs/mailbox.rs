//! Messages to the jobs at an address.
//!
//! A message has a topic. It is delivered to the job at the address that has waited for the topic
//! the longest, or else stored until a job receives it. Messages of a topic are delivered in the
//! order in which they were sent. When the last job at an address ends, the remaining messages are
//! returned: their deposits are released, and an event is deposited for each.

use super::{queue, JobId, Status, Topic, Woken};
use crate::{
	deposit::{self, Deposit, DepositMeter},
	limits::*,
	Config, Error, Event, HoldReason, Jobs, Mailboxes, Messages, Pallet,
};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{ensure, traits::ConstU32, BoundedVec, DefaultNoBound};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// The state of the jobs at an address. It exists while a job exists there.
#[derive(Clone, Debug, DefaultNoBound, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Mailbox {
	/// The number of jobs.
	pub jobs: u32,
	/// The number of the next message.
	pub next: u64,
	/// The number of stored messages: those in `queue`, and those that a ready job has not received
	/// yet.
	pub stored: u32,
	/// The messages without a receiver, by number, in the order in which they were sent.
	pub queue: BoundedVec<(u64, Topic), ConstU32<MAX_MESSAGES>>,
	/// The jobs that wait for a topic, in the order in which they started to wait.
	pub waiting: BoundedVec<(JobId, Topic), ConstU32<MAX_JOBS_AT_ADDRESS>>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo, MaxEncodedLen)]
pub struct Message<AccountId, Balance> {
	/// The sender: the signer, or the program that sent it.
	pub sender: AccountId,
	/// The topic.
	pub topic: Topic,
	/// The data.
	pub data: BoundedVec<u8, ConstU32<MAX_MESSAGE>>,
	/// The deposit for it.
	pub deposit: Deposit<AccountId, Balance>,
}

/// Changes the mailbox of an address. Creates it if necessary.
pub fn with<T: Config, R>(
	address: &T::AccountId,
	change: impl FnOnce(&mut Mailbox) -> Result<R, Error<T>>,
) -> Result<R, Error<T>> {
	let mut mailbox = Mailboxes::<T>::get(address).unwrap_or_default();
	let result = change(&mut mailbox)?;
	Mailboxes::<T>::insert(address, mailbox);
	Ok(result)
}

/// Sends a message to the jobs at an address. `meter` counts the deposit.
pub fn send<T: Config>(
	meter: &mut DepositMeter<T>,
	sender: T::AccountId,
	address: &T::AccountId,
	topic: Topic,
	data: BoundedVec<u8, ConstU32<MAX_MESSAGE>>,
) -> Result<(), DispatchError> {
	let mut mailbox = Mailboxes::<T>::get(address).ok_or(Error::<T>::JobNotFound)?;
	ensure!(mailbox.stored < MAX_MESSAGES, Error::<T>::MailboxFull);
	let amount = deposit::for_item::<T>(topic.len(), data.len());
	let deposit = meter.take(HoldReason::Job, amount)?;
	let number = mailbox.next;
	mailbox.next = number.saturating_add(1);
	mailbox.stored = mailbox.stored.saturating_add(1);
	let receiver = mailbox.waiting.iter().position(|(_, wanted)| *wanted == topic);
	match receiver {
		Some(at) => {
			let (job, _) = mailbox.waiting.remove(at);
			deliver::<T>(job, number);
		},
		None => {
			mailbox.queue.try_push((number, topic.clone())).map_err(|_| Error::<T>::MailboxFull)?
		},
	}
	let event = Event::MessageSent {
		address: address.clone(),
		number,
		sender: sender.clone(),
		topic: topic.to_vec(),
	};
	Messages::<T>::insert(address, number, Message { sender, topic, data, deposit });
	Mailboxes::<T>::insert(address, mailbox);
	Pallet::<T>::deposit_event(event);
	Ok(())
}

/// Makes a job ready that waited for a message.
fn deliver<T: Config>(id: JobId, number: u64) {
	let by = Woken::Message(number);
	Jobs::<T>::mutate_extant(id, |job| {
		if let Status::Waiting { deadline: Some(deadline), .. } = job.status {
			queue::unset_timer::<T>(deadline, id);
		}
		job.status = Status::Ready { place: queue::push::<T>(id) };
		job.woken = Some(by);
	});
	Pallet::<T>::deposit_event(Event::JobWoken { job: id, by });
}

/// Takes the first message with the topic from the queue, and returns its number; or registers the
/// job as waiting.
pub fn ask<T: Config>(
	address: &T::AccountId,
	job: JobId,
	topic: Topic,
) -> Result<Option<u64>, Error<T>> {
	with(address, |mailbox| {
		if let Some(at) = mailbox.queue.iter().position(|(_, of)| *of == topic) {
			let (number, _) = mailbox.queue.remove(at);
			return Ok(Some(number));
		}
		// The list has as many places as there can be jobs.
		mailbox.waiting.try_push((job, topic)).map_err(|_| Error::TooManyJobs)?;
		Ok(None)
	})
}

/// Ends a job's wait for a topic.
pub fn stop_waiting<T: Config>(address: &T::AccountId, job: JobId) -> Result<(), Error<T>> {
	with(address, |mailbox| {
		mailbox.waiting.retain(|(waiting, _)| *waiting != job);
		Ok(())
	})
}

/// Removes a message and releases its deposit. Returns the sender and the data.
pub fn take<T: Config>(
	address: &T::AccountId,
	number: u64,
) -> Result<(T::AccountId, BoundedVec<u8, ConstU32<MAX_MESSAGE>>), DispatchError> {
	let message = Messages::<T>::take(address, number).ok_or(Error::<T>::JobNotFound)?;
	with::<T, _>(address, |mailbox| {
		mailbox.stored = mailbox.stored.saturating_sub(1);
		Ok(())
	})?;
	deposit::release::<T>(HoldReason::Job, message.deposit)?;
	Ok((message.sender, message.data))
}

/// Redelivers a message whose receiver ends: to a job that waits for its topic, or back into the
/// queue before later messages.
pub fn put_back<T: Config>(address: &T::AccountId, number: u64) -> Result<(), DispatchError> {
	let Some(message) = Messages::<T>::get(address, number) else { return Ok(()) };
	with::<T, _>(address, |mailbox| {
		if let Some(at) = mailbox.waiting.iter().position(|(_, topic)| *topic == message.topic) {
			let (job, _) = mailbox.waiting.remove(at);
			deliver::<T>(job, number);
			return Ok(());
		}
		let at = mailbox.queue.iter().position(|(later, _)| *later > number);
		let at = at.unwrap_or(mailbox.queue.len());
		mailbox.queue.try_insert(at, (number, message.topic)).map_err(|_| Error::MailboxFull)
	})?;
	Ok(())
}

/// Counts one job less at the address. After the last one, the remaining messages are returned.
pub fn leave<T: Config>(address: &T::AccountId) -> Result<(), DispatchError> {
	let Some(mut mailbox) = Mailboxes::<T>::get(address) else { return Ok(()) };
	mailbox.jobs = mailbox.jobs.saturating_sub(1);
	if mailbox.jobs > 0 {
		Mailboxes::<T>::insert(address, mailbox);
		return Ok(());
	}
	Mailboxes::<T>::remove(address);
	for (number, _) in mailbox.queue {
		if let Some(message) = Messages::<T>::take(address, number) {
			let sender = message.sender;
			deposit::release::<T>(HoldReason::Job, message.deposit)?;
			Pallet::<T>::deposit_event(Event::MessageReturned {
				address: address.clone(),
				number,
				sender,
			});
		}
	}
	Ok(())
}

/// The number of jobs at an address.
pub fn jobs_at<T: Config>(address: &T::AccountId) -> u32 {
	Mailboxes::<T>::get(address).map_or(0, |mailbox| mailbox.jobs)
}
