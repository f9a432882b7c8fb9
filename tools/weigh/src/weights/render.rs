//! Writes `pallet/src/weights.rs`.

use crate::measure::{Fit, Line, Measured};
use pallet_virt::benchmarking::storms::{self, Storm, Surroundings};

/// Calls with a length, and without one.
const CALLS: [(&str, &str); 22] = [
	("upload", "`upload` of `len` bytes of code."),
	("upload_stored", "`upload` of `len` bytes of code that are stored already."),
	("remove", "`remove`."),
	("run", "`run` with `len` bytes of input."),
	("instantiate", "`instantiate` with `len` bytes of input."),
	("call", "`call` with `len` bytes of input."),
	("set_code", "`set_code` with `len` bytes of input."),
	("restrict_upgrades", "`restrict_upgrades`."),
	("set_paused", "`set_paused`."),
	("start_job", "`start_job` with `len` bytes of input."),
	("cancel_job", "`cancel_job`, without what `job_end` and `message_return` count."),
	("top_up_job", "`top_up_job`."),
	("wake", "`wake`, and to take the message later."),
	("job_idle", "To look at the end of a block whether there are jobs to wake or to run."),
	("job_wake", "To wake a job whose deadline came, or to pass over a place in the queue."),
	("job_slice", "A slice, beside its program and its pages, and the end of a job."),
	("job_resume", "To read `len` pages, without their bytes, and to make an execution of them."),
	("job_snapshot", "To take a snapshot with `len` pages, and to compare them."),
	("job_store", "To store `len` pages."),
	("job_end", "To remove a job with `len` pages."),
	("message_return", "To return a message to its sender."),
	("migrate_entry", "To migrate one entry of the storage."),
];

const HEAD: &str = "\
#[cfg(doc)]
use crate::gas::MARGIN;
use crate::gas::{by_form, measured};
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Bytes of proof for the path to one key that is read, in a trie of a million keys: what
/// `frame-benchmarking` adds for a key of a map. The value comes on top.
pub const PROOF_PER_READ: u64 = 2_475;

/// The proof size of the paths to so many keys.
const fn paths(reads: u64) -> Weight {
	Weight::from_parts(0, reads.saturating_mul(PROOF_PER_READ))
}

/// What a syscall takes that programs pay for by gas.
pub struct Measured {
	/// The syscall, and what it was asked for: a storm of `benchmarking::storms`.
	pub name: &'static str,
	/// Picoseconds.
	pub ref_time: u64,
	/// Keys read from the database.
	pub reads: u64,
	/// Keys written to the database.
	pub writes: u64,
}

impl Measured {
	/// It as weight, with what the database takes. The bytes of the values that are read come on top.
	pub fn weight<T: frame_system::Config>(&self) -> Weight {
		measured(self.ref_time)
			.saturating_add(T::DbWeight::get().reads_writes(self.reads, self.writes))
			.saturating_add(paths(self.reads))
	}
}
";

/// The whole file.
pub fn file(all: &[Measured], machine: &str) -> Result<String, String> {
	let find = |list: &str, name: &str| {
		let mut found = all.iter().filter(|known| known.name.0 == list && known.name.1 == name);
		found.next().map(|measured| measured.fit)
	};
	let call = |name: &str| {
		let fit = find("Virt", name).or_else(|| find("Jobs", name));
		fit.ok_or(format!("`{name}` was not measured"))
	};

	let mut text = format!(
		"//! Weights of the calls, without what the weight limit pays for; what syscalls take.
//!
//! Made by `make weights`. Times are medians on the machine of record, in picoseconds, and are
//! multiplied by [`MARGIN`] where they become weight. The machine of record is
//! {machine}.

{HEAD}
/// Weights of the calls. `len` is the length in bytes of the argument that dominates.
pub trait WeightInfo {{
"
	);
	for (name, doc) in CALLS {
		let len = if call(name)?.time.slope > 0 { "len: u32" } else { "" };
		text += &format!("\t/// {doc}\n\tfn {name}({len}) -> Weight;\n");
	}
	text += "}

/// For runtimes.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
";
	for (index, (name, _)) in CALLS.iter().enumerate() {
		if index > 0 {
			text += "\n";
		}
		text += &method(name, call(name)?);
	}
	text += "}\n\n/// To hold or to release the deposits of one payer, at the end of a call, in picoseconds.\n";
	text += &format!("pub const SETTLE: u64 = {};\n\n", by_form(call("settle")?, slope));
	text += "/// One item of an account that terminates.\n";
	text += &format!("pub const TERMINATE_PER_ITEM: Measured = {};\n\n", {
		measured("terminate: an item", call("terminate")?, "")
	});
	text += "/// The syscalls.\npub const SYSCALLS: &[Measured] = &[\n";
	for (name, fit) in syscalls(find) {
		text += &format!("\t{},\n", measured(&name, fit, "\t"));
	}
	text += "];\n";
	Ok(text)
}

fn method(name: &str, fit: Fit) -> String {
	let Fit { time, reads, writes, .. } = fit;
	let (len, mut by_len) = match time.slope {
		0 => ("", String::new()),
		_ => (
			"len: u32",
			format!(
				"\n\t\t\t.saturating_add(measured({}).saturating_mul(len.into()))",
				by_form(fit, slope),
			),
		),
	};
	if (reads.slope, writes.slope) != (0, 0) {
		by_len += &format!(
			"\n\t\t\t.saturating_add(paths({0}).saturating_mul(len.into()))\
			\n\t\t\t.saturating_add(T::DbWeight::get().reads_writes({0}, {1}).saturating_mul(len.into()))",
			reads.slope, writes.slope,
		);
	}
	format!(
		"\tfn {name}({len}) -> Weight {{
\t\tmeasured({})
\t\t\t.saturating_add(paths({})){by_len}
\t\t\t.saturating_add(T::DbWeight::get().reads_writes({}, {}))
\t}}
",
		by_form(fit, base),
		reads.base,
		reads.base,
		writes.base,
	)
}

fn measured(name: &str, fit: Fit, indent: &str) -> String {
	format!(
		"Measured {{
{indent}\tname: {name:?},
{indent}\tref_time: {},
{indent}\treads: {},
{indent}\twrites: {},
{indent}}}",
		by_form(fit, slope),
		fit.reads.slope,
		fit.writes.slope,
	)
}

fn base(line: Line) -> u64 {
	line.base
}

fn slope(line: Line) -> u64 {
	line.slope
}

/// A time, in both forms if both were measured.
fn by_form(fit: Fit, of: fn(Line) -> u64) -> String {
	let host = number(of(fit.time));
	match fit.embedded {
		Some(embedded) => format!("by_form({host}, {})", number(of(embedded))),
		None => host,
	}
}

/// The first and the last storm of each syscall, with what a round takes as the slope.
fn syscalls(find: impl Fn(&str, &str) -> Option<Fit>) -> Vec<(String, Fit)> {
	// Names do not depend on them.
	let storms = storms::all(&Surroundings::natively([0; 32], [0; 32], Vec::new()));
	let mut found = Vec::new();
	for (index, storm) in storms.iter().enumerate() {
		let same = |other: &Storm| other.symbol == storm.symbol;
		let ends = [
			("Least", !storms[..index].iter().any(same)),
			("Most", !storms[index + 1..].iter().any(same)),
		];
		let fits = ends.into_iter().filter(|(_, is)| *is);
		let fit = fits.filter_map(|(list, _)| find(list, storm.symbol)).reduce(Fit::at_least);
		// One that ends the call has no rounds, and is not measured.
		found.extend(fit.map(|fit| (storm.name(), fit.per(storm.part(1)))));
	}
	found
}

/// With the digits in groups of three.
fn number(value: u64) -> String {
	let digits = value.to_string();
	let mut text = String::new();
	for (index, digit) in digits.chars().enumerate() {
		if index > 0 && (digits.len() - index).is_multiple_of(3) {
			text.push('_');
		}
		text.push(digit);
	}
	text
}
