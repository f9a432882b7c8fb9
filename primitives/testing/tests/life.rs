//! The example program `life`.

use virt_fixtures::LIFE;
use virt_testing::*;

type Board = [u32; 32];

/// A glider: it moves up by one and to the right by one every four generations.
const GLIDER: [(u8, u8); 5] = [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)];

fn life(cells: &[(u8, u8)]) -> Account {
	Chain::new().upload(LIFE).instantiate((cells.to_vec(),))
}

fn board(life: &Account) -> Board {
	life.call("board", ()).returns()
}

/// A simple implementation of the rules, cell by cell.
fn slow(board: &Board) -> Board {
	let alive =
		|column: i32, row: i32| board[row.rem_euclid(32) as usize] >> column.rem_euclid(32) & 1;
	let mut next = [0; 32];
	for (column, row) in (0..32).flat_map(|column| (0..32).map(move |row| (column, row))) {
		let around = (-1..=1).flat_map(|x| (-1..=1).map(move |y| (x, y)));
		let neighbours: u32 = around
			.filter(|offset| *offset != (0, 0))
			.map(|(x, y)| alive(column + x, row + y))
			.sum();
		if neighbours == 3 || neighbours == 2 && alive(column, row) == 1 {
			next[row as usize] |= 1 << column;
		}
	}
	next
}

#[test]
fn blinker_blinks() {
	let life = life(&[(0, 1), (1, 1), (2, 1)]);
	let first = board(&life);
	assert_eq!(life.call("step", ()).returns::<u32>(), 3);
	assert_eq!(board(&life)[..4], [2, 2, 2, 0]);
	assert_eq!(life.call("step", ()).returns::<u32>(), 3);
	assert_eq!(board(&life), first);
}

#[test]
fn glider_comes_back_around_the_torus() {
	let life = life(&GLIDER);
	let first = board(&life);
	assert_eq!(life.call("step", (4 * 32u32,)).returns::<u32>(), 5);
	assert_eq!(board(&life), first);
}

#[test]
fn boards_follow_the_rules_cell_by_cell() {
	// Pseudo-random cells, by a linear congruential generator.
	let mut seed = 7u32;
	let cells: Vec<_> = (0..300)
		.map(|_| {
			seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
			((seed >> 16) as u8, (seed >> 24) as u8)
		})
		.collect();
	let life = life(&cells);
	let mut wanted = board(&life);
	for _ in 0..10 {
		wanted = slow(&wanted);
		let population = life.call("step", ()).returns::<u32>();
		assert_eq!(population, wanted.iter().map(|row| row.count_ones()).sum::<u32>());
		assert_eq!(board(&life), wanted);
	}
}

#[test]
fn too_many_generations_run_out_of_gas_and_change_nothing() {
	let life = life(&GLIDER);
	let first = board(&life);
	assert_eq!(life.call("step", (u32::MAX,)).fails(), Error::OutOfGas);
	assert_eq!(board(&life), first);
}
