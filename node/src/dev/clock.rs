//! The clock of block timestamps.

use sp_timestamp::Timestamp;

/// The system clock, or a clock that was set ahead of it.
///
/// A block is always at least one millisecond later than its parent, even if both are made in the
/// same millisecond or the system clock was set back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
	/// The difference to the system clock.
	ahead: i128,
	/// The timestamp of the next block, if it was set.
	next: Option<Timestamp>,
}

impl Clock {
	/// The latest time that can be set: the maximum of JavaScript's `Date`.
	pub const LATEST: Timestamp = Timestamp::new(8_640_000_000_000_000);

	/// Continues from a block with this timestamp, if it is ahead of the system clock.
	pub fn after(last: Timestamp, machine: Timestamp) -> Self {
		Self { ahead: difference(last, machine).max(0), next: None }
	}

	/// The timestamp of a block after one with the timestamp `last`.
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

	/// Sets the timestamp of the next block. Errs with the valid range.
	pub fn set(&mut self, time: Timestamp, last: Timestamp) -> Result<(), [Timestamp; 2]> {
		let earliest = Timestamp::new(last.as_millis().saturating_add(1));
		if time < earliest || time > Self::LATEST {
			return Err([earliest, Self::LATEST]);
		}
		self.next = Some(time);
		Ok(())
	}

	/// A block was made: a set time continues from here.
	pub fn made_block(&mut self, machine: Timestamp) {
		if let Some(time) = self.next.take() {
			self.ahead = difference(time, machine);
		}
	}
}

fn difference(time: Timestamp, from: Timestamp) -> i128 {
	i128::from(time.as_millis()) - i128::from(from.as_millis())
}
