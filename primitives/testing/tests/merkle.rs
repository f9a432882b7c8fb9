//! The example program `merkle`, which is run without an account.

use virt_fixtures::MERKLE;
use virt_testing::{guest::types, *};

types! {
	type Hash = [u8; 32];
	enum Step { Left(Hash), Right(Hash) }
	enum ProofError { TooLong, OtherRoot { found: Hash } }
}

fn leaf(item: &[u8]) -> Hash {
	hash(&[&[0], item])
}

fn node(left: &Hash, right: &Hash) -> Hash {
	hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Hash {
	sp_crypto_hashing::blake2_256(&parts.concat())
}

fn items(count: u8) -> Vec<Vec<u8>> {
	(0..count).map(|nth| vec![nth; 5]).collect()
}

/// The root over `items`, and the proof of the item at `index`.
fn tree(items: &[Vec<u8>], mut index: usize) -> (Hash, Vec<Step>) {
	let mut level: Vec<_> = items.iter().map(|item| leaf(item)).collect();
	let mut proof = Vec::new();
	while level.len() > 1 {
		match level.get(index ^ 1) {
			Some(beside) if index % 2 == 1 => proof.push(Step::Left(*beside)),
			Some(beside) => proof.push(Step::Right(*beside)),
			None => {},
		}
		let join = |pair: &[Hash]| if pair.len() == 2 { node(&pair[0], &pair[1]) } else { pair[0] };
		level = level.chunks(2).map(join).collect();
		index /= 2;
	}
	(level[0], proof)
}

#[test]
fn every_item_is_under_the_root() {
	let merkle = Chain::new().upload(MERKLE);
	for count in 1..=9 {
		let items = items(count);
		for (index, item) in items.iter().enumerate() {
			let (root, proof) = tree(&items, index);
			merkle.run("verify", (root, item, proof)).succeeds();
			assert_eq!(merkle.run("root", (&items,)).returns::<Hash>(), root);
		}
	}
}

#[test]
fn other_items_are_not() {
	let merkle = Chain::new().upload(MERKLE);
	let items = items(4);
	let (root, proof) = tree(&items, 2);
	let error = merkle.run("verify", (root, b"other".to_vec(), proof)).reverts::<ProofError>();
	assert!(matches!(error, ProofError::OtherRoot { found } if found != root));
}

#[test]
fn node_does_not_pass_for_an_item() {
	let merkle = Chain::new().upload(MERKLE);
	let items = items(4);
	let (root, mut proof) = tree(&items, 0);
	let Step::Right(beside) = proof.remove(0) else { panic!("the first has its neighbour right") };
	let forged = [leaf(&items[0]), beside].concat();
	let error = merkle.run("verify", (root, forged, proof)).reverts::<ProofError>();
	assert!(matches!(error, ProofError::OtherRoot { .. }));
}

#[test]
fn proof_at_limit_ok_and_over_limit_reverts() {
	let merkle = Chain::new().upload(MERKLE);
	let proof = |steps: usize| (0..steps).map(|_| Step::Right([7; 32])).collect::<Vec<_>>();
	let root = (0..64).fold(leaf(b"item"), |below, _| node(&below, &[7; 32]));
	let item = b"item".to_vec();
	merkle.run("verify", (root, &item, proof(64))).succeeds();
	let error = merkle.run("verify", (root, &item, proof(65))).reverts::<ProofError>();
	assert_eq!(error, ProofError::TooLong);
}

#[test]
fn root_of_nothing_is_zeros() {
	let merkle = Chain::new().upload(MERKLE);
	assert_eq!(merkle.run("root", (Vec::<Vec<u8>>::new(),)).returns::<Hash>(), [0; 32]);
}
