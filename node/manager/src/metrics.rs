//! What Prometheus gets to see. Counts everything the process does, dry-runs too.

use substrate_prometheus_endpoint::{
	register, Counter, Gauge, Opts, PrometheusError, Registry, U64,
};

/// The manager's metrics; they count whether or not anybody collects them.
pub struct Metrics {
	/// Programs compiled.
	pub compiled: Counter<U64>,
	/// Programs compiled to native code, too.
	pub compiled_native: Counter<U64>,
	/// Bytes that the module cache holds.
	pub cache_bytes: Gauge<U64>,
	/// Executions that moved to tier two.
	pub tier_ups: Counter<U64>,
	/// Executions that moved back to tier one.
	pub tier_downs: Counter<U64>,
	/// Programs found in the cache.
	pub cache_hits: Counter<U64>,
	/// Instances alive now, in all managers.
	pub instances: Gauge<U64>,
	/// Syscalls that programs made.
	pub syscalls: Counter<U64>,
	/// Programs that trapped.
	pub traps: Counter<U64>,
	/// The node's own failures, each of which aborted a runtime call.
	pub host_faults: Counter<U64>,
}

impl Metrics {
	/// Makes the metrics, and registers them where there is a registry.
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
				"Programs compiled to native code, too",
			)?,
			cache_bytes: gauge("virt_cache_bytes", "Bytes that the module cache holds")?,
			tier_ups: counter("virt_tier_ups_total", "Executions that moved to tier two")?,
			tier_downs: counter("virt_tier_downs_total", "Executions that moved back to tier one")?,
			cache_hits: counter("virt_cache_hits_total", "Programs found in the module cache")?,
			instances: gauge("virt_instances", "Program instances alive")?,
			syscalls: counter("virt_syscalls_total", "Syscalls made by programs")?,
			traps: counter("virt_traps_total", "Programs that trapped")?,
			host_faults: counter("virt_host_faults_total", "Runtime calls aborted by the node")?,
		})
	}
}
