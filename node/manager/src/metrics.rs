//! Prometheus metrics. They count everything in the process, including dry-runs.

use substrate_prometheus_endpoint::{
	register, Counter, Gauge, Opts, PrometheusError, Registry, U64,
};

/// The manager's metrics. They count with or without a registry.
pub struct Metrics {
	/// Compiled programs.
	pub compiled: Counter<U64>,
	/// Programs compiled to native code.
	pub compiled_native: Counter<U64>,
	/// The size of the module cache, in bytes.
	pub cache_bytes: Gauge<U64>,
	/// Moves to tier two.
	pub tier_ups: Counter<U64>,
	/// Moves back to tier one.
	pub tier_downs: Counter<U64>,
	/// Hits of the module cache.
	pub cache_hits: Counter<U64>,
	/// Instances, of all managers.
	pub instances: Gauge<U64>,
	/// Syscalls.
	pub syscalls: Counter<U64>,
	/// Traps.
	pub traps: Counter<U64>,
	/// Host faults. Each aborted a runtime call.
	pub host_faults: Counter<U64>,
}

impl Metrics {
	/// Creates the metrics, and registers them if there is a registry.
	pub fn new(registry: Option<&Registry>) -> Result<Self, PrometheusError> {
		let counter = |name: &str, help: &str| {
			let counter = Counter::with_opts(Opts::new(name, help))?;
			match registry {
				Some(registry) => register(counter, registry),
				None => Ok(counter),
			}
		};
		let gauge = |name: &str, help: &str| {
			let gauge = Gauge::with_opts(Opts::new(name, help))?;
			match registry {
				Some(registry) => register(gauge, registry),
				None => Ok(gauge),
			}
		};
		Ok(Self {
			compiled: counter("virt_modules_compiled_total", "Programs compiled")?,
			compiled_native: counter(
				"virt_modules_compiled_native_total",
				"Programs compiled to native code",
			)?,
			cache_bytes: gauge("virt_cache_bytes", "Size of the module cache, in bytes")?,
			tier_ups: counter("virt_tier_ups_total", "Moves to tier two")?,
			tier_downs: counter("virt_tier_downs_total", "Moves back to tier one")?,
			cache_hits: counter("virt_cache_hits_total", "Hits of the module cache")?,
			instances: gauge("virt_instances", "Instances of programs")?,
			syscalls: counter("virt_syscalls_total", "Syscalls of programs")?,
			traps: counter("virt_traps_total", "Traps of programs")?,
			host_faults: counter(
				"virt_host_faults_total",
				"Host faults, each of which aborted a runtime call",
			)?,
		})
	}
}
