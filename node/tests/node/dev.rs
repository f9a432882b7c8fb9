//! A development chain: its sealing option, the time of its blocks, and its banner.

use sp_timestamp::Timestamp;
use std::time::Duration;
use virt_node::dev::{Banner, Clock, Endpoint, Sealing};

const NOW: Timestamp = Timestamp::new(1_000_000);

#[test]
fn sealing_is_read_as_it_is_written() {
	let every = Sealing::Interval(Duration::from_millis(250));
	for (text, sealing) in
		[("instant", Sealing::Instant), ("manual", Sealing::Manual), ("interval=250", every)]
	{
		assert_eq!(text.parse(), Ok(sealing));
		assert_eq!(sealing.to_string(), text);
	}
	for text in ["", "Instant", "interval", "interval=", "interval=0", "interval=-1", "interval=1s"]
	{
		assert!(text.parse::<Sealing>().is_err(), "{text}");
	}
}

#[test]
fn time_follows_the_clock_and_never_repeats() {
	let clock = Clock::default();
	for (last, wanted) in
		[(0, 1_000_000), (999_999, 1_000_000), (1_000_000, 1_000_001), (5_000_000, 5_000_001)]
	{
		assert_eq!(clock.time(Timestamp::new(last), NOW), Timestamp::new(wanted));
	}
}

#[test]
fn a_time_that_was_set_is_the_next_blocks_and_goes_on_from_there() {
	let mut clock = Clock::default();
	let (last, set) = (Timestamp::new(1_000_000), Timestamp::new(9_000_000));
	assert_eq!(clock.set(set, last), Ok(()));
	// The time is the same however late the block is, and however often building it fails.
	for late in [1_000_001, 1_500_000] {
		assert_eq!(clock.time(last, Timestamp::new(late)), set);
	}
	clock.made_block(Timestamp::new(1_500_000));
	assert_eq!(clock.time(set, Timestamp::new(1_500_000)), Timestamp::new(9_000_001));
	assert_eq!(clock.time(set, Timestamp::new(1_500_700)), Timestamp::new(9_000_700));
	// A second block keeps the offset of the clock.
	clock.made_block(Timestamp::new(1_500_700));
	assert_eq!(clock.time(set, Timestamp::new(1_500_900)), Timestamp::new(9_000_900));
}

#[test]
fn no_time_can_be_set_that_the_chain_has_passed_or_could_not_leave() {
	let mut clock = Clock::default();
	let last = Timestamp::new(5_000);
	let bounds = [Timestamp::new(5_001), Clock::LATEST];
	for time in [0, 5_000, Clock::LATEST.as_millis() + 1, u64::MAX] {
		assert_eq!(clock.set(Timestamp::new(time), last), Err(bounds));
		assert_eq!(clock, Clock::default());
	}
	for time in bounds {
		assert_eq!(clock.set(time, last), Ok(()));
	}
}

#[test]
fn a_chain_ahead_of_the_clock_stays_ahead() {
	let ahead = Timestamp::new(3_000_000);
	let clock = Clock::after(ahead, NOW);
	assert_eq!(clock.time(ahead, Timestamp::new(1_000_400)), Timestamp::new(3_000_400));
	assert_eq!(Clock::after(Timestamp::new(7), NOW), Clock::default());
}

#[test]
fn banner_tells_where_the_chain_is_and_what_becomes_of_it() {
	let endpoints = ["/ip4/127.0.0.1/tcp/9944", "/ip6/::1/tcp/9944"]
		.map(|address| Endpoint::of(&address.parse().expect("an address")).expect("with a port"));
	let mut banner = Banner {
		version: "Virt Node 1".into(),
		chain: "Virt Development (virt_dev)".into(),
		genesis: "0x12".into(),
		endpoints: endpoints.into(),
		sealing: Sealing::Manual,
		backend: "interpreter".into(),
		data: "/some/where".into(),
		forgets: true,
	};
	let text = banner.to_string();
	for line in [
		"  rpc       ws://127.0.0.1:9944  http://127.0.0.1:9944\n            ws://[::1]:9944  http://[::1]:9944\n",
		"  chain     Virt Development (virt_dev)\n  genesis   0x12\n",
		"  sealing   manual: a block when engine_createBlock is called\n",
		"  programs  run on the interpreter\n",
		"  data      /some/where is removed when the node stops; --base-path <folder> keeps it\n",
		"  //Alice   5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\n",
	] {
		assert!(text.contains(line), "no {line:?} in {text}");
	}
	assert!(text.chars().all(|char| char == '\n' || !char.is_control()), "plain text");
	banner.forgets = false;
	assert!(banner.to_string().contains("  data      /some/where is kept\n"));
}
