//! Starts PolkaVM, and detects what the machine supports.

use crate::{limits::IDLE_WORKERS, scheduling::user_namespaces, workers};
use polkavm::{BackendKind, SandboxKind};
use virt_primitives::vm::program::configure;

/// Configures the allocator to keep up to 64 MiB of freed memory, and to allocate large blocks from
/// it.
///
/// By default, blocks of 128 KiB or more are allocated from the kernel and returned to it, so that
/// an instance's memory and its translated code cause page faults each time. In a virtual machine,
/// that doubles the time of translating a large program.
pub fn keep_freed_memory() {
	#[cfg(all(target_os = "linux", target_env = "gnu"))]
	// SAFETY: it only sets parameters of the allocator; where it does not know them, nothing changes.
	unsafe {
		libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
		libc::mallopt(libc::M_TRIM_THRESHOLD, 64 << 20);
	}
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn cpu_has_avx2() -> bool {
	std::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn cpu_has_avx2() -> bool {
	true
}

/// Starts PolkaVM and runs a program that only returns. Returns both.
pub(crate) fn start(backend: BackendKind) -> Result<(polkavm::Engine, polkavm::Module), String> {
	let mut config = configure(backend);
	config.set_worker_count(IDLE_WORKERS);
	if backend == BackendKind::Compiler {
		config.set_sandbox(Some(SandboxKind::Linux));
	}
	let engine = polkavm::Engine::new(&config).map_err(|error| error.to_string())?;
	let module = workers::probe(&engine)?;
	let mut instance = module.instantiate().map_err(|error| error.to_string())?;
	let entry = module.exports().next().ok_or("the probe has an export")?.program_counter();
	instance.set_gas(i64::MAX);
	instance.prepare_call_untyped(entry, &[]);
	match instance.run() {
		Ok(polkavm::InterruptKind::Finished) => Ok((engine, module)),
		Ok(other) => Err(format!("a first program ended with {other:?}")),
		Err(error) => Err(error.to_string()),
	}
}

/// Adds what an operator can do about a sandbox that does not start.
pub(crate) fn explain_sandbox_failure(reason: String) -> String {
	if user_namespaces() {
		reason
	} else {
		format!("this system does not allow user namespaces: {reason}")
	}
}
