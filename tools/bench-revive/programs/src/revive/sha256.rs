//! SHA-256 of the input, as specified in FIPS 180-4: a loop over 64 rounds.
//!
//! pallet-revive refuses the crate `sha2`, whose rounds are one basic block of more than 1,000
//! instructions.

#![no_std]
#![no_main]

mod contract;

/// Fractional parts of the cube roots of the first 64 primes.
const K: [u32; 64] = [
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

fn compress(state: &mut [u32; 8], block: &[u8]) {
	let mut w = [0u32; 64];
	for (word, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
		*word = u32::from_be_bytes(bytes.try_into().unwrap());
	}
	for t in 16..64 {
		let (a, b) = (w[t - 15], w[t - 2]);
		let low = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
		let high = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
		w[t] = high.wrapping_add(w[t - 7]).wrapping_add(low).wrapping_add(w[t - 16]);
	}
	let mut s = *state;
	for t in 0..64 {
		// Not unrolled: see above.
		let t = core::hint::black_box(t);
		let sum = s[4].rotate_right(6) ^ s[4].rotate_right(11) ^ s[4].rotate_right(25);
		let choice = (s[4] & s[5]) ^ (!s[4] & s[6]);
		let one = s[7].wrapping_add(sum).wrapping_add(choice).wrapping_add(K[t]).wrapping_add(w[t]);
		let sum = s[0].rotate_right(2) ^ s[0].rotate_right(13) ^ s[0].rotate_right(22);
		let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		s = [one.wrapping_add(sum.wrapping_add(majority)), s[0], s[1], s[2], s[3].wrapping_add(one), s[4], s[5], s[6]];
	}
	for (state, s) in state.iter_mut().zip(s) {
		*state = state.wrapping_add(s);
	}
}

#[polkavm_derive::polkavm_export]
extern "C" fn call() {
	// The input of up to 1 KiB, and its padding.
	let mut room = [0; 1_024];
	let input = contract::input(&mut room);
	let mut padded = [0; 1_024 + 72];
	padded[..input.len()].copy_from_slice(input);
	padded[input.len()] = 0x80;
	let len = (input.len() + 9).next_multiple_of(64);
	padded[len - 8..len].copy_from_slice(&(8 * input.len() as u64).to_be_bytes());
	let mut state = [
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	];
	for block in padded[..len].chunks_exact(64) {
		compress(&mut state, block);
	}
	let mut hash = [0; 32];
	for (bytes, word) in hash.chunks_exact_mut(4).zip(state) {
		bytes.copy_from_slice(&word.to_be_bytes());
	}
	contract::finish(&hash);
}
