//! Jobs: calls that outlive their block.

use crate::{
	protocol::{JobState, Request},
	Account, AccountId, Call, Chain, Error, ALICE,
};
use codec::{DecodeAll, Encode};

/// A job that was started. It runs at the end of each block: [`Chain::skip`] goes on by some.
#[derive(Clone)]
pub struct Job {
	chain: Chain,
	id: u64,
}

impl Call {
	/// Starts a job with this call's account, entry, caller, value and deposit limit. The weight is the
	/// job's budget.
	///
	/// # Panics
	///
	/// When it does not start, or when this is no call of an account.
	#[track_caller]
	pub fn start(self) -> Job {
		match self.try_start() {
			Ok(job) => job,
			Err(error) => panic!("the job does not start: {error}"),
		}
	}

	/// Starts a job, or says why it does not.
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

	/// What it does, or how it ended.
	#[track_caller]
	pub fn state(&self) -> JobState {
		self.chain.ask(Request::Job(self.id))
	}

	/// Goes on, block by block, until it has ended. Gives how many blocks that took.
	///
	/// # Panics
	///
	/// When it has not ended after so many blocks.
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

	/// It has to have finished, and its output to be a `T`.
	#[track_caller]
	pub fn returns<T: DecodeAll>(&self) -> T {
		match self.state() {
			JobState::Finished { output } => match T::decode_all(&mut &output[..]) {
				Ok(value) => value,
				Err(_) => panic!("the output {output:?} is no {}", std::any::type_name::<T>()),
			},
			other => panic!("the job did not finish: {other:?}"),
		}
	}

	/// It has to have failed: `assert_eq!(job.fails(), Error::Trapped)`.
	#[track_caller]
	pub fn fails(&self) -> Error {
		match self.state() {
			JobState::Failed { error } => error,
			other => panic!("the job did not fail: {other:?}"),
		}
	}
}

impl Account {
	/// Sends a message to the jobs at this account, as [`ALICE`].
	///
	/// # Panics
	///
	/// When no job lives here, or the message is too long.
	#[track_caller]
	pub fn send(&self, topic: &[u8], data: impl Encode) {
		self.send_by(ALICE, topic, &data.encode())
	}

	/// Sends a message of another sender, its bytes as they are.
	///
	/// # Panics
	///
	/// As [`Self::send`] does.
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
