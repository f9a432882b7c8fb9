//! Benchmarks of jobs: the calls, and the parts of a slice.

use super::{
	chain::{caller, deploy},
	program, storms,
};
use crate::{
	jobs::{
		lifecycle, mailbox, memory, queue, slice, Deadline, JobId, JobOf, Start, Status, Topic,
	},
	limits::*,
	program::code_hash,
	syscalls, BalanceOf, Code, Config, Error, JobFrames, Jobs, Mailboxes, Pallet as Virt,
};
use alloc::{vec, vec::Vec};
use codec::{Compact, CompactLen};
use core::marker::PhantomData;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{Get, Hooks},
	weights::Weight,
};
use frame_system::RawOrigin;
use sp_core::H256;
use sp_runtime::{traits::Zero, DispatchError};
use virt_primitives::{Module, Restored, SyscallTable};

/// Stands in for the pallet, whose other benchmarks are in `calls`.
pub struct Pallet<T>(PhantomData<T>);

/// A budget of four slices.
fn budget<T: Config>() -> Weight {
	T::JobSlice::get() * 4
}

/// Starts a job of a program that writes to `pages` pages and waits. The job has not run yet.
fn started<T: Config>(pages: u32) -> Result<(T::AccountId, H256, JobId), BenchmarkError> {
	let owner = caller::<T>();
	let code = program::sleeping(pages);
	let hash = code_hash(&code);
	let address = deploy::<T>(&owner, code)?;
	let id = lifecycle::start::<T>(Start {
		owner: owner.clone(),
		address,
		entry: program::ENTRY.into(),
		input: Vec::new(),
		value: BalanceOf::<T>::zero(),
		budget: budget::<T>(),
		deposit_limit: None,
	})?;
	Ok((owner, hash, id))
}

/// The same as [`started`], but the job has run, and waits for a deadline and a message.
fn waiting<T: Config>(pages: u32) -> Result<(T::AccountId, H256, JobId), BenchmarkError> {
	let (owner, hash, id) = started::<T>(pages)?;
	slice::run::<T>(id, T::JobSlice::get(), slice::Payer::Budget)?;
	assert!(matches!(
		Jobs::<T>::get(id).map(|job| job.status),
		Some(Status::Waiting { deadline: Some(_), topic: Some(_) })
	));
	Ok((owner, hash, id))
}

fn job<T: Config>(id: JobId) -> Result<JobOf<T>, BenchmarkError> {
	Jobs::<T>::get(id).ok_or(BenchmarkError::Stop("there is no job"))
}

/// Fills the mailbox of an address, with room left for one job and one message.
fn crowd<T: Config>(address: &T::AccountId) -> Result<(), BenchmarkError> {
	let full = BenchmarkError::Stop("the mailbox is full");
	let topic = Topic::truncate_from(vec![0xff; MAX_TOPIC as usize]);
	mailbox::with::<T, _>(address, |mailbox| {
		mailbox.jobs += 1;
		let of = |nth: u32| u64::MAX - u64::from(nth);
		for nth in mailbox.queue.len() as u32..MAX_MESSAGES - 1 {
			mailbox
				.queue
				.try_push((of(nth), topic.clone()))
				.map_err(|_| Error::<T>::MailboxFull)?;
		}
		let mut waiting: Vec<_> =
			(0..MAX_JOBS_AT_ADDRESS - 2).map(|nth| (of(nth), topic.clone())).collect();
		waiting.extend(mailbox.waiting.clone());
		mailbox.waiting = waiting.try_into().map_err(|_| Error::<T>::TooManyJobs)?;
		Ok(())
	})
	.map_err(|_| full)
}

fn module<T: Config>(hash: H256) -> Result<Module, BenchmarkError> {
	let key = Code::<T>::hashed_key_for(hash);
	let size = Code::<T>::decode_len(hash).unwrap_or_default() as u32;
	let skip = Compact::<u32>::compact_len(&size) as u32;
	Module::from_storage(&key, skip, &SyscallTable(&syscalls::table::<T>()))
		.map_err(|_| BenchmarkError::Stop("the program does not load"))
}

fn send<T: Config>(owner: T::AccountId, address: &T::AccountId) -> Result<(), DispatchError> {
	// The topic for which a program with one page waits.
	let mut topic = 1u64.to_le_bytes().to_vec();
	topic.resize(MAX_TOPIC as usize, 0);
	let data = vec![1; MAX_MESSAGE as usize];
	Virt::<T>::wake(RawOrigin::Signed(owner).into(), address.clone(), topic, data)
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn start_job(n: Linear<0, MAX_INPUT>) -> Result<(), BenchmarkError> {
		let caller = caller::<T>();
		let address = deploy::<T>(&caller, program::sleeping(1))?;
		let (entry, input) = (program::ENTRY.into(), vec![1; n as usize]);
		let value = BalanceOf::<T>::zero();
		crowd::<T>(&address)?;

		let origin = RawOrigin::Signed(caller).into();

		#[block]
		{
			Virt::<T>::start_job(origin, address, entry, input, value, budget::<T>(), None)?;
		}

		assert!(Jobs::<T>::contains_key(0));
		Ok(())
	}

	/// Without the pages and the content of the mailbox, which have their own benchmarks.
	#[benchmark]
	fn cancel_job() -> Result<(), BenchmarkError> {
		let (caller, _, id) = waiting::<T>(1)?;
		crowd::<T>(&job::<T>(id)?.address)?;

		#[block]
		{
			lifecycle::cancel::<T>(&caller, id)?;
		}

		assert!(!Jobs::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn top_up_job() -> Result<(), BenchmarkError> {
		let (caller, _, id) = started::<T>(1)?;
		let Status::Ready { place } = job::<T>(id)?.status else {
			return Err(BenchmarkError::Stop("it is not ready"));
		};
		queue::remove::<T>(place);
		Jobs::<T>::mutate_extant(id, |job| job.status = Status::Starved);

		#[block]
		{
			lifecycle::top_up::<T>(&caller, id, budget::<T>())?;
		}

		assert!(matches!(job::<T>(id)?.status, Status::Ready { .. }));
		Ok(())
	}

	/// A waiting job is woken, and receives the message.
	#[benchmark]
	fn wake() -> Result<(), BenchmarkError> {
		let (caller, _, id) = waiting::<T>(1)?;
		let address = job::<T>(id)?.address;
		crowd::<T>(&address)?;

		#[block]
		{
			send::<T>(caller, &address)?;
			mailbox::take::<T>(&address, 0)?;
		}

		assert!(matches!(job::<T>(id)?.status, Status::Ready { .. }));
		Ok(())
	}

	/// No job is to be woken or run.
	#[benchmark]
	fn job_idle() -> Result<(), BenchmarkError> {
		let number = frame_system::Pallet::<T>::block_number();

		#[block]
		{
			Virt::<T>::on_idle(number, Weight::MAX);
		}

		Ok(())
	}

	#[benchmark]
	fn job_wake() -> Result<(), BenchmarkError> {
		let (_, _, id) = waiting::<T>(1)?;
		crowd::<T>(&job::<T>(id)?.address)?;

		#[block]
		{
			let (deadline, id) = queue::Expired::<T>::new(Deadline::Block(u64::MAX))
				.next()
				.ok_or(BenchmarkError::Stop("no deadline came"))?;
			lifecycle::wake::<T>(deadline, id)?;
		}

		assert!(matches!(job::<T>(id)?.status, Status::Ready { .. }));
		Ok(())
	}

	/// The only slice of a job that returns immediately.
	#[benchmark]
	fn job_slice() -> Result<(), BenchmarkError> {
		let owner = caller::<T>();
		let address = deploy::<T>(&owner, storms::callee())?;
		let id = lifecycle::start::<T>(Start {
			owner,
			address,
			entry: program::ENTRY.into(),
			input: vec![1],
			value: BalanceOf::<T>::zero(),
			budget: budget::<T>(),
			deposit_limit: None,
		})?;
		crowd::<T>(&job::<T>(id)?.address)?;

		#[block]
		{
			slice::run::<T>(id, T::JobSlice::get(), slice::Payer::Budget)?;
		}

		assert!(!Jobs::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn job_resume(p: Linear<1, MAX_JOB_PAGES>) -> Result<(), BenchmarkError> {
		let (_, hash, id) = waiting::<T>(p)?;
		let module = module::<T>(hash)?;
		let frame = JobFrames::<T>::get(id).ok_or(BenchmarkError::Stop("it is not suspended"))?;
		let restored;

		#[block]
		{
			let snapshot = memory::load::<T>(id, &frame).map_err(DispatchError::from)?;
			restored = module.restore(&snapshot.to_bytes());
		}

		assert!(matches!(restored, Ok(Restored::AtSyscall { .. })));
		Ok(())
	}

	#[benchmark]
	fn job_snapshot(p: Linear<1, MAX_JOB_PAGES>) -> Result<(), BenchmarkError> {
		let (_, hash, id) = waiting::<T>(p)?;
		let module = module::<T>(hash)?;
		let frame = JobFrames::<T>::get(id).ok_or(BenchmarkError::Stop("it is not suspended"))?;
		let snapshot = memory::load::<T>(id, &frame).map_err(DispatchError::from)?;
		let Ok(Restored::AtSyscall { mut execution, .. }) = module.restore(&snapshot.to_bytes())
		else {
			return Err(BenchmarkError::Stop("it is not restored"));
		};
		let stored;

		#[block]
		{
			let bytes = execution.snapshot().map_err(|_| BenchmarkError::Stop("no snapshot"))?;
			let pages = &snapshot.pages;
			stored = memory::store::<T>(id, pages, &bytes).map_err(DispatchError::from)?;
		}

		assert_eq!((stored.pages.len() as u32, stored.written), (p, 0));
		Ok(())
	}

	#[benchmark]
	fn job_store(p: Linear<1, MAX_JOB_PAGES>) -> Result<(), BenchmarkError> {
		let (_, _, id) = waiting::<T>(p)?;
		let frame = JobFrames::<T>::get(id).ok_or(BenchmarkError::Stop("it is not suspended"))?;
		let snapshot = memory::load::<T>(id, &frame).map_err(DispatchError::from)?;
		let bytes = snapshot.to_bytes();
		let stored;

		#[block]
		{
			stored = memory::store::<T>(id, &[], &bytes).map_err(DispatchError::from)?;
		}

		assert_eq!(stored.written, p);
		Ok(())
	}

	/// The end of a job. Its common part with [`cancel_job`] is counted twice.
	#[benchmark]
	fn job_end(p: Linear<1, MAX_JOB_PAGES>) -> Result<(), BenchmarkError> {
		let (caller, _, id) = waiting::<T>(p)?;

		#[block]
		{
			lifecycle::cancel::<T>(&caller, id)?;
		}

		assert!(!Jobs::<T>::contains_key(id));
		Ok(())
	}

	#[benchmark]
	fn message_return() -> Result<(), BenchmarkError> {
		let (caller, _, id) = started::<T>(1)?;
		let address = job::<T>(id)?.address;
		send::<T>(caller, &address)?;

		#[block]
		{
			mailbox::leave::<T>(&address)?;
		}

		assert!(!Mailboxes::<T>::contains_key(address));
		Ok(())
	}
}
