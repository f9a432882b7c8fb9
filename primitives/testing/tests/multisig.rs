//! The example program `multisig`, which dispatches calls of the runtime.

use virt_fixtures::MULTISIG;
use virt_testing::{
	guest::{
		codec::{Compact, Encode},
		types,
	},
	*,
};

types! {
	struct Proposal { call: Vec<u8>, agreed: Vec<AccountId> }

	enum MultisigError { BadRules, NotAnOwner, NoProposal, Agreed, TooLong, NotDispatched }
}

const DAVE: AccountId = [4; 32];

/// A multisig of Alice, Bob and Charlie, with a threshold of two.
fn multisig() -> (Chain, Account) {
	let chain = Chain::new();
	let owners = vec![ALICE, BOB, CHARLIE];
	let multisig =
		chain.upload(MULTISIG).instantiation((owners, 2u8)).value(1_000 * COINS).account();
	(chain, multisig)
}

/// The unit of the amounts: the existential deposit, so that no balance is below it.
const COINS: u128 = EXISTENTIAL_DEPOSIT;

/// `Balances::transfer_keep_alive` of `amount` units, as the runtime encodes it.
fn transfer(amount: u128) -> Vec<u8> {
	const PALLET: u8 = 4;
	const CALL: u8 = 3;
	const ACCOUNT_ID: u8 = 0;
	(PALLET, CALL, ACCOUNT_ID, DAVE, Compact(amount * COINS)).encode()
}

fn propose(multisig: &Account, call: Vec<u8>) -> u32 {
	multisig.call("propose", (call,)).returns::<u32>()
}

#[test]
fn call_is_dispatched_when_enough_agree() {
	let (chain, multisig) = multisig();
	let id = propose(&multisig, transfer(600));
	assert_eq!(chain.balance(DAVE), 0);
	let wanted = Proposal { call: transfer(600), agreed: vec![ALICE] };
	assert_eq!(multisig.call("proposal", (id,)).returns::<Option<Proposal>>(), Some(wanted));
	multisig.call("agree", (id,)).by(CHARLIE).succeeds();
	assert_eq!((chain.balance(DAVE), multisig.balance()), (600 * COINS, 400 * COINS));
	assert_eq!(multisig.call("proposal", (id,)).returns::<Option<Proposal>>(), None);
}

#[test]
fn one_owner_agrees_once_and_others_never() {
	let (chain, multisig) = multisig();
	let id = propose(&multisig, transfer(600));
	let error = |by| multisig.call("agree", (id,)).by(by).reverts::<MultisigError>();
	assert_eq!(error(ALICE), MultisigError::Agreed);
	assert_eq!(error(DAVE), MultisigError::NotAnOwner);
	let proposed = multisig.call("propose", (transfer(1),)).by(DAVE).reverts::<MultisigError>();
	assert_eq!(proposed, MultisigError::NotAnOwner);
	assert_eq!(chain.balance(DAVE), 0);
}

#[test]
fn nothing_is_dispatched_twice() {
	let (chain, multisig) = multisig();
	let id = propose(&multisig, transfer(100));
	multisig.call("agree", (id,)).by(BOB).succeeds();
	let again = multisig.call("agree", (id,)).by(CHARLIE).reverts::<MultisigError>();
	assert_eq!(again, MultisigError::NoProposal);
	assert_eq!(chain.balance(DAVE), 100 * COINS);
}

#[test]
fn call_that_fails_can_be_tried_again() {
	let (chain, multisig) = multisig();
	let id = propose(&multisig, transfer(5_000));
	let error = multisig.call("agree", (id,)).by(BOB).reverts::<MultisigError>();
	assert_eq!(error, MultisigError::NotDispatched);
	chain.give(multisig.address(), 10_000 * COINS);
	multisig.call("agree", (id,)).by(BOB).succeeds();
	assert_eq!(chain.balance(DAVE), 5_000 * COINS);
}

#[test]
fn bytes_that_are_no_call_and_calls_of_the_pallet_are_not_dispatched() {
	let (_, multisig) = multisig();
	// `Virt::upload` of no bytes, without a deposit limit.
	let upload = (10u8, 0u8, Vec::<u8>::new(), None::<u128>).encode();
	for call in [vec![0xff; 9], upload] {
		let id = propose(&multisig, call);
		let error = multisig.call("agree", (id,)).by(BOB).reverts::<MultisigError>();
		assert_eq!(error, MultisigError::NotDispatched);
	}
}

#[test]
fn call_at_limit_ok_and_over_limit_reverts() {
	let (_, multisig) = multisig();
	propose(&multisig, vec![0; 2_048]);
	let error = multisig.call("propose", (vec![0u8; 2_049],)).reverts::<MultisigError>();
	assert_eq!(error, MultisigError::TooLong);
}

#[test]
fn rules_must_have_sense() {
	let chain = Chain::new();
	let program = chain.upload(MULTISIG);
	for (owners, threshold) in [(0, 0), (2, 0), (2, 3), (33, 1)] {
		let owners: Vec<AccountId> = (0..owners).map(|nth| [nth; 32]).collect();
		let error = program.instantiation((owners, threshold as u8)).reverts::<MultisigError>();
		assert_eq!(error, MultisigError::BadRules);
	}
}
