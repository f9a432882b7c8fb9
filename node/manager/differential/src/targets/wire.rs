//! Fuzz target: the encodings at the boundary between runtime and node.

use crate::source::Source;
use virt_primitives::{
	snapshot::Snapshot,
	step::{stop, writes, Step},
	HostBuffer, SyscallSpec, SyscallTable, MAX_ARGUMENTS,
};

/// Decodes any bytes by each of the encodings. They must be rejected, or be the encoding of the decoded value.
/// Nothing may panic.
pub fn wire(bytes: &[u8]) {
	let mut source = Source::new(bytes);
	let kind = source.below(4);
	let status = source.byte();
	let bytes = source.bytes(usize::MAX);
	match kind {
		0 => a_stop(status, bytes),
		1 => some_writes(bytes),
		2 => a_table(bytes),
		_ => a_snapshot(bytes),
	}
}

fn a_stop(status: u8, bytes: &[u8]) {
	let mut buffer = HostBuffer::with_capacity(bytes.len().max(stop::MIN_CAPACITY));
	let room = buffer.append(bytes.len()).expect("it was made to fit; qed");
	room.copy_from_slice(bytes);
	let in_segments: usize =
		stop::segments(&buffer).map(|segment| segment.bytes.map_or(0, <[u8]>::len)).sum();
	assert!(in_segments <= bytes.len());

	let Some(step) = stop::decode(status, &buffer) else { return };
	let mut buffer = HostBuffer::with_capacity(stop::MIN_CAPACITY);
	stop::begin(&mut buffer);
	let status = stop::encode(&step, &mut buffer);
	let again = stop::decode(status, &buffer).expect("it was encoded; qed");
	// A position of a trap that does not fit in 32 bits is decoded as unknown.
	match (step, again) {
		(Step::Trapped { pc: None, .. }, Step::Trapped { pc: None, .. }) => {},
		_ => assert_eq!(step, again),
	}
}

fn some_writes(bytes: &[u8]) {
	let mut again = Vec::new();
	let mut whole = true;
	for write in writes::decode(bytes) {
		assert!(whole, "nothing follows what cannot be decoded");
		match write {
			Some((address, bytes)) => writes::push(&mut again, address, bytes),
			None => whole = false,
		}
	}
	assert!(bytes.starts_with(&again));
	assert_eq!(whole, bytes == again);
}

fn a_table(bytes: &[u8]) {
	let Some(rows) = SyscallTable(bytes).decode() else { return };
	for (_, buffers) in &rows {
		assert!(buffers.len() <= SyscallSpec::MAX_BUFFERS);
		assert!(buffers.iter().all(|buffer| usize::from(buffer.pointer) < MAX_ARGUMENTS));
	}
}

fn a_snapshot(bytes: &[u8]) {
	if let Ok(snapshot) = Snapshot::from_bytes(bytes) {
		assert_eq!(snapshot.to_bytes(), bytes, "one execution has one encoding");
		let peeked = Ok((snapshot.waiting, snapshot.gas_left));
		assert_eq!(Snapshot::peek(bytes), peeked);
	}
}
