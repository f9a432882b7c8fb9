//! Native code: instances in worker processes.

use crate::{
	start::{explain_sandbox_failure, start},
	watchdog::{OnFault, Watchdog},
	workers::WarmUp,
};
use parking_lot::Mutex;
use polkavm::{BackendKind, RawInstance};
use std::sync::{atomic::AtomicUsize, Arc};

/// PolkaVM's recompiler and its worker processes.
pub(crate) struct Recompiler {
	pub(crate) polkavm: polkavm::Engine,
	pub(crate) watchdog: Arc<Watchdog>,
	pub(crate) workers: Arc<AtomicUsize>,
	/// A program that only returns.
	pub(crate) probe: polkavm::Module,
	pub(crate) warm_up: Mutex<Option<WarmUp>>,
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
		Ok(Self { polkavm, watchdog, workers: Arc::default(), probe, warm_up: Mutex::new(None) })
	}

	/// An instance in a worker process, and the id of the process.
	pub(crate) fn instantiate(
		&self,
		module: &polkavm::Module,
	) -> Result<(RawInstance, u32), String> {
		// An idle worker may have been killed, which is detected when it is used: then try the
		// next.
		let tries = self.polkavm.idle_worker_pids().len() + 1;
		let starting = self.watchdog.watch(None);
		let mut failed = String::new();
		for _ in 0..tries {
			match starting.wait(|| module.instantiate()) {
				Ok(raw) => {
					let pid = raw.pid().ok_or("an instance of the recompiler has no process")?;
					return Ok((raw, pid));
				},
				Err(error) => failed = error.to_string(),
			}
		}
		Err(format!(
			"no worker process is available ({failed}); if a limit on processes or open files was \
			 reached, raise it (ulimit -u, ulimit -n)"
		))
	}
}
