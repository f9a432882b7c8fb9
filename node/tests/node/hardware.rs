//! Whether a machine is fast enough for a validator.

use virt_node::hardware::{Speed, RECORD};

#[test]
fn half_the_machine_of_record_is_enough_and_less_is_named() {
	let half = Speed { hashing: RECORD.hashing / 2.0, copying: RECORD.copying / 2.0 };
	assert_eq!(half.shortfalls(), Vec::<String>::new());
	let slow = Speed { hashing: half.hashing - 1.0, ..half };
	let [shortfall] = &slow.shortfalls()[..] else { panic!("one thing is too slow") };
	assert!(shortfall.starts_with("it hashes "), "{shortfall}");
	let slow = Speed { copying: half.copying - 1.0, ..slow };
	assert_eq!(slow.shortfalls().len(), 2);
}

#[test]
fn this_machine_is_measured() {
	let speed = Speed::measure();
	println!("{speed:?}");
	assert!(speed.hashing > 1.0 && speed.copying > 1.0);
}
