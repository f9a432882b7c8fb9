//! The time that instantly sealed blocks carry.

use sp_timestamp::Timestamp;
use virt_node::dev::later_than;

#[test]
fn time_follows_the_clock_and_never_repeats() {
	assert_eq!(later_than(0, Timestamp::new(1_000)), Timestamp::new(1_000));
	assert_eq!(later_than(999, Timestamp::new(1_000)), Timestamp::new(1_000));
	assert_eq!(later_than(1_000, Timestamp::new(1_000)), Timestamp::new(1_001));
	assert_eq!(later_than(5_000, Timestamp::new(1_000)), Timestamp::new(5_001));
}
