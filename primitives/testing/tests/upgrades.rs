//! Upgrades of account programs, tested as authors test them.

use virt_fixtures::{COUNTER, WIDE_COUNTER};
use virt_testing::*;

fn counter(authority: UpgradeAuthority) -> (Chain, Account) {
	let chain = Chain::new();
	let counter = chain.upload(COUNTER).instantiation((40u32,)).upgradable_by(authority).account();
	(chain, counter)
}

#[test]
fn migration_moves_what_was_stored() {
	let (chain, counter) = counter(UpgradeAuthority::Deployer);
	assert_eq!(counter.call("increment", ()).returns::<u32>(), 41);
	let held = chain.held(ALICE);
	let wide = chain.upload(WIDE_COUNTER);
	let uploaded = chain.held(ALICE) - held;
	counter.set_code(&wide, (u64::from(u32::MAX),)).succeeds();
	assert_eq!(counter.call("get", ()).returns::<u64>(), 41 + u64::from(u32::MAX));
	assert_eq!(counter.call("increment", ()).returns::<u64>(), 42 + u64::from(u32::MAX));
	// The item of 4 bytes was replaced by one of 8 bytes, whose key is 5 bytes longer.
	assert_eq!(chain.held(ALICE), held + uploaded + (4 + 5) * DEPOSIT_PER_BYTE);
	assert_eq!(counter.call("migrate", ()).fails(), Error::EntryNotFound);
}

#[test]
fn upgrade_is_denied_to_everybody_else() {
	let (chain, counter) = counter(UpgradeAuthority::Deployer);
	let wide = chain.upload(WIDE_COUNTER);
	assert_eq!(counter.set_code(&wide, ()).by(BOB).fails(), Error::UpgradeDenied);
	let fixed = chain.upload(COUNTER).instantiate(());
	assert_eq!(fixed.set_code(&wide, ()).fails(), Error::UpgradeDenied);
}

#[test]
fn program_upgrades_and_seals_itself() {
	let chain = Chain::new();
	let wide = chain.upload(WIDE_COUNTER);
	let authority = UpgradeAuthority::Program;
	let account = wide.instantiation(()).upgradable_by(authority).account();
	account.call("increment", (5u64,)).succeeds();
	// The program's own migration runs again. It finds no item of `counter`.
	assert!(account.call("upgrade", (wide.code_hash(),)).returns::<bool>());
	assert_eq!(account.call("get", ()).returns::<u64>(), 0);
	assert!(account.call("seal", ()).returns::<bool>());
	assert!(!account.call("upgrade", (wide.code_hash(),)).returns::<bool>());
	assert_eq!(account.set_code(&wide, ()).fails(), Error::UpgradeDenied);
}
