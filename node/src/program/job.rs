//! `run --blocks N`: runs the entry as a job on a chain in memory.

use super::{
	abi::Abi,
	chain::{Chain, Fault},
	text::{self, hex},
};
use pallet_virt::{
	jobs::{JobId, Status, Woken},
	Event, Weight,
};
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use virt_runtime::{Runtime, RuntimeEvent};

/// The progress of a job.
#[derive(Serialize)]
pub struct Report {
	/// The id.
	pub job: JobId,
	/// The blocks in which it did something, in order.
	pub blocks: Vec<Block>,
	/// How it ended, or its status after the last block.
	pub state: String,
	/// The output, decoded with the ABI.
	pub value: Option<Value>,
	/// The output in hex.
	pub output: Option<String>,
	/// The error.
	#[serde(skip)]
	pub fault: Option<Fault>,
}

/// A block in which the job did something.
#[derive(Serialize)]
pub struct Block {
	/// The number of blocks since it was started.
	pub after: u32,
	/// The weight of its slices.
	pub weight_used: Weight,
	/// The events, one line each.
	pub events: Vec<String>,
}

/// Makes up to this many blocks, until the job ends.
pub fn follow(chain: &mut Chain, job: JobId, most: u32, entry: &str, abi: Option<&Abi>) -> Report {
	let mut report = Report {
		job,
		blocks: Vec::new(),
		state: "ready".into(),
		value: None,
		output: None,
		fault: None,
	};
	for after in 0..most {
		let mut block = Block { after, weight_used: Weight::zero(), events: Vec::new() };
		let mut ended = false;
		for event in chain.finish_block() {
			let RuntimeEvent::Virt(event) = event else { continue };
			ended |= block.add(event, &mut report, entry, abi);
		}
		if !block.events.is_empty() {
			report.blocks.push(block);
		}
		if ended {
			break;
		}
		chain.begin_block();
	}
	report
}

impl Block {
	/// Whether it is the end of the job.
	fn add(
		&mut self,
		event: Event<Runtime>,
		report: &mut Report,
		entry: &str,
		abi: Option<&Abi>,
	) -> bool {
		let id = report.job;
		let (line, ended) = match event {
			Event::JobSuspended { job, weight_used, status } if job == id => {
				self.weight_used = self.weight_used.saturating_add(weight_used);
				report.state = describe(&status);
				(format!("suspended, {}", report.state), false)
			},
			Event::JobWoken { job, by } if job == id => {
				let by = match by {
					Woken::Deadline => "its deadline".into(),
					Woken::Message(number) => format!("message {number}"),
				};
				(format!("woken by {by}"), false)
			},
			Event::JobFinished { job, weight_used, output } if job == id => {
				self.weight_used = self.weight_used.saturating_add(weight_used);
				report.state = "finished".into();
				report.value = abi.and_then(|abi| abi.result(entry, &output).ok());
				report.output = Some(hex(&output));
				("finished".into(), true)
			},
			Event::JobFailed { job, weight_used, error, trap } if job == id => {
				self.weight_used = self.weight_used.saturating_add(weight_used);
				let fault = Fault::from(error);
				let place = trap.and_then(|trap| trap.offset);
				let place = place.map_or(String::new(), |at| format!(" at code offset {at}"));
				let line = format!("failed: {}{place}", fault.error);
				report.state = "failed".into();
				report.fault = Some(fault);
				(line, true)
			},
			Event::ProgramEvent { data, .. } => {
				let value = abi.and_then(|abi| abi.event(&data));
				let value = value.map_or_else(|| hex(&data), |value| value.to_string());
				(format!("event {value}"), false)
			},
			_ => return false,
		};
		self.events.push(line);
		ended
	}
}

fn describe(status: &Status) -> String {
	match status {
		Status::Ready { .. } => "ready".into(),
		Status::Waiting { deadline, topic } => {
			let deadline = deadline.map(|deadline| format!("{deadline:?}"));
			let topic = topic.as_ref().map(|topic| {
				let text = core::str::from_utf8(topic).ok();
				let text =
					text.filter(|text| !text.is_empty() && text.chars().all(|c| !c.is_control()));
				format!("a message {}", text.map_or_else(|| hex(topic), |text| format!("{text:?}")))
			});
			let all: Vec<_> = topic.into_iter().chain(deadline).collect();
			format!("waits for {}", all.join(" or "))
		},
		Status::Starved => "starved: its budget is used up".into(),
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		for Block { after, weight_used, events } in &self.blocks {
			let weight = match weight_used.ref_time() {
				0 => String::new(),
				_ => text::describe_weight(weight_used),
			};
			writeln!(f, "block {after:<4}{weight}")?;
			for event in events {
				writeln!(f, "          {event}")?;
			}
		}
		match (&self.value, &self.output) {
			(_, Some(output)) if output == "0x" => {},
			(Some(value), _) => writeln!(f, "output    {value}")?,
			(None, Some(output)) => writeln!(f, "output    {output}")?,
			(None, None) => {},
		}
		writeln!(f, "job       {}", self.state)
	}
}
