//! The example program `token`.

use virt_fixtures::TOKEN;
use virt_testing::{guest::types, proptest::prelude::*, *};

types! {
	enum TokenError { TooLittle { balance: u128 }, NotAllowed { allowance: u128 } }

	enum Event {
		Transferred { from: AccountId, to: AccountId, amount: u128 },
		Approved { owner: AccountId, spender: AccountId, amount: u128 },
	}
}

const SUPPLY: u128 = 1_000;

fn token() -> Account {
	Chain::new().upload(TOKEN).instantiate((SUPPLY,))
}

#[track_caller]
fn assert_balances(token: &Account, wanted: [u128; 3]) {
	let balance = |account: AccountId| token.call("balance_of", (account,)).returns::<u128>();
	assert_eq!([ALICE, BOB, CHARLIE].map(balance), wanted);
	assert_eq!(token.call("supply", ()).returns::<u128>(), wanted.iter().sum::<u128>());
}

#[test]
fn instantiation_hands_out_the_supply() {
	assert_balances(&token(), [SUPPLY, 0, 0]);
}

#[test]
fn transfer_moves_tokens_and_says_so() {
	let token = token();
	let event = Event::Transferred { from: ALICE, to: BOB, amount: 300 };
	token.call("transfer", (BOB, 300u128)).emits(event);
	token.call("transfer", (CHARLIE, 100u128)).by(BOB).succeeds();
	assert_balances(&token, [700, 200, 100]);
}

#[test]
fn transfer_of_all_ok_and_of_more_reverts() {
	let token = token();
	let error = token.call("transfer", (BOB, SUPPLY + 1)).reverts::<TokenError>();
	assert_eq!(error, TokenError::TooLittle { balance: SUPPLY });
	assert_balances(&token, [SUPPLY, 0, 0]);
	token.call("transfer", (BOB, SUPPLY)).succeeds();
	token.call("transfer", (BOB, 1u128)).reverts_with(TokenError::TooLittle { balance: 0 });
	assert_balances(&token, [0, SUPPLY, 0]);
}

#[test]
fn transfer_to_oneself_changes_nothing() {
	let token = token();
	token.call("transfer", (ALICE, SUPPLY)).succeeds();
	assert_balances(&token, [SUPPLY, 0, 0]);
}

#[test]
fn allowance_is_used_up() {
	let token = token();
	let event = Event::Approved { owner: ALICE, spender: BOB, amount: 50 };
	token.call("approve", (BOB, 50u128)).emits(event);
	token.call("transfer_from", (ALICE, CHARLIE, 30u128)).by(BOB).succeeds();
	assert_eq!(token.call("allowance", (ALICE, BOB)).returns::<u128>(), 20);
	let again = token.call("transfer_from", (ALICE, CHARLIE, 30u128)).by(BOB);
	assert_eq!(again.reverts::<TokenError>(), TokenError::NotAllowed { allowance: 20 });
	assert_balances(&token, [SUPPLY - 30, 0, 30]);
}

#[test]
fn transfer_from_that_fails_keeps_the_allowance() {
	let token = token();
	token.call("approve", (CHARLIE, 50u128)).by(BOB).succeeds();
	let error = token.call("transfer_from", (BOB, CHARLIE, 50u128)).by(CHARLIE);
	assert_eq!(error.reverts::<TokenError>(), TokenError::TooLittle { balance: 0 });
	assert_eq!(token.call("allowance", (BOB, CHARLIE)).returns::<u128>(), 50);
}

#[test]
fn entry_has_no_second_name_for_callers() {
	let token = token();
	assert_eq!(token.call("balance_of", (ALICE,)).returns::<u128>(), SUPPLY);
	// The name is only for re-entry, which the pallet recognizes itself.
	let other = token.call("reentrant:balance_of", (ALICE,));
	assert_eq!(other.fails(), Error::EntryNotFound);
}

/// An action on the token by an account.
#[derive(Clone, Debug)]
enum Action {
	Transfer { by: AccountId, to: AccountId, amount: u128 },
	Approve { by: AccountId, spender: AccountId, amount: u128 },
	TransferFrom { by: AccountId, from: AccountId, to: AccountId, amount: u128 },
}

fn actions() -> impl Strategy<Value = Action> {
	let account = || prop_oneof![Just(ALICE), Just(BOB), Just(CHARLIE)];
	let amount = || 0..=2 * SUPPLY;
	prop_oneof![
		(account(), account(), amount()).prop_map(|(by, to, amount)| Action::Transfer {
			by,
			to,
			amount
		}),
		(account(), account(), amount()).prop_map(|(by, spender, amount)| Action::Approve {
			by,
			spender,
			amount
		}),
		(account(), account(), account(), amount())
			.prop_map(|(by, from, to, amount)| Action::TransferFrom { by, from, to, amount }),
	]
}

#[test]
fn no_token_is_made_or_lost() {
	let chain = Chain::new();
	let token = chain.upload(TOKEN).instantiate((SUPPLY,));
	let act = |token: &mut Account, action| {
		let call = match action {
			Action::Transfer { by, to, amount } => token.call("transfer", (to, amount)).by(by),
			Action::Approve { by, spender, amount } => {
				token.call("approve", (spender, amount)).by(by)
			},
			Action::TransferFrom { by, from, to, amount } => {
				token.call("transfer_from", (from, to, amount)).by(by)
			},
		};
		let error = call.outcome().error;
		assert!(matches!(error, None | Some(Error::Reverted)), "{error:?}");
	};
	property::sequences(&chain, token, actions(), act, |token| {
		let balance = |account: AccountId| token.call("balance_of", (account,)).returns::<u128>();
		assert_eq!([ALICE, BOB, CHARLIE].map(balance).iter().sum::<u128>(), SUPPLY);
	});
}
