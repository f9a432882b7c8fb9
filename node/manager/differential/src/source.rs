//! Bytes as a sequence of choices.

/// Takes choices from the front of its bytes. After the end, every choice is the first one.
#[derive(Clone, Debug)]
pub struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
	/// Creates a source of choices from `bytes`.
	pub fn new(bytes: &'a [u8]) -> Self {
		Self(bytes)
	}

	/// Whether the bytes are used up.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}

	/// The next `N` bytes; zeros where there are none.
	pub fn array<const N: usize>(&mut self) -> [u8; N] {
		let mut array = [0; N];
		let taken = self.bytes(N);
		array[..taken.len()].copy_from_slice(taken);
		array
	}

	/// Up to `len` of the next bytes, as many as there are.
	pub fn bytes(&mut self, len: usize) -> &'a [u8] {
		let (taken, rest) = self.0.split_at(len.min(self.0.len()));
		self.0 = rest;
		taken
	}

	/// A byte.
	pub fn byte(&mut self) -> u8 {
		let [byte] = self.array();
		byte
	}

	/// A number below `count`, which is at least 1.
	pub fn below(&mut self, count: usize) -> usize {
		if count <= 256 {
			usize::from(self.byte()) % count
		} else {
			u32::from_le_bytes(self.array()) as usize % count
		}
	}

	/// `true` in `of` cases of 256; `false` when the bytes are used up.
	pub fn chance(&mut self, of: u8) -> bool {
		!self.is_empty() && self.byte() < of
	}

	/// One of `items`, which must not be empty.
	pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
		items[self.below(items.len())]
	}
}

/// The output function of SplitMix64.
pub fn mix(number: u64) -> u64 {
	let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
	let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
	number ^ number >> 31
}

/// `len` pseudo-random bytes, the same for the same `seed`.
pub fn random(seed: u64, len: usize) -> Vec<u8> {
	let words = (1..).map(|step: u64| mix(seed.wrapping_add(step.wrapping_mul(GOLDEN))));
	words.flat_map(u64::to_le_bytes).take(len).collect()
}

/// SplitMix64 steps by this: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A variant of `bytes`: some are changed, removed, repeated or cut off, depending on `seed`.
pub fn mutate(bytes: &[u8], seed: u64) -> Vec<u8> {
	let choices = random(seed, 64);
	let mut source = Source::new(&choices);
	let mut bytes = bytes.to_vec();
	for _ in 0..=source.below(4) {
		let at = u32::from_le_bytes(source.array()) as usize % (bytes.len() + 1);
		let end = bytes.len().min(at + 1 + source.below(8));
		match source.below(8) {
			0 => bytes.truncate(at),
			1 => drop(bytes.drain(at..end)),
			2 => drop(bytes.splice(at..at, source.array::<4>())),
			3 => {
				let repeated = bytes[at..end].to_vec();
				drop(bytes.splice(at..at, repeated));
			},
			4 => bytes[at..end].fill(source.pick(&[0, 0xff, 0x7f, 0x80])),
			_ => {
				if let Some(byte) = bytes.get_mut(at) {
					*byte ^= 1 << source.below(8);
				}
			},
		}
	}
	bytes
}
