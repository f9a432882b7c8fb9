//! For tools and tests: a chain in memory with this crate as native code, whose blocks are started, and
//! never sealed; and signed transactions.

use crate::{
	presets::ENDOWMENT, AccountId, BalancesConfig, Executive, Header, RuntimeCall,
	RuntimeGenesisConfig, System, Timestamp, TxExtension, UncheckedExtrinsic, SLOT_DURATION,
	VERSION,
};
use alloc::vec;
use codec::Encode;
use sp_consensus_aura::{digests::CompatibleDigestItem, sr25519::AuthoritySignature, Slot};
use sp_core::H256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	generic::{Era, SignedPayload},
	traits::Zero,
	BuildStorage, Digest, DigestItem, MultiAddress, MultiSignature, Storage,
};

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

/// An immortal transaction without a tip, signed by a development account, for the chain with this genesis hash.
pub fn signed(
	call: RuntimeCall,
	signer: Sr25519Keyring,
	nonce: u32,
	genesis: H256,
) -> UncheckedExtrinsic {
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		pallet_transaction_payment::ChargeTransactionPayment::from(0),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let (spec, transaction) = (VERSION.spec_version, VERSION.transaction_version);
	let implicit = ((), spec, transaction, genesis, genesis, (), (), (), None, ());
	let payload = SignedPayload::from_raw(call.clone(), extension.clone(), implicit);
	let signature = MultiSignature::Sr25519(payload.using_encoded(|bytes| signer.sign(bytes)));
	let address = MultiAddress::Id(signer.to_account_id());
	UncheckedExtrinsic::new_signed(call, address, signature, extension)
}
