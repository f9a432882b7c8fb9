//! The example program `escrow`.

use virt_fixtures::ESCROW;
use virt_testing::{guest::types, *};

types! {
	struct Deal {
		buyer: AccountId,
		seller: AccountId,
		arbiter: AccountId,
		deadline: u64,
		state: State,
	}

	enum State { Open, Released, Refunded }

	enum EscrowError { Over, NotYours, NotPaid }
}

const BUYER: AccountId = ALICE;
const SELLER: AccountId = BOB;
const ARBITER: AccountId = CHARLIE;
const PAYMENT: u128 = 5_000;
const BLOCKS: u32 = 10;

/// A chain with an escrow that holds the payment and the existential deposit.
fn deal() -> (Chain, Account) {
	let chain = Chain::new();
	let program = chain.upload(ESCROW);
	let terms = (SELLER, ARBITER, BLOCKS);
	let escrow = program.instantiation(terms).value(PAYMENT + EXISTENTIAL_DEPOSIT).account();
	(chain, escrow)
}

fn state(escrow: &Account) -> State {
	escrow.call("deal", ()).returns::<Deal>().state
}

#[test]
fn deal_is_as_it_was_made() {
	let (chain, escrow) = deal();
	let deadline = chain.block() + u64::from(BLOCKS);
	let wanted =
		Deal { buyer: BUYER, seller: SELLER, arbiter: ARBITER, deadline, state: State::Open };
	assert_eq!(escrow.call("deal", ()).returns::<Deal>(), wanted);
	assert_eq!(escrow.balance(), PAYMENT + EXISTENTIAL_DEPOSIT);
}

#[test]
fn release_pays_the_seller() {
	for by in [BUYER, ARBITER] {
		let (chain, escrow) = deal();
		let before = chain.balance(SELLER);
		escrow.call("release", ()).by(by).succeeds();
		assert_eq!(chain.balance(SELLER), before + PAYMENT);
		assert_eq!((escrow.balance(), state(&escrow)), (EXISTENTIAL_DEPOSIT, State::Released));
	}
}

#[test]
fn refund_pays_the_buyer() {
	for by in [SELLER, ARBITER] {
		let (chain, escrow) = deal();
		let before = chain.balance(BUYER);
		escrow.call("refund", ()).by(by).succeeds();
		assert_eq!(chain.balance(BUYER), before + PAYMENT);
		assert_eq!(state(&escrow), State::Refunded);
	}
}

#[test]
fn others_decide_nothing() {
	let (_, escrow) = deal();
	for (entry, by) in [("release", SELLER), ("release", [9; 32]), ("refund", BUYER)] {
		let error = escrow.call(entry, ()).by(by).reverts::<EscrowError>();
		assert_eq!(error, EscrowError::NotYours, "{entry}");
	}
	assert_eq!(state(&escrow), State::Open);
}

#[test]
fn buyer_is_refunded_at_the_deadline_and_not_before() {
	let (chain, escrow) = deal();
	chain.skip(BLOCKS - 1);
	let early = escrow.call("refund", ()).by(BUYER).reverts::<EscrowError>();
	assert_eq!(early, EscrowError::NotYours);
	chain.skip(1);
	escrow.call("refund", ()).by(BUYER).succeeds();
	assert_eq!(state(&escrow), State::Refunded);
}

#[test]
fn nothing_is_paid_twice() {
	let (_, escrow) = deal();
	escrow.call("release", ()).by(BUYER).succeeds();
	for (entry, by) in [("release", BUYER), ("refund", SELLER), ("refund", ARBITER)] {
		assert_eq!(escrow.call(entry, ()).by(by).reverts::<EscrowError>(), EscrowError::Over);
	}
}
