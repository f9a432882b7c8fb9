//! The time that blocks get. It knows numbers; nothing of the chain.

use sp_timestamp::Timestamp;

/// The machine's clock, or one that was set ahead of it and goes on from there.
///
/// A block is always later than its parent, by a millisecond at least: also where both are made in
/// one, or where the machine's clock was set back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
	/// How far it is ahead of the machine's clock.
	ahead: i128,
	/// What the next block gets.
	next: Option<Timestamp>,
}

impl Clock {
	/// The latest time that can be set: the last that JavaScript's `Date` knows.
	pub const LATEST: Timestamp = Timestamp::new(8_640_000_000_000_000);

	/// Goes on from a block of that time, where that is ahead of the machine's clock.
	pub fn after(last: Timestamp, machine: Timestamp) -> Self {
		Self { ahead: difference(last, machine).max(0), next: None }
	}

	/// The time of a block on top of one of time `last`.
	pub fn time(&self, last: Timestamp, machine: Timestamp) -> Timestamp {
		let time = self.next.map_or_else(
			|| {
				let time = i128::from(machine.as_millis()).saturating_add(self.ahead);
				u64::try_from(time.max(0)).unwrap_or(u64::MAX)
			},
			|next| next.as_millis(),
		);
		Timestamp::new(time.max(last.as_millis().saturating_add(1)))
	}

	/// The next block gets `time`, or errs with what could be set.
	pub fn set(&mut self, time: Timestamp, last: Timestamp) -> Result<(), [Timestamp; 2]> {
		let earliest = Timestamp::new(last.as_millis().saturating_add(1));
		if time < earliest || time > Self::LATEST {
			return Err([earliest, Self::LATEST]);
		}
		self.next = Some(time);
		Ok(())
	}

	/// A block was made: a time that was set goes on from here.
	pub fn made_block(&mut self, machine: Timestamp) {
		if let Some(time) = self.next.take() {
			self.ahead = difference(time, machine);
		}
	}
}

fn difference(time: Timestamp, from: Timestamp) -> i128 {
	i128::from(time.as_millis()) - i128::from(from.as_millis())
}
