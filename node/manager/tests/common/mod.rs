//! Shared by the manager's tests: drives a manager without a runtime.

use std::sync::Arc;
use virt_manager::{Engine, Manager};
use virt_primitives::{
	step::{stop, Step},
	Answer, Backend, ExecError, Failure, Gas, HostBuffer, InstanceId, SyscallTable,
};

/// Enough gas for every program that ends.
#[allow(dead_code, reason = "not all tests use it")]
pub const PLENTY: Gas = 1_000_000_000;

/// Creates a manager, and an instance of `program` that is prepared to run `entry`.
pub fn prepared(
	engine: &Arc<Engine>,
	program: &[u8],
	entry: &str,
	args: &[u64],
) -> (Manager, InstanceId) {
	let mut manager = Manager::new(engine.clone());
	let module =
		manager.compile(program, SyscallTable::EMPTY, false).expect("the program is valid");
	let instance = manager.instantiate(module).expect("there is room");
	manager.prepare(instance, entry.as_bytes(), args).expect("it is exported");
	(manager, instance)
}

/// Runs an instance, or resumes it with `result`.
pub fn run(
	manager: &mut Manager,
	instance: InstanceId,
	gas: Gas,
	result: Option<u64>,
) -> Result<Step, Failure<ExecError>> {
	let mut buffer = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	stop::begin(&mut buffer);
	manager.run(instance, gas, result.map(Answer::from), &mut buffer)
}
