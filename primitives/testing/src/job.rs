//! Jobs: calls that outlive their block.

use crate::{
	protocol::{JobState, Request},
	Account, AccountId, Call, Chain, Error, ALICE,
};
use codec::{DecodeAll, Encode};

/// A started job. It runs at the end of each block: [`Chain::skip`] makes blocks.
#[derive(Clone)]
pub struct Job {
	chain: Chain,
	id: u64,
}

impl Call {
	/// Starts a job with this call's account, entry, caller, value and deposit limit. The weight is
	/// the job's budget.
	///
	/// # Panics
	///
	/// If it does not start, or if this is not a call of an account.
	#[track_caller]
	pub fn start(self) -> Job {
		match self.try_start() {
			Ok(job) => job,
			Err(error) => panic!("the job does not start: {error}"),
		}
	}

	/// Starts a job. Returns the error if it does not start.
	#[track_caller]
	pub fn try_start(self) -> Result<Job, Error> {
		let (chain, call) = self.into_parts();
		let id: Result<u64, Error> = chain.ask(Request::StartJob(call));
		Ok(Job { chain, id: id? })
	}
}

impl Job {
	/// Its id.
	pub fn id(&self) -> u64 {
		self.id
	}

	/// Its status, or how it ended.
	#[track_caller]
	pub fn state(&self) -> JobState {
		self.chain.ask(Request::Job(self.id))
	}

	/// Makes blocks until it has ended, at most `blocks`. Returns how many that took.
	///
	/// # Panics
	///
	/// If it has not ended by then.
	#[track_caller]
	pub fn run(&self, most: u32) -> u32 {
		for blocks in 0..=most {
			match self.state() {
				JobState::Ready | JobState::Waiting | JobState::Starved if blocks < most => {
					self.chain.skip(1)
				},
				JobState::Ready | JobState::Waiting | JobState::Starved => {},
				_ => return blocks,
			}
		}
		panic!("the job has not ended after {most} blocks: {:?}", self.state())
	}

	/// Expects that it finished with an output of type `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(&self) -> T {
		match self.state() {
			JobState::Finished { output } => match T::decode_all(&mut &output[..]) {
				Ok(value) => value,
				Err(_) => panic!("the output {output:?} is not a {}", std::any::type_name::<T>()),
			},
			other => panic!("the job did not finish: {other:?}"),
		}
	}

	/// Expects that it failed: `assert_eq!(job.fails(), Error::Trapped)`.
	#[track_caller]
	pub fn fails(&self) -> Error {
		match self.state() {
			JobState::Failed { error } => error,
			other => panic!("the job did not fail: {other:?}"),
		}
	}
}

impl Account {
	/// Sends a message to the jobs at this account, from [`ALICE`].
	///
	/// # Panics
	///
	/// If no job exists here, or the message is too long.
	#[track_caller]
	pub fn send(&self, topic: &[u8], data: impl Encode) {
		self.send_by(ALICE, topic, &data.encode())
	}

	/// Sends a message from another sender, without encoding its data.
	///
	/// # Panics
	///
	/// Like [`Self::send`].
	#[track_caller]
	pub fn send_by(&self, sender: AccountId, topic: &[u8], data: &[u8]) {
		let (address, topic, data) = (self.address, topic.to_vec(), data.to_vec());
		let sent: Result<(), Error> =
			self.chain.ask(Request::Send { sender, address, topic, data });
		if let Err(error) = sent {
			panic!("the message is not sent: {error}");
		}
	}
}
