//! The example programs that run as jobs: `auction`, `factor` and `game`.

use virt_fixtures::{AUCTION, FACTOR, GAME};
use virt_testing::{guest::types, *};

types! {
	enum Sale { Sold { to: AccountId, price: u128 }, Unsold }
	enum Refused { Closed, TooLow { price: u128 } }
	enum Outcome { Won { by: AccountId }, Draw, Forfeit { by: AccountId } }
}

/// A budget of five seconds of ref time.
const BUDGET: Weight = Weight::from_parts(5_000_000_000_000, u64::MAX);

fn auction() -> (Chain, Account, Job) {
	let chain = Chain::new();
	let auction = chain.upload(AUCTION).instantiation(()).value(EXISTENTIAL_DEPOSIT).account();
	let job = auction.call("auction", (1_000_000u128, 3u32)).by(BOB).weight(BUDGET).start();
	(chain, auction, job)
}

#[test]
fn price_falls_until_somebody_bids() {
	let (chain, auction, job) = auction();
	assert_eq!(auction.call("bid", ()).value(1_000_000).reverts::<Refused>(), Refused::Closed);
	chain.skip(1);
	assert_eq!(auction.call("price", ()).returns::<Option<u128>>(), Some(1_000_000));
	chain.skip(3);
	assert_eq!(auction.call("price", ()).returns::<Option<u128>>(), Some(900_000));
	let bid = |value| auction.call("bid", ()).by(CHARLIE).value(value);
	assert_eq!(bid(899_999).reverts::<Refused>(), Refused::TooLow { price: 900_000 });
	bid(900_000).succeeds();
	// The second bid is too late, although the job has not run yet.
	assert_eq!(bid(900_000).reverts::<Refused>(), Refused::Closed);
	job.run(1);
	assert_eq!(job.returns::<Sale>(), Sale::Sold { to: CHARLIE, price: 900_000 });
	assert_eq!(auction.balance(), EXISTENTIAL_DEPOSIT);
}

#[test]
fn auction_without_bids_ends_at_nothing() {
	let (_, auction, job) = auction();
	job.run(1_000);
	assert_eq!(job.returns::<Sale>(), Sale::Unsold);
	assert_eq!(auction.call("price", ()).returns::<Option<u128>>(), None);
}

#[test]
fn number_is_factored_over_as_many_blocks_as_it_takes() {
	let chain = Chain::with_backend(Backend::Tiered);
	let program = chain.upload(FACTOR).instantiate(());
	// The product of two primes.
	let (small, large) = (25_000_009u64, 1_000_003u64);
	let job = program.call("factor", (small * large,)).weight(BUDGET).start();
	let blocks = job.run(100);
	assert_eq!(job.returns::<(u64, u64)>(), (large, small));
	assert!(blocks >= 1);
}

const SECRETS: [[u8; 32]; 2] = [[7; 32], [8; 32]];

fn shown(player: usize, choice: u8) -> Vec<u8> {
	[&[choice][..], &SECRETS[player]].concat()
}

fn game() -> (Chain, Account, Job) {
	let chain = Chain::new();
	let game = chain.upload(GAME).instantiate(());
	let job = game.call("play", (ALICE, BOB)).by(CHARLIE).weight(BUDGET).start();
	chain.skip(1);
	(chain, game, job)
}

fn play(first: u8, second: u8) -> Outcome {
	let (_, game, job) = game();
	let hash = |player, choice| blake2_256(&shown(player, choice));
	game.send_by(BOB, b"choose", &hash(1, second));
	game.send_by(CHARLIE, b"choose", b"nothing to do with it");
	game.send_by(ALICE, b"choose", &hash(0, first));
	game.send_by(ALICE, b"show", &shown(0, first));
	game.send_by(BOB, b"show", &shown(1, second));
	job.run(10);
	job.returns()
}

fn blake2_256(data: &[u8]) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(data)
}

#[test]
fn paper_wins_over_rock_and_loses_to_scissors() {
	assert_eq!(play(1, 0), Outcome::Won { by: ALICE });
	assert_eq!(play(1, 2), Outcome::Won { by: BOB });
	assert_eq!(play(0, 2), Outcome::Won { by: ALICE });
	assert_eq!(play(2, 2), Outcome::Draw);
}

#[test]
fn player_who_shows_another_move_or_nothing_forfeits() {
	let (_, game, job) = game();
	game.send_by(ALICE, b"choose", &blake2_256(&shown(0, 1)));
	game.send_by(BOB, b"choose", &blake2_256(&shown(1, 1)));
	game.send_by(BOB, b"show", &shown(1, 2));
	// The job still waits for the other player.
	job.run(40);
	assert_eq!(job.returns::<Outcome>(), Outcome::Forfeit { by: BOB });

	let (_, game, job) = self::game();
	game.send_by(ALICE, b"choose", &blake2_256(&shown(0, 1)));
	assert!(job.run(40) >= 20);
	assert_eq!(job.returns::<Outcome>(), Outcome::Forfeit { by: BOB });
}
