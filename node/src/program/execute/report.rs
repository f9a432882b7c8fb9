//! The report of a run, as text and as JSON.

use super::super::{
	abi::Abi,
	chain::{Made, Trial},
	text::{self, grouped, hex, printable},
};
use pallet_virt::Weight;
use serde::Serialize;
use serde_json::Value;
use sp_core::crypto::Ss58Codec;
use std::fmt;
use virt_runtime::RuntimeEvent;
use virt_trace::{
	profile::{FunctionGas, LineGas},
	End, Place, Program,
};

#[derive(Serialize)]
pub(super) struct Report {
	pub(super) code_hash: String,
	pub(super) entry: String,
	pub(super) caller: String,
	pub(super) account: Option<String>,
	pub(super) input: String,
	pub(super) succeeded: bool,
	pub(super) error: Option<String>,
	pub(super) explanation: Option<String>,
	pub(super) output: String,
	pub(super) value: Option<Value>,
	pub(super) weight_used: Weight,
	pub(super) weight_required: Weight,
	pub(super) weight_limit: Weight,
	/// The consumed ref time in gas, as programs count it.
	pub(super) gas_used: u64,
	/// The change of the caller's deposits, in the smallest unit.
	pub(super) deposit: String,
	pub(super) log: Vec<String>,
	pub(super) events: Vec<Event>,
	/// The other events.
	pub(super) chain_events: Vec<String>,
	pub(super) failure: Option<FailedAt>,
	pub(super) trace: Option<Program>,
	pub(super) profile: Option<ProfileReport>,
	pub(super) instantiation: Option<Instantiation>,
	/// The transaction of the call, on a node.
	pub(super) transaction: Option<Made>,
	/// The trace, as text.
	#[serde(skip)]
	pub(super) tree: Option<String>,
	/// The profile, as text.
	#[serde(skip)]
	pub(super) table: Option<String>,
}

/// An event of a program.
#[derive(Serialize)]
pub(super) struct Event {
	pub(super) address: Option<String>,
	pub(super) data: String,
	pub(super) value: Option<Value>,
}

/// The location of a failure.
#[derive(Serialize)]
pub(super) struct FailedAt {
	pub(super) end: End,
	pub(super) offset: Option<u32>,
	/// The number of function calls on the stack.
	pub(super) depth: usize,
	/// The source locations, innermost first.
	pub(super) places: Vec<Place>,
}

#[derive(Serialize)]
pub(super) struct ProfileReport {
	pub(super) functions: Vec<FunctionGas>,
	pub(super) lines: Vec<LineGas>,
}

#[derive(Serialize)]
pub(super) struct Instantiation {
	pub(super) weight_used: Weight,
	pub(super) log: Vec<String>,
}

/// The decoded output.
pub(super) fn value(abi: Option<&Abi>, entry: &str, trial: &Trial) -> Option<Value> {
	match trial.result {
		Ok(()) => abi?.result(entry, &trial.output).ok(),
		Err(_) => abi?.error(entry, &trial.output)?.ok(),
	}
}

pub(super) fn log(trial: &Trial) -> Vec<String> {
	trial.logs.iter().map(|line| String::from_utf8_lossy(line).into()).collect()
}

pub(super) fn events(abi: Option<&Abi>, trial: &Trial) -> Vec<Event> {
	let events = trial.events.iter().filter_map(|event| match event {
		RuntimeEvent::Virt(pallet_virt::Event::ProgramEvent { address, data, .. }) => Some(Event {
			address: address.as_ref().map(|address| address.to_ss58check()),
			data: hex(data),
			value: abi.and_then(|abi| abi.event(data)),
		}),
		_ => None,
	});
	events.collect()
}

/// Excludes events of programs, and the event of the call.
pub(super) fn chain_events(trial: &Trial) -> Vec<String> {
	use pallet_virt::Event::{Called, Executed, Instantiated, ProgramEvent};
	let told = |event: &&RuntimeEvent| {
		let RuntimeEvent::Virt(event) = event else { return true };
		!matches!(
			event,
			ProgramEvent { .. } | Called { .. } | Executed { .. } | Instantiated { .. }
		)
	};
	trial.events.iter().filter(told).map(|event| format!("{event:?}")).collect()
}

/// The maximal number of displayed locations of a backtrace.
const SHOWN_PLACES: usize = 30;

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		if let Some(Instantiation { weight_used, log }) = &self.instantiation {
			for line in log {
				writeln!(f, "init log  {}", printable(line))?;
			}
			writeln!(f, "init      {}", text::describe_weight(weight_used))?;
		}
		if self.trace.is_some() {
			writeln!(f, "{}", self.tree.as_deref().unwrap_or_default())?;
		}
		for line in &self.log {
			writeln!(f, "log       {}", printable(line))?;
		}
		for Event { data, value, .. } in &self.events {
			match value {
				Some(value) => writeln!(f, "event     {value}")?,
				None => writeln!(f, "event     {data}")?,
			}
		}
		for event in &self.chain_events {
			writeln!(f, "chain     {event}")?;
		}
		match &self.value {
			_ if self.output == "0x" => {},
			Some(value) => writeln!(f, "output    {value}")?,
			None => writeln!(f, "output    {}", self.output)?,
		}
		if let Some(Made { block, index, fee }) = &self.transaction {
			writeln!(f, "block     {block}, transaction {block}-{index}")?;
			writeln!(f, "fee       {}", grouped(fee))?;
		}
		if self.deposit != "0" {
			writeln!(f, "deposit   {}", self.deposit)?;
		}
		writeln!(f, "gas       {}", grouped(self.gas_used))?;
		writeln!(f, "weight    {}", text::describe_weight(&self.weight_used))?;
		if self.weight_required != self.weight_used {
			writeln!(
				f,
				"          the limit must be at least {}",
				text::describe_weight(&self.weight_required)
			)?;
		}
		if let Some(table) = &self.table {
			writeln!(f, "\n{table}")?;
		}
		if let Some(FailedAt { end, offset, places, .. }) = &self.failure {
			let what = match end {
				End::Reverted => "reverted",
				End::OutOfGas => "out of gas",
				End::Faulted => "fault",
				_ => "trap",
			};
			let at = offset.map_or("an unknown location".into(), |at| format!("code offset {at}"));
			writeln!(f, "{what:<9} at {at}")?;
			for place in places.iter().take(SHOWN_PLACES) {
				writeln!(f, "          {}", printable(&format!("{} ({place})", place.function)))?;
			}
			if let hidden @ 1.. = places.len().saturating_sub(SHOWN_PLACES) {
				writeln!(f, "          .. {} more", grouped(hidden))?;
			}
		}
		match &self.error {
			Some(error) => writeln!(f, "failed    {error}"),
			None => Ok(()),
		}
	}
}
