//! Native code: instances in worker processes.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use crate::attempt;
use crate::{
	start::{explain_sandbox_failure, start},
	watchdog::{EndWait, OnFault, Watchdog, Watched},
	workers::WarmUp,
};
use parking_lot::Mutex;
use polkavm::{BackendKind, RawInstance};
use std::sync::{atomic::AtomicUsize, Arc};
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use virt_primitives::LOG_TARGET;

/// PolkaVM's recompiler and its worker processes.
pub(crate) struct Recompiler {
	pub(crate) polkavm: polkavm::Engine,
	pub(crate) watchdog: Arc<Watchdog>,
	pub(crate) workers: Arc<AtomicUsize>,
	/// A program that only returns.
	pub(crate) probe: polkavm::Module,
	pub(crate) warm_up: Mutex<Option<WarmUp>>,
	#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
	words: crate::shared_word::SharedWords,
}

impl Recompiler {
	pub(crate) fn start(on_dead_worker: OnFault) -> Result<Self, String> {
		#[cfg(target_arch = "x86_64")]
		if !std::is_x86_feature_detected!("bmi2") {
			return Err("this CPU lacks BMI2".into());
		}
		let (polkavm, probe) = start(BackendKind::Compiler).map_err(explain_sandbox_failure)?;
		let watchdog = Watchdog::start(on_dead_worker)
			.map_err(|error| format!("a thread cannot be started: {error}"))?;
		Ok(Self {
			polkavm,
			watchdog,
			workers: Arc::default(),
			probe,
			warm_up: Mutex::new(None),
			#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
			words: Default::default(),
		})
	}

	/// An instance in a worker process, which is watched.
	pub(crate) fn instantiate(
		&self,
		module: &polkavm::Module,
	) -> Result<(RawInstance, Arc<Watched>), String> {
		// An idle worker may have been killed, which is detected when it is used: then try the
		// next.
		let tries = self.polkavm.idle_worker_pids().len() + 1;
		let starting = self.watchdog.watch(None, None);
		let mut failed = String::new();
		for _ in 0..tries {
			match starting.wait(|| module.instantiate()) {
				Ok(mut raw) => {
					let pid = raw.pid().ok_or("an instance of the recompiler has no process")?;
					let end_wait = self.end_wait(&mut raw, pid);
					return Ok((raw, self.watchdog.watch(Some(pid), end_wait)));
				},
				Err(error) => failed = error.to_string(),
			}
		}
		Err(format!(
			"no worker process is available ({failed}); if a limit on processes or open files was \
			 reached, raise it (ulimit -u, ulimit -n)"
		))
	}

	/// How to end a wait for this worker, if the runtime call is repeated then.
	#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
	fn end_wait(&self, raw: &mut RawInstance, pid: u32) -> Option<EndWait> {
		if !attempt::is_repeatable() {
			return None;
		}
		match self.words.of(raw, pid) {
			Ok(word) => Some(Box::new(move || word.end_wait())),
			Err(error) => {
				log::warn!(target: LOG_TARGET, "If worker process {pid} is lost, the node stops: {error}");
				None
			},
		}
	}

	#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
	fn end_wait(&self, _raw: &mut RawInstance, _pid: u32) -> Option<EndWait> {
		None
	}
}
