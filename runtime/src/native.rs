//! A chain in memory, whose runtime is this crate as native code: for tools and tests. Blocks are begun, and
//! never sealed.

use crate::{
	presets::ENDOWMENT, AccountId, BalancesConfig, Executive, Header, RuntimeGenesisConfig, System,
	Timestamp, SLOT_DURATION,
};
use alloc::vec;
use sp_consensus_aura::{digests::CompatibleDigestItem, sr25519::AuthoritySignature, Slot};
use sp_core::H256;
use sp_runtime::{traits::Zero, BuildStorage, Digest, DigestItem, Storage};

/// Time of the block before the first, in milliseconds: a whole number of slots.
const START: u64 = 1_700_000_001_000;

/// The state of a new chain, where each of the accounts has as much as one of a dev chain.
pub fn genesis(rich: impl IntoIterator<Item = AccountId>) -> Storage {
	let balances = rich.into_iter().map(|account| (account, ENDOWMENT)).collect();
	RuntimeGenesisConfig {
		balances: BalancesConfig { balances, ..Default::default() },
		..Default::default()
	}
	.build_storage()
	.expect("the genesis is good; qed")
}

/// Begins the block after the latest, one slot later.
///
/// # Panics
///
/// Outside of an externalities environment.
pub fn begin_block() {
	let number = System::block_number() + 1;
	let now = match Timestamp::get() {
		none if none.is_zero() => START,
		time => time,
	} + SLOT_DURATION;
	let slot = Slot::from(now / SLOT_DURATION);
	let digest = <DigestItem as CompatibleDigestItem<AuthoritySignature>>::aura_pre_digest(slot);
	// Blocks are not sealed: any hash of the parent that differs from others will do.
	let parent = H256::from_low_u64_be((number - 1).into());
	let header = Header {
		parent_hash: parent,
		number,
		state_root: H256::zero(),
		extrinsics_root: H256::zero(),
		digest: Digest { logs: vec![digest] },
	};
	Executive::initialize_block(&header);
	Timestamp::set_timestamp(now);
}
