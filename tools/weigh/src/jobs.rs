//! What jobs take of a block: each line is `on_idle` of one block, of a chain in some state.

use crate::chain::{Chain, ALICE};
use pallet_virt::{
	benchmarking::program::{sleeping, ENTRY},
	jobs::{
		lifecycle, queue,
		slice::{self, Payer},
		Deadline, JobId, Status,
	},
	limits::{MAX_JOB_PAGES, MAX_TOPIC},
	JobFrames, JobPages, JobTimers, JobTotals, Jobs, Mailboxes, NextJob,
};
use virt_runtime::{configs::JobSlice, AccountId, Runtime, RuntimeOrigin, Virt};

/// Jobs that are woken in one block: less than what fits, and more than leaves weight for a slice.
const WOKEN: u32 = 4_000;

/// A state, and what happens in the next block.
pub struct Scene {
	/// What happens.
	pub name: String,
	/// How often it happens.
	pub count: u32,
	/// Makes the state.
	pub prepare: Box<Prepare>,
}

type Prepare = dyn Fn(&mut Chain) -> Result<(), String>;

impl Scene {
	fn new(
		name: impl Into<String>,
		count: u32,
		prepare: impl Fn(&mut Chain) -> Result<(), String> + 'static,
	) -> Self {
		Self { name: name.into(), count, prepare: Box::new(prepare) }
	}
}

/// Everything that is measured.
pub fn all() -> Vec<Scene> {
	let mut scenes = Vec::new();
	for (pages, size) in [(1, "4 KiB"), (MAX_JOB_PAGES, "4 MiB")] {
		scenes.push(Scene::new(
			format!("job: first slice, suspended with {size}"),
			1,
			move |chain| start(chain, pages).map(drop),
		));
		scenes.push(Scene::new(format!("job: last slice, resumed with {size}"), 1, move |chain| {
			let job = asleep(chain, pages)?;
			chain.change(|| {
				let deadline = deadline_of(job)?;
				lifecycle::wake::<Runtime>(deadline, job).map_err(|error| format!("{error:?}"))
			})
		}));
	}
	scenes.push(Scene::new("job: wake at its deadline", WOKEN, |chain| {
		sleepers(chain, WOKEN, Deadline::Block(1))
	}));
	for (count, name) in [(0, "no job"), (1_000, "1,000 jobs"), (100_000, "100,000 jobs")] {
		scenes.push(Scene::new(format!("empty block, {name} asleep"), 1, move |chain| {
			sleepers(chain, count, Deadline::Block(1_000_000))
		}));
	}
	scenes
}

/// Starts a job of a program that writes to so many pages and waits.
fn start(chain: &mut Chain, pages: u32) -> Result<JobId, String> {
	let address = chain.deploy(&sleeping(pages))?;
	chain.change(|| {
		let origin = RuntimeOrigin::signed(ALICE);
		let budget = JobSlice::get() * 4;
		Virt::start_job(origin, address, ENTRY.into(), Vec::new(), 0, budget, None)
			.map_err(|error| format!("{error:?}"))?;
		Ok(NextJob::<Runtime>::get() - 1)
	})
}

/// The same, and runs it until it waits.
fn asleep(chain: &mut Chain, pages: u32) -> Result<JobId, String> {
	let job = start(chain, pages)?;
	chain.change(|| {
		slice::run::<Runtime>(job, JobSlice::get(), Payer::Budget)
			.map_err(|error| format!("{error:?}"))?;
		deadline_of(job).map(|_| job)
	})
}

fn deadline_of(job: JobId) -> Result<Deadline, String> {
	match Jobs::<Runtime>::get(job).map(|job| job.status) {
		Some(Status::Waiting { deadline: Some(deadline), .. }) => Ok(deadline),
		other => Err(format!("the job does not wait: {other:?}")),
	}
}

/// So many jobs that wait until a block: copies of one, each at an address of its own.
fn sleepers(chain: &mut Chain, count: u32, deadline: Deadline) -> Result<(), String> {
	if count == 0 {
		return Ok(());
	}
	let job = asleep(chain, 1)?;
	chain.change(|| {
		let mut record = Jobs::<Runtime>::get(job).ok_or("the job is gone")?;
		let frame = JobFrames::<Runtime>::get(job).ok_or("the job is not suspended")?;
		let pages: Vec<_> = JobPages::<Runtime>::iter_prefix(job).collect();
		let mut mailbox = Mailboxes::<Runtime>::get(&record.address).ok_or("it has no mailbox")?;
		queue::unset_timer::<Runtime>(deadline_of(job)?, job);
		let topic = vec![1; MAX_TOPIC as usize].try_into().map_err(|_| "the topic is too long")?;
		record.status = Status::Waiting { deadline: Some(deadline), topic: Some(topic) };
		for number in 0..count {
			let id = job + u64::from(number);
			let mut address = [3; 32];
			address[..4].copy_from_slice(&number.to_le_bytes());
			record.address = AccountId::new(address);
			mailbox.waiting.iter_mut().for_each(|waiting| waiting.0 = id);
			Jobs::<Runtime>::insert(id, &record);
			JobFrames::<Runtime>::insert(id, &frame);
			for (page, bytes) in &pages {
				JobPages::<Runtime>::insert(id, page, bytes);
			}
			Mailboxes::<Runtime>::insert(&record.address, &mailbox);
			queue::set_timer::<Runtime>(deadline, id);
		}
		JobTotals::<Runtime>::put(count);
		NextJob::<Runtime>::put(job + u64::from(count));
		let timers = JobTimers::<Runtime>::iter().count();
		(timers == count as usize).then_some(()).ok_or(format!("{timers} timers"))
	})
}
