//! Messages to jobs are delivered in order, and no accepted message is lost.

use super::*;
use crate::{limits::*, HoldReason, Mailboxes, Messages};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};

fn send(address: &AccountId32, topic: &[u8], data: &[u8]) {
	assert_ok!(Virt::wake(signed(ALICE), address.clone(), topic.to_vec(), data.to_vec()));
}

fn held(account: &AccountId32) -> u128 {
	Balances::balance_on_hold(&HoldReason::Job.into(), account)
}

#[test]
fn messages_of_a_topic_come_in_the_order_in_which_they_were_sent() {
	let output = on_both(|| {
		let address = sleeper();
		let job = start(&address, "messages", (b"a".to_vec(), 4u32));
		// Messages before the job waits, while it waits, and with another topic.
		send(&address, b"a", b"1");
		send(&address, b"b", b"x");
		send(&address, b"a", b"2");
		next_block();
		assert_waits(job);
		send(&address, b"a", b"3");
		send(&address, b"a", b"4");
		next_block();
		output::<Vec<u8>>(job)
	});
	assert_eq!(output, b"1234");
}

#[test]
fn message_goes_to_the_job_that_waited_longest() {
	on_chain(|| {
		let address = sleeper();
		let jobs = [(); 3].map(|()| start(&address, "messages", (b"a".to_vec(), 1u32)));
		next_block();
		for data in [b"1", b"2", b"3"] {
			send(&address, b"a", data);
		}
		next_block();
		assert_eq!(jobs.map(output::<Vec<u8>>), [b"1", b"2", b"3"]);
	});
}

#[test]
fn message_without_a_job_is_refused() {
	on_chain(|| {
		let address = sleeper();
		let send = || Virt::wake(signed(ALICE), address.clone(), b"a".to_vec(), vec![]);
		assert_noop!(send(), Error::<Test>::JobNotFound);
		start(&address, "blocks", 1u64);
		assert_ok!(send());
	});
}

#[test]
fn sender_is_held_for_a_message_until_it_is_taken() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "messages", (b"a".to_vec(), 2u32));
		let before = held(&ALICE);
		send(&address, b"a", &[7; 100]);
		assert_eq!(held(&ALICE) - before, PER_ITEM + PER_BYTE * 101);
		next_block();
		assert_eq!(held(&ALICE), before);
		assert_waits(job);
	});
}

#[test]
fn messages_that_nobody_took_are_returned_when_the_last_job_ends() {
	on_chain(|| {
		let address = sleeper();
		let (job, last) = (start(&address, "blocks", 1u64), start(&address, "blocks", 3u64));
		next_block();
		let before = held(&ALICE);
		send(&address, b"a", b"1");
		send(&address, b"b", b"2");
		run_to_end(job, 5);
		assert_eq!(Messages::<Test>::iter().count(), 2, "the other job may still ask for them");
		run_to_end(last, 5);
		assert_eq!((Messages::<Test>::iter().count(), Mailboxes::<Test>::iter().count()), (0, 0));
		assert_eq!(held(&ALICE), before);
		let returned = events().filter(|it| matches!(it, Event::MessageReturned { .. }));
		assert_eq!(returned.count(), 2);
	});
}

#[test]
fn message_of_a_job_that_is_cancelled_goes_to_the_next_in_its_order() {
	on_chain(|| {
		let address = sleeper();
		let first = start(&address, "messages", (b"a".to_vec(), 1u32));
		next_block();
		send(&address, b"a", b"1");
		send(&address, b"a", b"2");
		// The cancelled job was to receive the first message.
		assert_ok!(Virt::cancel_job(signed(BOB), first).map_err(|failure| failure.error));
		assert_eq!(Mailboxes::<Test>::iter().count(), 0, "it was the last: they are returned");

		let (first, second) = (
			start(&address, "messages", (b"a".to_vec(), 1u32)),
			start(&address, "messages", (b"a".to_vec(), 2u32)),
		);
		next_block_with(Weight::zero());
		next_block();
		send(&address, b"a", b"1");
		assert_ok!(Virt::cancel_job(signed(BOB), first).map_err(|failure| failure.error));
		send(&address, b"a", b"2");
		run_to_end(second, 5);
		assert_eq!(output::<Vec<u8>>(second), b"12");
	});
}

#[test]
fn programs_send_messages_to_jobs() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "messages", (b"a".to_vec(), 1u32));
		let sender = start(&address, "send", (&address, b"a".to_vec(), b"hi".to_vec()));
		next_block();
		assert!(output::<bool>(sender));
		run_to_end(job, 3);
		assert_eq!(output::<Vec<u8>>(job), b"hi");
	});
}

#[test]
fn message_topic_and_mailbox_at_limit_ok_and_over_limit_err() {
	on_chain(|| {
		let address = sleeper();
		start(&address, "blocks", 1u64);
		let send = |topic: u32, data: u32| {
			let (topic, data) = (vec![1; topic as usize], vec![2; data as usize]);
			Virt::wake(signed(ALICE), address.clone(), topic, data)
		};
		assert_noop!(send(MAX_TOPIC + 1, 0), Error::<Test>::TopicTooLong);
		assert_noop!(send(0, MAX_MESSAGE + 1), Error::<Test>::MessageTooLong);
		for _ in 0..MAX_MESSAGES {
			assert_ok!(send(MAX_TOPIC, MAX_MESSAGE));
		}
		assert_noop!(send(0, 0), Error::<Test>::MailboxFull);
	});
}
