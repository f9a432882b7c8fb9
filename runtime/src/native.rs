//! A chain in memory with this crate as native code, for tools and tests. Blocks are started, and
//! never sealed.

use crate::{
	presets::ENDOWMENT, AccountId, BalancesConfig, Executive, Header, RuntimeGenesisConfig, System,
	Timestamp, SLOT_DURATION,
};
use alloc::vec;
use sp_consensus_aura::{digests::CompatibleDigestItem, sr25519::AuthoritySignature, Slot};
use sp_core::H256;
use sp_runtime::{traits::Zero, BuildStorage, Digest, DigestItem, Storage};

/// The time of the block before the first, in milliseconds: a multiple of the slot.
const START: u64 = 1_700_000_001_000;

/// The state of a new chain, on which each of the accounts has the balance of an account of a dev
/// chain.
pub fn genesis(rich: impl IntoIterator<Item = AccountId>) -> Storage {
	let balances = rich.into_iter().map(|account| (account, ENDOWMENT)).collect();
	RuntimeGenesisConfig {
		balances: BalancesConfig { balances, ..Default::default() },
		..Default::default()
	}
	.build_storage()
	.expect("the genesis is good; qed")
}

/// Starts the next block, one slot later.
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
	// Blocks are not sealed: any unique hash of the parent works.
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
