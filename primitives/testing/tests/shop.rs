//! The example program `shop`, which calls the example program `token`.

use virt_fixtures::{SHOP, TOKEN};
use virt_testing::{guest::types, *};

types! {
	enum ShopError { TooCheap, SoldOut { left: u128 }, TokenFailed, NotTheOwner, NotPaid }
}

const PRICE: u128 = EXISTENTIAL_DEPOSIT;
const STOCK: u128 = 50;

/// A token, and a shop of Alice with a stock of it.
fn shop() -> (Chain, Account, Account) {
	let chain = Chain::new();
	let token = chain.upload(TOKEN).instantiate((1_000u128,));
	let shop = chain.upload(SHOP).instantiation((token.address(), PRICE));
	let shop = shop.value(EXISTENTIAL_DEPOSIT).account();
	token.call("transfer", (shop.address(), STOCK)).succeeds();
	(chain, token, shop)
}

#[test]
fn buyer_gets_tokens_and_the_shop_is_paid() {
	let (_, token, shop) = shop();
	assert_eq!(shop.call("buy", ()).by(BOB).value(7 * PRICE).returns::<u128>(), 7);
	assert_eq!(token.call("balance_of", (BOB,)).returns::<u128>(), 7);
	assert_eq!(shop.call("left", ()).returns::<u128>(), STOCK - 7);
	assert_eq!(shop.balance(), EXISTENTIAL_DEPOSIT + 7 * PRICE);
}

#[test]
fn error_of_the_token_comes_through_and_the_payment_goes_back() {
	let (chain, token, shop) = shop();
	let before = chain.balance(BOB);
	let too_many = shop.call("buy", ()).by(BOB).value((STOCK + 1) * PRICE);
	assert_eq!(too_many.reverts::<ShopError>(), ShopError::SoldOut { left: STOCK });
	assert_eq!((chain.balance(BOB), shop.balance()), (before, EXISTENTIAL_DEPOSIT));
	assert_eq!(token.call("balance_of", (BOB,)).returns::<u128>(), 0);
	let too_cheap = shop.call("buy", ()).by(BOB).value(PRICE - 1);
	assert_eq!(too_cheap.reverts::<ShopError>(), ShopError::TooCheap);
}

#[test]
fn token_that_is_none_is_an_error_and_no_trap() {
	let chain = Chain::new();
	let program = chain.upload(SHOP);
	for no_token in [BOB, [9; 32]] {
		let shop = program.instantiate((no_token, PRICE));
		assert_eq!(shop.call("left", ()).reverts::<ShopError>(), ShopError::TokenFailed);
		let buy = shop.call("buy", ()).by(BOB).value(PRICE);
		assert_eq!(buy.reverts::<ShopError>(), ShopError::TokenFailed);
	}
}

#[test]
fn owner_alone_withdraws() {
	let (chain, _, shop) = shop();
	shop.call("buy", ()).by(BOB).value(PRICE).succeeds();
	let error = shop.call("withdraw", ()).by(BOB).reverts::<ShopError>();
	assert_eq!(error, ShopError::NotTheOwner);
	let before = chain.balance(ALICE);
	shop.call("withdraw", ()).succeeds();
	assert_eq!(chain.balance(ALICE), before + PRICE);
}
