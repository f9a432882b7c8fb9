//! Tests of the program.

use virt_fixtures::EMPTY;
use virt_testing::*;

#[test]
fn next_is_one_more_and_traps_at_the_end() {
	let program = Chain::new().upload(EMPTY).instantiate(());
	assert_eq!(program.call("next", (41u32,)).returns::<u32>(), 42);
	// Programs are built with overflow checks.
	assert_eq!(program.call("next", (u32::MAX,)).fails(), Error::Trapped);
}
