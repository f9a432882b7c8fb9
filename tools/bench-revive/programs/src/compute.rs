//! The computation of both programs.

/// Runs `steps` steps of a pseudo-random generator, each of which depends on the previous one.
pub fn compute(steps: u32) -> u64 {
	let mut state = 0x9e37_79b9_7f4a_7c15_u64;
	for _ in 0..steps {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
	}
	state
}
