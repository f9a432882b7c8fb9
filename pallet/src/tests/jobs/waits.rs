//! What jobs wait for, and which changes are final when they wait.

use super::*;
use crate::{jobs::Woken, stack::Trap, WeightInfo};
use frame_support::assert_ok;

#[test]
fn job_waits_for_blocks_and_keeps_its_locals() {
	let root = on_both(|| {
		let address = sleeper();
		let job = start(&address, "blocks", 3u64);
		next_block();
		assert_waits(job);
		assert_eq!(count(&address), 1, "what it did before it waited is final");
		next_block();
		next_block();
		assert_waits(job);
		next_block();
		assert_eq!(output::<u64>(job), 3);
		assert_eq!(count(&address), 11);
		state_root()
	});
	assert!(!root.is_zero());
}

#[test]
fn job_waits_for_a_time() {
	on_chain(|| {
		let address = sleeper();
		let time = NOW + 2 * SLOT + 1;
		let job = start(&address, "until", time);
		next_block();
		next_block();
		assert_waits(job);
		next_block();
		assert_eq!(output::<u64>(job), NOW + 3 * SLOT);
	});
}

#[test]
fn time_that_has_passed_ends_the_wait_in_the_next_block() {
	on_chain(|| {
		let job = start(&sleeper(), "until", 5u64);
		next_block();
		next_block();
		assert_eq!(output::<u64>(job), NOW + 2 * SLOT);
	});
}

#[test]
fn jobs_that_yield_take_turns() {
	on_chain(|| {
		let address = sleeper();
		let (one, other) = (start(&address, "yields", 3u32), start(&address, "yields", 3u32));
		next_block();
		let order: Vec<JobId> = System::events()
			.into_iter()
			.filter_map(|record| match record.event {
				RuntimeEvent::Virt(Event::JobSuspended { job, .. }) => Some(job),
				RuntimeEvent::Virt(Event::JobFinished { job, .. }) => Some(job),
				_ => None,
			})
			.collect();
		assert_eq!(order, [one, other].repeat(4));
		assert_eq!(count(&address), 6);
	});
}

#[test]
fn fault_undoes_its_own_slice_only() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "trap_after_wait", ());
		next_block();
		next_block();
		assert_failed(job, Error::Trapped);
		// 1, not 0: a call that traps keeps no changes, but a job that traps keeps those of earlier slices.
		assert_eq!(count(&address), 1);
		let trap = events().find_map(|event| match event {
			Event::JobFailed { trap, .. } => trap,
			_ => None,
		});
		let hash = crate::program::code_hash(SLEEPER);
		assert!(matches!(trap, Some(Trap { code_hash, offset: Some(_) }) if code_hash == hash));
	});
}

#[test]
fn program_cannot_wait_outside_of_a_job() {
	on_chain(|| {
		let address = sleeper();
		let input = 1u64.encode();
		let call = Virt::call(signed(BOB), address, b"blocks".to_vec(), input, 0, PLENTY, None);
		assert_eq!(
			call.map_err(|failure| failure.error).err(),
			Some(Error::<Test>::Trapped.into())
		);
	});
}

#[test]
fn called_program_cannot_wait() {
	on_chain(|| {
		let address = sleeper();
		let other = Virt::address_of(&ALICE, crate::program::code_hash(SLEEPER), b"2");
		let hash = crate::program::code_hash(SLEEPER);
		let (salt, none) = (b"2".to_vec(), vec![]);
		assert_ok!(Virt::instantiate(signed(ALICE), hash, salt, none, 0, PLENTY, None));
		let job = start(&address, "nested_wait", &other);
		next_block();
		assert!(output::<bool>(job));
	});
}

#[test]
fn program_cannot_wait_in_an_atomic_scope() {
	on_chain(|| {
		let job = start(&sleeper(), "wait_in_atomic", ());
		next_block();
		assert_failed(job, Error::Trapped);
	});
}

#[test]
fn account_can_be_called_while_its_job_sleeps() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "blocks", 2u64);
		next_block();
		// Another job of the account changes the counter meanwhile, and the first job sees the change.
		let other = start(&address, "yields", 1u32);
		next_block();
		assert_ok!(outcome(other));
		next_block();
		assert_eq!(output::<u64>(job), 2);
		assert_eq!(count(&address), 12);
	});
}

#[test]
fn deadline_and_message_wake_once() {
	on_chain(|| {
		let address = sleeper();
		let job = start(&address, "message_or_blocks", (b"topic".to_vec(), 2u64));
		next_block();
		assert_waits(job);
		next_block();
		next_block();
		assert_eq!(output::<Option<(AccountId32, Vec<u8>)>>(job), None);

		let job = start(&address, "message_or_blocks", (b"topic".to_vec(), 2u64));
		next_block();
		assert_ok!(Virt::wake(signed(ALICE), address, b"topic".to_vec(), b"hello".to_vec()));
		assert!(matches!(Jobs::<Test>::get(job).unwrap().woken, Some(Woken::Message(0))));
		next_block();
		let message = (ALICE, b"hello".to_vec());
		assert_eq!(output::<Option<(AccountId32, Vec<u8>)>>(job), Some(message));
		// The timer was removed with the wake-up, so the deadline does not wake the job again.
		next_block();
		next_block();
		let woken = events().filter(|it| matches!(it, Event::JobWoken { .. })).count();
		assert_eq!(woken, 2);
	});
}

#[test]
fn jobs_of_one_deadline_are_woken_in_order_and_what_does_not_fit_comes_next() {
	on_chain(|| {
		let address = sleeper();
		let jobs: Vec<JobId> = (0..12).map(|_| start(&address, "blocks", 3u64)).collect();
		next_block();
		next_block();
		next_block();
		let wake = crate::jobs::weight::wake::<Test>();
		let idle = <Test as crate::Config>::WeightInfo::job_idle();
		let woken = || {
			let woken = events().filter_map(|event| match event {
				Event::JobWoken { job, .. } => Some(job),
				_ => None,
			});
			let mut woken: Vec<_> = woken.collect();
			woken.reverse();
			woken
		};
		// There is enough weight to wake five jobs, but not for a slice.
		next_block_with(idle + wake * 5);
		assert_eq!(woken(), jobs[..5]);
		next_block_with(idle + wake * 5);
		assert_eq!(woken(), jobs[..10]);
		next_block();
		assert_eq!(woken(), jobs);
		for job in jobs {
			assert_ok!(outcome(job));
		}
	});
}
